"""Conditions of the head and of the zones (Formato DTE v2.5, pp. 10-16, 36-48)."""

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report

HEADER = "Encabezado/IdDoc"


def payment(document: Document, grounds: Grounds, report: Report) -> None:
    """How it is paid, until when, and that it was not paid later than it was issued."""
    header = document.body.first(HEADER)
    if header is None:
        return
    if document.kind in (33, 34, 43) and not header.of("FmaPago"):
        report.fault("header-payment", f"{HEADER}/FmaPago", "", "1, 2, 3")
    paid = header.day("FchCancel")
    if paid and document.issued and paid > document.issued:
        report.fault("header-paid-late", f"{HEADER}/FchCancel", paid, f"<= {document.issued}")
    first, last = header.day("PeriodoDesde"), header.day("PeriodoHasta")
    if first and last and last < first:
        report.fault("header-period", f"{HEADER}/PeriodoHasta", last, f">= {first}")


def gross(document: Document, grounds: Grounds, report: Report) -> None:
    """Lines are gross only where no additional tax is added."""
    if document.body.of(f"{HEADER}/MntBruto") != "1":
        return
    if document.body.has("Encabezado/Totales/ImptoReten") or any(each.has("CodImpAdic") for each in document.lines):
        report.fault("header-gross", f"{HEADER}/MntBruto", "1")


def sale_kind(document: Document, grounds: Grounds, report: Report) -> None:
    """TpoTranVenta 4 is in the schema and not in the format."""
    if document.body.of(f"{HEADER}/TpoTranVenta") == "4":
        report.fault("header-sale-kind", f"{HEADER}/TpoTranVenta", 4, "1, 2, 3")


def builders_credit(document: Document, grounds: Grounds, report: Report) -> None:
    """CredEC ends with 2026; whether it does on the document's day is in the rule's dates."""
    found = document.body.of("Encabezado/Totales/CredEC")
    if found:
        report.fault("header-builders-credit", "Encabezado/Totales/CredEC", found)


def commissions(document: Document, grounds: Grounds, report: Report) -> None:
    """A liquidación-factura tells its commissions; elsewhere a commission is not nothing."""
    if document.kind == 43:
        if not document.body.has("Comisiones"):
            report.fault("zone-commissions", "Comisiones")
        return
    for where, line in document.body.each("Comisiones"):
        if line.number("ValComNeto") == 0 and line.number("ValComExe") == 0:
            report.fault("zone-commission-zero", f"{where}/ValComNeto", 0, "> 0")


def discounts(document: Document, grounds: Grounds, report: Report) -> None:
    """The table of zones has no global discounts in a guía; the table of fields and the schema have."""
    if document.kind == 52 and document.body.all("DscRcgGlobal"):
        report.fault("zone-discount-guide", "DscRcgGlobal")


def sequences(document: Document, grounds: Grounds, report: Report) -> None:
    """Lines of each zone are numbered 1, 2, 3."""
    for zone, number in _NUMBERED:
        for place, (where, line) in enumerate(document.body.each(zone), 1):
            found = line.of(number)
            if found and found.lstrip("0") != str(place):
                report.fault("zone-sequence", f"{where}/{number}", found, place)
                break


_NUMBERED = (
    ("Detalle", "NroLinDet"),
    ("SubTotInfo", "NroSTI"),
    ("DscRcgGlobal", "NroLinDR"),
    ("Referencia", "NroLinRef"),
    ("Comisiones", "NroLinCom"),
)


LOOKS = (payment, gross, sale_kind, builders_credit, commissions, discounts, sequences)
