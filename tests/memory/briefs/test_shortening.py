"""Texts are made shorter by leaving out, never by other words."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.memory.briefs import tokens
from minga.memory.briefs.shorten import HEADLINE_TOKENS, Level, shorten
from minga.memory.briefs.units import units

CERTIFICATE = (
    "Sirve. El certificado está a nombre de Paulina Oyarzo, gerenta general, y vence el 14 de marzo de 2026. Lo cargué "
    "en el almacén de la empresa de prueba; la clave va por la variable `NALCA_CERT_PASS`, nunca en el repositorio. Te "
    "sugiero agendar la renovación para febrero, así no hay apuro. Cualquier cosa que necesites me avisas y lo vemos."
)
CODE = "Prueba con esto, por favor:\n```python\nport = 8169\nrun(port)\n```\nAsí quedó decidido: puerto 8169. Saludos."


def test_the_whole_is_the_whole() -> None:
    assert shorten(CERTIFICATE, "whole") == CERTIFICATE


def test_what_says_most_stays() -> None:
    short = shorten(CERTIFICATE, "short")
    assert "14 de marzo de 2026" in short
    assert "apuro" not in short
    assert tokens.count(short) <= tokens.count(CERTIFICATE) * 0.6


def test_a_question_decides_what_stays() -> None:
    assert "NALCA_CERT_PASS" in shorten(CERTIFICATE, "headline", "¿en qué variable va la clave?")
    assert "14 de marzo de 2026" in shorten(CERTIFICATE, "headline", "¿cuándo vence el certificado?")
    assert "febrero" in shorten(CERTIFICATE, "headline", "¿para cuándo agendar la renovación?")


def test_a_block_of_code_stays_whole_or_goes_whole() -> None:
    block = "```python\nport = 8169\nrun(port)\n```"
    for level in ("short", "headline"):
        text = shorten(CODE, level, "port run python")
        assert block in text or "`" not in text
    assert block in shorten("```python\nport = 8169\nrun(port)\n```", "short")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("La Res. Ex. SII 11/2003 rige. Sra. Oyarzo firma.", 2),
        ("Edita `a.py. Y` ahora. Luego 1.840.000 pesos.", 2),
        ("¿Y la guía? ¡Listo! Quedó.", 3),
        ("- uno\n- dos. Tres", 3),
        ("v1.2.3 corre, e.g. on Debian. OK", 2),
    ],
)
def test_a_text_is_taken_apart_where_sentences_end(text: str, sentences: int) -> None:
    assert len(units(text)) == sentences


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([*CERTIFICATE.split(". "), *CODE.split("\n"), "x" * 300, "", "¿Qué?"]), max_size=9).map(
        "\n".join
    )
    | st.text(max_size=300),
    st.sampled_from(["short", "headline"]),
    st.sampled_from(["", "¿en qué puerto?", "clave"]),
)
def test_no_word_is_invented_and_none_moves(text: str, level: Level, question: str) -> None:
    short = shorten(text, level, question)
    place, words = 0, re.findall(r"\S+", text)
    for word in re.findall(r"\S+", short):
        bare = word.strip("…")
        place = next((n + 1 for n in range(place, len(words)) if bare in words[n]), -1) if bare else place
        assert place >= 0, word
    assert level == "short" or "\n" not in short
    assert level == "short" or tokens.count(short) <= HEADLINE_TOKENS


@pytest.mark.parametrize(
    "text", ["これはデプロイの手順です。ポートは8069です。" * 4, "https://example.com/" + "a1b2/" * 60]
)
def test_of_a_text_without_blanks_the_beginning_is_told(text: str) -> None:
    told = shorten(text, "headline")
    assert told.endswith("…")
    assert len(told) > 10
    assert text.startswith(told[:-1])
    assert tokens.count(told) <= HEADLINE_TOKENS
