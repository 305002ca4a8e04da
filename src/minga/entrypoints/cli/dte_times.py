"""Options that take an instant or a month in Chile, and how such are shown."""

import re
from datetime import UTC, date, datetime
from typing import Any

import click

from minga.domain.terms import chile, instant
from minga.entrypoints.cli.pages import words_of

_MONTH = re.compile(r"(\d{4})-?(\d\d)")


class _Moment(click.ParamType[datetime]):
    """UTC of a day, or a day and a time; in Chile where no zone is written. A day alone is its first instant."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
            if not 1990 <= found.year <= 2190:
                raise ValueError(value)
        except ValueError:
            assert ctx is not None, "an option is read where a command is run"
            say = words_of(ctx)
            raise click.BadParameter(say("{value!r} is no day and time as 2026-11-20T10:00", value=value)) from None
        return instant(found) if found.tzinfo is None else found.astimezone(UTC)


class _Month(click.ParamType[date]):
    """The first day of a month as AAAA-MM."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        match = _MONTH.fullmatch(value)
        try:
            return date(int(match[1]), int(match[2]), 1) if match else date.fromisoformat(f"{value}-01")
        except ValueError:
            assert ctx is not None, "an option is read where a command is run"
            say = words_of(ctx)
            raise click.BadParameter(say("{value!r} is no month as 2026-11", value=value)) from None


MOMENT = _Moment()
MONTH = _Month()


def shown(at: datetime) -> str:
    """In Chile, to the minute; the last instant of a day is shown as 24:00 of it."""
    local = at.astimezone(chile())
    clock = (
        "24:00" if (local.hour, local.minute, local.second) == (23, 59, 59) and local.microsecond else f"{local:%H:%M}"
    )
    return f"{local:%Y-%m-%d} {clock}"
