"""OtraMoneda and OtrMnda: the same amounts in another currency (Formato DTE v2.5, pp. 33-35, 39-40)."""

from collections.abc import Iterator
from decimal import Decimal

from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.node import Node
from minga.dte.reckoning import ZERO, Sums, value, word
from minga.dte.taxes import taxes

_PATH = "Encabezado/OtraMoneda/"
_UNIT = Decimal(1)
_CENT = Decimal("0.01")


def whole(document: Document, sums: Sums, report: Report) -> None:
    """MntTotOtrMnda is the sum of its parts."""
    other = sums.head.first("OtraMoneda")
    if other is None or document.body.of("Encabezado/IdDoc/FmaPagExp") == "21":
        return
    found = value(other, "MntTotOtrMnda")
    parts = list(_parts(other))
    if found is not None and parts:
        expected = sum(parts, ZERO)
        room = len(parts) * _CENT
        _tell(report, "foreign-total", _PATH + "MntTotOtrMnda", found, expected, room)


def converted(document: Document, sums: Sums, report: Report) -> None:
    """In export, the amounts of OtraMoneda are those of Totales in pesos at TpoCambio, give or take a peso a line."""
    other = sums.head.first("OtraMoneda")
    if other is None or not sums.is_export:
        return
    rate = value(other, "TpoCambio")
    for name, source in (("MntExeOtrMnda", "MntExe"), ("MntTotOtrMnda", "MntTotal")):
        found, amount = value(other, name), sums.stated.get(source)
        if found is None or amount is None or rate is None:
            continue
        room = max(len(sums.lines), 1) * _UNIT + _step(other, "TpoCambio", 4) * abs(amount)
        if abs(found - amount * rate) > room:
            report.fault("foreign-rate", _PATH + name, found, f"{(amount * rate).normalize():f}")


def lines(document: Document, sums: Sums, report: Report) -> None:
    """MontoItemOtrMnda = PrcOtrMon x QtyItem - DctoOtrMnda + RecargoOtrMnda."""
    for place, line in enumerate(sums.lines, 1):
        for other in line.node.parts.get("OtrMnda", ()):
            price, found = value(other, "PrcOtrMon"), value(other, "MontoItemOtrMnda")
            if price is None or found is None or line.treatment in ("4", "5"):
                continue
            quantity = value(line.node, "QtyItem") or _UNIT
            expected = (
                price * quantity - (value(other, "DctoOtrMnda") or ZERO) + (value(other, "RecargoOtrMnda") or ZERO)
            )
            path = f"Detalle[{place}]" if len(sums.lines) > 1 else "Detalle"
            room = _step(other, "PrcOtrMon", 4) * abs(quantity) + max(_CENT, 2 * _step(other, "MontoItemOtrMnda", 4))
            _tell(report, "foreign-line", f"{path}/OtrMnda/MontoItemOtrMnda", found, expected, room)


def _tell(report: Report, rule: str, path: str, found: Decimal, expected: Decimal, room: Decimal) -> None:
    off = abs(found - expected)
    if off > room:
        report.fault(rule, path, found, f"{expected.normalize():f}")


def _step(node: Node, name: str, decimals_max: int) -> Decimal:
    """Half of the last written decimal; nothing where it has all that the format has."""
    decimals = len(word(node, name).partition(".")[2])
    return ZERO if decimals >= decimals_max else Decimal(5).scaleb(-decimals - 1)


def _parts(other: Node) -> Iterator[Decimal]:
    for name in ("MntNetoOtrMnda", "MntExeOtrMnda", "IVAOtrMnda"):
        found = value(other, name)
        if found is not None:
            yield found
    for node in other.all("ImpRetOtrMnda"):
        tax = taxes().get(word(node, "TipoImpOtrMnda"))
        amount = value(node, "VlrImpOtrMnda") or ZERO
        yield -amount if tax is not None and tax.sign == "-" else amount


CHECKS = (whole, converted, lines)
