"""The amounts of a document that follow from its lines, written into it: what making adds and a check then finds right.

What is given stays as it is, also where it is wrong: the check tells.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from minga.dte.node import Node, as_day
from minga.dte.reckoning import EXPORT, ZERO, Sums, amounts_in, of_iva, reckon, retained, tax_of, total, value
from minga.dte.rounding import EXPORT_PLACES, pesos, rounded
from minga.dte.taxes import taxes
from minga.dte.writing import Tree

CREDIT_SHARE = Decimal("0.65")
"""Of the IVA: the special credit of construction companies (art. 21 DL 910)."""


def completed(body: Tree, builder_credit: bool = False) -> Tree:
    """The body with Totales, and in documents of export with OtraMoneda if TpoCambio is given there, filled in.

    ``body`` has its lines with MontoItem, its global discounts and its Comisiones; in Totales may stand what does not
    follow from lines (MntBase, MntMargenCom, specific taxes, TpoMoneda). Lines are taken as they are.
    """
    node = as_node("", body)
    kind = int(node.of("Encabezado/IdDoc/TipoDTE") or 0)
    sums = reckon(node, kind, as_day(node.of("Encabezado/IdDoc/FchEmis")))
    head = dict(_table(body, "Encabezado"))
    totals = dict(_table(head, "Totales"))
    for name, amount in _parts(sums, node):
        totals.setdefault(name, amount)
    if taxed := [*_given(totals), *_taxes(sums, _given(totals))]:
        totals["ImptoReten"] = taxed
    if builder_credit and "CredEC" not in totals:
        totals["CredEC"] = plain(pesos(_amount(totals, "IVA") * CREDIT_SHARE))
    if kind == 46 or (kind in (56, 61) and retained(as_node("", totals))):
        _keep_back(totals)
    if "MntTotal" not in totals:
        is_sample = kind in EXPORT and node.of("Encabezado/IdDoc/FmaPagExp") == "21"
        written = as_node("", totals)
        totals["MntTotal"] = "0" if is_sample else plain(total(written, amounts_in(written), kind))
    _period(totals, sums)
    head["Totales"] = totals
    if kind in EXPORT and "OtraMoneda" in head:
        head["OtraMoneda"] = in_pesos(_table(head, "OtraMoneda"), totals)
    return {**body, "Encabezado": head}


def in_pesos(other: Tree, totals: Tree) -> Tree:
    """OtraMoneda of a document of export: its amounts at the TpoCambio that stands there."""
    rate = _amount(other, "TpoCambio")
    found = dict(other)
    if rate:
        for name, source in (("MntExeOtrMnda", "MntExe"), ("MntTotOtrMnda", "MntTotal")):
            found.setdefault(name, plain(rounded(_amount(totals, source) * rate, EXPORT_PLACES)))
    return found


def as_node(tag: str, tree: "str | Tree") -> Node:
    """A tree as a document that was read has it."""
    if isinstance(tree, str):
        return Node(tag, tree, {}, {})
    parts = {
        name: [as_node(name, each) for each in (inside if isinstance(inside, list) else [inside])]
        for name, inside in tree.items()
    }
    return Node(tag, None, parts, {})


def plain(amount: Decimal) -> str:
    """As XML has it: no exponent, no zeros that say nothing."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _parts(sums: Sums, body: Node) -> Iterator[tuple[str, str | list[Tree] | Tree]]:
    """The amounts that follow from lines, by their elements. What would be nothing is left out where it may be."""
    places = EXPORT_PLACES if sums.is_export else 0
    net, exempt = pesos(sums.net[0]), rounded(sums.exempt[0], places)
    if not sums.is_exempt and (net or not exempt):
        yield from _affected(sums, net)
    if exempt or sums.kind in (34, 41, *EXPORT):
        yield "MntExe", plain(exempt)
    if sums.deposit:
        yield "GrntDep", plain(sums.deposit)
    if body.all("Comisiones"):
        yield "Comisiones", _commissions(sums, body)
    if sums.unbilled[0] and not sums.is_export and sums.kind != 43:
        yield "MontoNF", plain(pesos(sums.unbilled[0]))


def _affected(sums: Sums, net: Decimal) -> Iterator[tuple[str, str]]:
    written = sums.stated.get("MntNeto")
    net = net if written is None else written
    iva = pesos(of_iva(net, sums.rate)) if sums.gross is None else pesos(sums.gross[0]) - net
    if not net and sums.kind not in (33, 39):
        return
    yield "MntNeto", plain(net)
    if sums.kind not in (39, 41):
        yield "TasaIVA", plain(sums.rate)
    yield "IVA", plain(iva)


def _given(totals: Tree) -> list[Tree]:
    found = totals.get("ImptoReten", [])
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _taxes(sums: Sums, given: Sequence[Tree]) -> Iterator[Tree]:
    """ImptoReten for each code of the lines that follows from them and is not given."""
    for code in sums.taxed:
        tax = taxes().get(code)
        if tax is None or tax.rule == "informed" or any(each.get("TipoImp") == code for each in given):
            continue
        rate, amount = tax_of(code, tax, sums)
        if pesos(amount) or tax.rule == "none":
            with_rate: Tree = {} if rate is None else {"TasaImp": plain(rate)}
            yield {"TipoImp": code, **with_rate, "MontoImp": plain(pesos(amount))}


def _commissions(sums: Sums, body: Node) -> Tree:
    """Totales/Comisiones out of the lines of commissions."""
    lines = body.all("Comisiones")
    found: Tree = {
        name: plain(sum((value(line, name) or ZERO for line in lines), ZERO)) for name in ("ValComNeto", "ValComExe")
    }
    given = [amount for line in lines if (amount := value(line, "ValComIVA")) is not None]
    iva = sum(given, ZERO) if given else pesos(of_iva(Decimal(str(found["ValComNeto"])), sums.rate))
    if iva:
        found["ValComIVA"] = plain(iva)
    return found


def _keep_back(totals: Tree) -> None:
    """IVANoRet: what the buyer does not keep back, if that is something and something is kept back."""
    kept = retained(as_node("", totals))
    left = _amount(totals, "IVA") - kept
    if kept and left > 0 and "IVANoRet" not in totals:
        totals["IVANoRet"] = plain(left)


def _period(totals: Tree, sums: Sums) -> None:
    """MontoPeriodo (TotalPeriodo in boletas), where something is not billed. A liquidación has no MontoNF."""
    name = "TotalPeriodo" if sums.kind in (39, 41) else "MontoPeriodo"
    if sums.kind == 43 and any(line.treatment == "2" for line in sums.lines):
        totals.setdefault(name, plain(_amount(totals, "MntTotal") + pesos(sums.unbilled[0])))
    elif "MontoNF" in totals:
        totals.setdefault(name, plain(_amount(totals, "MntTotal") + _amount(totals, "MontoNF")))


def _table(tree: Mapping[str, object], name: str) -> Tree:
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def _amount(tree: Tree, name: str) -> Decimal:
    return value(as_node("", tree), name) or ZERO
