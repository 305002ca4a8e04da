"""The tables of fields know every element, agree with schemas and real documents, and nothing makes a look raise."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import edited_example
from verdicts import needs_schemas, refusals

from minga.dte import Finding, Grounds, Rule, check_piece, places, rules
from minga.dte.content.fields import LOOKS
from minga.dte.content.fields.table import KINDS, Spec, rows, table
from minga.dte.document import Document, Piece, read
from minga.dte.examples import names
from minga.dte.finding import Edits
from minga.dte.grounds import Report
from minga.dte.writing import Order, order_of

RATES = {(date(2026, 11, day), "DOLAR USA"): Decimal(950) for day in (10, 20)}
GROUNDS = Grounds(date(2026, 11, 26), {date(2026, 11, 10): Decimal(40_000)}, rates=RATES)
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
FORMAT = DATA.parent / "sii_docs" / "formato_dte_202602.txt"
_TRANSPORT = "Encabezado/Transporte"
CONDITIONAL = {
    "Encabezado/Receptor/Extranjero/NumId",
    "Detalle/UnmdItem",
    _TRANSPORT,
    *(f"{_TRANSPORT}/{name}" for name in ("Patente", "PatenteCarro", "RUTTrans", "DirDest", "CmnaDest")),
    *(f"{_TRANSPORT}/{name}" for name in ("FchSalida", "HraSalida", "FchLlegada", "Aduana/TotBultos")),
    *(f"{_TRANSPORT}/Chofer/{name}" for name in ("RUTChofer", "NombreChofer")),
}
BOOKS = ("fields", "ruts", "header", "transport", "exports", "details", "codes", "places", "boletas")


def own_rules() -> list[Rule]:
    book = resources.files("minga.dte.rulebook")
    return [rules()[id_] for name in BOOKS for id_ in tomllib.loads(book.joinpath(f"{name}.toml").read_text("utf-8"))]


def findings(example: str, edits: Edits) -> tuple[Finding, ...]:
    return check_piece(edited_example(example, edits), GROUNDS, LOOKS).findings


def look(document: Document) -> Report:
    report = Report()
    for each in LOOKS:
        each(document, GROUNDS, report)
    return report


def unknown(order: Order, spec: Spec, path: str = "") -> Iterator[str]:
    for name, inside in order.items():
        if name not in spec.parts:
            yield path + name
        else:
            yield from unknown(inside, spec.parts[name], f"{path}{name}/")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_element_of_the_schema_has_a_row_in_the_table(kind: int) -> None:
    assert [path for path in unknown(order_of(kind), table(kind)) if not path.startswith("TED")] == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_row_has_a_code_for_each_type(kind: int) -> None:
    width = 2 if kind in (39, 41) else 10
    assert {path: row.codes for path, row in rows(kind).items() if len(row.codes.replace(" ", "")) != width} == {}


@pytest.mark.skipif(not FORMAT.is_file(), reason="the SII's texts are not on this machine")
def test_the_codes_are_those_of_the_official_text() -> None:
    """But for those under a condition that has a rule of its own (a 2 here), and two that the text's layout hides."""
    official = official_codes()
    compared = {path: row for path, row in rows(33).items() if path.rpartition("/")[2] in official}
    differ = {
        path
        for path, row in compared.items()
        if row.codes.replace(" ", "") not in official[path.rpartition("/")[2]] and "ManejoMadera" not in path
    }
    assert len(compared) > 180
    assert differ == CONDITIONAL | {"Encabezado/OtraMoneda/TpoMoneda", "Comisiones/ValComNeto"}


def official_codes() -> dict[str, set[str]]:
    """By the name of the field: the runs of ten codes that follow it in Formato DTE v2.5, pp. 12-50."""
    whole = FORMAT.read_text("utf-8")
    text = re.sub(r"<(\w+)\s+(\w*)>", r"<\1\2>", whole[whole.index("=== p12") : whole.index("=== p51")])
    found: dict[str, set[str]] = {}
    tag = ""
    for named, codes in re.findall(r"<(\w+)>|((?:^[0-3] *\n){10,12})", text, re.MULTILINE):
        if named:
            tag = named
        else:
            found.setdefault(tag, set()).add(re.sub(r"\s", "", codes)[:10])
    return found


def test_a_finding_names_the_page_of_its_field() -> None:
    found = {each.path: str(places(each)[0]) for each in findings("33", {"Encabezado/Receptor/GiroRecep": False})}
    assert found == {"Encabezado/Receptor/GiroRecep": "Formato Documentos Tributarios Electrónicos, 2.5, p.20"}


@pytest.mark.parametrize(
    "path",
    [
        "Encabezado/IdDoc/Folio",
        "Encabezado/IdDoc/FchEmis",
        "Encabezado/Emisor/RUTEmisor",
        "Encabezado/Totales/MntTotal",
        "Detalle[1]/NmbItem",
    ],
)
def test_a_document_without_what_its_stamp_tells_is_rejected(path: str) -> None:
    found = [each.path for each in findings("33", {path: False}) if each.rule.id == "field-missing-rejected"]
    assert found == [path]


@pytest.mark.parametrize("version", ["", ' version="2.0"', ' version="1"', ' version="uno"'])
def test_a_document_of_no_or_another_version_is_rejected(version: str) -> None:
    right = edited_example("33", {})
    wrong = Piece(right.raw.replace(b' version="1.0"', version.encode(), 1))
    assert "field-version" not in {each.rule.id for each in check_piece(right, GROUNDS, LOOKS).findings}
    assert "field-version" in {each.rule.id for each in check_piece(wrong, GROUNDS, LOOKS).findings}


TRANSPORT = ("FchSalida", "HraSalida", "FchLlegada", "DirDest", "CmnaDest", "Chofer", "Patente", "RUTTrans")


@pytest.mark.parametrize("name", TRANSPORT)
@pytest.mark.parametrize(("example", "rule"), [("52", "transport-guide"), ("33-goods", "transport-goods")])
def test_data_of_transport_are_demanded_from_the_first_of_november_2026(name: str, example: str, rule: str) -> None:
    missing: Edits = {f"Encabezado/Transporte/{name}": False}
    before = {each.rule.id for each in findings(example, {**missing, "Encabezado/IdDoc/FchEmis": "2026-10-31"})}
    since = {each.rule.id for each in findings(example, {**missing, "Encabezado/IdDoc/FchEmis": "2026-11-01"})}
    assert rule not in before
    assert rule in since


@needs_schemas
@pytest.mark.parametrize("rule", own_rules(), ids=lambda rule: rule.id)
def test_what_is_called_rejected_is_what_the_schema_refuses(rule: Rule) -> None:
    refused = [bool(refusals(rule.example, rule.passing | mutant)) for mutant in rule.mutants]
    assert not refusals(rule.example, rule.passing) if rule.mutants else rule.id == "field-version"
    if rule.severity == "rejected":
        assert all(refused)
    elif rule.id not in NEVER_TAKEN:
        assert not all(refused)


NEVER_TAKEN = {"export-guide-authorisation", "boleta-code", "boleta-name", "item-agent-base", "export-terms"}

ODD = (
    "0",
    "-1",
    "+5",
    "007",
    "1.0",
    "1.",
    ".5",
    "1e3",
    "1,5",
    "1.000",
    " 5 ",
    "",
    " ",
    "x",
    "9" * 19,
    "5 5",
    "NaN",
    "INF",
)
ODD_DAYS = ("2026-02-29", "2026-1-1", "20261110", "2026-W01-1", "2026-11-10Z", " 2026-11-10 ", "10/11/2026")
NUMBERS = (
    ("33", "Encabezado/Totales/MntTotal"),
    ("33", "Encabezado/IdDoc/Folio"),
    ("33", "Encabezado/Totales/TasaIVA"),
    ("33", "Detalle[1]/QtyItem"),
    ("33", "Detalle[1]/DescuentoMonto"),
    ("33", "Encabezado/Totales/MontoNF"),
    ("43", "Encabezado/Totales/MntTotal"),
    ("110", "Encabezado/Totales/MntTotal"),
    ("110", "Encabezado/OtraMoneda/TpoCambio"),
    ("39", "Detalle[1]/DescuentoPct"),
    ("39", "Encabezado/Totales/MntTotal"),
)
DAYS = (("33", "Encabezado/IdDoc/FchVenc"), ("110", "Encabezado/IdDoc/FchVenc"), ("39", "Encabezado/IdDoc/FchVenc"))


@needs_schemas
@pytest.mark.parametrize(
    ("example", "path", "text"),
    [(*where, text) for where in NUMBERS for text in ODD] + [(*where, text) for where in DAYS for text in ODD_DAYS],
)
def test_a_form_is_rejected_where_the_schema_refuses_it(example: str, path: str, text: str) -> None:
    # Not an edit: "-1" would be taken off the number that stands there.
    raw = edited_example(example, {path: "PLACE"}).raw.decode("iso-8859-1").replace("PLACE", text)
    found = check_piece(Piece(raw.encode("iso-8859-1")), GROUNDS, LOOKS).findings
    rejected = {each.rule.id for each in found if each.severity == "rejected" and each.path.startswith(path[:-1])}
    assert bool(rejected) == bool(refusals(example, {path: "PLACE"}, {"PLACE": text}))


@pytest.mark.skipif(not DATA.is_dir(), reason="the supplied documents are not on this machine")
@pytest.mark.parametrize("name", ["DTE--76354771-K--33--170", "DTE--76399752-9--33--25568"])
def test_a_real_invoice_breaks_no_rule_of_fields_but_notes(name: str) -> None:
    found = check_piece(Piece((DATA / "real_dte" / f"{name}.xml").read_bytes()), GROUNDS, LOOKS).findings
    assert {each.severity for each in found} <= {"note"}


TEXTS = st.one_of(
    st.text(st.characters(codec="iso-8859-1", exclude_categories=["Cc"]), max_size=30), st.sampled_from(ODD)
)


@given(st.sampled_from(names()), st.data())
@settings(max_examples=100, deadline=None)
def test_no_text_and_no_missing_element_makes_a_look_raise(name: str, data: st.DataObject) -> None:
    document = read(edited_example(name, {}))
    nodes = [node for _, node in document.body.walk()]
    for _ in range(data.draw(st.integers(1, 4))):
        node = data.draw(st.sampled_from(nodes))
        if node.text is not None:
            node.text = data.draw(TEXTS)
        elif node.parts:
            lost = data.draw(st.sampled_from(sorted(node.parts)))
            node.parts = {tag: nodes for tag, nodes in node.parts.items() if tag != lost}
    book = rules()
    assert all(each.rule in book for each in look(document).faults)


@pytest.mark.parametrize("paid", ["2026-11-09", ""], ids=["told", "untold"])
def test_an_export_paid_in_advance_tells_the_day_of_the_payment(paid: str) -> None:
    found = findings("110", {"Encabezado/IdDoc/FmaPagExp": "32", "Encabezado/IdDoc/FchCancel": paid})
    assert ("export-advance" in {each.rule.id for each in found}) is not bool(paid)
