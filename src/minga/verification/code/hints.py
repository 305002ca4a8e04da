"""The real name that a wrong one is nearest to."""

from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

_NAMES_MAX = 3000


def hinted(text: str, name: str, names: Collection[str], likeness: float = 0.6) -> str:
    """``text`` with the nearest of ``names``, where one is alike enough."""
    close = get_close_matches(name, list(islice(names, _NAMES_MAX)), 1, likeness)
    return f"{text}; did you mean {close[0]}?" if close else text
