"""Conditions between the fields of a line of detail (Formato DTE v2.5, pp. 36-42; boletas v4.1, p. 14)."""

from minga.dte.content.fields.codes import codes
from minga.dte.document import Document, Node
from minga.dte.grounds import Grounds, Report

_AGENT = (("QtyRef", "p.38"), ("UnmdRef", "p.38"), ("PrcRef", "p.38"), ("QtyItem", "p.38"), ("UnmdItem", "p.39"))
_AGENT_AMOUNTS = (
    ("MntBaseFaena", frozenset({"17"})),
    ("MntMargComer", frozenset({"14", "50"})),
    ("PrcConsFinal", frozenset({"14", "17", "50"})),
)
_NOT_SALES = frozenset("2345678")
_GUIDES = frozenset({"50", "52"})


def lines(document: Document, grounds: Grounds, report: Report) -> None:
    """Each line by itself."""
    for where, line in document.body.each("Detalle"):
        parts = line.parts
        if "IndExe" in parts:
            _billing(document, line, where, report)
        if "Retenedor" in parts:
            _agent(line, where, report)
        if "DescuentoPct" in parts and "DescuentoMonto" not in parts and _above_zero(line, "DescuentoPct"):
            report.fault("line-discount", f"{where}/DescuentoMonto")
        if "RecargoPct" in parts and "RecargoMonto" not in parts and _above_zero(line, "RecargoPct"):
            report.fault("line-surcharge", f"{where}/RecargoMonto")
        if "Subcantidad" in parts:
            _parts_of_quantity(line, where, report)
        if document.kind == 43:
            _settled(line, where, report)


def _above_zero(line: Node, name: str) -> bool:
    return line.number(name) != 0


def _billing(document: Document, line: Node, where: str, report: Report) -> None:
    """IndExe 4 to 6, each in its own documents."""
    code = line.of("IndExe")
    moved = document.body.of("Encabezado/IdDoc/IndTraslado")
    if code == "4" and not (document.kind in (33, 34) or (document.kind == 52 and moved == "1")):
        report.fault("line-not-sold", f"{where}/IndExe", code)
    if code == "5":
        guide = document.kind == 52 and moved in _NOT_SALES
        if not guide or not any(each.of("TpoDocRef") in _GUIDES for each in document.body.all("Referencia")):
            report.fault("line-to-deduct", f"{where}/IndExe", code)
    if code in ("4", "5") and line.number("MontoItem"):
        report.fault("line-not-zero", f"{where}/MontoItem", line.of("MontoItem"), 0)
    if code == "6" and document.kind == 43:
        report.fault("line-settled-negative", f"{where}/IndExe", code, "2")


def _agent(line: Node, where: str, report: Report) -> None:
    """A retaining agent tells quantities twice, and bases only for their own taxes."""
    taxes = {each.text for each in line.all("CodImpAdic")}
    for name, page in _AGENT:
        if line.of("Retenedor/IndAgente") and not line.of(name):
            report.fault("line-agent", f"{where}/{name}", at=f"F25 {page}")
    for name, its_taxes in _AGENT_AMOUNTS:
        if line.of(f"Retenedor/{name}") and not taxes & its_taxes:
            report.fault(
                "line-agent-base", f"{where}/Retenedor/{name}", "", f"CodImpAdic {', '.join(sorted(its_taxes))}"
            )


def _parts_of_quantity(line: Node, where: str, report: Report) -> None:
    whole = line.number("QtyItem")
    for step, each in line.each("Subcantidad"):
        part = each.number("SubQty")
        if whole is not None and part is not None and part > whole:
            report.fault("line-part", f"{where}/{step}/SubQty", part, f"<= {whole}")


def _settled(line: Node, where: str, report: Report) -> None:
    found = line.of("TpoDocLiq")
    if found and found not in codes("settled"):
        report.fault("line-settled", f"{where}/TpoDocLiq", found)


def exempt(document: Document, grounds: Grounds, report: Report) -> None:
    """An invoice whose lines are all exempt is no 33; one that is exempt as a whole marks no line."""
    if document.kind not in (33, 34) or not document.lines:
        return
    marked = [line.of("IndExe") == "1" for line in document.lines]
    if document.kind == 33 and all(marked):
        report.fault("line-all-exempt", "Encabezado/IdDoc/TipoDTE", 33, 34)
    if document.kind == 34 and any(marked):
        report.fault("line-exempt-twice", "Detalle/IndExe", 1)


def price(document: Document, grounds: Grounds, report: Report) -> None:
    """A guía of a sale has prices; those of other transfers may do without."""
    if document.kind != 52 or document.body.of("Encabezado/IdDoc/IndTraslado") not in ("1", "9"):
        return
    for where, line in document.body.each("Detalle"):
        if not line.of("PrcItem") and line.of("IndExe") not in ("4", "5"):
            report.fault("line-sale-price", f"{where}/PrcItem")


LOOKS = (lines, exempt, price)
