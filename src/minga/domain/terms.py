"""Terms (plazos) as Chilean law counts them: whole days and months in Chile, whose clock changes twice a year."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Term:
    """Runs in consecutive days; ``last`` counts whole, until its midnight."""

    received: date
    days: int
    last: date

    def left(self, today: date) -> int:
        """Days from ``today`` to the last one: 0 on the last day, negative when it has passed."""
        return (self.last - today).days


def term(received: date, days: int) -> Term:
    """The day of receipt is not counted: the law counts the days that follow it (Ley 19.983 arts. 2 and 3, Código
    Civil art. 48).

    Holidays and weekends count (Código Civil art. 50). Raises OverflowError beyond the year 9999.
    """
    return Term(received, days, received + timedelta(days=days))


def months_after(day: date, months: int) -> date:
    """The last day of a term of months: the same number, or the month's last day where it has none (Código Civil art.
    48). Raises ValueError beyond the year 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def chile() -> ZoneInfo:
    """The zone of the SII's clocks (mainland Chile)."""
    return ZoneInfo("America/Santiago")


def day_in_chile(at: datetime) -> date:
    return at.astimezone(chile()).date()


def instant(local: datetime) -> datetime:
    """UTC of a clock time in Chile without a zone, as the SII writes them.

    An hour that happens twice (the night in autumn) means its first time, the earlier one; an hour that does not
    happen (the night in spring) the time that has then elapsed.
    """
    return local.replace(tzinfo=chile(), fold=0).astimezone(UTC)


def last_instant(day: date) -> datetime:
    """UTC of the last microsecond of that day in Chile, also where its last hour happens twice."""
    return datetime.combine(day, time.max, chile()).replace(fold=1).astimezone(UTC)


def days_later(at: datetime, days: int) -> datetime:
    """UTC of the same clock time in Chile so many calendar days later."""
    return instant(at.astimezone(chile()).replace(tzinfo=None) + timedelta(days=days))
