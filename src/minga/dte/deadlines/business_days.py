"""Business days (días hábiles) in Chile."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources


class UnknownYear(ValueError):
    """The holidays of ``year`` are not in holidays.toml: a term that runs through it cannot be counted."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the holidays of {year} are not known (known: {', '.join(map(str, holidays()))})")
        self.year = year


@cache
def holidays() -> Mapping[int, frozenset[date]]:
    """Those of the whole country by year."""
    text = resources.files(__package__).joinpath("holidays.toml").read_text("utf-8")
    return {int(year): frozenset(days) for year, days in tomllib.loads(text).items()}


def is_business_day(day: date) -> bool:
    """Neither a Sunday nor a holiday. A Saturday is one (Código Civil art. 50; only Ley 19.880 art. 25, on procedures
    of the administration, leaves it out): the count that ends first. Raises UnknownYear."""
    known = holidays().get(day.year)
    if known is None:
        raise UnknownYear(day.year)
    return day.weekday() != 6 and day not in known


def business_days_after(day: date, count: int) -> date:
    """The last of ``count`` business days that follow ``day``. Raises UnknownYear."""
    while count:
        day += timedelta(days=1)
        count -= is_business_day(day)
    return day
