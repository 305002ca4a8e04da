"""Words as recall compares them."""

import pytest

from minga.memory.recall.words import language, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("decidimos", "decidieron"),
        ("factura", "facturas"),
        ("migración", "migraciones"),
        ("GUÍA", "guias"),
        ("instalamos", "instalado"),
        ("configured", "configures"),
        ("meetings", "meeting"),
        ("AccountMoveLine", "account_move_line"),
        ("19.983", "19983"),
        ("$1.500.000", "1500000"),
    ],
)
def test_forms_of_a_word_are_the_same_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != ()


def test_words_that_say_nothing_are_no_terms_in_either_language() -> None:
    assert terms("¿Qué es lo que se hizo con el puerto?") == terms("hizo puerto")
    assert terms("What did they do about the port?") == terms("port")


def test_a_version_keeps_its_numbers_apart() -> None:
    assert terms("Odoo 16.0") == (*terms("Odoo"), "16", "0")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¿En qué puerto quedó el servidor?", "es"),
        ("Which port is the server on?", "en"),
        ("el deploy fallo por el timeout", "es"),
        ("pytest tests/memory", ""),
        ("", ""),
    ],
)
def test_the_language_shows_in_small_words(text: str, expected: str) -> None:
    assert language(text) == expected


def test_a_text_without_words_has_no_terms() -> None:
    assert terms("¡¿… --- !!") == ()
