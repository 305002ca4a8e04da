"""What a register says of a document, and what may be wrong in a line of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

State = Literal["registro", "pendiente", "no_incluir", "reclamado", "venta"]
"""The part of the register that a file is: four of purchases, one of sales."""


@dataclass(frozen=True, slots=True)
class Tax:
    code: int
    amount: int
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the register. ``line`` is its first line in the file. Amounts are pesos.

    ``party`` is the other side's RUT (``76354771-K``): who issued a purchase, or got a sale. ``received`` (by the SII),
    ``answered`` (acuse) and ``claimed`` are instants, None where the file names none. ``iva`` is all of it, ``credit``
    what of it is recoverable. ``references`` are type and folio of documents referred to.
    """

    line: int
    state: State
    kind: int
    party: str
    name: str
    folio: int
    issued: date
    received: datetime | None
    answered: datetime | None
    claimed: datetime | None
    exempt: int
    net: int
    iva: int
    credit: int
    total: int
    purpose: str = ""
    taxes: tuple[Tax, ...] = ()
    references: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong in a line. ``kind`` is an id of `flaws`; ``found`` what stands in ``column``."""

    line: int
    kind: str
    column: str = ""
    found: str = ""


class FlawKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``lost``: the line gives no entry. What is wrong and what to do, with ``_es`` in Spanish."""

    lost: bool
    says: str
    says_es: str
    fix: str
    fix_es: str


@cache
def flaws() -> Mapping[str, FlawKind]:
    text = resources.files(__package__).joinpath("flaws.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, FlawKind])
