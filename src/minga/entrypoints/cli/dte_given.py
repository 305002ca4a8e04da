"""What options of `minga dte` take: days, values of the UF, exchange rates."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from minga.entrypoints.cli.pages import words_of
from minga.entrypoints.cli.words import Words


class _Day(click.ParamType[date]):
    """A day as AAAA-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        say = _say(ctx)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise click.BadParameter(say("{value!r} is no date as 2026-11-30", value=value)) from None


DAY = _Day()


class EveryDay(Mapping[date, Decimal]):
    """One value for all days."""

    def __init__(self, value: Decimal) -> None:
        self._value = value

    def __getitem__(self, key: date) -> Decimal:
        return self._value

    def __iter__(self) -> Iterator[date]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, key: object) -> bool:
        return True


class _Uf(click.ParamType[Mapping[date, Decimal]]):
    """Pesos for one UF, or a file of lines ``AAAA-MM-DD;pesos``."""

    name = "uf"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Mapping[date, Decimal]:
        if isinstance(value, Mapping):
            return value
        if (number := _pesos(value)) is not None:
            return EveryDay(number)
        say = _say(ctx)
        try:
            lines = Path(value).expanduser().read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise click.BadParameter(
                say("{value!r} is neither pesos nor a file that can be read", value=value)
            ) from None
        try:
            return dict(_dated(line) for line in lines if line.strip())
        except ValueError as found:
            raise click.BadParameter(say("{line!r} is no line as 2026-11-30;39871.25", line=str(found))) from None


class _Rates(click.ParamType[Mapping[tuple[date, str], Decimal]]):
    """A file of lines ``AAAA-MM-DD;currency;pesos``."""

    name = "rates"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Mapping[tuple[date, str], Decimal]:
        if isinstance(value, Mapping):
            return value
        say = _say(ctx)
        try:
            lines = Path(value).expanduser().read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise click.BadParameter(say("{value!r} is no file that can be read", value=value)) from None
        found: dict[tuple[date, str], Decimal] = {}
        for line in filter(None, map(str.strip, lines)):
            day, _, rest = line.partition(";")
            currency, _, pesos = rest.partition(";")
            try:
                issued, rate = _dated(f"{day};{pesos}")
            except ValueError:
                raise click.BadParameter(say("{line!r} is no line as 2026-11-30;DOLAR USA;945.32", line=line)) from None
            found[issued, currency.strip().upper()] = rate
        return found


def _dated(line: str) -> tuple[date, Decimal]:
    """Raises ValueError with the line."""
    day, _, pesos = line.strip().partition(";")
    try:
        issued, found = date.fromisoformat(day.strip()), _pesos(pesos)
    except ValueError:
        raise ValueError(line.strip()) from None
    if found is None:
        raise ValueError(line.strip())
    return issued, found


def _say(ctx: click.Context | None) -> Words:
    assert ctx is not None, "an option is read where a command is run"
    return words_of(ctx)


def _pesos(text: str) -> Decimal | None:
    """A positive number; a comma is a decimal one, as in Chile, where there is no point."""
    plain = text.strip().replace(".", "").replace(",", ".") if "," in text else text.strip()
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None


UF = _Uf()
RATES = _Rates()
