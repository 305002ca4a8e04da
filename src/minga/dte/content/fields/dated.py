"""Codes with first and last days: additional taxes, services abroad, types of document (Formato DTE v2.5, pp. 3-7)."""

from datetime import date

from minga.dte.content.fields.codes import codes
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report


def taxes(document: Document, grounds: Grounds, report: Report) -> None:
    """The codes of taxes in totals and lines, by the day of the document."""
    parts = document.body.first("Encabezado/Totales")
    if parts is not None:
        several = len(parts.all("ImptoReten")) > 1
        for place, each in enumerate(parts.all("ImptoReten"), 1):
            where = f"Encabezado/Totales/ImptoReten[{place}]" if several else "Encabezado/Totales/ImptoReten"
            _tax(each.of("TipoImp"), f"{where}/TipoImp", document.issued, report)
    for place, line in enumerate(document.lines, 1):
        for each in line.all("CodImpAdic"):
            where = f"Detalle[{place}]" if len(document.lines) > 1 else "Detalle"
            _tax(each.text, f"{where}/CodImpAdic", document.issued, report)


def _tax(code: str | None, path: str, issued: date | None, report: Report) -> None:
    found = codes("tax").get(code or "")
    if found is None or issued is None:
        return
    if found.since and issued < found.since:
        report.fault("tax-early", path, code, f">= {found.since}", found.at)
    elif found.until and issued > found.until:
        report.fault("tax-removed", path, code, f"<= {found.until}", found.at)
    elif not found.name and not found.until:
        report.fault("tax-nameless", path, code)


def introduced(document: Document, grounds: Grounds, report: Report) -> None:
    """Types and services that the format got later; the day is in the rule."""
    if document.kind == 43 or document.is_export:
        report.fault("kind-early", "Encabezado/IdDoc/TipoDTE", document.kind)
        if document.body.of("Encabezado/IdDoc/IndServicio") == "6":
            report.fault("service-abroad-early", "Encabezado/IdDoc/IndServicio", "6")


LOOKS = (taxes, introduced)
