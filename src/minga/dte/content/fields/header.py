"""Conditions of the head and of the zones (Formato DTE v2.5, pp. 10-16, 36-48)."""

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report

HEADER = "Encabezado/IdDoc"

_PURCHASES = frozenset({"45", "46"})
_SETTLEMENTS = frozenset({"40", "43", "103"})
_NOTES = frozenset({"55", "56", "60", "61"})


def payment(document: Document, grounds: Grounds, report: Report) -> None:
    """How it is paid, until when, and that it was not paid later than it was issued nor falls due earlier."""
    header = document.body.first(HEADER)
    if header is None:
        return
    if document.kind in (33, 34, 43) and not header.of("FmaPago"):
        report.fault("header-payment", f"{HEADER}/FmaPago", "", "1, 2, 3")
    paid = header.day("FchCancel")
    if paid and document.issued and paid > document.issued:
        report.fault("header-paid-late", f"{HEADER}/FchCancel", paid, f"<= {document.issued}")
    if document.issued and document.issued > grounds.today:
        report.fault("header-date-future", f"{HEADER}/FchEmis", document.issued, f"<= {grounds.today}")
    due = header.day("FchVenc")
    if due and document.issued and due < document.issued:
        report.fault("header-due-early", f"{HEADER}/FchVenc", due, f">= {document.issued}")
    first, last = header.day("PeriodoDesde"), header.day("PeriodoHasta")
    if first and last and last < first:
        report.fault("header-period", f"{HEADER}/PeriodoHasta", last, f">= {first}")


def instalments(document: Document, grounds: Grounds, report: Report) -> None:
    """The payments planned add up to one of the amounts that they may be of, each with half a peso of rounding."""
    header, totals = document.body.first(HEADER), document.body.first("Encabezado/Totales")
    planned = header.all("MntPagos") if header else ()
    if not planned or header is None or totals is None:
        return
    total = sum(each.amount("MntPago") for each in planned)
    paid = totals.amount("MntTotal") - header.amount("MntCancel")
    open_then = header.number("SaldoInsol")
    amounts = [totals.number(name) for name in ("MntTotal", "MontoPeriodo", "VlrPagar")]
    if not any(abs(total - each) * 2 <= len(planned) for each in (*amounts, paid, open_then) if each is not None):
        report.fault("header-instalments", f"{HEADER}/MntPagos", total, totals.of("MntTotal") or "")


def to_pay(document: Document, grounds: Grounds, report: Report) -> None:
    """What was paid, what is open and what is to be paid, which the format does not validate, fit the total."""
    header, totals = document.body.first(HEADER), document.body.first("Encabezado/Totales")
    if header is None or totals is None:
        return
    paid, open_then, asked = header.number("MntCancel"), header.number("SaldoInsol"), totals.number("VlrPagar")
    if asked is None and (paid is None or open_then is None):
        return
    periods = (totals.number(name) for name in ("MntTotal", "MontoPeriodo", "TotalPeriodo"))
    sums = [each for each in periods if each is not None]
    sums.append(totals.amount("MntTotal") + totals.amount("MontoNF"))
    if paid is not None and open_then is not None and paid + open_then not in (*sums, asked):
        report.fault("header-open-amount", f"{HEADER}/SaldoInsol", paid + open_then, totals.of("MntTotal") or "")
    before = totals.amount("SaldoAnterior")
    if asked is not None and not any(asked in (each + before, each + before - (paid or 0)) for each in sums):
        report.fault("header-to-pay", "Encabezado/Totales/VlrPagar", asked, f"{(sums[-1] + before).normalize():f}")


def sale_kind(document: Document, grounds: Grounds, report: Report) -> None:
    """TpoTranVenta 4 is in the schema and not in the format."""
    if document.body.of(f"{HEADER}/TpoTranVenta") == "4":
        report.fault("header-sale-kind", f"{HEADER}/TpoTranVenta", 4, "1, 2, 3")


def commissions(document: Document, grounds: Grounds, report: Report) -> None:
    """A liquidación-factura tells its commissions."""
    if document.kind == 43 and not document.body.has("Comisiones"):
        report.fault("zone-commissions", "Comisiones")


def purchases(document: Document, grounds: Grounds, report: Report) -> None:
    """A note has commissions and IVA not retained only where it corrects a purchase invoice or a liquidación."""
    if document.kind not in (56, 61):
        return
    corrected = {each.of("TpoDocRef") for each in document.body.all("Referencia")}
    if document.body.has("Comisiones") and not corrected & (_PURCHASES | _SETTLEMENTS | _NOTES):
        report.fault("zone-commission-note", "Comisiones")
    if document.body.has("Encabezado/Totales/IVANoRet") and not corrected & (_PURCHASES | _NOTES):
        report.fault("header-not-retained", "Encabezado/Totales/IVANoRet")


def discounts(document: Document, grounds: Grounds, report: Report) -> None:
    """The table of zones has no global discounts in a guía; the table of fields and the schema have."""
    if document.kind == 52 and document.body.all("DscRcgGlobal"):
        report.fault("zone-discount-guide", "DscRcgGlobal")


LOOKS = (payment, instalments, to_pay, sale_kind, commissions, purchases, discounts)
