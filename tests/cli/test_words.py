"""The Spanish of the command line is whole."""

import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec
import pytest
import spoken

from minga.domain.errors import BadInput, BadSetting, UnknownAgent
from minga.entrypoints.cli.words import SPANISH, choose_language, load

TABLES: dict[str, dict[str, str]] = tomllib.loads(SPANISH.read_text("utf-8"))
SAY = load("es")


def test_every_text_that_minga_says_has_its_spanish() -> None:
    assert _missing(spoken.said(), TABLES["said"]) == []


def test_every_text_that_is_told_has_its_spanish() -> None:
    assert _missing(spoken.told() - spoken.said(), TABLES["told"]) == []


def test_no_translation_is_left_over() -> None:
    assert _missing(TABLES["said"], spoken.said()) == []
    assert _missing(TABLES["told"], spoken.told()) == []


def test_every_sentence_of_click_that_is_translated_is_still_one_of_clicks() -> None:
    click_says = "\n".join(spoken.said_by_click())
    pieces = {piece for text in TABLES["click"] for piece in re.split(r"\{\}|[.()?]", text) if len(piece.split()) > 1}
    assert [piece for piece in sorted(pieces) if piece.strip() not in click_says] == []


@pytest.mark.parametrize("table", ["said", "told", "click", "libraries"])
def test_a_translation_has_the_gaps_of_its_text(table: str) -> None:
    def gaps(text: str) -> list[str]:
        return sorted(re.findall(r"\{[^\s\"{}]*\}", text))

    assert {text for text, said in TABLES[table].items() if gaps(text) != gaps(said)} == set()


def test_what_stands_in_a_gap_is_told_too_and_a_vendors_words_stay() -> None:
    assert SAY.told("not qwen: not logged in: qwen login") == "no qwen: sin sesión iniciada: qwen login"
    assert SAY.told("ready, 0 failures in the last hour, cost unknown") == (
        "listo, 0 fallas en la última hora, costo desconocido"
    )
    assert SAY.told("Quota exceeded, try later: see {help}") == "Quota exceeded, try later: see {help}"
    assert SAY.told("its issuer 'x-1' is no RUT") == "su emisor 'x-1' no es un RUT"
    assert SAY.told("'credito' is no choice here") == "'credito' no es una opción aquí"
    assert SAY.told("Go on with: minga sessions resume 01a") == "Sigue con: minga sessions resume 01a"


def test_an_error_is_said_with_its_detail_and_its_remedy_in_spanish() -> None:
    unknown = UnknownAgent(name="codx", suggestion="Did you mean 'codex'? ")
    assert SAY.error(unknown) == (
        "No hay ningún agente llamado 'codx'.",
        "¿Quisiste decir 'codex'? `minga agents list` los muestra todos.",
    )
    setting = BadSetting(name="timeout_s", source="MINGA_TIMEOUT_S", detail="'soon' is not a positive number")
    assert SAY.error(setting)[0] == (
        "El ajuste 'timeout_s' de MINGA_TIMEOUT_S no es válido: 'soon' no es un número positivo"
    )
    assert SAY.error(BadInput(detail="{odd}"))[0] == "No se puede usar la entrada: {odd}"


def test_one_thing_is_said_otherwise_than_several() -> None:
    texts = "1 new message", "{count} new messages"
    assert [SAY.counted(count, *texts) for count in (0, 1, 2)] == [
        "0 mensajes nuevos",
        "1 mensaje nuevo",
        "2 mensajes nuevos",
    ]


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    count: int
    at: datetime | None = None
    name: Annotated[str, msgspec.Meta(max_length=3)] = ""


@pytest.mark.parametrize(
    ("given", "spanish"),
    [
        ("hola", "el JSON está mal escrito: carácter no válido (byte 0)"),
        ("{", "el texto se corta antes de terminar"),
        ('{"count" 1}', "el JSON está mal escrito: se esperaba ':' (byte 9)"),
        ('{"count": 1 "a"', "el JSON está mal escrito: se esperaba ',' o '}' (byte 12)"),
        ('{"count": 1,}', "el JSON está mal escrito: sobra una coma al final de un objeto (byte 12)"),
        ('{"count": 1} x', "el JSON está mal escrito: sobra texto detrás (byte 14)"),
        ("{}", "Falta el campo obligatorio `count`"),
        ('{"count": 1, "odd": 2}', "No hay un campo `odd`"),
        ('{"count": "x"}', "Se esperaba `int` y vino `str` - en `$.count`"),
        ('{"count": 1, "name": "larga"}', "Se esperaba `str` de largo <= 3 - en `$.name`"),
        ('{"count": 1, "at": "ayer"}', "La fecha y hora no es válida - en `$.at`"),
    ],
)
def test_what_msgspec_says_of_json_is_told_in_spanish_also_behind_other_words(given: str, spanish: str) -> None:
    with pytest.raises(msgspec.DecodeError) as wrong:
        msgspec.json.decode(given, type=_Given)
    assert SAY.told(str(wrong.value)) == spanish
    assert SAY.error(BadInput(detail=f"'a.json' no es JSON: {wrong.value}"))[0].endswith(f"no es JSON: {spanish}")


@pytest.mark.parametrize(
    ("given", "spanish"),
    [
        ("a = [", "el valor no es válido (al final del documento)"),
        ("a", "se esperaba '=' después de una clave (al final del documento)"),
        ('a = "x', "un texto no termina (al final del documento)"),
        ("a = 1 2", "se esperaba el fin de la línea (en la línea 1, columna 7)"),
        ("[x", "se esperaba ']' al final del nombre de una tabla (al final del documento)"),
        ("a = 1\na = 2", "la clave ya tiene un valor (al final del documento)"),
    ],
)
def test_what_is_wrong_with_a_file_of_settings_is_told_in_spanish(given: str, spanish: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as wrong:
        tomllib.loads(given)
    assert SAY.error(BadSetting(name="config.toml", source="x", detail=str(wrong.value)))[0].endswith(spanish)


@pytest.mark.parametrize(
    ("setting", "environment", "language"),
    [
        ("", {}, "en"),
        ("", {"LANG": "es_CL.UTF-8"}, "es"),
        ("", {"LANG": "es_CL.UTF-8", "LC_ALL": "C"}, "en"),
        ("en", {"LANG": "es_CL.UTF-8"}, "en"),
        ("es", {"LANG": "en_US.UTF-8"}, "es"),
    ],
)
def test_the_setting_decides_the_language_before_the_locale(
    setting: str, environment: dict[str, str], language: str
) -> None:
    assert choose_language(setting, environment) == language


def _missing(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    return sorted(set(wanted) - set(there))
