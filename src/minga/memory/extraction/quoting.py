"""Whether a quotation really stands in a text, and whether it bears out what is said of it."""

import re

from minga.memory.extraction.wording import folded

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[\w.@/:%$#+-]*\w")


def place_of(quote: str, text: str) -> tuple[int, int] | None:
    """Beginning and end in ``text`` of what is quoted word by word; only its blanks and line breaks may differ."""
    words = quote.split()
    if not words:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found.span() if found else None


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
