"""The real files at hand get exactly the verdict of their manifest: every signature, stamp and CAF."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from seals import Sealed

from minga.dte import Grounds, Piece, raw
from minga.dte.document import read
from minga.dte.grounds import Report
from minga.dte.raw import Raw, children, declared
from minga.dte.signatures import message, signature
from minga.dte.stamps import stamp

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
GROUNDS = Grounds(date(2026, 11, 26))
UNSIGNED = {"signature-missing", "caf-certification"}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real documents are not on this machine")


def documents(of: Raw, around: Mapping[str, str]) -> Iterator[Piece]:
    inside = {**around, **declared(of)}
    for span in children(of):
        if span.name == "DTE":
            yield Piece(of.cut(span).text, of.encoding, inside)
        elif span.name in ("SetDTE", "DocumentoAEC", "Cesiones", "DTECedido", "DocumentoDTECedido"):
            yield from documents(of.cut(span), inside)


def messages(of: Raw, around: Mapping[str, str]) -> Iterator[Sealed]:
    """Each signed element outside documents."""
    inside, before = {**around, **declared(of)}, None
    for span in children(of):
        if span.name == "Signature" and before is not None:
            yield Sealed(of.cut(before).text, of.cut(span).text, of.encoding, inside)
            continue
        before = span
        if span.name in ("DocumentoAEC", "Cesiones", "DTECedido", "Cesion", "DocumentoDTECedido"):
            yield from messages(of.cut(span), inside)


def pieces(path: str) -> list[Piece]:
    text = (DATA / path).read_bytes()
    found = raw.read(text[text.index(b"<", 2) :], "ISO-8859-1")
    return [Piece(found.text)] if b"<DTE" in found.text[:200] else list(documents(found, {}))


def verdict(piece: Piece) -> tuple[dict[str, str], set[str]]:
    report, document = Report(), read(piece)
    signature(document, GROUNDS, report)
    stamp(document, GROUNDS, report)
    return report.held, {each.rule for each in report.faults}


@pytest.mark.parametrize(
    ("path", "convention"),
    [
        ("real_dte/DTE--76354771-K--33--170.xml", "sii-ns"),
        ("real_dte/DTE--76354771-K--33--170--cleaned.xml", "as-is"),
        ("real_dte/DTE--76399752-9--33--25568.xml", "sii-ns"),
        ("real_dte/DTE--76399752-9--33--25568--cleaned.xml", "as-is"),
        ("real_aec/AEC--76354771-K--33--170--SEQ-2.xml", "sii-ns"),
        ("real_aec/AEC--76399752-9--33--25568--SEQ-1.xml", "sii-ns"),
    ],
)
def test_a_real_document_holds_years_after_its_certificate_has_expired(path: str, convention: str) -> None:
    [piece] = pieces(path)
    assert verdict(piece) == ({"signature": convention, "stamp": "as-is"}, set())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "real_aec/AEC--76354771-K--33--170--SEQ-2.xml",
            ["DocumentoDTECedido no-ns", "DocumentoCesion no-ns", "DocumentoCesion sii-ns", "DocumentoAEC as-is"],
        ),
        (
            "real_aec/AEC--76399752-9--33--25568--SEQ-1.xml",
            ["DocumentoDTECedido no-ns", "DocumentoCesion no-ns", "DocumentoAEC as-is"],
        ),
    ],
)
def test_every_signature_of_a_cession_holds(path: str, expected: list[str]) -> None:
    found = raw.read((DATA / path).read_bytes(), "ISO-8859-1")
    held = []
    for part in messages(found, {}):
        report = Report()
        message(part, GROUNDS, report)
        assert report.faults == []
        held.append(f"{part.name} {report.held[part.name]}")
    assert held == expected


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("BASICO_762352915", 8),
        ("EXPORTACION1_762352915", 3),
        ("EXPORTACION2_762352915", 3),
        ("F000013T33", 1),
        ("FACTURAS_COMPRA_762352915", 3),
    ],
)
def test_stamps_and_folios_of_the_certification_environment_hold(path: str, count: int) -> None:
    verdicts = [verdict(piece) for piece in pieces(f"cert_env_2025/{path}.redacted.xml")]
    assert verdicts == [({"stamp": "as-is"}, UNSIGNED)] * count


def test_what_a_tool_signed_anew_has_dead_stamps_and_living_folios_and_is_told_so() -> None:
    verdicts = [verdict(piece) for piece in pieces("cert_env_2025/BASICO_refirmado.redacted.xml")]
    assert verdicts == [({}, {*UNSIGNED, "stamp-rewritten", "stamp-time"})] * 8


def test_the_official_example_was_signed_with_the_key_it_states_which_is_not_its_certificates() -> None:
    path = "official/F60T33-ejemplo-oficial-SII.xml"
    [piece] = pieces(path)
    held = {"signature": "as-is", "stamp": "as-is"}
    assert verdict(piece) == (held, {"signature-key-other", "caf-certification"})
    found = raw.read((DATA / path).read_bytes(), "ISO-8859-1")
    [part] = messages(found, {})
    report = Report()
    message(part, GROUNDS, report)
    assert ([each.rule for each in report.faults], report.held) == (["signature-key-other"], {"SetDTE": "as-is"})


@pytest.mark.parametrize(
    "name", ["33_factura", "34_factura_exenta", "52_with_transport", "56_nota_debito", "61_nota_credito"]
)
def test_invented_documents_with_invented_signatures_are_rejected(name: str) -> None:
    [piece] = pieces(f"pwills85_fixtures/dte{name}.xml")
    held, broken = verdict(piece)
    assert held == {}
    assert {"signature-digest", "certificate-unreadable", "stamp-missing"} <= broken
