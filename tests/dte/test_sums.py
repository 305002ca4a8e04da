"""Sums of documents: what is made from lines is found right, any amount changed is found, real documents hold."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import piece

from minga.dte import Finding, Grounds, Piece, check_piece
from minga.dte.completion import completed
from minga.dte.content import arithmetic, references
from minga.dte.editing import edited
from minga.dte.examples import example, names
from minga.dte.reading import containers
from minga.dte.writing import Tree

GROUNDS = Grounds(date(2026, 11, 26))
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
TAXES = ("27", "271", "24", "25", "18", "19", "23")
amounts = st.integers(100, 10**9)
EXEMPT_KINDS = ("34", "41")
SUMS = ("MntNeto", "MntExe", "IVA", "GrntDep", "MontoNF", "MntTotal")


def judged(piece_: Piece) -> list[Finding]:
    return list(check_piece(piece_, GROUNDS, arithmetic.LOOKS).findings)


def told(findings: list[Finding]) -> list[tuple[str, str, str, str]]:
    return [(each.rule.id, each.path, each.found, each.expected) for each in findings]


def whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_HALF_UP)


@st.composite
def lines(draw: st.DrawFn, kind: str, gross: bool) -> Tree:
    quantity = Decimal(draw(st.integers(1, 200_000))) / 1000
    price = Decimal(draw(st.integers(1, 50_000_000))) / draw(st.sampled_from((1, 1, 100, 1_000_000)))
    found: Tree = {"NmbItem": "Artículo", "QtyItem": f"{quantity:f}", "PrcItem": f"{price:f}"}
    amount = price * quantity
    if percent := draw(st.sampled_from((0, 0, 5, 12.5))):
        discount = whole(amount * Decimal(percent) / 100)
        if discount:
            found |= {"DescuentoPct": str(percent), "DescuentoMonto": str(discount)}
            amount -= discount
    if kind not in EXEMPT_KINDS:
        treatment = draw(st.sampled_from(("", "", "", "1", "2", "3") if kind in ("33", "61") else ("", "", "1", "2")))
        if treatment:
            found["IndExe"] = treatment
        elif not gross and kind in ("33", "61", "56") and draw(st.booleans()):
            found["CodImpAdic"] = draw(st.sampled_from(TAXES))
    return {**found, "MontoItem": str(whole(amount))}


@st.composite
def bodies(draw: st.DrawFn) -> Tree:
    """A document made from its lines: at least one of them affected (all exempt in a 34 and a 41)."""
    kind = draw(st.sampled_from(("33", "34", "39", "41", "46", "52", "56", "61")))
    gross = kind not in (*EXEMPT_KINDS, "39") and draw(st.booleans())
    first: Tree = {"NmbItem": "Artículo", "QtyItem": "3", "PrcItem": "12345", "MontoItem": "37035"}
    made = [first, *draw(st.lists(lines(kind, gross), max_size=5))]
    details: list[Tree] = [{"NroLinDet": str(place), **line} for place, line in enumerate(made, 1)]
    head: Tree = {"IdDoc": {"TipoDTE": kind, "Folio": "1", "FchEmis": "2026-11-10"}}
    if gross:
        head["IdDoc"] = {"TipoDTE": kind, "Folio": "1", "FchEmis": "2026-11-10", "MntBruto": "1"}
    body: Tree = {"Encabezado": head, "Detalle": details}
    taxed = any("CodImpAdic" in line for line in made)
    changes: list[Tree] = []
    for _ in range(draw(st.integers(0, 2))):
        unit = "%" if taxed else draw(st.sampled_from(("%", "$")))
        value = str(draw(st.integers(1, 40))) if unit == "%" else str(draw(st.integers(1, 9_000)))
        move = draw(st.sampled_from(("D", "R")))
        changes.append({"NroLinDR": str(len(changes) + 1), "TpoMov": move, "TpoValor": unit, "ValorDR": value})
    if changes:
        body["DscRcgGlobal"] = changes
    return completed(body)


@st.composite
def purchases(draw: st.DrawFn) -> Tree:
    """A factura de compra: each line with a retention, in part or in full, or none."""
    codes = st.sampled_from(("", "15", "32", "34", "331", "48"))
    details: list[Tree] = []
    for place, (code, amount) in enumerate(draw(st.lists(st.tuples(codes, amounts), min_size=1, max_size=4)), 1):
        line: Tree = {"NroLinDet": str(place), "MontoItem": str(amount)}
        details.append({**line, "CodImpAdic": code} if code else line)
    head: Tree = {"IdDoc": {"TipoDTE": "46", "Folio": "1", "FchEmis": "2026-11-10"}}
    return completed({"Encabezado": head, "Detalle": details})


@st.composite
def settlements(draw: st.DrawFn) -> Tree:
    """A liquidación-factura, whose lines may be negative, with commissions."""
    lines = st.lists(
        st.tuples(st.sampled_from(("", "", "1", "2")), st.integers(-(10**9), 10**9)), min_size=1, max_size=5
    )
    details: list[Tree] = []
    for place, (treatment, amount) in enumerate(draw(lines), 1):
        line: Tree = {"NroLinDet": str(place), "TpoDocLiq": "33", "MontoItem": str(amount)}
        details.append({**line, "IndExe": treatment} if treatment else line)
    commissions: list[Tree] = [
        {
            "NroLinCom": str(place),
            "ValComNeto": str(net),
            "ValComExe": str(exempt),
            "ValComIVA": str(whole(Decimal(net * 19) / 100)),
        }
        for place, (net, exempt) in enumerate(draw(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=3)), 1)
    ]
    head: Tree = {"IdDoc": {"TipoDTE": "43", "Folio": "1", "FchEmis": "2026-11-10"}}
    return completed({"Encabezado": head, "Detalle": details, "Comisiones": commissions})


@st.composite
def exports(draw: st.DrawFn) -> Tree:
    """An export document with four decimals and its amounts in pesos."""
    details: list[Tree] = []
    for place in range(1, draw(st.integers(1, 4)) + 1):
        quantity, price = (
            Decimal(draw(st.integers(100, 10**6))) / 1000,
            Decimal(draw(st.integers(10**6, 10**9))) / 10**4,
        )
        amount = (quantity * price).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        line: Tree = {"QtyItem": f"{quantity:f}", "PrcItem": f"{price:f}", "MontoItem": f"{amount:f}"}
        details.append({"NroLinDet": str(place), "IndExe": "1", **line})
    rate = f"{Decimal(draw(st.integers(1, 20_000_000))) / 10_000:f}"
    head: Tree = {"IdDoc": {"TipoDTE": "110", "Folio": "1", "FchEmis": "2026-11-10"}}
    head["OtraMoneda"] = {"TpoMoneda": "PESO CL", "TpoCambio": rate}
    body: Tree = {"Encabezado": head, "Detalle": details}
    if percent := draw(st.sampled_from((0, 0, 7))):
        body["DscRcgGlobal"] = {"NroLinDR": "1", "TpoMov": "D", "TpoValor": "%", "ValorDR": str(percent)}
    return completed(body)


def test_retentions_that_are_each_rounded_up_may_come_to_more_than_the_iva() -> None:
    head: Tree = {"IdDoc": {"TipoDTE": "46", "Folio": "1", "FchEmis": "2026-11-10"}}
    lines: list[Tree] = [
        {"NroLinDet": str(place), "MontoItem": "150", "CodImpAdic": code} for place, code in enumerate(("15", "331"), 1)
    ]
    assert told(judged(piece(completed({"Encabezado": head, "Detalle": lines})))) == []


@settings(max_examples=100, deadline=None)
@given(st.one_of(purchases(), settlements(), exports()))
def test_what_is_made_of_purchases_settlements_and_exports_is_found_right(body: Tree) -> None:
    assert told(judged(piece(body))) == []


@settings(max_examples=100, deadline=None)
@given(st.one_of(purchases(), settlements(), exports()), st.data())
def test_any_amount_changed_of_purchases_settlements_and_exports_is_found(body: Tree, data: st.DataObject) -> None:
    changed = ("MontoItem", "MntNeto", "MntExe", "IVA", "MontoImp", "IVANoRet", "MntTotal", "ValComNeto", "ValComExe")
    paths = [path for path in leaves(body) if path.rpartition("/")[2].partition("[")[0] in changed]
    path, by = data.draw(st.sampled_from(paths)), data.draw(st.sampled_from((-1, 1, 3, 500, 10**6)))
    found = judged(piece(edited(body, {path: f"{by:+d}"})))
    assert found, (path, by)
    if by >= 500:
        assert {each.severity for each in found} & {"error", "rejected"}, (path, by, told(found))


@settings(max_examples=200, deadline=None)
@given(bodies())
def test_what_is_made_from_lines_is_found_right(body: Tree) -> None:
    assert told(judged(piece(body))) == []


@settings(max_examples=200, deadline=None)
@given(bodies(), st.data())
def test_any_single_amount_that_is_changed_is_found(body: Tree, data: st.DataObject) -> None:
    head = body["Encabezado"]
    assert isinstance(head, dict)
    totals, details = head["Totales"], body["Detalle"]
    assert isinstance(totals, dict)
    assert isinstance(details, list)
    paths = [f"Encabezado/Totales/{name}" for name in SUMS if name in totals]
    paths += [f"Detalle[{place}]/MontoItem" for place in range(1, len(details) + 1)]
    if taxed := totals.get("ImptoReten"):
        assert isinstance(taxed, list)
        paths += [f"Encabezado/Totales/ImptoReten[{place}]/MontoImp" for place in range(1, len(taxed) + 1)]
    path = data.draw(st.sampled_from(paths))
    by = data.draw(st.sampled_from((-1, 1, 2, 3, 50, 1_000, 77_777)))
    found = judged(piece(edited(body, {path: f"{by:+d}"})))
    assert told(found), (path, by)
    beyond_rounding = 50_000 if path.startswith("Detalle") else 50  # of prices and quantities written short
    if abs(by) >= beyond_rounding:
        assert {each.severity for each in found} - {"note"}, (path, by, told(found))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(names()),
    st.data(),
    st.sampled_from(("", " ", "-", "NaN", "1e9", "-.5", "0", "9" * 61, "9" * 40, "0." + "9" * 50, "²", "1,5")),
)
def test_whatever_stands_in_a_document_is_judged(name: str, data: st.DataObject, text: str) -> None:
    tree = example(name)
    path = data.draw(st.sampled_from(list(leaves(tree))))
    if path != "Encabezado/IdDoc/TipoDTE":
        looks = (*arithmetic.LOOKS, *references.LOOKS)
        assert check_piece(piece(edited(tree, {path: text})), GROUNDS, looks).document


def leaves(tree: Tree, path: str = "") -> "list[str]":
    found: list[str] = []
    for name, value in tree.items():
        for place, each in enumerate(value if isinstance(value, list) else [value], 1):
            where = f"{path}{name}[{place}]" if isinstance(value, list) else f"{path}{name}"
            found += [where] if isinstance(each, str) else leaves(each, where + "/")
    return found


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not on this machine")
@pytest.mark.parametrize("folder", ["real_dte", "real_aec", "official"])
def test_real_documents_hold(folder: str) -> None:
    pieces = [each for container in containers(REAL / folder) for each in container.pieces]
    assert pieces
    for each in pieces:
        assert told(judged(each)) == [], each.place


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not on this machine")
def test_certified_documents_hold_and_the_one_without_its_discount_does_not() -> None:
    found = {
        (Path(each.place).name, *finding)
        for container in containers(REAL / "cert_env_2025")
        for each in container.pieces
        for finding in told(judged(each))
    }
    assert found == {
        ("BASICO_refirmado.redacted.xml#4", "totals-net", "Encabezado/Totales/MntNeto", "2894709", "3711166")
    }


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not on this machine")
def test_invented_guides_whose_total_has_no_parts_are_told() -> None:
    rules = {
        Path(each.place).name: [rule for rule, *_ in told(judged(each))]
        for container in containers(REAL / "pwills85_fixtures")
        for each in container.pieces
    }
    assert {name for name, ids in rules.items() if ids} == {
        "dte52_with_transport.xml",
        "dte52_without_transport.xml",
    }


def test_an_amount_is_not_judged_by_a_figure_that_cannot_be_read() -> None:
    """That it cannot be read is told once, by a rule of its own."""
    for path, value in (("Detalle[1]/QtyItem", "1E99"), ("Encabezado/Totales/TasaIVA", "x9")):
        found = {each.rule.id for each in judged(piece(edited(example("33"), {path: value})))}
        assert not found & {"line-amount", "totals-rate-missing"}
