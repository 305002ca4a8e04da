"""A document as far as a register knows it too."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from minga.domain import rut
from minga.dte.document import Document
from minga.dte.node import Node
from minga.dte.reconcile.difference import Side
from minga.dte.registers.cells import AMOUNT_DIGITS
from minga.dte.rounding import pesos

BUYERS_INVOICE = 46
"""The buyer issues it: the other side of a purchase is then who receives it."""

CASH = "1"
HOME_SERVICES = "1"
PESOS = "PESO CL"
PESOS_MAX = Decimal(10**AMOUNT_DIGITS - 1)
ELEMENTS = {"exempt": "MntExe", "net": "MntNeto", "iva": "IVA", "total": "MntTotal"}


@dataclass(frozen=True, slots=True)
class Slip:
    """``amounts`` are those in pesos that a register has too, by their field of `Entry`. ``total`` is 0 where it is not
    told in pesos. ``paid``: it says of itself that it was paid when it was issued. ``periodic``: of periodic home
    services."""

    place: str
    kind: int
    folio: int
    issuer: str
    receiver: str
    issued: date | None
    amounts: dict[str, int]
    total: int
    paid: bool
    periodic: bool

    def party(self, side: Side) -> str:
        return self.receiver if (side == "sales") != (self.kind == BUYERS_INVOICE) else self.issuer

    def owner(self, side: Side) -> str:
        return self.issuer if (side == "sales") != (self.kind == BUYERS_INVOICE) else self.receiver


@dataclass(frozen=True, slots=True)
class Unread:
    """A document that could not be read. ``rule`` is the one broken, ``found`` what it was broken with."""

    place: str
    rule: str
    found: str


def slip(document: Document) -> Slip:
    """Amounts of an export are what it says in pesos besides its own currency (OtraMoneda)."""
    head = document.body.first("Encabezado/IdDoc") or _NOTHING
    amounts = _of_export(document) if document.is_export else _of_sale(document)
    total = amounts.get("total", 0)
    if document.kind == BUYERS_INVOICE:
        del amounts["total"]  # the document's is without the IVA that is withheld; no text says which the register has
    return Slip(
        document.piece.place,
        document.kind,
        document.folio,
        _written(document.issuer),
        _written(document.receiver),
        document.issued,
        amounts,
        total,
        head.of("FmaPago") == CASH or (total > 0 and head.amount("MntCancel") >= total),
        head.of("IndServicio") == HOME_SERVICES,
    )


def _of_sale(document: Document) -> dict[str, int]:
    totals = document.body.first("Encabezado/Totales") or _NOTHING
    return {name: _pesos(totals.amount(element)) for name, element in ELEMENTS.items()}


def _of_export(document: Document) -> dict[str, int]:
    for path, element in (("Encabezado/Totales", "MntTotal"), ("Encabezado/OtraMoneda", "MntTotOtrMnda")):
        node = document.body.first(path)
        if node is not None and node.of("TpoMoneda") == PESOS:
            return {"total": _pesos(node.amount(element))}
    return {}


def _pesos(amount: Decimal) -> int:
    """No more than a register can say: what is above differs from it all the same."""
    return int(pesos(max(-PESOS_MAX, min(amount, PESOS_MAX))))


def _written(text: str) -> str:
    """As registers write it, or as it stands where it is no RUT."""
    try:
        return rut.without_dots(rut.parse(text))
    except ValueError:
        return text


_NOTHING = Node("", None, {}, {})
