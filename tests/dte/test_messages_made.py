"""Messages that are made hold by the SII's schemas, and every signature in them verifies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest
from lxml import etree

from minga.domain.errors import BadMessage
from minga.dte import Grounds, check_piece, trial
from minga.dte.document import NAMESPACE, Document, Piece, read
from minga.dte.examples import example
from minga.dte.grounds import Report
from minga.dte.messages import (
    SII,
    Answerer,
    Arrived,
    Giving,
    Party,
    Sender,
    Terms,
    cession,
    envelope,
    further_cession,
    receipts,
    reception,
    results,
)
from minga.dte.raw import Raw, child, children
from minga.dte.raw import read as read_raw
from minga.dte.signatures import XSI, message

XSDS = Path(__file__).parents[3] / "shared" / "data" / "dte" / "xsd_2026-02-06"
GROUNDS = trial.grounds(Grounds(date(2026, 11, 26)))
NOW = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
KEY = trial.signing_key()
SENDER = Sender("11111111-1", 80, date(2014, 8, 22))
ANSWERER = Answerer("77123456-9", "76086428-5", 7, "Ana Ejemplo", "+56 2 2345 6789", "dte@ejemplo.cl")
GIVER = Party("76086428-5", "Maderas del Estero SpA", "Camino al Estero 120", "pagos@ejemplo.cl")
TAKER = Party("76902318-6", "Factoring Tres Esteros SpA", "Bandera 1", "dte@factoring.cl")
GIVING = Giving(KEY, "11111111-1", NOW)
TERMS = Terms(GIVER, TAKER, "Firmante de prueba", 1_000_000, date(2026, 12, 10), oath="Se juró")


def made(name: str) -> Document:
    return read(trial.sign_piece(example(name)))


@cache
def schema(name: str) -> etree.XMLSchema:
    if not XSDS.exists():
        pytest.skip(f"the SII's schemas are not at {XSDS}")
    return etree.XMLSchema(etree.parse(XSDS / name))


def assert_valid(content: bytes, name: str) -> None:
    found = schema(name)
    assert found.validate(etree.fromstring(content)), found.error_log


@dataclass(frozen=True, slots=True)
class Part:
    """A signed element and its signature."""

    name: str
    raw: bytes
    signature: bytes
    declared: Mapping[str, str]
    encoding: str = "ISO-8859-1"


def broken_by(content: bytes) -> list[str]:
    """The rules that signatures anywhere in it break; each is verified on the bytes as they stand."""
    report = Report()
    parts = list(signed_in(read_raw(content, "ISO-8859-1")))
    for part in parts:
        message(part, GROUNDS, report)
    assert len(parts) == content.count(b"<Signature ")
    return [fault.rule for fault in report.faults]


def signed_in(of: Raw) -> Iterator[Part]:
    spans = list(children(of))
    for span, following in zip_longest(spans, spans[1:]):
        if span.name == "Signature":
            continue
        part = of.cut(span)
        if following is not None and following.name == "Signature":
            yield Part(span.name, part.text, of.cut(following).text, {"": NAMESPACE, "xsi": XSI})
        yield from signed_in(part)


@pytest.mark.parametrize(
    ("names", "to", "xsd"),
    [
        (("33", "34", "61", "52"), SII, "EnvioDTE_v10.xsd"),
        (("33",), "77123456-9", "EnvioDTE_v10.xsd"),
        (("110",), SII, "EnvioDTE_v10.xsd"),
        (("43",), SII, "EnvioDTE_v10.xsd"),
        (("39", "39-gross"), SII, "EnvioBOLETA_v11.xsd"),
    ],
    ids=["several", "exchange", "export", "liquidacion", "boletas"],
)
def test_an_envelope_holds_its_documents_as_they_were(names: tuple[str, ...], to: str, xsd: str) -> None:
    issuer = made(names[0]).issuer
    documents = [document for document in map(made, names) if document.issuer == issuer]
    content = envelope(documents, to, SENDER, KEY, NOW)
    assert_valid(content, xsd)
    assert broken_by(content) == []
    root = read_raw(content, "ISO-8859-1")
    inside = child(root, "SetDTE")
    assert inside is not None
    cut = [inside.cut(span).text for span in children(inside) if span.name == "DTE"]
    assert cut == [document.piece.raw for document in documents]
    for each in cut:
        assert [
            f.rule.id for f in check_piece(Piece(each), GROUNDS).findings if f.severity in ("rejected", "error")
        ] == []
    assert f"<RutReceptor>{to}</RutReceptor>".encode() in content


def test_what_no_envelope_holds_is_refused() -> None:
    for documents in ([], [made("33"), made("39")], [made("33"), made("34")], [made("33")] * 2001):
        with pytest.raises(BadMessage):
            envelope(documents, SII, SENDER, KEY, NOW)


def test_the_answer_that_an_envelope_came_tells_each_document() -> None:
    arrived = Arrived("envio.xml", NOW, "SetDoc", "MTIz", "76086428-5", "77123456-9")
    content = reception(ANSWERER, arrived, [(made("33"), 0), (made("61"), 4)], KEY, NOW)
    assert_valid(content, "RespuestaEnvioDTE_v10.xsd")
    assert broken_by(content) == []
    assert content.count(b"<RecepcionDTE>") == 2
    assert b"<EstadoRecepDTE>4</EstadoRecepDTE><RecepDTEGlosa>DTE No Recibido - DTE Repetido" in content


@pytest.mark.parametrize(
    ("judgement", "state"), [("accepted", b"0"), ("accepted-with-discrepancies", b"1"), ("rejected", b"2")]
)
def test_documents_are_accepted_or_rejected_with_a_reason(judgement: str, state: bytes) -> None:
    content = results(ANSWERER, [made("33"), made("34")], judgement, "precio <otro>", KEY, NOW)  # type: ignore[arg-type]
    assert_valid(content, "RespuestaEnvioDTE_v10.xsd")
    assert broken_by(content) == []
    assert content.count(b"<EstadoDTE>" + state) == 2
    assert b"precio &lt;otro&gt;" in content


def test_receipts_are_signed_one_by_one_in_the_words_of_the_law() -> None:
    content = receipts(ANSWERER, [made("33"), made("52")], "Bodega Ñuñoa", "11111111-1", KEY, NOW)
    assert_valid(content, "EnvioRecibos_v10.xsd")
    assert broken_by(content) == []
    assert content.count(b"<Recibo ") == 2


def test_what_has_no_answer_is_refused() -> None:
    with pytest.raises(BadMessage, match="43"):
        results(ANSWERER, [made("43")], "accepted", "", KEY, NOW)


def test_no_text_is_cut_off_unsaid_and_none_breaks_a_message() -> None:
    with pytest.raises(BadMessage, match="EstadoDTEGlosa has more than 256"):
        results(ANSWERER, [made("33")], "rejected", "x" * 250, KEY, NOW)
    with pytest.raises(BadMessage, match="XML cannot hold"):
        results(ANSWERER, [made("33")], "rejected", "a\1b", KEY, NOW)
    with pytest.raises(BadMessage, match="Recinto has more than 80"):
        receipts(ANSWERER, [made("33")], "x" * 81, "11111111-1", KEY, NOW)


def test_what_should_be_the_print_of_a_ceded_document_is_a_pdf() -> None:
    with pytest.raises(BadMessage, match="should be a PDF"):
        cession(made("33"), TERMS, GIVING, pdf=b"amount = 5")


def test_a_claim_is_ceded_and_ceded_again() -> None:
    document = made("33")
    first = cession(document, TERMS, GIVING, pdf=b"%PDF-1.4")
    assert_valid(first, "AEC_v10.xsd")
    assert broken_by(first) == []
    assert document.piece.raw in first
    again = Terms(TAKER, GIVER, "Firmante de prueba", 900_000, date(2026, 12, 10))
    second = further_cession(first, document, again, GIVING)
    assert_valid(second, "AEC_v10.xsd")
    assert broken_by(second) == []
    assert document.piece.raw in second
    assert [second.count(b"<SeqCesion>%d</SeqCesion>" % number) for number in (1, 2, 3)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("61", {}, "type 61"),
        ("33", {"amount": 0}, "above 0"),
        ("33", {"amount": 1_057_451}, "at most the total"),
        ("33", {"due": date(2026, 11, 9)}, "before the document"),
        ("33", {"taker": Party("76902318-6", "F", "x", "dte@factoring.cl")}, "needs an address"),
        ("33", {"taker": Party("76902318-5", "F", "Bandera 1", "dte@factoring.cl")}, "'76902318-5' is no valid RUT"),
        ("33", {"taker": Party("76902318-6", "F\1", "Bandera 1", "dte@factoring.cl")}, "XML cannot hold"),
        ("33", {"oath": "x" * 513}, "DeclaracionJurada has more than 512"),
        ("33", {"conditions": "x" * 513}, "OtrasCondiciones has more than 512"),
    ],
    ids=["type", "nothing", "too-much", "day", "address", "rut", "letter", "oath", "conditions"],
)
def test_what_the_register_would_refuse_is_refused(name: str, changed: dict[str, object], said: str) -> None:
    terms = Terms(**{**{field: getattr(TERMS, field) for field in TERMS.__slots__}, **changed})  # type: ignore[arg-type]
    with pytest.raises(BadMessage, match=said):
        cession(made(name), terms, GIVING)
