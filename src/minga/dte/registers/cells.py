"""Texts of a register's cells as values; None where one has not the form that is wanted."""

from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from minga.domain import rut
from minga.domain.terms import instant
from minga.dte.node import as_number

FOLIO_DIGITS = 10
AMOUNT_DIGITS = 15
"""A thousand times what all of Chile makes in a year."""


def whole(text: str, digits: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def positive(text: str, digits: int) -> int | None:
    return whole(text, digits) or None


@lru_cache(65_536)
def party(text: str) -> str | None:
    """A RUT with its right check digit, as ``76354771-K``."""
    try:
        found = rut.parse(text)
    except ValueError:
        return None
    return rut.without_dots(found) if found.valid else None


def amount(text: str) -> int | None:
    """Whole pesos; dots between thousands, and a minus, are taken."""
    bare = text.removeprefix("-")
    if "." in bare:
        first, *groups = bare.split(".")
        if not 1 <= len(first) <= 3 or any(len(each) != 3 for each in groups):
            return None
        bare = first + "".join(groups)
    found = whole(bare, AMOUNT_DIGITS)
    return None if found is None else -found if text[0] == "-" else found


def rate(text: str) -> Decimal | None:
    """A percentage, with a point or a comma."""
    return as_number(text.replace(",", "."))


@lru_cache(4096)
def day(text: str) -> date | None:
    """``30/11/2026``, ``30-11-2026`` or ``2026-11-30``."""
    parts = text.replace("/", "-").split("-")
    if len(parts) != 3 or any(whole(part, 4) is None for part in parts):
        return None
    if len(parts[0]) == 4:
        parts.reverse()
    if len(parts[2]) != 4 or len(parts[0]) > 2 or len(parts[1]) > 2:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """UTC of a day and a time in Chile; a day alone is its first instant."""
    written, _, clock = text.partition(" ")
    found, clock = day(written), clock.strip() or "00:00"
    if found is None:
        return None
    try:
        at = time.fromisoformat(clock if clock[1:2] != ":" else f"0{clock}")
        return instant(datetime.combine(found, at)) if at.tzinfo is None else None
    except (ValueError, OverflowError):
        return None


def folios(text: str) -> tuple[int, ...] | None:
    """Several are joined with hyphens."""
    found = tuple(whole(each.strip(), FOLIO_DIGITS) for each in text.split("-"))
    return tuple(each for each in found if each) if all(found) else None
