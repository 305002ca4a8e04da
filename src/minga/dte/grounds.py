"""What a check rests on besides the document: the day, the values of the UF, the keys that sign CAFs, the schemas."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from minga.dte.finding import Fault
from minga.dte.schemas import Schemas
from minga.infrastructure.rsa import PublicKey

VALUE_MAX = 300
"""Characters of a value that a finding tells: a field may hold megabytes."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """``today`` is the day in Chile on which the check is made. ``uf`` are pesos by day; a day that is missing is told
    by the rule that needs it. ``rates`` are pesos for a unit of a currency, by day and its name in TpoMoneda; without
    any, no rate is looked at. Without ``schemas`` none is checked, and the findings say so. ``caf_keys`` sign CAFs
    besides the SII's own, by IDK: those of trials. ``signers`` are the RUTs of those who may sign for an issuer, by its
    RUT; for an issuer that is not named, whose certificate it is cannot be judged."""

    today: date
    uf: Mapping[date, Decimal] = field(default_factory=dict)
    schemas: Schemas | None = None
    caf_keys: Mapping[int, PublicKey] = field(default_factory=dict)
    signers: Mapping[str, Collection[str]] = field(default_factory=dict)
    rates: Mapping[tuple[date, str], Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """What the parts of a check add to, in their order. ``held`` tells how something was proved: which convention of
    namespaces the signature held in, which set of schemas was used, how the stamp was read."""

    faults: list[Fault] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)

    def fault(self, rule: str, path: str, found: object = "", expected: object = "", at: str = "") -> None:
        """``rule`` is an id of the book. Of longer values than `VALUE_MAX` the beginning is told."""
        self.faults.append(Fault(rule, path, begun(str(found)), begun(str(expected)), at))


def begun(value: str) -> str:
    """At most `VALUE_MAX` characters of it."""
    return value if len(value) <= VALUE_MAX else f"{value[:VALUE_MAX]}…"
