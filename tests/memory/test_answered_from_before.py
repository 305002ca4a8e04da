"""What was told as said just before a turn may be quoted: as words of its own passage, and only as far as it was
told."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from remembered import NOON, Written, memory_of, question

from minga.domain.answers import Answer, Refusal
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Note, NoteKind, Passage, Question, Source
from minga.memory.answers import asking, checking
from minga.memory.answers.asking import BEFORE_LENGTH, Told, heard_from
from minga.pipeline import answering
from minga.pipeline.own_calls import Told as Reply

ASKED = "Abre un caso por cada prueba y asígnalos a Gaspar."
FILED = "Creados como casos 311 y 312, cada uno con su registro."
WORDS = "¿quién tiene los casos 311 y 312?"


def passage(item: str, text: str, role: str = "user") -> Passage:
    source = Source(SessionId("s"), item, 0, NOON, AgentName("codex"), "user" if role == "user" else "assistant")
    return Passage(ItemId(item), "turn", text, "", source, "p", "es", "eva")


def read(answer: str, told: list[Told], *quotes: tuple[int, str], asked: str = WORDS) -> Answer:
    said = {"answer": answer, "quotes": [{"turn": turn, "quote": quote} for turn, quote in quotes]}
    return checking.read(json.dumps(said), asked, told)


def test_a_quote_of_what_was_said_before_is_one_of_its_own_passage() -> None:
    told = [Told(passage("t2", FILED, "assistant"), Told(passage("t1", ASKED)))]
    quotes = (1, "Creados como casos 311 y 312"), (1, "asígnalos a Gaspar")
    found = read("Gaspar tiene los casos 311 y 312.", told, *quotes)
    assert [(one.passage.id, one.quote) for one in found.quotes] == [("t2", quotes[0][1]), ("t1", quotes[1][1])]
    assert read("Rocío tiene los casos 311 y 312.", told, *quotes).refusal is Refusal.INVENTED


@pytest.mark.parametrize(
    ("before", "quote"),
    [
        pytest.param("¿Se los asignamos a Gaspar?", "Se los asignamos a Gaspar", id="it asks"),
        pytest.param("No se los asignes a Gaspar.", "los asignes a Gaspar", id="its no is cut off"),
        pytest.param(ASKED, "asignarlos a Gaspar", id="other words"),
        pytest.param(f"{ASKED} {'Y nada más por hoy. ' * 20}", "asígnalos a Gaspar", id="it was not told so far back"),
    ],
)
def test_what_was_said_before_bears_out_no_more_than_what_a_turn_says(before: str, quote: str) -> None:
    told = [Told(passage("t2", FILED, "assistant"), Told(passage("t1", before)))]
    assert read("Gaspar tiene los casos 311 y 312.", told, (1, quote)).refusal is Refusal.NOT_QUOTED


def test_a_figure_that_is_cut_where_the_telling_begins_is_none() -> None:
    said = f"El arriendo cuesta 512 UF al mes {'x' * BEFORE_LENGTH}"
    cut = said.index("12 UF")
    text = said[: cut + BEFORE_LENGTH]
    assert heard_from(text) == cut
    told = [Told(passage("t2", FILED), Told(passage("t1", text)))]
    assert read("Cuesta 12 UF.", told, (1, "12 UF al mes"), asked="¿Cuánto cuesta?").refusal is Refusal.NOT_QUOTED


@pytest.mark.parametrize("text", ["", " \n ", "corto", "a b\n\n  c " * 90, "x" * 900, "palabra  otra\n" * 60 + "  "])
def test_what_may_be_quoted_is_what_was_told(text: str) -> None:
    asked = asking.request("¿?", [Told(passage("t2", FILED), Told(passage("t1", text)))])
    heard = " ".join(text[heard_from(text) :].split())
    assert heard == " ".join(text.split())[-BEFORE_LENGTH:].strip()
    assert f"{heard})\n[1] user" in asked if heard else "just before" not in asked


def test_a_turn_is_not_quoted_by_the_number_of_the_next_one() -> None:
    first, second = passage("t1", ASKED), passage("t2", FILED)
    told = list(asking.each_once([Told(first), Told(second, Told(first))]))
    assert read("Los tiene Gaspar.", told, (2, "asígnalos a Gaspar")).refusal is Refusal.NOT_QUOTED
    assert read("Los tiene Gaspar.", told, (1, "asígnalos a Gaspar")).refusal is None


class Model:
    """Gives the answer that it is made with, and keeps what it was sent."""

    def __init__(self, answer: str, *quotes: tuple[int, str]) -> None:
        self.reply = json.dumps({"answer": answer, "quotes": [{"turn": one, "quote": said} for one, said in quotes]})
        self.sent = ""

    async def ask(self, system: str, text: str, answer_max: int) -> Reply:
        self.sent = text
        return Reply(self.reply, None, 0)


def answered(tmp_path: Path, log: Written, model: Model, asked: Question) -> Answer:
    async def scene() -> Answer:
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        found = await answering.answer(memory, model.ask, asked)
        await memory.close()
        return found.answer

    return asyncio.run(scene())


def filed(port: str = "") -> Written:
    log = Written()
    log.say("one", f"{ASKED}{port}")
    log.say("one", FILED, "assistant", NOON + timedelta(minutes=5))
    return log


def test_what_is_sent_and_what_of_it_is_believed(tmp_path: Path) -> None:
    model = Model("Los tiene Gaspar.", (1, "asígnalos a Gaspar"))
    found = answered(tmp_path, filed(), model, question("registro 311 y 312"))
    assert model.sent == (
        f"<record>\n(just before: {ASKED})\n[1] assistant 2026-03-04: {FILED}\n</record>\n\n"
        "The question: registro 311 y 312"
    )
    assert [(one.passage.text, one.is_over) for one in found.quotes] == [(ASKED, False)]


def test_what_was_said_before_the_time_that_is_asked_about_is_not_told(tmp_path: Path) -> None:
    model = Model("Los tiene Gaspar.", (1, "asígnalos a Gaspar"))
    found = answered(tmp_path, filed(), model, question("registro 311 y 312", since=NOON + timedelta(minutes=1)))
    assert "just before" not in model.sent
    assert found.refusal is Refusal.NOT_QUOTED


def test_what_was_said_before_and_no_longer_holds_is_told_so(tmp_path: Path) -> None:
    log = filed(" El puerto de staging es 5433.")
    quote = "El puerto de staging es 5433"
    model = Model("Es 5433.", (1, quote))
    [one] = answered(tmp_path, log, model, question("registro 311 y 312")).quotes
    assert (one.quote, one.is_over) == (quote, False)
    log.say("two", "El puerto de staging es 5434.", at=NOON + timedelta(days=2))
    [one] = answered(tmp_path, log, model, question("registro 311 y 312")).quotes
    assert (one.quote, one.is_over) == (quote, True)
    assert "(just before: " in model.sent


def test_what_was_said_before_and_was_corrected_is_told_so(tmp_path: Path) -> None:
    async def noted(log: Written) -> None:
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        [wrong] = (await memory.recall(question("asígnalos a Gaspar"))).recalled
        note = Note(NoteKind.CORRECTION, "asígnalos a Rocío", about=wrong.passage.id)
        object.__setattr__(log.say("note-1", note.text, at=NOON + timedelta(days=2)), "note", note)
        await memory.close()

    log = filed()
    asyncio.run(noted(log))
    model = Model("Los tiene Gaspar.", (1, "asígnalos a Gaspar"))
    [one] = answered(tmp_path, log, model, question("registro 311 y 312")).quotes
    assert one.is_over
    assert "(just before: " in model.sent
