"""What a reader says of the best passages decides whether anything is known."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from remembered import NOON, Hashing, Written, question

from minga.domain.errors import UnreadableReader
from minga.domain.meaning import Encoder, Excerpt, Reader
from minga.infrastructure import e5
from minga.infrastructure.e5_reader import E5Reader, read_together
from minga.memory.file import MemoryFile
from minga.memory.judging import KNOWN_FROM, READ, speaking
from minga.memory.memory import Memory

pytestmark = pytest.mark.anyio

SAID = "The staging database listens on port 5433, and Rocío moved it there on Monday."
NEAR = "who pays for the staging database?"


class Judging:
    """Says of every passage that it answers with ``probability``, and keeps what it was given."""

    def __init__(self, probability: float) -> None:
        self.probability = probability
        self.given: list[Excerpt] = []

    def answers(self, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        self.given = list(excerpts)
        return [self.probability] * len(excerpts)


class Damaged:
    def answers(self, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        raise UnreadableReader(detail="no weights")


def memory_with(path: Path, reader: Reader | None) -> Memory:
    log = Written()
    log.say("s1", "Where does the database of staging listen?")
    log.say("s1", SAID, "assistant")
    return Memory(MemoryFile(path / "m.db", lambda: bytes(32), lambda: True), log, Hashing, lambda: reader)


@pytest.mark.parametrize(
    ("probability", "is_known", "is_sure"), [(0.01, False, False), (0.2, True, False), (0.8, True, True)]
)
async def test_a_reader_says_whether_anything_is_known_and_how_surely(
    tmp_path: Path, probability: float, is_known: bool, is_sure: bool
) -> None:
    found = await memory_with(tmp_path, Judging(probability)).recall(question(NEAR, is_read=True))
    assert (found.is_known, found.is_sure) == (is_known, is_sure)
    assert SAID in [one.passage.text for one in found.recalled]  # shown with --all


@given(st.lists(st.floats(0, 1), max_size=READ), st.floats(0, 1))
def test_more_speaks_for_an_answer_the_more_probable_and_the_earlier_it_is(answers: list[float], other: float) -> None:
    spoken = speaking(answers)
    assert math.isfinite(spoken)
    for place, one in enumerate(answers):
        changed = speaking([*answers[:place], other, *answers[place + 1 :]])
        assert (changed >= spoken) if other >= one else (changed <= spoken)
    assert speaking(sorted(answers, reverse=True)) >= spoken - 1e-9


async def test_a_passage_is_read_with_what_was_said_before_it_its_project_and_its_day(tmp_path: Path) -> None:
    reader = Judging(1.0)
    await memory_with(tmp_path, reader).recall(question(NEAR, is_read=True))
    assert Excerpt(SAID, "Where does the database of staging listen?", "src", NOON.astimezone().date()) in reader.given
    assert len(reader.given) <= READ


class Choosing(Judging):
    """Is sure of the passage that holds ``words``."""

    def __init__(self, words: str) -> None:
        super().__init__(1.0)
        self.words = words

    def answers(self, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        return [0.999 if self.words in one.text else 0.001 for one in excerpts]


@pytest.mark.parametrize(("asked", "is_sure"), [("where does db-7 listen?", False), ("where does 5433 lead?", True)])
async def test_nothing_is_sure_about_what_is_named_exactly_and_was_never_said(
    tmp_path: Path, asked: str, is_sure: bool
) -> None:
    found = await memory_with(tmp_path, Judging(0.9)).recall(question(asked, is_read=True))
    assert (found.is_known, found.is_sure) == (True, is_sure)


@pytest.mark.parametrize("words", ["Where does", "5433"])
async def test_what_a_reader_is_sure_of_is_told_first(tmp_path: Path, words: str) -> None:
    found = await memory_with(tmp_path, Choosing(words)).recall(question(NEAR, is_read=True))
    assert len(found.recalled) == 2
    assert words in found.recalled[0].passage.text


class Telling(Judging):
    """Says of each passage what ``probabilities`` say of words in it."""

    def __init__(self, probabilities: Mapping[str, float]) -> None:
        super().__init__(0.0)
        self.probabilities = probabilities

    def answers(self, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        return [next(value for words, value in self.probabilities.items() if words in one.text) for one in excerpts]


@pytest.mark.parametrize(("of_answer", "first"), [(0.4, "5433"), (0.1, "Where does")])
async def test_what_was_only_asked_is_told_after_what_is_likely_to_answer(
    tmp_path: Path, of_answer: float, first: str
) -> None:
    reader = Telling({"Where does": 0.9, "5433": of_answer})
    found = await memory_with(tmp_path, reader).recall(question(NEAR, is_read=True))
    assert len(found.recalled) == 2
    assert first in found.recalled[0].passage.text


MUCH = "Ayer revisamos el servidor nuevo, el disco de respaldo, la impresora de bodega y los permisos de Luis. "
ASKED = "¿acordamos algo del IVA de la guía de despacho?"


@pytest.mark.parametrize("before", [ASKED, f"oye. {ASKED}", "El IVA de la guía de despacho es cero, ¿cierto?"])
@pytest.mark.parametrize("encoder", [Hashing, lambda: None])
@pytest.mark.parametrize("is_read", [True, False], ids=["search", "search --all"])
async def test_what_was_only_asked_is_told_after_what_holds_all_words(
    tmp_path: Path, encoder: Callable[[], Encoder | None], before: str, is_read: bool
) -> None:
    log = Written()
    log.say("s1", before)
    log.say("s2", f"{MUCH * 2}Sobre la guía: el despacho interno va sin IVA. {MUCH * 2}", "assistant")
    for number in range(40):
        log.say(f"t{number}", f"El módulo {number} de la bodega guarda {number * 3} cajas de repuestos.", "assistant")
    memory = Memory(MemoryFile(tmp_path / "m.db", lambda: bytes(32), lambda: True), log, encoder)
    asked = question("¿qué decidimos de la guía de despacho y el IVA?", is_read=is_read)
    found = await memory.recall(asked)
    assert before in [one.passage.text for one in found.recalled[:2]]
    assert (found.recalled[0].passage.text == before) is (before != ASKED)
    assert (await memory.recall(replace(asked, limit=1))).recalled == found.recalled[:1]


async def test_a_brief_of_a_run_reads_nothing(tmp_path: Path) -> None:
    reader = Judging(0.0)
    assert (await memory_with(tmp_path, reader).recall(question(NEAR))).is_known
    assert reader.given == []


@pytest.mark.parametrize(
    "asked",
    [
        "staging port",
        "what did we decide about the staging database?",
        "¿qué dijo Rocío?",
        "what was said, and what did Rocío decide?",
        "postgres test port",
        "¿qué sabemos de Rocío?",
        "¿Usamos staging?",
        "do we use staging?",
        "¿Vamos a apagar staging?",
        "¿Qué pasó con la database de staging?",
        "what happened to the staging database?",
    ],
)
async def test_a_search_for_words_or_for_a_thing_is_judged_by_words_whatever_the_reader_says(
    tmp_path: Path, asked: str
) -> None:
    assert (await memory_with(tmp_path, Judging(0.0)).recall(question(asked, is_read=True))).is_known


async def test_what_is_known_does_not_depend_on_how_many_are_told(tmp_path: Path) -> None:
    reader = Judging(1.0)
    found = await memory_with(tmp_path, reader).recall(question(NEAR, is_read=True, limit=1))
    assert len(found.recalled) == 1
    assert len(reader.given) == 2


@pytest.mark.parametrize(("reader", "told"), [(None, False), (Damaged(), True)])
async def test_without_a_reader_it_is_as_before(tmp_path: Path, reader: Reader | None, told: bool) -> None:
    found = await memory_with(tmp_path, reader).recall(question(NEAR, is_read=True))
    assert found.is_known
    assert isinstance(found.unread, UnreadableReader) is told


async def test_a_checkup_tells_a_reader_that_cannot_be_used(tmp_path: Path) -> None:
    checked = await memory_with(tmp_path, Damaged()).checkup()
    assert (checked.is_sound, checked.unreadable) == (False, "no weights")
    assert (await memory_with(tmp_path / "other", Judging(1.0)).checkup()).is_sound


@pytest.mark.skipif(not e5.is_installed(), reason="minga[memory] is not installed")
@pytest.mark.parametrize(
    ("passage", "answered", "near"),
    [
        (
            "Quedamos en que el certificado del proxy lo renueva Tamara el 12 de marzo, con certbot.",
            "¿Quién quedó a cargo del certificado?",
            "¿Cuánto cuesta renovar el certificado del proxy?",
        ),
        (
            "We rejected Celery because its workers leaked memory; RQ stays, with two workers on the blue server.",
            "¿Por qué no se usó Celery?",
            "¿Qué versión de Celery se probó?",
        ),
        (
            "El PPM de abril se pagó con un día de atraso por el corte del banco; la multa fue de 12.400 pesos.",
            "why was the April payment late?",
            "who authorised the April payment?",
        ),
    ],
)
def test_what_answers_is_more_probable_than_what_only_comes_near(passage: str, answered: str, near: str) -> None:
    reader = E5Reader(e5.E5())
    [answer], [other] = (reader.answers(asked, [Excerpt(passage)]) for asked in (answered, near))
    assert 0 <= speaking([other]) < min(KNOWN_FROM, speaking([answer]))


@pytest.mark.skipif(not e5.is_installed(), reason="minga[memory] is not installed")
def test_what_was_said_in_another_project_does_not_answer(tmp_path: Path) -> None:
    reader = E5Reader(e5.E5())
    said = Excerpt("La impresora quedó en 192.168.40.55, puerto 9100.", "", "ferreteria-quilpo", date(2026, 3, 4))
    asked = "¿en qué dirección quedó la impresora de Quilpo?"
    own, other = reader.answers(asked, [said, replace(said, project="panaderia-lonco")])
    assert other < own


@pytest.mark.skipif(not e5.is_installed(), reason="minga[memory] is not installed")
def test_whatever_is_read_fits_the_places_of_the_model() -> None:
    pieces = e5.E5().model().pieces
    long = "ñandú-4711 " * 2000
    assert len(read_together(pieces, long, Excerpt(long, long, long, date(2026, 9, 30)))) <= 512
