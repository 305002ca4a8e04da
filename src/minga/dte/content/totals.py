"""Totales: each amount against those it is made of (Formato DTE v2.5, pp. 29-32; boletas v4.1, p. 11)."""

from minga.dte.completion import CREDIT_SHARE
from minga.dte.content.comparing import compare, how
from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.reckoning import WITH_RATE, ZERO, Readings, Sums, of_iva, retained, total, word
from minga.dte.rounding import pesos
from minga.dte.taxes import iva_rate

PATH = "Encabezado/Totales/"

_ANY_RATE = (56, 61)
"""Notes may take the rate of the day of the document that they correct."""


def net(document: Document, sums: Sums, report: Report) -> None:
    """MntNeto: affected lines after global changes, without IVA where prices hold it."""
    found = sums.stated.get("MntNeto")
    if sums.is_exempt or sums.is_export or (found is None and document.kind == 52):
        return
    compare(report, "totals-net", PATH + "MntNeto", found, sums.net)


def exempt(document: Document, sums: Sums, report: Report) -> None:
    """MntExe: exempt lines after global changes."""
    found = sums.stated.get("MntExe")
    if found is None and document.kind == 52:
        return
    compare(report, "totals-exempt", PATH + "MntExe", found, sums.exempt, sums.is_export)


def iva(document: Document, sums: Sums, report: Report) -> None:
    """IVA = MntNeto x TasaIVA; where prices hold the IVA, also what is left of them."""
    if sums.is_export or document.kind in (34, 41):
        return
    found, base = sums.stated.get("IVA"), sums.stated.get("MntNeto", ZERO)
    if found is None and (document.kind == 52 or not base):
        return
    readings: Readings = (of_iva(base, sums.rate),)
    if sums.gross is not None:
        readings += tuple(pesos(each) - base for each in sums.gross if abs(each - base - readings[0]) <= 2)
    compare(report, "totals-iva", PATH + "IVA", found, readings)


def rate(document: Document, sums: Sums, report: Report) -> None:
    """TasaIVA is the rate of the law that day."""
    if document.kind not in WITH_RATE:
        return
    found = sums.stated.get("TasaIVA")
    if found is None:
        if document.kind != 52 and sums.stated.get("IVA") and not word(sums.totals, "TasaIVA"):
            report.fault("totals-rate-missing", PATH + "TasaIVA", "", iva_rate(document.issued))
        return
    days = {document.issued}
    if document.kind in _ANY_RATE:
        days.update(day for node in document.body.all("Referencia") if (day := node.day("FchRef")))
    legal = {iva_rate(day) for day in days}
    if found not in legal and document.issued is not None:
        report.fault("totals-rate", PATH + "TasaIVA", found, iva_rate(document.issued))


def iva_shares(document: Document, sums: Sums, report: Report) -> None:
    """IVA = IVAProp + IVATerc, where a sale is for another's account."""
    own, third = sums.stated.get("IVAProp"), sums.stated.get("IVATerc")
    if own is None and third is None:
        return
    whole = sums.stated.get("IVA")
    compare(report, "totals-iva-shares", PATH + "IVA", whole, ((own or ZERO) + (third or ZERO),))


def not_retained(document: Document, sums: Sums, report: Report) -> None:
    """IVANoRet = IVA - retained, where something is retained. Each retention is rounded by itself: together they may be
    some pesos more than the IVA, and then nothing is left."""
    found = sums.stated.get("IVANoRet")
    if document.kind not in (46, 56, 61):
        return
    kept = retained(sums.totals)
    left = sums.stated.get("IVA", ZERO) - kept
    if found is None and (not kept or -len(sums.totals.all("ImptoReten")) < left <= 0):
        return
    compare(report, "totals-not-retained", PATH + "IVANoRet", found, (left,))


def builder_credit(document: Document, sums: Sums, report: Report) -> None:
    """CredEC = IVA x 0.65: never more, and less where the cap by dwelling or the end of the credit makes it so."""
    found = sums.stated.get("CredEC")
    if found is None:
        return
    expected = sums.stated.get("IVA", ZERO) * CREDIT_SHARE
    if found:
        report.fault("totals-credit-ended", PATH + "CredEC", found)
    off = how(found, (expected,))
    if off != "none":
        rule = "amount-peso" if off == "peso" else "totals-credit-less" if found < expected else "totals-credit"
        report.fault(rule, PATH + "CredEC", found, pesos(expected))


def deposit(document: Document, sums: Sums, report: Report) -> None:
    """GrntDep: the lines of deposits."""
    found = sums.stated.get("GrntDep")
    if found is not None or sums.deposit:
        compare(report, "totals-deposit", PATH + "GrntDep", found, (sums.deposit,))


def unbilled(document: Document, sums: Sums, report: Report) -> None:
    """MontoNF: lines that are not billed, less the negative ones; MontoPeriodo: with the total."""
    if sums.is_export:
        return
    found = sums.stated.get("MontoNF")
    if document.kind != 43 and (found is not None or any(sums.unbilled)):
        rule = "totals-unbilled-boleta" if document.is_boleta else "totals-unbilled"
        compare(report, rule, PATH + "MontoNF", found, sums.unbilled)
    name = "TotalPeriodo" if document.is_boleta else "MontoPeriodo"
    period = sums.stated.get(name)
    if period is not None:
        not_billed = sums.unbilled if document.kind == 43 else (found or ZERO,)
        whole = sums.stated.get("MntTotal", ZERO)
        compare(report, "totals-period", PATH + name, period, tuple(whole + each for each in not_billed))


def whole(document: Document, sums: Sums, report: Report) -> None:
    """MntTotal out of the amounts beside it; 0 in samples without commercial value."""
    found = sums.stated.get("MntTotal")
    if found is None:
        return
    if sums.is_export and word_of(document, "FmaPagExp") == "21":
        if found:
            report.fault("totals-sample", PATH + "MntTotal", found, 0)
        return
    compare(
        report,
        "totals-total",
        PATH + "MntTotal",
        found,
        (total(sums.totals, sums.stated, document.kind),),
        sums.is_export,
    )
    if not found:
        report.fault("totals-zero", PATH + "MntTotal", found)


def invoice(document: Document, sums: Sums, report: Report) -> None:
    """What the SII asks of the amounts of a 33 and a 34, and the one from the other."""
    found_net, found_iva, found_exempt = (sums.stated.get(name) for name in ("MntNeto", "IVA", "MntExe"))
    if document.kind == 33:
        if found_iva is None or found_iva < 0 or found_iva != pesos(found_iva):
            report.fault("invoice-iva", PATH + "IVA", word(sums.totals, "IVA"))
        if found_net is None or found_net <= 0:
            report.fault("invoice-net", PATH + "MntNeto", word(sums.totals, "MntNeto"))
        if sums.lines and all(line.treatment == "1" for line in sums.lines):
            report.fault("invoice-all-exempt", "Encabezado/IdDoc/TipoDTE", 33, 34)
    elif document.kind == 34:
        if found_exempt is None or found_exempt <= 0:
            report.fault("exempt-invoice-amount", PATH + "MntExe", word(sums.totals, "MntExe"))
        for name, amount in (("MntNeto", found_net), ("IVA", found_iva)):
            if amount:
                report.fault("exempt-invoice-taxed", PATH + name, amount, 0)


def gross_with_taxes(document: Document, sums: Sums, report: Report) -> None:
    """MntBruto is only for documents without additional taxes."""
    if word_of(document, "MntBruto") == "1" and (sums.taxed or "ImptoReten" in sums.totals.parts):
        report.fault("gross-taxes", "Encabezado/IdDoc/MntBruto", "1")


def word_of(document: Document, name: str) -> str:
    """The text of an element of IdDoc."""
    return document.body.of(f"Encabezado/IdDoc/{name}") or ""


CHECKS = (
    net,
    exempt,
    iva,
    rate,
    iva_shares,
    not_retained,
    builder_credit,
    deposit,
    unbilled,
    whole,
    invoice,
    gross_with_taxes,
)
