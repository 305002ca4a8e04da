"""Names that designate one thing exactly: staging-3, factura 4472, www.example.cl. Who asks about one is not answered
by what is said of another, however near the words are."""

import re
from collections.abc import Iterable

_IDENTIFIER = re.compile(r"(?<![\w@./-])(?=[\w@./-]*\d|[\w-]+[@._/][\w@./-]*\w)\w(?:[\w@./-]*\w)?")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BETWEEN = re.compile(r"[\s.,_-]+")
_JOINED = re.compile(r"[@._/]")

_SHORT = 2
"""Digits of what may be a day, an hour or a count."""


def identifiers(words: str) -> list[str]:
    """Those in a question, but for days, years and small numbers."""
    found = (one.group().strip("./").lower() for one in _IDENTIFIER.finditer(words))
    return [one for one in found if _designates(one)]


def has_all(named: Iterable[str], texts: Iterable[str]) -> bool:
    """Whether each stands in one of ``texts``, whatever stands between its parts there."""
    whole = "\n".join(_BETWEEN.sub("", text.lower()) for text in texts)
    return all(_BETWEEN.sub("", one) in whole for one in named)


def _designates(one: str) -> bool:
    rest = _YEAR.sub("", one)
    numbers = re.findall(r"\d+", rest)
    if not any(each.isalpha() for each in rest):
        return any(len(each) > _SHORT for each in numbers)
    return bool(numbers or _JOINED.search(rest))
