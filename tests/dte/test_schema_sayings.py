"""What the schema says is told in plain words, once, in both languages; programs get the validator's own words too."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from files import edited_file
from pieces import edited_example

from minga.dte import Grounds, Piece, check_piece
from minga.dte.engine import Engine
from minga.dte.examples import container_names, example, names
from minga.dte.finding import Edits, Fault, Finding
from minga.dte.reading import check_container
from minga.dte.rulebook import findings, rules
from minga.dte.schemas import Schemas, install
from minga.dte.schemas.installing import from_folder
from minga.dte.schemas.looking import look
from minga.dte.schemas.telling import RULE, also, fault, sayings, sentence, told_once
from minga.dte.trial import grounds as trial_grounds
from minga.dte.trial import sign_piece

SET = Path(__file__).parents[2].parent / "shared/data/dte/xsd_2026-02-06"
given = pytest.mark.skipif(not SET.is_dir(), reason="the SII's schemas are not at hand (shared/data/dte)")


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    folder = tmp_path_factory.mktemp("schemas")
    install(from_folder(SET), "a folder", folder)
    return Grounds(date(2026, 11, 26), schemas=Schemas.at(folder))


def of_schema(found: tuple[Finding, ...]) -> list[Finding]:
    """Without what an example lacks: its stamp and signature."""
    lacks = ("TED", "ds:Signature")
    return [each for each in found if each.rule.id == RULE and each.expected.rpartition(", ")[2] not in lacks]


def made(message: str, value: str = "", path: str = "Encabezado/IdDoc/X") -> Finding:
    [found] = findings([fault(path, value, message)], 33, None)
    return found


@given
@pytest.mark.parametrize(
    ("edits", "english", "spanish"),
    [
        (
            {"Encabezado/Emisor/Nuevo": "x"},
            "Nuevo does not belong at this place; CdgVendedor, IdAdicEmisor, RUTProveedor or RznSocProveedor would be",
            "Nuevo no va en este lugar; aquí corresponde CdgVendedor, IdAdicEmisor, RUTProveedor o RznSocProveedor.",
        ),
        (
            {"Detalle[1]/CdgItem/TpoCodigo": "INT1"},
            "CdgItem is not complete: after what it has, VlrCodigo must follow.",
            "CdgItem está incompleto: después de lo que trae debe venir VlrCodigo.",
        ),
        (
            {"Encabezado/Receptor/CmnaRecep": "Una comuna que no cabe"},
            "CmnaRecep is longer than the 20 characters that fit: «Una comuna que no cabe».",
            "CmnaRecep es más largo que los 20 caracteres que caben: «Una comuna que no cabe».",
        ),
        ({"Encabezado/IdDoc/FmaPago": "4"}, "FmaPago is «4», and may only be 1, 2 or 3.", "FmaPago es «4», y solo"),
        ({"Encabezado/Receptor/RUTRecep": "77.123.456-9"}, "a RUT is written without dots", "un RUT se escribe sin"),
        ({"Encabezado/Totales/MntTotal": "1.057.450"}, "MntTotal is «1.057.450», which is no whole", "no es un número"),
        ({"Encabezado/IdDoc/FchVenc": "10-12-2026"}, "FchVenc is «10-12-2026», which is no day", "no es una fecha"),
        ({"Encabezado/IdDoc/FchVenc": "2051-01-01"}, "more than the schema allows (up to 2050-12-31)", "más de lo que"),
        ({"Encabezado/Totales/MntExe": ""}, "MntExe is empty;", "MntExe está vacío;"),
    ],
    ids=["unexpected", "incomplete", "too-long", "listed", "rut", "whole", "day", "too-large", "empty"],
)
def test_a_fault_of_the_schema_is_told_in_plain_words(
    edits: Edits, english: str, spanish: str, grounds: Grounds
) -> None:
    found = of_schema(check_piece(edited_example("33", edits), grounds).findings)
    assert any(english in sentence(each, "en") for each in found), [sentence(each, "en") for each in found]
    assert any(spanish in sentence(each, "es") for each in found), [sentence(each, "es") for each in found]


@given
def test_no_mutant_of_any_rule_needs_the_validators_words(grounds: Grounds) -> None:
    told = 0
    for rule in rules().values():
        for mutant in rule.mutants if rule.example in names() else ():
            checked = check_piece(edited_example(rule.example, rule.passing | mutant), grounds, (look,))
            for each in (each for each in checked.findings if each.rule.id == RULE):
                told += 1
                assert each.saying != "raw", each.detail
                assert sentence(each, "en") != sentence(each, "es")
    assert told > 700


@given
def test_no_mutant_of_an_envelope_or_book_needs_them_either(grounds: Grounds) -> None:
    told = [
        each
        for rule in rules().values()
        for mutant in (rule.mutants if rule.example in container_names() else ())
        for each in check_container(edited_file(rule.example, rule.passing | mutant), grounds)
        if each.rule.id == RULE
    ]
    assert len(told) > 70
    assert [each.detail for each in told if each.saying == "raw"] == []


@given
def test_what_a_rule_says_of_the_same_element_is_told_once(grounds: Grounds) -> None:
    cases: tuple[tuple[Edits, str], ...] = (
        ({"Encabezado/Totales/MntTotal": "1.057.450"}, "field-separators"),
        ({"Encabezado/IdDoc/FmaPago": "4"}, "field-code"),
        ({"Encabezado/Emisor/Acteco": False}, "field-missing-schema"),
        ({"Encabezado/IdDoc/FmaPago[2]": "1"}, "field-repeated"),
        ({"Detalle[2]/MontoItem": False}, "field-missing-rejected"),
        ({"Encabezado/Totales/Descuento": "5"}, "field-unknown"),
        ({"Encabezado/Receptor/RUTRecep": "77.123.456-9"}, "rut-form"),
        ({"Referencia/Nada/Nada": "5"}, "field-unknown"),
    )
    for edits, rule in cases:
        found = check_piece(edited_example("33", edits), grounds).findings
        said = of_schema(found)
        assert [also(each, found) for each in said] == [rule] * len(said), (edits, [each.detail for each in said])
        assert said
        assert not of_schema(tuple(told_once(found)))


@given
def test_of_a_draft_the_schema_says_nothing_more_than_that_it_is_unsigned(grounds: Grounds) -> None:
    whole = sign_piece(example("33")).raw
    draft = re.sub(rb"<Signature.*</Signature>|<TED.*?</TED>", b"", whole, flags=re.DOTALL)
    told = told_once(check_piece(Piece(draft), trial_grounds(grounds)).findings)
    assert [each.rule.id for each in told] == ["signature-missing", "stamp-missing"]


def test_a_missing_signature_is_told_once() -> None:
    message = "Element 'DTE': Missing child element(s). Expected is ( {http://www.w3.org/2000/09/xmldsig#}Signature )."
    [said, own] = findings([fault("", "", message), Fault("signature-missing", "Signature")], 33, None)
    assert told_once([said, own]) == [own]
    [said, other] = findings([fault("", "", message), Fault("stamp-missing", "TED")], 33, None)
    assert told_once([said, other]) == [said, other]


@given
def test_what_rules_of_envelopes_and_books_say_too_is_told_once(grounds: Grounds) -> None:
    cases: tuple[tuple[str, Edits, str], ...] = (
        ("EnvioDTE", {"SetDTE/Caratula/RutReceptor": "60803000-k"}, "envelope-rut"),
        ("EnvioDTE", {"SetDTE/Caratula/TmstFirmaEnv": "ayer"}, "envelope-time"),
        ("EnvioDTE", {"SetDTE/Caratula/NroResol": "80/2014"}, "envelope-resolution"),
        ("LibroCompraVenta-sales", {"EnvioLibro/Caratula/TipoOperacion": "compra"}, "book-operation"),
        ("RespuestaDTE-result", {"Resultado/ResultadoDTE[1]/CodRchDsc": "precio"}, "answer-reason"),
    )
    for name, edits, rule in cases:
        before = {each.detail for each in check_container(edited_file(name, {}), grounds)}
        now = check_container(edited_file(name, edits), grounds)
        said = [each for each in now if each.rule.id == RULE and each.detail not in before]
        assert said, name
        assert {also(each, now) for each in said} == {rule}


@given
def test_the_schema_alone_is_still_told(grounds: Grounds) -> None:
    found = check_piece(edited_example("33", {"Encabezado/Totales/MntTotal": "1.057.450"}), grounds).findings
    alone = [each for each in found if each.rule.id == RULE]
    assert told_once(alone) == alone


def test_words_that_are_not_known_are_told_as_the_validators() -> None:
    found = made("Element '{http://www.sii.cl/SiiDte}X': Something new of libxml2.")
    assert sentence(found, "es") == "X: el validador dice, en inglés: «Element 'X': Something new of libxml2.»"
    assert made("no element at all").saying == "raw"


@pytest.mark.parametrize(
    ("message", "saying", "spanish"),
    [
        ("This element is not expected.", "surplus", "X no va en este lugar; aquí ya no puede ir nada más."),
        (
            "[facet 'minExclusive'] The value '0' must be greater than '0'.",
            "too-small",
            "X es V, menos de lo que permite el esquema (desde 0).",
        ),
        (
            "[facet 'length'] The value has a length of '2'; this differs from the allowed length of '3'.",
            "length",
            "X debe tener exactamente 3 caracteres: «V».",
        ),
        (
            "Element content is not allowed, because the type definition is simple.",
            "holds-elements",
            "X contiene otros elementos, donde solo puede ir un valor.",
        ),
        (
            "Character content other than whitespace is not allowed because the content type is 'element-only'.",
            "holds-text",
            "X tiene texto suelto entre sus elementos, donde no puede haber.",
        ),
        ("The attribute 'ID' is required but missing.", "attribute-missing", "A X le falta su atributo ID."),
        (
            "The actual value 'V' does not match the fixed value constraint 'W'.",
            "fixed",
            "X es «V», y solo puede ser",
        ),
        (
            "[facet 'minLength'] The value has a length of '0'; this underruns the allowed minimum length of '3'.",
            "empty",
            "X está vacío;",
        ),
        ("[facet 'pattern'] The value '' is not accepted by the pattern '[0-9]+-([0-9]|K)'.", "empty", "X está vacío;"),
        ("'V' is not a valid value of the atomic type 'xs:base64Binary'.", "base64", "X no es una firma, llave o"),
    ],
    ids=lambda each: each if " " not in each else "",
)
def test_each_of_the_validators_sentences_has_its_own(message: str, saying: str, spanish: str) -> None:
    found = made(f"Element '{{http://www.sii.cl/SiiDte}}X': {message}", "V")
    assert found.saying == saying
    assert sentence(found, "es").startswith(spanish)


def test_an_attribute_is_named() -> None:
    found = made("Element 'DTE', attribute 'version': The value '2.0' does not match the fixed value constraint '1.0'.")
    assert found.path == "Encabezado/IdDoc/X/@version"
    assert sentence(found, "en").startswith("The attribute version of DTE is")


def test_a_value_with_words_of_the_validator_in_it_changes_nothing() -> None:
    value = "x' is not a valid value of the atomic type 'xs:date'.\nElement '{found} {0}"
    found = made(f"Element 'X': '{value}' is not a valid value of the atomic type 'xs:decimal'.", value)
    assert found.saying == "number"
    assert value[:60] in sentence(found, "en")


@pytest.mark.parametrize("name", sayings())
def test_both_languages_say_the_same_parts(name: str) -> None:
    saying = sayings()[name]
    for part in ("{element}", "{found}", "{allowed}", "{detail}"):
        assert (part in saying.says) == (part in saying.says_es), part


@pytest.mark.parametrize("rule", sorted({each for saying in sayings().values() for each in saying.told_by}))
def test_what_may_tell_it_too_is_a_rule(rule: str) -> None:
    assert any(each.startswith(rule) for each in rules())


@given
def test_the_command_tells_a_person_once_and_a_program_both(tmp_path: Path) -> None:
    install(from_folder(SET), "a folder", tmp_path / "dte" / "schemas")
    piece = edited_example("33", {"Encabezado/Totales/MntTotal": "1.057.450", "Encabezado/IdDoc/FmaPago[2]": "1"})
    (tmp_path / "a.xml").write_bytes(piece.raw)
    env = {**os.environ, "MINGA_LANGUAGE": "es", "MINGA_HOME": str(tmp_path)}

    def checked(*options: str) -> str:
        command = [sys.executable, "-m", "minga", "dte", "check", "a.xml", *options]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60).stdout

    plain = checked()
    assert "field-separators" in plain
    assert "MntTotal es «1.057.450»" not in plain
    assert "not a valid value" not in plain
    found = json.loads(checked("--json").splitlines()[0])["findings"]
    [told] = [each for each in found if each["path"].endswith("MntTotal") and each["rule"] == RULE]
    assert (told["also"], told["found"], told["expected"]) == ("field-separators", "1.057.450", "≥ 0")
    assert told["detail"] == "Element 'MntTotal': '1.057.450' is not a valid value of the atomic type 'MontoType'."
    assert told["says"].startswith("El documento no cumple el esquema del SII. MntTotal es «1.057.450»")


@given
def test_who_asks_in_words_gets_the_sentence(grounds: Grounds) -> None:
    assert grounds.schemas is not None
    raw = edited_example("33", {}).raw.replace(b"<Folio>", b"\nsuelto<Folio>")
    [examined, *_] = Engine(grounds.schemas).examine("a.xml", raw, date(2026, 11, 26), "es")
    told = [each.told for each in examined.objections if each.rule == RULE]
    assert "IdDoc tiene texto suelto entre sus elementos, donde no puede haber." in told
    assert all(not each.told for each in examined.objections if each.rule != RULE)
