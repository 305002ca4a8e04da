"""The Spanish of the command line is whole."""

import re
import tomllib
from collections.abc import Iterable

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


@pytest.mark.parametrize("table", ["said", "told", "click"])
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
