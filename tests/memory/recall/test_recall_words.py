"""Words as recall compares them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minga.memory.recall.words import holds, language, terms


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


@given(st.text(max_size=40) | st.from_regex(r"[a-zñáé]{1,12}( [a-z]{1,12}){0,4}", fullmatch=True))
@example("skies dying vying lying news only generosidad dámelas PostgreSQL account_move 1.500.000")
def test_a_text_holds_all_of_its_terms(text: str) -> None:
    """So no stem begins in another way than its word."""
    assert holds(text, terms(text))


def test_a_text_holds_only_its_terms() -> None:
    said = "Las guías de despacho salen por la bodega"
    assert holds(said, terms("¿de qué bodega salen las guías?"))
    assert not holds(said, terms("guías de retiro"))
    assert holds(said, ())
    assert not holds("", terms("guía"))
