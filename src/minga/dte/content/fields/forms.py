"""How the text of a field may be written: a small language of forms, each read into a function that judges a text.

``text 80``, ``whole 18 >=0``, ``decimal 12.6 >0``, ``date``, ``date open`` (the schema has no bounds), ``past
1950-01-01`` (of something earlier, and the schema's bound), ``time``, ``instant``, ``rut``, ``receiver``, ``code 1 2``,
``currency``, ``tax``, ``kind``. A number is ``>0`` or ``>=0`` or may be negative, and may end with ``<=`` a limit.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from minga.domain import rut
from minga.dte.content.fields.codes import codes
from minga.dte.node import as_number

Wrong = tuple[str, str]
"""The id of the rule broken, and what was expected."""

Judge = Callable[[str], Wrong | None]

RUT_MIN, RUT_MAX = 100_000, 99_000_000
"""Formato DTE v2.5, p. 17: the body of a RUT is from 100,000 to 99 million."""

_DATE_ZONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_CLOCK_ZONE = re.compile(r".*[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+|(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))")
_SEPARATED = re.compile(r"-?[0-9]{1,3}([.,' ][0-9]{3})+([.,][0-9]+)?|-?[0-9]+,[0-9]+")
_RUT = re.compile(r"[0-9]+-[0-9K]")
_RUT_LOWER = re.compile(r"[0-9]+-k")


@dataclass(frozen=True, slots=True)
class Narrower:
    """Where the format takes less than the schema: a shorter text, fewer codes, later days, no zero."""

    long: int = 0
    only: frozenset[str] = frozenset()
    early: str = ""
    nonzero: bool = False


def judge(form: str, blank: str, narrower: Narrower) -> Judge:
    """``blank`` is the rule that an empty text breaks."""
    name, *words = form.split()
    match name:
        case "text":
            return _text(int(words[0]), blank, narrower.long)
        case "whole":
            return _whole(int(words[0]), words[1:], blank, narrower)
        case "decimal":
            return _decimal(words[0], words[1:], blank, narrower)
        case "date" | "past":
            return _date(blank, narrower.early, "field-date-reference" if name == "past" else "field-date-early", words)
        case "time" | "instant":
            return _clock(blank, name == "instant")
        case "rut" | "receiver":
            return _rut(blank, name == "receiver")
        case "kind":
            return _anything
        case "code":
            return _code(frozenset(words), ", ".join(words), blank, narrower.only)
        case _:
            known = codes(name)
            return _code(frozenset(known), f"{len(known)}: {', '.join(list(known)[:3])}, …", blank, narrower.only)


def _anything(text: str) -> Wrong | None:
    return None


def _text(most: int, blank: str, long: int) -> Judge:
    free = long or most

    def look(text: str) -> Wrong | None:
        if 0 < len(text) <= free and text[0] > " ":
            return None
        if not text.strip():
            return blank, ""
        if len(text) > most:
            return "field-too-long", f"≤ {most} ({len(text)})"
        return ("field-longer-than-format", f"≤ {long} ({len(text)})") if len(text) > free else None

    return look


def _whole(digits: int, limits: list[str], blank: str, narrower: Narrower) -> Judge:
    number = _number(digits, 0, limits, blank, narrower.nonzero)
    low = 1 if ">0" in limits or narrower.nonzero else 0
    free = narrower.long or digits
    most = next((int(each[2:]) for each in limits if each.startswith("<=")), 10**free - 1)

    def look(text: str) -> Wrong | None:
        if len(text) <= free and text.isdigit() and text.isascii() and low <= int(text) <= most:
            return None
        found = number(text)
        if found is None and len(text.strip().lstrip("0")) > free:
            return "field-longer-than-format", f"≤ {free} ({len(text)})"
        return found

    return look


def _decimal(size: str, limits: list[str], blank: str, narrower: Narrower) -> Judge:
    whole, places = (int(each) for each in size.split("."))
    number = _number(whole, places, limits, blank, narrower.nonzero)
    above = ">0" in limits or narrower.nonzero
    limited = any(each.startswith("<=") for each in limits)

    def look(text: str) -> Wrong | None:
        if text.isdigit() and text.isascii() and len(text) <= whole and not limited:
            return None if not above or text.strip("0") else number(text)
        found = number(text)
        if found is None and not text.partition(".")[2].strip().strip("0") and "." in text:
            return "field-idle-decimals", text.strip().rstrip("0").rstrip(".")
        return found

    return look


def _number(whole: int, places: int, limits: list[str], blank: str, nonzero: bool) -> Judge:
    """The slow way, for what is not plain digits."""
    most = next((Decimal(each[2:]) for each in limits if each.startswith("<=")), Decimal(10) ** whole - Decimal("1e-9"))
    signed = not {">0", ">=0"} & set(limits)

    def look(text: str) -> Wrong | None:
        text = text.strip()
        if not text:
            return blank, ""
        found = as_number(text)
        if found is None:
            return "field-separators" if _SEPARATED.fullmatch(text) else "field-not-number", "0-9." if places else "0-9"
        decimals = text.partition(".")[2].rstrip("0") if places else text[text.find(".") :] if "." in text else ""
        if len(decimals) > places:
            separated = not places and _SEPARATED.fullmatch(text)
            return "field-separators" if separated else "field-decimals", f"≤ {places}"
        if found < 0 and not signed:
            return "field-negative", ">= 0"
        if found == 0 and ">0" in limits:
            return "field-not-positive", "> 0"
        if found == 0 and nonzero:
            return "field-zero", "> 0"
        return (
            ("field-too-large", f"≤ {most:.0f}" if most == most.to_integral_value() else f"< {most:.0f}")
            if abs(found) > most
            else None
        )

    return look


def _date(blank: str, early: str, too_early: str, limits: list[str]) -> Judge:
    open_ended = "open" in limits
    schema_first = limits[0] if limits and not open_ended else "2000-01-01"
    first = early or schema_first

    def look(text: str) -> Wrong | None:
        if not _is_day(text):
            if not text.strip():
                return blank, ""
            return "field-zone" if _DATE_ZONE.fullmatch(text) else "field-not-date", "AAAA-MM-DD"
        if schema_first <= text <= "2050-12-31":
            return None if text >= first else (too_early, f">= {first}")
        return too_early if open_ended else "field-date-out", f"{first} … 2050-12-31"

    return look


def _is_day(text: str) -> bool:
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _clock(blank: str, instant: bool) -> Judge:
    """A time of day, or with ``instant`` a day and a time of it: neither with a time zone."""
    form = "AAAA-MM-DDTHH:MI:SS" if instant else "HH:MI:SS"

    def look(text: str) -> Wrong | None:
        text = text.strip()
        if not text:
            return blank, ""
        if _CLOCK_ZONE.fullmatch(text):
            return "field-zone", form
        clock = text[11:] if instant else text
        if not _CLOCK.fullmatch(clock) or (instant and (len(text) != 19 or text[10] != "T")):
            return "field-not-time", form
        try:
            if instant:
                datetime.fromisoformat(text)
        except ValueError:
            return "field-not-time", form
        return None

    return look


def _code(known: frozenset[str], expected: str, blank: str, only: frozenset[str]) -> Judge:
    allowed = only or known

    def look(text: str) -> Wrong | None:
        if text in allowed:
            return None
        text = text.strip()
        if not text:
            return blank, ""
        if text in known and text not in allowed:
            return "field-code-format", ", ".join(sorted(only))
        return None if text in allowed else ("field-code", expected)

    return look


def _rut(blank: str, receiver: bool) -> Judge:
    def look(text: str) -> Wrong | None:
        wrong = wrong_rut(text)
        if wrong is None:
            return None
        if not text.strip():
            return blank, ""
        if receiver and text.strip() in ("0", "0-0"):
            return "boleta-rut-zero", "66666666-6"
        return wrong

    return look


@lru_cache(8192)
def wrong_rut(text: str) -> Wrong | None:
    """What is wrong with a RUT as it stands in a document: its form, its check digit, its range."""
    if not _RUT.fullmatch(text) or len(text) > 10:
        return ("rut-lower-k", text.upper()) if _RUT_LOWER.fullmatch(text) else ("rut-form", "12345678-5")
    body, _, digit = text.partition("-")
    number = int(body)
    if not 1 <= number <= rut.BODY_MAX:
        return "rut-range", f"{RUT_MIN} … {RUT_MAX}"
    right = rut.check_digit(number)
    if digit != right:
        return "rut-digit", f"{body}-{right}"
    if not RUT_MIN <= number <= RUT_MAX:
        return "rut-range", f"{RUT_MIN} … {RUT_MAX}"
    return ("rut-leading-zero", f"{number}-{digit}") if body[0] == "0" else None
