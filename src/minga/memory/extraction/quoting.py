"""Whether a quotation bears out what is said of it."""

import re

from minga.memory.extraction.wording import folded

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[\w.@/:%$#+-]*\w")


def holds(text: str, words: str) -> bool:
    """Whether ``words`` stand in ``text`` as a whole: in this order, whatever their case, accents and blanks."""
    wanted = _SPACES.sub(" ", folded(words)).strip()
    if not wanted:
        return False
    plain = _SPACES.sub(" ", folded(text))
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", plain) is not None


def figures(text: str) -> frozenset[str]:
    """What in a text has a digit: amounts, versions, dates, names of files. Folded."""
    words = (found[0].strip(".,:;-") for found in _WORD.finditer(folded(text)))
    return frozenset(word for word in words if any(map(str.isdigit, word)))
