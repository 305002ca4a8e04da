"""Real files are read: as many documents, of the types and kinds, as the manifest of the samples says."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from minga.dte import Grounds, read
from minga.dte.reading import LOOKS, Container, check_container, containers

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
GROUNDS = Grounds(date(2026, 11, 26))
FILES: dict[str, tuple[str, dict[int, int], set[str]]] = {
    "cert_env_2025/BASICO_762352915.redacted.xml": (
        "EnvioDTE",
        {33: 4, 61: 3, 56: 1},
        {"signature-missing", "envelope-certification"},
    ),
    "cert_env_2025/BASICO_refirmado.redacted.xml": (
        "EnvioDTE",
        {33: 4, 61: 3, 56: 1},
        {"signature-missing", "envelope-certification"},
    ),
    "cert_env_2025/EXPORTACION1_762352915.redacted.xml": (
        "EnvioDTE",
        {110: 1, 111: 1, 112: 1},
        {"signature-missing", "envelope-certification", "envelope-tag"},
    ),
    "cert_env_2025/EXPORTACION2_762352915.redacted.xml": (
        "EnvioDTE",
        {110: 3},
        {"signature-missing", "envelope-certification", "envelope-tag"},
    ),
    "cert_env_2025/F000013T33.redacted.xml": ("EnvioDTE", {33: 1}, {"signature-missing", "envelope-certification"}),
    "cert_env_2025/FACTURAS_COMPRA_762352915.redacted.xml": (
        "EnvioDTE",
        {46: 1, 56: 1, 61: 1},
        {"signature-missing", "envelope-certification", "envelope-tag"},
    ),
    "cert_env_2025/LIBRO_IEC_762352915_2025-07_DEFINITIVO.xml": (
        "LibroCompraVenta",
        {},
        {"signature-missing", "book-net-alone", "book-total", "book-period-sums"},
    ),
    "cert_env_2025/LIBRO_IEV_762352915_2025-07_DEFINITIVO.xml": (
        "LibroCompraVenta",
        {},
        {"signature-missing", "book-iva", "book-total", "book-period-sums"},
    ),
    "official/F60T33-ejemplo-oficial-SII.xml": ("EnvioDTE", {33: 1}, {"envelope-certification"}),
    "real_aec/AEC--76354771-K--33--170--SEQ-2.xml": ("AEC", {33: 1}, set()),
    "real_aec/AEC--76399752-9--33--25568--SEQ-1.xml": ("AEC", {33: 1}, set()),
    "real_dte/DTE--76354771-K--33--170--cleaned.xml": ("DTE", {33: 1}, set()),
    "real_dte/DTE--76354771-K--33--170.xml": ("DTE", {33: 1}, set()),
    "real_dte/DTE--76399752-9--33--25568--cleaned.xml": ("DTE", {33: 1}, set()),
    "real_dte/DTE--76399752-9--33--25568.xml": ("DTE", {33: 1}, set()),
    "pwills85_fixtures/dte33_factura.xml": ("DTE", {33: 1}, {"read-encoding-doubled"}),
    "pwills85_fixtures/dte52_with_transport.xml": ("DTE", {52: 1}, {"read-encoding-doubled"}),
}
SIGNED = {
    "official/F60T33-ejemplo-oficial-SII.xml": ["SetDTE"],
    "real_aec/AEC--76354771-K--33--170--SEQ-2.xml": [
        "DocumentoDTECedido",
        "DocumentoCesion",
        "DocumentoCesion",
        "DocumentoAEC",
    ],
    "real_aec/AEC--76399752-9--33--25568--SEQ-1.xml": ["DocumentoDTECedido", "DocumentoCesion", "DocumentoAEC"],
    "real_dte/DTE--76354771-K--33--170.xml": [],
}

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not beside the project")


def at(name: str) -> Container:
    (container,) = containers(SAMPLES / name)
    return container


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_has_the_documents_that_the_manifest_says(name: str) -> None:
    kind, documents, told = FILES[name]
    container = at(name)
    assert container.kind == kind
    assert Counter(read(each).kind for each in container.pieces) == documents
    assert {each.rule.id for each in check_container(container, GROUNDS, looks=LOOKS)} == told


@pytest.mark.parametrize("name", SIGNED)
def test_what_is_signed_in_a_real_file_is_found(name: str) -> None:
    assert [each.name for each in at(name).signed] == SIGNED[name]
    assert all(each.signature.startswith(b"<Signature") for each in at(name).signed)


def test_the_whole_folder_of_samples_is_read() -> None:
    found = Counter(each.kind for each in containers(SAMPLES))
    assert found == {"EnvioDTE": 7, "LibroCompraVenta": 2, "AEC": 2, "DTE": 10}
