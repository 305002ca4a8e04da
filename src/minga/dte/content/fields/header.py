"""Conditions of the head of a document that are not of transport, exports or the parties (Formato DTE v2.5, pp. 12-16)."""

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
    if document.body.of(f"{HEADER}/MntBruto") == "1":
        if document.body.has("Encabezado/Totales/ImptoReten") or any(each.has("CodImpAdic") for each in document.lines):
            report.fault("header-gross", f"{HEADER}/MntBruto", "1")


def builders_credit(document: Document, grounds: Grounds, report: Report) -> None:
    """CredEC ends with 2026; whether it does on the document's day is in the rule's dates."""
    found = document.body.of("Encabezado/Totales/CredEC")
    if found:
        report.fault("header-builders-credit", "Encabezado/Totales/CredEC", found)


def commissions(document: Document, grounds: Grounds, report: Report) -> None:
    """A liquidación-factura tells its commissions; elsewhere a commission is not nothing."""
    lines = document.body.all("Comisiones")
    if document.kind == 43 and not lines:
        report.fault("zone-commissions", "Comisiones")
    for place, line in enumerate(lines, 1):
        net, exempt = line.number("ValComNeto"), line.number("ValComExe")
        if document.kind != 43 and net == 0 and exempt == 0:
            where = f"Comisiones[{place}]" if len(lines) > 1 else "Comisiones"
            report.fault("zone-commission-zero", f"{where}/ValComNeto", 0, "> 0")


def discounts(document: Document, grounds: Grounds, report: Report) -> None:
    """The table of zones has no global discounts in a guía; the table of fields and the schema have."""
    if document.kind == 52 and document.body.all("DscRcgGlobal"):
        report.fault("zone-discount-guide", "DscRcgGlobal")


def sequences(document: Document, grounds: Grounds, report: Report) -> None:
    """Lines of each zone are numbered 1, 2, 3."""
    for zone, number in _NUMBERED:
        lines = document.body.parts.get(zone)
        if lines is None:
            continue
        for place, line in enumerate(lines, 1):
            found = line.of(number)
            if found and found != str(place) and found.lstrip("0") != str(place):
                where = f"{zone}[{place}]" if len(lines) > 1 else zone
                report.fault("zone-sequence", f"{where}/{number}", found, place)
                break


_NUMBERED = (
    ("Detalle", "NroLinDet"),
    ("SubTotInfo", "NroSTI"),
    ("DscRcgGlobal", "NroLinDR"),
    ("Referencia", "NroLinRef"),
    ("Comisiones", "NroLinCom"),
)


LOOKS = (payment, gross, builders_credit, commissions, discounts, sequences)
