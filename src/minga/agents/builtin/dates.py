"""Finds dates in a task. What can be read in two ways, or is no date at all, becomes a doubt, never a guess."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from minga.agents.builtin.question import Language
from minga.domain.months import MONTHS

_MONTHS_EN = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAYS_ES = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_DAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_OF = (
    {name: place + 1 for place, name in enumerate(MONTHS)}
    | {name: place + 1 for place, name in enumerate(_MONTHS_EN)}
    | {"setiembre": 9}
)
_RELATIVE = {"hoy": 0, "today": 0, "ayer": 1, "yesterday": 1, "anteayer": 2}

_MONTH = "(?P<month>" + "|".join(_MONTH_OF) + ")"
_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{4})"
_PATTERNS = tuple(
    re.compile(rf"(?<![\w./-])(?:{pattern})(?![\w/-])(?!\.[0-9])")
    for pattern in (
        rf"{_YEAR}(?P<mark>[-/])(?P<number>[0-9]{{1,2}})(?P=mark){_DAY}",
        rf"(?P<first>[0-9]{{1,2}})(?P<mark>[-/.])(?P<second>[0-9]{{1,2}})(?P=mark){_YEAR}",
        r"(?P<short>[0-9]{1,2}(?P<mark>[-/.])[0-9]{1,2}(?P=mark)[0-9]{2}|[0-9]{1,2}[-/][0-9]{1,2})",
        rf"{_DAY}(?:[oº]|ro)? (?:de )?{_MONTH}(?: de(?:l)?)?,? {_YEAR}",
        rf"(?:primero) de {_MONTH} (?:de )?(?:del )?{_YEAR}",
        rf"{_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}",
        rf"{_DAY}(?:st|nd|rd|th)? (?:of )?{_MONTH},? {_YEAR}",
        rf"(?P<short>[0-9]{{1,2}} (?:de |of )?{_MONTH})",
        rf"(?P<short>{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?)",
        r"(?P<relative>hoy|today|ayer|yesterday|anteayer)",
        r"(?P<weekday>" + "|".join([*_DAYS_ES, *_DAYS_EN]) + ")",
    )
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A date in the text at ``start`` to ``end``. ``day`` None: ``doubt`` says, as a question, what is unclear."""

    start: int
    end: int
    written: str
    day: date | None
    doubt: str = ""
    relative: bool = False


def find(folded: str, language: Language, today: date) -> tuple[Mention, ...]:
    """All dates of the text, in order; earlier patterns win where two overlap."""
    found: list[tuple[Mention, bool]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            if all(match.end() <= old.start or match.start() >= old.end for old, _ in found):
                found.append((_mention(match, language, today), "weekday" in pattern.groupindex))
    found.sort(key=lambda each: each[0].start)
    return _join_weekdays(found, folded, language)


def weekday_name(day: date, language: Language) -> str:
    if language == "en":
        return _DAYS_EN[day.weekday()].capitalize()
    return _DAYS_ES[day.weekday()].replace("miercoles", "miércoles").replace("sabado", "sábado")


def in_words(day: date, language: Language) -> str:
    """Such as ``martes 10 de noviembre de 2026`` or ``Tuesday, November 10, 2026``."""
    if language == "es":
        return f"{weekday_name(day, language)} {day.day} de {MONTHS[day.month - 1]} de {day.year}"
    return f"{weekday_name(day, language)}, {_MONTHS_EN[day.month - 1].capitalize()} {day.day}, {day.year}"


def _mention(match: re.Match[str], language: Language, today: date) -> Mention:
    parts = match.groupdict()
    start, end, written = match.start(), match.end(), match[0]
    if parts.get("relative"):
        return Mention(start, end, written, today - timedelta(days=_RELATIVE[written]), relative=True)
    if parts.get("weekday"):
        return Mention(start, end, written, None, _which_weekday(written, language))
    if parts.get("short"):
        return Mention(start, end, written, None, _no_year(written, language))
    if parts.get("first"):
        day, month = int(parts["first"]), int(parts["second"])
        if language == "en" and day != month and day <= 12 and month <= 12:
            return Mention(start, end, written, None, _two_readings(written, int(parts["year"]), day, month))
    else:
        day = int(parts["day"]) if "day" in parts else 1
        month = _MONTH_OF[parts["month"]] if "month" in parts else int(parts["number"])
    try:
        return Mention(start, end, written, date(int(parts["year"]), month, day))
    except ValueError:
        return Mention(start, end, written, None, _impossible(written, language))


def _join_weekdays(found: list[tuple[Mention, bool]], folded: str, language: Language) -> tuple[Mention, ...]:
    """A weekday in front of a date belongs to it, and must be that date's own."""
    mentions: list[Mention] = []
    for mention, is_weekday in found:
        before = mentions[-1] if mentions else None
        if (
            before is not None
            and before.written in (*_DAYS_ES, *_DAYS_EN)
            and not is_weekday
            and folded[before.end : mention.start].strip(" ,") in ("", "el", "the")
        ):
            mentions[-1] = _with_weekday(before, mention, language)
        else:
            mentions.append(mention)
    return tuple(mentions)


def _with_weekday(weekday: Mention, mention: Mention, language: Language) -> Mention:
    written = f"{weekday.written} {mention.written}"
    names = _DAYS_ES if weekday.written in _DAYS_ES else _DAYS_EN
    if mention.day is None or names[mention.day.weekday()] == weekday.written:
        return Mention(weekday.start, mention.end, written, mention.day, mention.doubt, mention.relative)
    real = weekday_name(mention.day, language)
    doubt = (
        f"«{written}» no cuadra: ese día es {real}. ¿Qué fecha es?"
        if language == "es"
        else f"«{written}» does not fit: that day is a {real}. Which date is it?"
    )
    return Mention(weekday.start, mention.end, written, None, doubt)


def _which_weekday(written: str, language: Language) -> str:
    return f"¿Qué fecha es «{written}»?" if language == "es" else f"Which date is «{written}»?"


def _no_year(written: str, language: Language) -> str:
    if language == "es":
        return f"«{written}» no dice el año con cuatro cifras. ¿Qué fecha es?"
    return f"«{written}» does not say the year with four digits. Which date is it?"


def _two_readings(written: str, year: int, first: int, second: int) -> str:
    """Only asked in English, where both orders are in use; in Spanish the day comes first."""
    one = in_words(date(year, second, first), "en")
    other = in_words(date(year, first, second), "en")
    return f"«{written}» can be {one} or {other}. Which one is it?"


def _impossible(written: str, language: Language) -> str:
    if language == "es":
        return f"«{written}» no es una fecha que exista (día, mes, año). ¿Qué fecha es?"
    return f"«{written}» is no date that exists (day, month, year). Which date is it?"
