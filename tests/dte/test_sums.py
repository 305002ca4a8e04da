"""Sums of documents: what is made from lines is found right, any amount changed is found, real documents hold."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import piece

from minga.dte import Finding, Grounds, check_piece
from minga.dte.completion import completed
from minga.dte.content import LOOKS
from minga.dte.editing import edited
from minga.dte.examples import example, names
from minga.dte.reading import containers
from minga.dte.writing import Tree

GROUNDS = Grounds(date(2026, 11, 26))
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
TAXES = ("27", "271", "24", "25", "18", "19", "23")
EXEMPT_KINDS = ("34", "41")
SUMS = ("MntNeto", "MntExe", "IVA", "GrntDep", "MontoNF", "MntTotal")


def judged(tree: Tree) -> list[Finding]:
    return list(check_piece(piece(tree), GROUNDS, LOOKS).findings)


def of_amounts(findings: list[Finding]) -> list[tuple[str, str, str, str]]:
    areas = ("line", "global", "totals", "amount", "tax", "commission", "foreign", "gross", "invoice", "exempt")
    return [
        (each.rule.id, each.path, each.found, each.expected)
        for each in findings
        if each.rule.id.partition("-")[0] in areas
    ]


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


@settings(max_examples=200, deadline=None)
@given(bodies())
def test_what_is_made_from_lines_is_found_right(body: Tree) -> None:
    assert of_amounts(judged(body)) == []


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
    found = judged(edited(body, {path: f"{by:+d}"}))
    assert of_amounts(found), (path, by)
    if abs(by) >= 50:
        assert {each.severity for each in found} - {"note"}, (path, by, of_amounts(found))


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
        check_piece(piece(edited(tree, {path: text})), GROUNDS, LOOKS)


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
        assert check_piece(each, GROUNDS, LOOKS).document
        assert of_amounts(list(check_piece(each, GROUNDS, LOOKS).findings)) == [], each.place


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not on this machine")
def test_certified_documents_hold_and_the_one_without_its_discount_does_not() -> None:
    found = {
        (Path(each.place).name, *told)
        for container in containers(REAL / "cert_env_2025")
        for each in container.pieces
        for told in of_amounts(list(check_piece(each, GROUNDS, LOOKS).findings))
    }
    assert found == {
        ("BASICO_refirmado.redacted.xml#4", "totals-net", "Encabezado/Totales/MntNeto", "2894709", "3711166")
    }


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not on this machine")
def test_invented_guides_whose_total_has_no_parts_are_told() -> None:
    told = {
        Path(each.place).name: [rule for rule, *_ in of_amounts(list(check_piece(each, GROUNDS, LOOKS).findings))]
        for container in containers(REAL / "pwills85_fixtures")
        for each in container.pieces
    }
    assert {name for name, rules in told.items() if rules} == {
        "dte52_with_transport.xml",
        "dte52_without_transport.xml",
    }
