"""Where a quotation stands in a text."""

import re


def place_of(quote: str, text: str) -> tuple[int, int] | None:
    """Beginning and end in ``text`` of what is quoted word by word; only its blanks and line breaks may differ."""
    words = quote.split()
    if not words:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found.span() if found else None
