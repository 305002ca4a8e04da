"""IVA, additional taxes and retentions by code and day: `taxes.toml`, with the source of each."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

Ruling = Literal["lines", "vat", "base", "margin", "informed", "none"]
"""How the amount follows: rate x lines with the code, the whole IVA of those lines, rate x MntBase, IVA x MntMargenCom,
informed by volume or another base, or always 0."""


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """A percentage, valid on both days named."""

    rate: Decimal
    first: date = date.min
    last: date = date.max
    mark: str = "official"
    source: str = ""


class Tax(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of TipoImp and CodImpAdic. ``total`` is the code used where the whole IVA of that product is retained."""

    name: str
    name_es: str
    rule: Ruling
    sign: Literal["+", "-"]
    documents: Literal["sale", "purchase", "both"]
    source: str
    rates: tuple[Rate, ...] = ()
    total: str = ""
    usual: bool = False

    def rates_on(self, day: date | None) -> tuple[Decimal, ...]:
        """The rates that hold that day (None: any day). Empty where the table names none."""
        return tuple(each.rate for each in self.rates if day is None or each.first <= day <= each.last)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    iva: tuple[Rate, ...]
    tax: dict[str, Tax]


@cache
def _table() -> _Table:
    text = resources.files(__package__).joinpath("taxes.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Table)


def taxes() -> Mapping[str, Tax]:
    """Every tax and retention by its code."""
    return _table().tax


@cache
def iva_rate(day: date | None) -> Decimal:
    """The percentage of IVA that day; of today's law where the day cannot be read."""
    found = [each.rate for each in _table().iva if day is not None and each.first <= day <= each.last]
    return found[0] if found else _table().iva[-1].rate
