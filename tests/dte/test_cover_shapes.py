"""Envelopes, messages and books are judged by the SII's schemas, whatever stands in their documents."""

from datetime import date
from pathlib import Path

import pytest

from minga.dte import Grounds
from minga.dte.reading import check_container, containers, opened
from minga.dte.schemas import Schemas, install
from minga.dte.schemas.installing import from_folder

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
SET = SAMPLES / "xsd_2026-02-06"
ENVELOPES = SAMPLES / "cert_env_2025"
OFFICIAL = SAMPLES / "official" / "F60T33-ejemplo-oficial-SII.xml"

pytestmark = pytest.mark.skipif(not SET.is_dir(), reason="the SII's schemas and samples are not beside the project")


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    folder = tmp_path_factory.mktemp("schemas")
    install(from_folder(SET), "a folder", folder)
    return Grounds(date(2026, 11, 26), schemas=Schemas.at(folder))


def invalid(data: bytes, grounds: Grounds) -> list[tuple[str, str]]:
    found = check_container(opened(data, "a.xml"), grounds)
    return [(each.path, each.detail) for each in found if each.rule.id == "schema-invalid"]


@pytest.mark.parametrize("path", sorted([OFFICIAL, *SAMPLES.glob("real_aec/*.xml")]), ids=lambda path: path.stem)
def test_a_real_envelope_or_cession_fits_its_schema(path: Path, grounds: Grounds) -> None:
    assert invalid(path.read_bytes(), grounds) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LIBRO_IEC_762352915_2025-07_DEFINITIVO.xml", "TotalPeriodo"),
        ("LIBRO_IEV_762352915_2025-07_DEFINITIVO.xml", "TotalPeriodo"),
        ("EXPORTACION1_762352915.redacted.xml", "TipoDTE"),
        ("FACTURAS_COMPRA_762352915.redacted.xml", "TipoDTE"),
    ],
)
def test_what_the_manifest_says_is_wrong_with_a_real_cover_is_told(name: str, expected: str, grounds: Grounds) -> None:
    assert any(f"Element '{expected}'" in words for _, words in invalid((ENVELOPES / name).read_bytes(), grounds))


def test_of_a_real_envelope_only_the_signature_that_was_taken_away_is_missing(grounds: Grounds) -> None:
    found = invalid((ENVELOPES / "BASICO_762352915.redacted.xml").read_bytes(), grounds)
    assert len(found) == 1
    assert "Signature" in found[0][1]


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        (b"<RutEnvia>7880442-4", b"<RutEnvia>7.880.442-4", "Caratula/RutEnvia"),
        (b"<FchResol>2003-09-02</FchResol>", b"", "Caratula/NroResol"),
        (b'<SetDTE ID="SetDoc">', b"<SetDTE>", "SetDTE"),
        (b"</SetDTE>", b"<Extra/></SetDTE>", "Extra"),
    ],
)
def test_a_fault_of_a_cover_is_told_with_its_place(before: bytes, after: bytes, path: str, grounds: Grounds) -> None:
    data = OFFICIAL.read_bytes()
    assert before in data
    assert path in {where for where, _ in invalid(data.replace(before, after), grounds)}


def test_faults_of_documents_are_not_told_of_the_envelope(grounds: Grounds) -> None:
    data = OFFICIAL.read_bytes().replace(b"<TipoDTE>33", b"<TipoDTE>999").replace(b'<DTE version="1.0">', b"<DTE>")
    assert invalid(data, grounds) == []


def test_a_book_without_schemas_is_told_unchecked() -> None:
    plain = Grounds(date(2026, 11, 26))
    (book,) = containers(ENVELOPES / "LIBRO_IEC_762352915_2025-07_DEFINITIVO.xml")
    assert "schema-not-checked" in {each.rule.id for each in check_container(book, plain)}
