"""What a model answers, and where in a text stands what it quotes."""

import re

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)

_BEGINS = r"(?<!\w)(?<!\d[.,:])"
_ENDS = r"(?!\w|[.,:]\d)"


def bare(answer: str) -> str:
    """Without a fence around all of it."""
    found = _FENCE.match(answer)
    return found[1] if found else answer


def place_of(quote: str, text: str, start: int = 0) -> tuple[int, int] | None:
    """Beginning and end in ``text``, from ``start`` on, of what is quoted word by word; only its blanks and line breaks
    may differ. A part of a word or of a figure is no word."""
    words = quote.split()
    if not words:
        return None
    before = _BEGINS if re.match(r"\w", words[0]) else ""
    after = _ENDS if re.search(r"\w\Z", words[-1]) else ""
    found = re.compile(before + r"\s+".join(map(re.escape, words)) + after).search(text, start)
    return found.span() if found else None
