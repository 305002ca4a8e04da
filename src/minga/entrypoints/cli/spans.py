"""Options about time and money, read from what a person typed."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from minga.domain.errors import BadInput
from minga.entrypoints.cli.words import Words

_BACK = re.compile(r"(\d{1,5})([hdw])")
_UNIT = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Whatever has a date lies between them, also what a wrong clock dated into the future."""

MOMENT = timedelta(microseconds=1)
MICRO_USD = 1_000_000

USD_MAX = 1e12


def instant(say: Words, text: str | None, now: datetime, zone: tzinfo | None = None) -> datetime | None:
    """A date (its first moment), a date with a time, or so long ago: ``7d``, ``12h``, ``2w``. ``zone``: in which a
    date is meant that names none, as days are shown beside it; None: the user's own. Raises BadInput."""
    if text is None:
        return None
    if back := _BACK.fullmatch(text):
        return now - int(back[1]) * _UNIT[back[2]]
    return _placed(_written(say, text), zone)


def _written(say: Words, text: str) -> datetime:
    detail = say("{given!r} is no date such as 2026-11-24, and no time ago such as 7d, 12h or 2w", given=text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput(detail=detail) from wrong
    if not 1970 <= at.year < 9999:  # the last one has no day after it
        raise BadInput(detail=detail)
    return at


def _placed(at: datetime, zone: tzinfo | None) -> datetime:
    """The user's own zone need not be the same all year, so a day may have 23 hours or 25."""
    if at.tzinfo:
        return at
    if zone:
        return at.replace(tzinfo=zone)
    own = at.astimezone()
    is_there = own.replace(tzinfo=None) == at  # where clocks go forward at midnight, a day begins at one
    return own if is_there else at.replace(fold=1).astimezone()


def last_instant(say: Words, text: str | None, now: datetime, zone: tzinfo | None = None) -> datetime | None:
    """As `instant`; a date means up to its last moment."""
    if text is not None and re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
        return _placed(_written(say, text) + timedelta(days=1), zone) - MOMENT
    return instant(say, text, now, zone)


def span(
    say: Words, since: str | None, until: str | None, now: datetime, zone: tzinfo | None = None
) -> tuple[datetime | None, datetime | None]:
    """From the first moment of one to the end of the other. Raises BadInput, also where it ends before it begins."""
    first, last = instant(say, since, now, zone), last_instant(say, until, now, zone)
    if first and last and last <= first:
        detail = say("nothing lies between --since {since} and --until {until}", since=since, until=until)
        raise BadInput(detail=detail)
    return first, last


def known_until(say: Words, name: str, text: str | None, now: datetime) -> datetime | None:
    """The last moment of the user's own date of which it can be told what was known then. Raises BadInput, also for one
    that has not come; ``name`` is the option's."""
    at = last_instant(say, text, now)
    begins = instant(say, text, now)
    if at is None or begins is None:
        return None
    if begins > now:
        told = say("{name} {given!r} has not come yet; leave it out for what is known now", name=name, given=text)
        raise BadInput(detail=told)
    return min(at - timedelta(microseconds=1), now)


def micro_usd(say: Words, name: str, usd: float | None) -> int | None:
    """The amount that the option ``name`` was given. Raises BadInput, also for what no store can hold, and
    for more than nothing that is less than a millionth."""
    if usd is None:
        return None
    amount = round(usd * MICRO_USD) if 0 <= usd <= USD_MAX else None  # nan is neither
    if amount is None or (usd and not amount):
        raise BadInput(detail=say("{name}: {given} is no amount of money", name=name, given=usd))
    return amount


def dollars(micro_usd: int, places: int = 2) -> str:
    """As it is shown: ``$2.50``, ``-$0.10``, and no ``-`` before a zero."""
    amount = round(micro_usd / MICRO_USD, places)
    return f"{'-' if amount < 0 else ''}${abs(amount):.{places}f}"
