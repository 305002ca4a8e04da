"""Which types of document a book may have, and which rule is for which: ``book_types.toml``."""

from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

Types = frozenset[int]


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Purchases or sales."""

    types: Types
    dated: Types
    with_rut: Types
    with_total: Types
    with_iva: Types


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The IVA in percent."""

    percent: Decimal
    since: date


class BookTypes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Groups of types by the rules that they fall under."""

    summary_only: Types
    invoices: Types
    exempt: Types
    notes: Types
    notes_all: Types
    settlements: Types
    settlement_invoices: Types
    purchase_invoices: Types
    withholding: Types
    rated: Types
    free_zone: Types
    withheld: Types
    boletas: Types
    boletas_taxed: Types
    boletas_exempt: Types
    totals_needed: Types
    domestic_fares: Types
    foreign_fares: Types
    COMPRA: Side
    VENTA: Side
    rate: Rate

    def side(self, operation: Literal["COMPRA", "VENTA"]) -> Side:
        return self.COMPRA if operation == "COMPRA" else self.VENTA


@cache
def book_types() -> BookTypes:
    text = resources.files(__package__).joinpath("book_types.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=BookTypes)
