"""Rules of envelopes, messages and books: the right example passes, each mutant is caught."""

from datetime import date

import pytest
from files import edited_file, written

from minga.dte import Grounds, rules
from minga.dte.authorised import authorised
from minga.dte.examples import container_names, example
from minga.dte.finding import Edits, Rule
from minga.dte.reading import LOOKS, check_container, opened

GROUNDS = Grounds(date(2026, 11, 26))
WITH_MUTANTS = [rule for rule in rules().values() if rule.example in container_names()]


def found(name: str, edits: Edits) -> dict[str, str]:
    return {each.rule.id: each.path for each in check_container(edited_file(name, edits), GROUNDS, looks=LOOKS)}


@pytest.mark.parametrize("name", container_names())
def test_an_example_of_a_container_breaks_no_rule(name: str) -> None:
    assert found(name, {}) == {}


@pytest.mark.parametrize("rule", WITH_MUTANTS, ids=lambda rule: rule.id)
def test_each_mutant_of_a_container_is_caught_and_the_right_example_is_not(rule: Rule) -> None:
    assert len(rule.mutants) >= 3 or rule.id == "envelope-documents"
    assert rule.id not in found(rule.example, rule.passing)
    for mutant in rule.mutants:
        assert rule.id in found(rule.example, rule.passing | mutant), mutant


SALES: dict[int, tuple[str, Edits]] = {
    21: ("book-total-missing", {"EnvioLibro/Detalle[1]/MntTotal": False}),
    22: ("book-total-alone", {"EnvioLibro/Detalle[6]/MntExe": "0"}),
    23: ("book-date-missing", {"EnvioLibro/Detalle[6]/FchDoc": False}),
    25: ("book-rate-missing", {"EnvioLibro/Detalle[3]/TasaImp": False}),
    26: ("book-total-zero", {"EnvioLibro/Detalle[6]/MntTotal": "0"}),
    27: ("book-iva-missing", {"EnvioLibro/Detalle[1]/MntIVA": False}),
    29: ("book-exempt", {"EnvioLibro/Detalle[2]/MntNeto": "80000"}),
    32: ("book-iva", {"EnvioLibro/Detalle[1]/MntIVA": "180000"}),
    33: ("book-total", {"EnvioLibro/Detalle[5]/Liquidaciones/ValComExe": "500"}),
    41: ("book-twice", {"EnvioLibro/Detalle[7]/NroDoc": "1001"}),
}
PURCHASES: dict[int, tuple[str, Edits]] = {
    8: ("book-rut-missing", {"EnvioLibro/Detalle[1]/RUTDoc": False}),
    14: ("book-note-total", {"EnvioLibro/Detalle[5]/MntTotal": False}),
    19: ("book-exception", {"EnvioLibro/Detalle[1]/Emisor": "1"}),
}


@pytest.mark.parametrize("number", SALES)
def test_a_rule_that_both_books_share_is_seen_in_sales_too(number: int) -> None:
    rule, edits = SALES[number]
    assert f"VAL {number}" in rules()[rule].sources
    assert rule in found("LibroCompraVenta-sales", edits)


@pytest.mark.parametrize("number", PURCHASES)
def test_a_rule_that_both_books_share_is_seen_in_purchases_too(number: int) -> None:
    rule, edits = PURCHASES[number]
    assert f"VAL {number}" in rules()[rule].sources
    assert rule in found("LibroCompraVenta-purchases", edits)


def test_every_validation_of_books_that_the_sii_numbers_has_its_rule() -> None:
    numbers = {source for rule in rules().values() if rule.id.startswith("book-") for source in rule.sources}
    assert {f"VAL {number}" for number in range(1, 55)} <= numbers


LINE, RECEPTION = "EnvioLibro/Detalle[1]", "Resultado/RecepcionEnvio/RecepcionDTE[2]"
CESSION = "DocumentoAEC/Cesiones/Cesion"
RIGHT: dict[str, tuple[str, Edits]] = {
    "an envelope for the customer": ("EnvioDTE", {"SetDTE/Caratula/RutReceptor": "77123456-9"}),
    "home services of the month before": (
        "LibroCompraVenta-sales",
        {f"{LINE}/FchDoc": "2017-05-31", f"{LINE}/IndServicio": "1"},
    ),
    "a purchase invoice received": ("LibroCompraVenta-sales", {"EnvioLibro/Detalle[3]/RUTDoc": False}),
    "a note to an own purchase invoice": ("LibroCompraVenta-purchases", {"EnvioLibro/Detalle[5]/Emisor": "1"}),
    "a purchase of two months before": ("LibroCompraVenta-purchases", {f"{LINE}/FchDoc": "2017-04-01"}),
    "a document of another receiver": (
        "RespuestaDTE-envelope",
        {f"{RECEPTION}/EstadoRecepDTE": "3", f"{RECEPTION}/RUTRecep": "76111222-8"},
    ),
    "a cession in part": ("AEC", {f"{CESSION}[1]/DocumentoCesion/MontoCesion": "1"}),
    "due on the day of issue": ("AEC", {f"{CESSION}[2]/DocumentoCesion/UltimoVencimiento": "2026-11-10"}),
}


@pytest.mark.parametrize(("name", "edits"), RIGHT.values(), ids=RIGHT)
def test_what_the_norm_lets_pass_is_no_fault(name: str, edits: Edits) -> None:
    told = {rule for rule in found(name, edits) if not rule.endswith("-sums")}
    assert told == set()


def test_a_purchase_invoice_is_assigned_by_the_seller_who_is_its_receiver() -> None:
    document = "DocumentoAEC/Cesiones/DTECedido/DocumentoDTECedido/DTE/Documento/Encabezado"
    edits: dict[str, str | bool] = {
        f"{document}/IdDoc/TipoDTE": "46",
        f"{document}/Emisor/RUTEmisor": "77123456-9",
        f"{document}/Receptor/RUTRecep": "76086428-5",
    }
    for number in (1, 2):
        told = f"DocumentoAEC/Cesiones/Cesion[{number}]/DocumentoCesion/IdDTE"
        edits |= {f"{told}/TipoDTE": "46", f"{told}/RUTEmisor": "77123456-9", f"{told}/RUTReceptor": "76086428-5"}
    assert found("AEC", edits) == {}


@pytest.mark.parametrize("name", container_names())
def test_what_is_not_signed_or_signed_twice_is_told(name: str) -> None:
    whole = written(name, example(name))
    assert whole.count(b"<Signature/>") == len(opened(whole, "a.xml").signed) > 0
    for number in range(whole.count(b"<Signature/>")):
        before, after = _around(whole, number)
        without = check_container(opened(before + after, "a.xml"), GROUNDS, looks=LOOKS)
        assert "signature-missing" in {each.rule.id for each in without}
        twice = check_container(opened(before + b"<Signature/><Signature/>" + after, "a.xml"), GROUNDS, looks=LOOKS)
        assert {each.rule.id for each in twice} <= {"signature-twice", "cession-signatures"}
        assert twice


def _around(data: bytes, number: int) -> tuple[bytes, bytes]:
    parts = data.split(b"<Signature/>")
    return b"<Signature/>".join(parts[: number + 1]), b"<Signature/>".join(parts[number + 1 :])


@pytest.mark.parametrize("name", ["EnvioDTE", "EnvioBOLETA", "ConsumoFolios", "LibroCompraVenta-sales", "LibroGuia"])
def test_a_sender_that_is_not_on_the_list_given_is_told(name: str) -> None:
    rule = "envelope-sender-other"
    file = edited_file(name, {})
    (caratula,) = [each for each in [file.caratula] if each is not None]
    issuer, sender = caratula.of("RutEmisor") or caratula.of("RutEmisorLibro"), caratula.of("RutEnvia")
    assert issuer
    assert sender

    def told(*written: str) -> set[str]:
        grounds = Grounds(GROUNDS.today, signers=authorised(written))
        return {each.rule.id for each in check_container(file, grounds, looks=LOOKS)}

    assert rule not in told() | told(sender) | told(f"{issuer}={sender}") | told("77123456-9=9999999-3")
    for wrong in ((f"{issuer}=9999999-3",), ("9999999-3",), (f"{issuer}=9999999-3", "22222222-2")):
        assert rule in told(*wrong)
