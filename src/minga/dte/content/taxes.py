"""Additional taxes and retentions: codes, where they apply, rates by day, amounts (Formato DTE v2.5, pp. 30-31)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from minga.dte.content.comparing import compare
from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.node import Node
from minga.dte.reckoning import ZERO, Sums, of_iva, tax_of, value, word
from minga.dte.rounding import pesos
from minga.dte.taxes import Tax, taxes

REMOVED = ("16", "40")
"""Codes that the format took away on 2004-06-22 and the schema still has."""

UNDESCRIBED = ("54", "55")
"""Codes of the schema that no text of the SII describes."""

_PATH = "Encabezado/Totales/ImptoReten"
_SALE = (33, 34, 52, 43)
_PURCHASE = (46,)


def codes(document: Document, sums: Sums, report: Report) -> None:
    """Each code is for this type of document, and in the SII's table; other rules tell of those the schema has not."""
    for path, code, is_agent in _written(sums):
        tax = taxes().get(code)
        if tax is None:
            if code in REMOVED:
                report.fault("tax-removed", path, code)
            elif code in UNDESCRIBED:
                report.fault("tax-undescribed", path, code)
        elif not is_agent and tax.documents == _foreign_to(document.kind):
            report.fault("tax-document", path, code)


def matched(document: Document, sums: Sums, report: Report) -> None:
    """Lines that carry a code have their amount in Totales, and an amount has its lines."""
    if document.kind == 43:
        return
    nodes = sums.totals.parts.get("ImptoReten", ())
    summed = {word(node, "TipoImp") for node in nodes}
    for code in sums.taxed:
        if code not in summed and document.kind != 52 and _is_owed(code, sums):
            report.fault("tax-total-missing", _PATH, "", code)
    for place, node in enumerate(nodes, 1):
        tax = taxes().get(word(node, "TipoImp"))
        if tax is not None and tax.rule in ("lines", "vat") and word(node, "TipoImp") not in sums.taxed:
            report.fault("tax-line-missing", _path(place, len(nodes), "TipoImp"), word(node, "TipoImp"))


def rates(document: Document, sums: Sums, report: Report) -> None:
    """TasaImp is a rate of that day."""
    nodes = sums.totals.parts.get("ImptoReten", ())
    for place, node in enumerate(nodes, 1):
        tax = taxes().get(word(node, "TipoImp"))
        if tax is None or tax.rule == "none":
            continue
        found = value(node, "TasaImp")
        path = _path(place, len(nodes), "TasaImp")
        if found is None:
            if tax.rule != "informed":
                report.fault("tax-rate-missing", path)
            continue
        legal = _legal(tax, document, sums)
        if legal and found not in legal:
            report.fault("tax-rate-usual" if tax.usual else "tax-rate", path, found, legal[0])


def amounts(document: Document, sums: Sums, report: Report) -> None:
    """MontoImp = TasaImp x what it is on."""
    nodes = sums.totals.parts.get("ImptoReten", ())
    for place, node in enumerate(nodes, 1):
        code = word(node, "TipoImp")
        tax = taxes().get(code)
        if tax is None:
            continue
        path, found = _path(place, len(nodes), "MontoImp"), value(node, "MontoImp")
        if found is None or (found <= 0 and tax.rule != "none" and document.kind != 43):
            report.fault("tax-not-above-zero", path, word(node, "MontoImp"))
            continue
        _amount(path, found, code, tax, node, sums, report)


def _amount(path: str, found: Decimal, code: str, tax: Tax, node: Node, sums: Sums, report: Report) -> None:
    rate = value(node, "TasaImp")
    if tax.rule == "none":
        compare(report, "tax-amount", path, found, (ZERO,))
    elif tax.rule == "margin":
        margin = sums.stated.get("MntMargenCom")
        if margin is not None and not _is_repeated(code, sums):
            compare(report, "tax-margin", path, found, (of_iva(margin, sums.rate if rate is None else rate),))
    elif tax.rule == "base" and rate is not None:
        compare(report, "tax-amount", path, found, (of_iva(sums.stated.get("MntBase", ZERO), rate),))
    elif tax.rule in ("lines", "vat") and rate is not None and sums.kind != 43 and not _is_repeated(code, sums):
        bases = sums.taxed.get(code) or (sums.stated.get("MntNeto", ZERO),)
        compare(report, "tax-amount", path, found, tuple(of_iva(base, rate) for base in bases))


def _foreign_to(kind: int) -> str:
    """The documents whose taxes are not for that type; notes take all."""
    return "sale" if kind in _PURCHASE else "purchase" if kind in _SALE else ""


def _is_owed(code: str, sums: Sums) -> bool:
    """Whether a code of lines comes to a peso, or to what lines cannot tell."""
    tax = taxes().get(code)
    if tax is not None and tax.documents == "purchase" and sums.kind in _SALE:
        return False
    if tax is None or tax.rule in ("informed", "base", "margin"):
        return bool(sums.taxed[code][0])
    return pesos(tax_of(code, tax, sums)[1]) != 0


def _is_repeated(code: str, sums: Sums) -> bool:
    """Whether the code has several amounts, or for margins whether both margins stand there and share one base."""
    alike = ("14", "50") if code in ("14", "50") else (code,)
    return sum(word(node, "TipoImp") in alike for node in sums.totals.all("ImptoReten")) > 1


def _legal(tax: Tax, document: Document, sums: Sums) -> tuple[Decimal, ...]:
    if tax.rule in ("vat", "margin"):
        return (sums.rate,)
    days: list[date | None] = [document.issued]
    if document.kind in (56, 61):
        days += [day for node in document.body.all("Referencia") if (day := node.day("FchRef"))]
    return tuple(rate for day in days for rate in tax.rates_on(day))


def _written(sums: Sums) -> Iterator[tuple[str, str, bool]]:
    """Each code that stands in the document, its path, and whether it only names the product that a retaining agent
    sells (``IndAgente``): such a line may carry the product's code in any document."""
    nodes = sums.totals.parts.get("ImptoReten", ())
    for place, node in enumerate(nodes, 1):
        yield _path(place, len(nodes), "TipoImp"), word(node, "TipoImp"), False
    for place, line in enumerate(sums.lines, 1):
        for code in line.codes:
            path = (f"Detalle[{place}]" if len(sums.lines) > 1 else "Detalle") + "/CodImpAdic"
            yield path, code, "Retenedor" in line.node.parts


def _path(place: int, count: int, name: str) -> str:
    return f"{_PATH}[{place}]/{name}" if count > 1 else f"{_PATH}/{name}"


CHECKS = (codes, matched, rates, amounts)
