"""What differs between a register and the documents, and what a comparison is told to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from minga.domain.terms import end_of_month, months_after
from minga.dte.finding import Source
from minga.dte.registers import State
from minga.dte.rulebook import norms

Side = Literal["purchases", "sales"]


class DifferenceKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it means, what to do, and which amount is at risk; with ``_es`` in Spanish."""

    says: str
    says_es: str
    fix: str
    fix_es: str
    risk: str
    risk_es: str
    sources: tuple[str, ...]

    def norms(self) -> tuple[Source, ...]:
        return tuple(Source(norms()[key], at) for key, _, at in (each.partition(" ") for each in self.sources))


@dataclass(frozen=True, slots=True)
class Difference:
    """``kind`` is an id of `kinds`. ``party`` is the other side; ``lines`` and ``places`` say where it stands in the
    registers (``file:line``) and among the documents. ``registered`` and ``documented`` are the values that differ.
    ``risk`` is in pesos. ``until``: the hour until which something can be done."""

    kind: str
    party: str
    document: int
    folio: int
    risk: int
    registered: str = ""
    documented: str = ""
    lines: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is compared: purchases or sales, of ``period`` (its first day; None: not judged), as of the instant ``at``.

    ``company`` is whose register it is (``76354771-K``): documents of others are left out; None takes all. A claim is
    told of when ``soon`` or less is left.
    """

    side: Side
    at: datetime
    period: date | None = None
    company: str | None = None
    soon: timedelta = timedelta(days=3)

    def takes_sale(self, issued: date) -> bool:
        return self.period is None or self.period <= issued <= end_of_month(self.period)

    def takes_purchase(self, issued: date, credited: date) -> bool:
        """``credited``: the day to whose month its VAT credit belongs, which may be used in the two that follow."""
        return self.period is None or (
            issued <= end_of_month(self.period) and credited >= months_after(self.period, -2)
        )


@dataclass(slots=True)
class Totals:
    """``risk`` counts each document once, with the largest of its differences. ``others`` are documents of other
    companies, ``lost`` lines and ``unread`` documents those that could not be read: they were not compared."""

    entries: int = 0
    documents: int = 0
    matched: int = 0
    registered_pesos: int = 0
    documented_pesos: int = 0
    risk: int = 0
    others: int = 0
    lost: int = 0
    unread: int = 0
    differences: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not (self.differences or self.lost or self.unread)


@cache
def kinds() -> Mapping[str, DifferenceKind]:
    text = resources.files(__package__).joinpath("differences.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, DifferenceKind])


def side_of(state: State) -> Side:
    return "sales" if state == "venta" else "purchases"
