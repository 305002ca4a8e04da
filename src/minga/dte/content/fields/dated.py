"""Codes with first and last days: additional taxes, services abroad, types of document (Formato DTE v2.5, pp. 3-7)."""

from datetime import date

from minga.dte.content.fields.codes import codes
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report


def taxes(document: Document, grounds: Grounds, report: Report) -> None:
    """The codes of taxes in totals and lines, by the day of the document."""
    totals = document.body.first("Encabezado/Totales")
    if totals is not None:
        for where, each in totals.each("ImptoReten"):
            _tax(each.of("TipoImp"), f"Encabezado/Totales/{where}/TipoImp", document.issued, report)
    if not any("CodImpAdic" in line.parts for line in document.lines):
        return
    for where, line in document.body.each("Detalle"):
        for step, each in line.each("CodImpAdic"):
            _tax(each.text, f"{where}/{step}", document.issued, report)


def _tax(code: str | None, path: str, issued: date | None, report: Report) -> None:
    dated = codes("tax").get(code or "")
    if dated and dated.since and issued and issued < dated.since:
        report.fault("code-tax-early", path, code, f">= {dated.since}", dated.at)


def introduced(document: Document, grounds: Grounds, report: Report) -> None:
    """Types and services that the format got later; the day is in the rule."""
    if document.kind == 43 or document.is_export:
        report.fault("kind-early", "Encabezado/IdDoc/TipoDTE", document.kind)
        if document.body.of("Encabezado/IdDoc/IndServicio") == "6":
            report.fault("service-abroad-early", "Encabezado/IdDoc/IndServicio", "6")


LOOKS = (taxes, introduced)
