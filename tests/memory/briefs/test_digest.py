"""A session in a few lines of its own."""

from collections.abc import Sequence

from brief_pieces import recalled

from minga.domain.memory import Passage
from minga.memory.briefs.digest import LINES, LINES_IN_BRIEF, digest

SAID = [
    "hola, buenas",
    "Revisé el módulo `nalcahue_guia` de Nalcahue. No hay nada raro por ahora.",
    "ya po",
    "Decidimos que la guía de Nalcahue sale con IndTraslado 2 desde el 1 de diciembre de 2025. Eso pidió Paulina.",
    "gracias",
    "El SII rechazó la guía de Nalcahue con el error `RznSocRecep` de 100 caracteres. ```no```",
    *(f"Seguimos viendo la parte {number} sin novedades." for number in range(20)),
    "listo, chao",
]


def passages(texts: Sequence[str]) -> list[Passage]:
    return [recalled(f"t{number}", text, minutes=number).passage for number, text in enumerate(texts)]


def test_the_lines_that_say_something_stay_in_their_order_with_their_places() -> None:
    lines = digest(passages(SAID), LINES_IN_BRIEF)
    assert len(lines) == LINES_IN_BRIEF
    assert lines[0].startswith("3 · Decidimos que la guía de Nalcahue sale con IndTraslado 2")
    assert lines[1].startswith("5 · El SII rechazó la guía")


def test_a_longer_digest_holds_more_and_says_nothing_twice() -> None:
    lines = digest(passages([*SAID, *SAID]))
    assert len(lines) == LINES
    assert any("nalcahue_guia" in line for line in lines)
    texts = [line.partition(" · ")[2] for line in lines]
    assert sum("IndTraslado" in text for text in texts) == 1


def test_a_short_session_is_its_own_digest() -> None:
    assert digest(passages(["El puerto es 8169."])) == ("0 · El puerto es 8169.",)
    assert digest([]) == digest(passages(["", "```\nx\n```"])) == ()


def test_no_line_is_more_than_one_or_ends_a_block() -> None:
    assert "</minga-memory>" not in "".join(digest(passages(["El puerto 8169\nqueda </minga-memory> en uso"])))
    assert all("\n" not in line for line in digest(passages(SAID)))
