"""Comisiones: lines of commissions and other charges, and their sums in Totales (Formato DTE v2.5, pp. 31-32, 48)."""

from minga.dte.content.comparing import compare
from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.reckoning import ZERO, Sums, of_iva, value

_SUMMED = ("ValComNeto", "ValComExe", "ValComIVA")
_PATH = "Encabezado/Totales/Comisiones/"


def sums_of(document: Document, sums: Sums, report: Report) -> None:
    """Totales/Comisiones: the sum of the lines, of each value."""
    lines, totals = document.body.parts.get("Comisiones", ()), sums.totals.parts.get("Comisiones")
    if not lines and not totals:
        return
    node = totals[0] if totals else None
    for name in _SUMMED:
        given = [amount for line in lines if (amount := value(line, name)) is not None]
        expected = sum(given, ZERO)
        found = value(node, name) if node else None
        if name == "ValComIVA" and not given and node:
            expected = of_iva(value(node, "ValComNeto") or ZERO, sums.rate)
        compare(report, "commission-sum", _PATH + name, found, (expected,))


def lines(document: Document, sums: Sums, report: Report) -> None:
    """Each line has a value, and its IVA is the rate of its net value."""
    found = document.body.parts.get("Comisiones", ())
    for place, line in enumerate(found, 1):
        path = f"Comisiones[{place}]" if len(found) > 1 else "Comisiones"
        net, exempt, iva = (value(line, name) for name in _SUMMED)
        if iva is not None:
            compare(report, "commission-iva", f"{path}/ValComIVA", iva, (of_iva(net or ZERO, sums.rate),))
        if document.kind != 43 and not net and not exempt:
            report.fault("commission-empty", path)


CHECKS = (sums_of, lines)
