"""Dates that a text names in Spanish or English, as days in Chile, resolved against the day on which it was said.

A day without a year is the one nearest to that day, but after "since" the last one, and after "until" the next one.
After "desde" it is the next one beside a verb of the future, the nearest beside "hasta", and else the last one or one
of the coming month: "es 60 s desde el 1 de diciembre" is said in November as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from minga.memory.extraction.wording import folded

Bound = Literal["on", "from", "until"]
_Side = Literal["any", "near", "behind", "around", "ahead"]
"""Where a day lies that has no year or is a weekday; ``near``: the next weekday, else like ``any``; ``around``:
behind, or a day at most a month ahead."""
_BEGUN = {"behind": 0, "around": 31}
"""How many days such a day may lie ahead."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "enero january jan ene",
            "febrero february feb",
            "marzo march mar",
            "abril april abr apr",
            "mayo may",
            "junio june jun",
            "julio july jul",
            "agosto august ago aug",
            "septiembre setiembre september sep sept",
            "octubre october oct",
            "noviembre november nov",
            "diciembre december dic dec",
        ),
        1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "lunes monday",
            "martes tuesday",
            "miercoles wednesday",
            "jueves thursday",
            "viernes friday",
            "sabado saturday",
            "domingo sunday",
        )
    )
    for name in names.split()
}
_NEAR = {
    "hoy": 0, "today": 0, "ayer": -1, "yesterday": -1, "anteayer": -2, "antier": -2, "antes de ayer": -2, "anoche": -1,
    "last night": -1, "manana": 1, "tomorrow": 1, "pasado manana": 2, "the day before yesterday": -2,
    "the day after tomorrow": 2,
}  # fmt: skip
_SPELT = {
    name: number
    for number, names in enumerate(
        ("", "un una one a an", "dos two", "tres three", "cuatro four", "cinco five", "seis six", "siete seven",
    "ocho eight", "nueve nine",
         "diez ten")
    )
    for name in names.split()
}  # fmt: skip

_LONG = "|".join(name for name in MONTHS if len(name) > 3 or name in ("mayo", "may"))
_ANY = "|".join(sorted(MONTHS, key=len, reverse=True))
_NUMBER = r"\d{1,3}|" + "|".join(_SPELT)
_WEEKDAY = "|".join(WEEKDAYS)

_FORMS = re.compile(
    r"(?<![\w./-])(?:"
    r"(?P<iso_y>(?:19|20)\d\d)-(?P<iso_m>0\d|1[0-2])-(?P<iso_d>[0-2]\d|3[01])(?![\w-])(?!\.\w)"
    r"|(?P<num_d>[0-2]?\d|3[01])(?P<sep>[/-])(?P<num_m>0?\d|1[0-2])(?P=sep)(?P<num_y>(?:19|20)\d\d|\d\d)(?![\w/-])"
    rf"|(?P<es_d>[0-2]?\d|3[01]|primero|1(?:ro|ero|°|º))\s+de\s+(?P<es_m>{_ANY})\b(?:\s+(?:de|del)\s+(?:ano\s+)?"
    rf"(?P<es_y>(?:19|20)\d\d))?"
    rf"|(?P<en_d>[0-2]?\d|3[01])(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<en_m>{_ANY})\b\.?(?:,?\s+(?P<en_y>(?:19|20)\d\d))?"
    rf"|(?P<us_m>{_ANY})\.?\s+(?P<us_d>[0-2]?\d|3[01])(?:st|nd|rd|th)?(?![\d%]|[:.]\d)(?:,?\s+(?P<us_y>(?:19|20)\d\d)\b)?"
    rf"|(?P<month>{_LONG})\s+(?:de\s+|del\s+|of\s+)?(?P<month_y>(?:19|20)\d\d)\b"
    rf"|(?P<bare>{_LONG})\b"
    rf"|(?:(?P<lead>este|this|coming|next|last|proximo|pasado)\s+)?(?P<weekday>{_WEEKDAY})\b(?:"
    r"\s+(?P<which>pasad[oa]|proxim[oa]|que viene|siguiente|anterior)\b"
    rf"|\s+(?P<week_d>[0-2]?\d|3[01])\b(?![:.]\d|(?:st|nd|rd|th)?,?\s+(?:de\s+|of\s+)?(?:{_ANY})\b)"
    rf"|(?P<dated>(?=,?\s+(?:the\s+|el\s+)?(?:\d|(?:{_ANY})\b))))?"
    r"|(?P<near>antes de ayer|anteayer|antier|ayer|hoy|anoche|pasado manana|(?<!la )(?<!esta )(?<!de la )manana"
    r"(?!\s+(?:en|a) la tarde\b)"
    r"|the day before yesterday|the day after tomorrow|yesterday|today|tomorrow|last night)\b"
    rf"|hace\s+(?P<ago>{_NUMBER})\s+(?P<ago_unit>dia|semana|mes|ano)(?:e?s)?\b"
    rf"|(?P<ago_en>{_NUMBER})\s+(?P<ago_en_unit>day|week|month|year)s?\s+ago\b"
    rf"|(?:en|in|dentro de)\s+(?P<hence>{_NUMBER})\s+(?P<hence_unit>dia|semana|mes|ano|day|week|month|year)(?:e?s)?\b"
    r"|(?:la\s+|el\s+)?(?P<span_es>semana|mes|ano)\s+(?P<span_which>pasad[oa]|proxim[oa]|que viene|siguiente"
    r"|anterior)\b"
    r"|(?P<span_en_which>last|next|this)\s+(?P<span_en>week|month|year)\b"
    r")"
)
_HAS = re.compile(
    rf"\d[-/]\d|\b(?:{_ANY}|{_WEEKDAY})\b|ayer\b|antier|\bhoy\b|anoche|manana|today|tomorrow|yesterday|last|next|\bago\b"
    rf"|\b(?:hace|dentro de|in|en) (?:{_NUMBER})\b|(?:semana|mes|ano) (?:pasad|prox|que|sig|ant)"
    rf"|this (?:week|month|year)"
)
_FROM = re.compile(
    r"(?:\b(?:desde|a partir|a contar|from|since|starting(?: on| in)?|as of|effective(?: on| from)?"
    r"|with effect from|rige desde|vigente desde)"
    r"(?:\s+(?:de|del|el|la|the|on|hoy))*\s*)$"
)
_UNTIL = re.compile(
    r"(?:\b(?:hasta|until|till|through|vence|expires|by|a mas tardar|no later than|antes)(?:\s+(?:de|del|el"
    r"|fines de|the|on|end of))*\s*)$"
)
_SINCE = re.compile(r"\bsince(?:\s+(?:the|on))*\s*$")
_DESDE = re.compile(r"(?<!\brige )\bdesde(?:\s+(?:el|la))*\s*$")
_WILL = re.compile(
    r"\b(?:seran?|pasaran?|quedaran?|cambiaran?|subiran?|bajaran?|estaran?|tendran?|usaran?|vencera|vamos? a|van? a"
    r"|will|going to)\b"
)
_DAY_BEFORE = re.compile(
    rf"\b(?:el|al|del|dia|fecha|desde|hasta|on|from|since|until|till|by|vence|caduca|expira|expires|{_WEEKDAY})[\s,:]+$"
)
"""What says that figures like "2-1-05" are a day: alone they are the code of an account as well."""


@dataclass(frozen=True, slots=True)
class Dated:
    """``first`` to ``last``: the days that are meant, both included. ``bound``: whether it is said that something holds
    on, from or until then."""

    start: int
    end: int
    first: date
    last: date
    bound: Bound


def found(text: str, at: datetime | None) -> list[Dated]:
    """The dates in a text that was said ``at``; without that, only those that are complete."""
    plain = folded(text)
    return list(_found(plain, day_of(at) if at is not None else None)) if _HAS.search(plain) else []


def day_of(at: datetime) -> date:
    return at.astimezone(chile()).date()


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), chile()).astimezone(UTC)


def end_of(day: date) -> datetime:
    return begin_of(day + timedelta(days=1))


@cache
def chile() -> ZoneInfo:
    return ZoneInfo("America/Santiago")


def _found(plain: str, today: date | None) -> Iterator[Dated]:
    for match in _FORMS.finditer(plain):
        before = plain[max(0, match.start() - 40) : match.start()]
        bound: Bound = "from" if _FROM.search(before) else "until" if _UNTIL.search(before) else "on"
        try:
            days = _days(match, today, _side(bound, before, plain), before)
        except (ValueError, OverflowError):
            continue
        if days is not None:
            yield Dated(match.start(), match.end(), *days, bound)


def _side(bound: Bound, before: str, plain: str) -> _Side:
    if bound != "from":
        return "ahead" if bound == "until" else "any"
    if _SINCE.search(before):
        return "behind"
    if _DESDE.search(before) and "hasta " not in plain:
        return "ahead" if _WILL.search(plain) else "around"
    return "near"


def _days(match: re.Match[str], today: date | None, side: _Side, before: str) -> tuple[date, date] | None:
    given = match.groupdict()
    if given["iso_y"]:
        return _one(date(int(given["iso_y"]), int(given["iso_m"]), int(given["iso_d"])))
    if given["num_d"]:
        year = int(given["num_y"])
        if year < 100 and given["sep"] == "-" and not _DAY_BEFORE.search(before):
            return None
        return _one(date(year if year > 99 else 2000 + year, int(given["num_m"]), int(given["num_d"])))
    for form in "es", "en", "us":
        if given[f"{form}_d"]:
            day = given[f"{form}_d"]
            number = 1 if day.startswith("primero") else int(re.sub(r"\D", "", day))
            return _dated(given[f"{form}_y"], MONTHS[given[f"{form}_m"]], number, today, side)
    if given["month"]:
        return _month(int(given["month_y"]), MONTHS[given["month"]])
    return None if today is None else _relative(given, today, side, before)


def _relative(given: dict[str, str | None], today: date, side: _Side, before: str) -> tuple[date, date] | None:
    if name := given["bare"]:
        introduced = side != "any" or re.search(
            r"\b(?:en|in|de|del|of|during|durante|para|fines de|early|late|mid)\s+$", before
        )
        if not introduced or (name == "may" and side == "any" and not before.endswith("in ")):
            return None
        return _month(_year(MONTHS[name], 1 if side in _BEGUN else 15, today, side), MONTHS[name])
    if name := given["weekday"]:
        return None if given["dated"] is not None else _weekday(WEEKDAYS[name], given, today, side)
    if name := given["near"]:
        return _one(today + timedelta(days=_NEAR[name]))
    for count, unit, sign in (("ago", "ago_unit", -1), ("ago_en", "ago_en_unit", -1), ("hence", "hence_unit", 1)):
        if (number := given[count]) and (name := given[unit]):
            return _one(_shifted(today, sign * (int(number) if number.isdigit() else _SPELT[number]), name))
    span = given["span_es"] or given["span_en"]
    which = given["span_which"] or given["span_en_which"] or ""
    return _span(today, span, _direction(which)) if span else None


def _dated(year: str | None, month: int, day: int, today: date | None, side: _Side) -> tuple[date, date] | None:
    if year:
        return _one(date(int(year), month, day))
    return _one(date(_year(month, day, today, side), month, day)) if today else None


def _year(month: int, day: int, today: date, side: _Side) -> int:
    """Of a day without one: the nearest, the next for an end, the last for "since"; another beginning lies less than
    eight months ahead."""
    there = date(today.year, month, min(day, 28))
    ahead = (there - today).days
    if side in _BEGUN:
        latest = today + timedelta(days=_BEGUN[side])
        return latest.year - ((month, day) > (latest.month, latest.day))
    if side == "ahead":
        return today.year + (ahead < -31)
    return today.year + (ahead < -183) - (ahead > 240)


def _weekday(number: int, given: dict[str, str | None], today: date, side: _Side) -> tuple[date, date] | None:
    """A bare one may be the last or the next: only where something holds from or until then is it the next, or the
    last for "since"."""
    if day := given["week_d"]:
        near = sorted((today + timedelta(days=ahead) for ahead in range(-180, 180)), key=lambda one: abs(one - today))
        fits = [one for one in near if one.weekday() == number and one.day == int(day)]
        return _one(fits[0]) if fits else None
    which = given["which"] or given["lead"] or ""
    ahead = (number - today.weekday()) % 7
    if _direction(which) < 0:
        return _one(today - timedelta(days=(today.weekday() - number) % 7 or 7))
    if _direction(which) > 0:
        return _one(today + timedelta(days=ahead or 7))
    if side in _BEGUN and not which:
        return _one(today - timedelta(days=(today.weekday() - number) % 7))
    return _one(today + timedelta(days=ahead)) if which or side != "any" else None


def _direction(which: str) -> int:
    if which.startswith(("pasad", "last", "anterior")):
        return -1
    return 1 if which.startswith(("proxim", "next", "que viene", "siguiente")) else 0


def _shifted(today: date, count: int, unit: str) -> date:
    match unit:
        case "dia" | "day":
            return today + timedelta(days=count)
        case "semana" | "week":
            return today + timedelta(weeks=count)
        case _:
            months = today.year * 12 + today.month - 1 + count * (12 if unit in ("ano", "year") else 1)
            return date(months // 12, months % 12 + 1, min(today.day, 28))


def _span(today: date, unit: str, direction: int) -> tuple[date, date]:
    match unit:
        case "semana" | "week":
            monday = today - timedelta(days=today.weekday()) + timedelta(weeks=direction)
            return monday, monday + timedelta(days=6)
        case "mes" | "month":
            there = _shifted(today, direction, "month")
            return _month(there.year, there.month)
        case _:
            return date(today.year + direction, 1, 1), date(today.year + direction, 12, 31)


def _month(year: int, month: int) -> tuple[date, date]:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def _one(day: date) -> tuple[date, date]:
    return day, day
