"""Whether the days of an answer are named or meant in what it quotes; also weekdays and months alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from minga.domain.memory import Passage
from minga.memory.extraction import dates
from minga.memory.extraction.wording import folded

_WORD = re.compile(r"\w+")
_DAYS = {**dates.WEEKDAYS, **{name: -one for name, one in dates.MONTHS.items() if len(name) > 3 or name == "mayo"}}
"""Names of weekdays, and of months as negative numbers."""

_DAY_OF = re.compile(rf"\b({'|'.join(dates.WEEKDAYS)}),?\s+(?:the\s+|el\s+)?$")
"""Before a date: "el lunes 27 de julio"."""

_OFTEN = re.compile(r"\blos (\w+)|\b(\w+days)\b")
"""Which comes again and again, so that the day on which something was said is none of them."""

_SPAN = re.compile(r"\b(\d{1,3}) +(dia|semana|mes|ano|day|week|month|year)(?:e?s)?\b")
_UNIT = {"dia": "day", "semana": "week", "mes": "month", "ano": "year"}
_MAY_LAST = re.compile(r"(?:en|in) ")
""""En 14 días" is a day ahead, or how long something lasts: "estaba en 14 días"."""


@dataclass(frozen=True, slots=True)
class _Days:
    """That are named or meant, and the words for them; and the weekdays, months (as `named` gives them) and spans of
    time that are said."""

    literal: frozenset[str]
    spans: frozenset[tuple[date, date]]
    said: frozenset[int]
    lasting: frozenset[tuple[str, str]]

    def hold(self, words: str, one: dates.Dated) -> bool:
        """``words``: those for it. A weekday alone is compared as one: which day it is depends on when it was said."""
        if words in self.literal or dates.WEEKDAYS.get(words) in self.said:
            return True
        if _MAY_LAST.match(words) and _lasting(words) & self.lasting:
            return True
        return any(
            (one.first, one.last) == span or (span[0] == span[1] and one.first <= span[0] <= one.last)
            for span in self.spans
        )

    def agree(self, weekday: int, one: dates.Dated) -> bool:
        """Whether a day is said to be such a weekday, or is one in a year that is meant."""
        years = [day for day, _ in self.spans if (day.month, day.day) == (one.first.month, one.first.day)]
        return weekday in self.said or weekday in {day.weekday() for day in years}

    @property
    def names(self) -> frozenset[int]:
        days = [first for first, last in self.spans if first == last]
        months = (-first.month for first, last in self.spans if first.month == last.month)
        return self.said.union((one.weekday() for one in days), months)


def undated(text: str, known: Sequence[Passage]) -> list[str]:
    """The words for days, weekdays and months of ``text`` that are none of what is known."""
    plain = folded(text)
    days = _days(known)
    last = max((one.source.at for one in known if one.source.at), default=None)
    wrong = []
    for one in dates.found(plain, last):
        words = plain[one.start : one.end]
        day = _DAY_OF.search(plain[: one.start])
        if not days.hold(words, one) or (day and not days.agree(dates.WEEKDAYS[day[1]], one)):
            wrong.append(words)
        plain = _without(plain, [one])
    often = {word for pair in _OFTEN.findall(plain) for word in pair}
    return wrong + [
        word for word, one in named(plain).items() if one not in (days.said if word in often else days.names)
    ]


def named(plain: str) -> dict[str, int]:
    """The weekdays and months among the words of a folded text, also of several ("los sábados", "on Thursdays")."""
    singular = {one: one if one in _DAYS else one.removesuffix("s") for one in _WORD.findall(plain)}
    return {one: _DAYS[name] for one, name in singular.items() if name in _DAYS}


def _days(known: Sequence[Passage]) -> _Days:
    literal: set[str] = set()
    spans: set[tuple[date, date]] = set()
    said: set[int] = set()
    lasting: set[tuple[str, str]] = set()
    for one in known:
        plain = folded(one.text)
        found = dates.found(plain, one.source.at)
        literal |= {plain[each.start : each.end] for each in found}
        spans |= {(each.first, each.last) for each in found}
        said.update(named(plain).values())
        lasting |= _lasting(_without(plain, found))
        if one.source.at:
            spans |= {(day, day) for day in (dates.day_of(one.source.at), one.source.at.date())}
    return _Days(frozenset(literal), frozenset(spans), frozenset(said), frozenset(lasting))


def _lasting(plain: str) -> frozenset[tuple[str, str]]:
    return frozenset((count, _UNIT.get(unit, unit)) for count, unit in _SPAN.findall(plain))


def _without(plain: str, spans: Sequence[dates.Dated]) -> str:
    for one in spans:
        plain = plain[: one.start] + " " * (one.end - one.start) + plain[one.end :]
    return plain
