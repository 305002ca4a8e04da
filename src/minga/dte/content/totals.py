"""Totales: each amount against those it is made of (Formato DTE v2.5, pp. 29-32)."""

from decimal import Decimal

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.rounding import difference, pesos


def iva(document: Document, grounds: Grounds, report: Report) -> None:
    """IVA = MntNeto x TasaIVA."""
    totals = document.body.first("Encabezado/Totales")
    if totals is None:
        return
    net, rate, found = totals.number("MntNeto"), totals.number("TasaIVA"), totals.number("IVA")
    if net is None or rate is None or found is None:
        return
    expected = net * rate / Decimal(100)
    how = difference(found, expected)
    if how != "none":
        rule = "totals-iva-peso" if how == "peso" else "totals-iva"
        report.fault(rule, "Encabezado/Totales/IVA", found, pesos(expected))


LOOKS = (iva,)
