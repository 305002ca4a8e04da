"""The label of a task: what kind of work it is, told from its words before it runs."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

KINDS = Path(__file__).with_name("kinds.toml")

TEXT = "text"
"""The label of a task with none of the words."""

LENGTH_MAX = 20_000
"""Characters of a prompt that are looked at."""


def kind_of(prompt: str) -> str:
    """``tax``, ``code``, ``numbers`` or ``text``."""
    decomposed = unicodedata.normalize("NFD", prompt[:LENGTH_MAX].lower())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return next((kind for kind, pattern in _patterns() if pattern.search(plain)), TEXT)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A word counts where one begins with it: ``tribut`` is in ``tributario``."""
    told = tomllib.loads(KINDS.read_text("utf-8"))
    return tuple(
        (kind, re.compile(r"\b(?:" + "|".join(map(re.escape, entry["words"])) + ")")) for kind, entry in told.items()
    )
