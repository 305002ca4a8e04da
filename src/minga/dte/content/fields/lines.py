"""Conditions between the fields of a line of detail that are no amounts (Formato DTE v2.5, pp. 36-39)."""

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.referable import is_tax_document

_AGENT = (("QtyRef", "p.38"), ("UnmdRef", "p.38"), ("PrcRef", "p.38"), ("QtyItem", "p.38"), ("UnmdItem", "p.39"))
_AGENT_AMOUNTS = (
    ("MntBaseFaena", frozenset({"17"})),
    ("MntMargComer", frozenset({"14", "50"})),
    ("PrcConsFinal", frozenset({"14", "17", "50"})),
)


def lines(document: Document, grounds: Grounds, report: Report) -> None:
    """Each line by itself."""
    if document.kind != 43 and not any("Retenedor" in line.parts for line in document.lines):
        return
    for where, line in document.body.each("Detalle"):
        if "Retenedor" in line.parts:
            _agent(line, where, report)
        if document.kind == 43:
            _settled(line, where, report)


def _agent(line: Node, where: str, report: Report) -> None:
    """A retaining agent tells quantities twice, and bases only for their own taxes."""
    taxes = {each.text for each in line.all("CodImpAdic")}
    for name, page in _AGENT:
        if line.of("Retenedor/IndAgente") and not line.of(name):
            report.fault("item-agent", f"{where}/{name}", at=f"F25 {page}")
    for name, its_taxes in _AGENT_AMOUNTS:
        if line.of(f"Retenedor/{name}") and not taxes & its_taxes:
            report.fault(
                "item-agent-base", f"{where}/Retenedor/{name}", "", f"CodImpAdic {', '.join(sorted(its_taxes))}"
            )


def _settled(line: Node, where: str, report: Report) -> None:
    found = line.of("TpoDocLiq")
    if found and found != "99" and not is_tax_document(found):
        report.fault("item-settled", f"{where}/TpoDocLiq", found)


def exempt(document: Document, grounds: Grounds, report: Report) -> None:
    """An invoice that is exempt as a whole marks no line."""
    if document.kind == 34 and any(line.of("IndExe") == "1" for line in document.lines):
        report.fault("item-exempt-twice", "Detalle/IndExe", 1)


def price(document: Document, grounds: Grounds, report: Report) -> None:
    """A guía of a sale has prices; those of other transfers may do without."""
    if document.kind != 52 or document.body.of("Encabezado/IdDoc/IndTraslado") not in ("1", "9"):
        return
    for where, line in document.body.each("Detalle"):
        if not line.of("PrcItem") and line.of("IndExe") not in ("4", "5"):
            report.fault("item-sale-price", f"{where}/PrcItem")


LOOKS = (lines, exempt, price)
