"""What options of `minga dte` take: days, and values of the UF."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from minga.settings import Settings


class _Day(click.ParamType[date]):
    """A day as AAAA-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            say = ctx.find_root().obj.say if ctx else str.format
            self.fail(say("{value!r} is no date as 2026-11-30", value=value), param, ctx)


DAY = _Day()


def schemas_folder(settings: Settings) -> Path:
    """Where the SII's schemas are installed."""
    return settings.home / "dte" / "schemas"
