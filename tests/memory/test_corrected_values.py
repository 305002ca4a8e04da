"""A value that a person corrected: what is recalled of it, when, and what a run is told."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from remembered import NOON, Written, memory_of, question

from minga.domain.memory import ItemId, Note, NoteKind
from minga.memory.index import superseding

OLD = "El banco tarda mucho, y el puerto de staging es 5433."
PORT = "El puerto de staging es {}."
RIGHT = "Según el banco el puerto de staging es 5434."


def test_a_correction_comes_with_what_it_corrects_from_when_it_was_known(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", OLD)
        log.say("two", RIGHT, "assistant", NOON + timedelta(hours=1))
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        corrected = NOON + timedelta(days=2)
        wrong = next(one for one in await memory.facts() if one.value == "5433")
        note = await memory.correction(wrong, "El puerto de staging es 5434.", None, corrected)
        assert (note.kind, note.subject, note.text) == (NoteKind.CORRECTION, "port of staging", "5434")
        object.__setattr__(log.say("note-1", note.told, at=corrected), "note", note)
        found = (await memory.recall(question("banco"))).recalled
        assert {one.passage.text for one in found} == {OLD, RIGHT, "port of staging: 5434"}
        [by] = [one for one in found if one.passage.kind == "note"]
        superseded = {one.passage.text: one.superseded_by for one in found}
        assert superseded == {OLD: by.passage.id, RIGHT: None, by.passage.text: None}
        assert by.corrects == note.about
        searched = [one.passage.text for one in (await memory.recall(question("banco", is_read=True))).recalled]
        assert searched.index(by.passage.text) + 1 == searched.index(OLD)
        before = await memory.recall(question("banco", known_by=corrected - timedelta(hours=1)))
        assert {one.passage.text for one in before.recalled} == {OLD, RIGHT}
        brief, _ = await memory.brief(question("puerto del banco"), 1000)
        told = "\n".join(piece.text for piece in brief.pieces)
        assert "staging: port = 5434" in told
        assert " of " not in told
        assert f"(hasta {corrected:%Y-%m-%d}) usuario: {OLD}" in told
        await memory.close()

    asyncio.run(scene())


def test_a_value_that_had_ended_before_is_not_corrected_with_the_one_that_took_its_place(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", "El timeout de billing-service es 30 s.")
        log.say("two", "El timeout de billing-service es 45 s.", at=NOON + timedelta(days=90))
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        for number, value in enumerate(("60 s", "61 s"), 1):
            wrong = (await memory.facts())[-1]
            at = NOON + timedelta(days=90 + number)
            note = await memory.correction(wrong, value, None, at)
            object.__setattr__(log.say(f"note-{number}", note.told, at=at), "note", note)
            await memory.catch_up()
        found = {
            one.passage.text: one for one in (await memory.recall(question("timeout de billing-service"))).recalled
        }
        first, second = (found[f"El timeout de billing-service es {value}."] for value in ("30 s", "45 s"))
        assert first.ended == NOON + timedelta(days=90)
        assert second.ended is None
        last = next(one for text, one in found.items() if "61 s" in text)
        assert second.superseded_by == last.passage.id
        between = next(one for text, one in found.items() if "60 s" in text)
        assert between.superseded_by == last.passage.id
        await memory.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("El puerto de Redis es 6379.", "El puerto de Redis es 6380 desde hoy."),
        ("The timeout of beta is 30 s.", "Today the timeout of beta changed from 30 s to 45 s."),
        ("La base de pruebas está en el puerto 5433.", "La base de pruebas está ahora en el puerto 5434."),
    ],
)
def test_what_is_told_later_on_a_day_ends_what_was_told_before(tmp_path: Path, old: str, new: str) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", old)
        log.say("two", new, at=NOON + timedelta(hours=1))
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        ended, holds = await memory.facts()
        assert (ended.subject, ended.predicate) == (holds.subject, holds.predicate)
        assert ended.value in old
        assert holds.value in new
        assert (ended.valid_to, holds.valid_to) == (holds.valid_from, None)
        await memory.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("value", "denied"),
    [
        ("El puerto de staging es 8094.", "El puerto de staging ya no es 8094."),
        ("The port of staging is 8094.", "The port of staging is no longer 8094."),
        ("Luis Soto es el encargado de cobranza.", "Luis Soto ya no es el encargado de cobranza."),
        ("El puerto es 8094.", "El puerto ya no es 8094."),
    ],
)
def test_what_is_no_longer_so_was_true_until_that_was_said(tmp_path: Path, value: str, denied: str) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", value)
        later = NOON + timedelta(days=9)
        log.say("two", denied, at=later)
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        [fact] = await memory.facts()
        assert (fact.valid_from, fact.valid_to, fact.recorded_to) == (NOON, later, None)
        found = {one.passage.text: one for one in (await memory.recall(question(value))).recalled}
        assert found[value].ended == later
        assert found[denied].ended is None
        brief, _ = await memory.brief(question(value), 1000)
        assert " = 8094" not in "\n".join(piece.text for piece in brief.pieces)
        note = await memory.correction(fact, denied, None, later)
        assert note.text == denied
        await memory.close()

    asyncio.run(scene())


def said_wrong(log: Written, about: ItemId, *texts: str) -> None:
    for hour, text in enumerate(texts, 1):
        entry = log.say(f"note-{hour}", text, at=NOON + timedelta(hours=hour))
        object.__setattr__(entry, "note", Note(NoteKind.CORRECTION, text, about=about))


@pytest.mark.parametrize(
    ("texts", "stand"),
    [
        (["La reunión es en la sala azul.", "La reunión es en la sala verde."], [1]),
        (["Es en la sala azul.", "Es en la sala verde.", "Es en la sala azul."], [0, 2]),
        (["Prefiero 2 espacios.", "Prefiero 4 espacios."], [1]),
        ([PORT.format(5434), "La encargada de la bodega es Ruth Soto."], [0, 1]),
        ([PORT.format(5434), "La encargada de la bodega es Ruth Soto.", PORT.format(5435)], [1, 2]),
    ],
)
def test_of_two_corrections_of_one_passage_the_later_one_holds_unless_each_is_about_something_else(
    tmp_path: Path, texts: list[str], stand: list[int]
) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", "Reunión en la sala gris, puerto 5433, y de la bodega ve Zacarías, como siempre.")
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        [wrong] = await memory.of_session(log.messages[0].session_id)
        said_wrong(log, wrong.id, *texts)
        await memory.catch_up()
        notes = [(await memory.of_session(one.session_id))[0].id for one in log.messages[1:]]
        over = await memory.read(lambda transaction: superseding.superseded(transaction, [wrong.id, *notes]))
        assert over.pop(wrong.id) == notes[-1]
        assert [number for number, note in enumerate(notes) if note not in over] == stand
        assert set(over.values()) <= {notes[-1]}
        await memory.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("old", "texts", "stand"),
    [
        (
            "Decidimos usar Redis para la cola porque es simple.",
            ["Decidimos usar RabbitMQ para la cola porque no pierde nada.", "Decidimos usar Kafka para la cola."],
            ["usar Kafka para la cola"],
        ),
        ("We decided to use Redis.", ["We decided to use RabbitMQ.", "Better RabbitMQ 4."], []),
        ("Prefiero los tabs en el código.", ["Prefiero 2 espacios.", "Prefiero 4 espacios."], ["4 espacios"]),
        (
            "Decidimos usar Redis.",
            ["Decidimos usar RabbitMQ.", "El encargado de cobranza es Luis Soto."],
            ["usar RabbitMQ", "Luis Soto"],
        ),
        ("Decidimos usar Redis.", ["Decidimos usar Kafka.", "Decidimos usar Kafka."], ["usar Kafka"]),
    ],
)
@pytest.mark.parametrize("is_chain", [False, True])
def test_of_two_corrections_of_a_decision_only_the_later_one_is_believed(
    tmp_path: Path, old: str, texts: list[str], stand: list[str], *, is_chain: bool
) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", old)
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        [wrong] = await memory.of_session(log.messages[0].session_id)
        said_wrong(log, wrong.id, *texts[:1])
        await memory.catch_up()
        [first] = await memory.of_session(log.messages[1].session_id)
        about = first.id if is_chain and len(stand) < 2 else wrong.id
        entry = log.say("note-last", texts[1], at=NOON + timedelta(hours=2))
        object.__setattr__(entry, "note", Note(NoteKind.CORRECTION, texts[1], about=about))
        await memory.catch_up()
        believed = [one for one in await memory.facts() if one.recorded_to is None]
        told = [one.subject.name if one.predicate == "preferred in" else one.value for one in believed]
        assert told == stand
        assert len(await memory.facts()) > len(believed)
        await memory.close()

    asyncio.run(scene())


def test_each_of_two_decisions_of_one_note_can_be_corrected(tmp_path: Path) -> None:
    put = ("Decidimos usar RabbitMQ para la cola.", "Decidimos firmar con un token USB.")

    async def scene() -> None:
        log = Written()
        log.say("one", "Decidimos usar Redis para la cola. También decidimos firmar con un HSM.")
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        [wrong] = await memory.of_session(log.messages[0].session_id)
        said_wrong(log, wrong.id, *put)
        await memory.catch_up()
        believed = [one.value for one in await memory.facts() if one.recorded_to is None]
        assert believed == ["usar RabbitMQ para la cola", "firmar con un token USB"]
        found = (await memory.recall(question("decidimos usar y firmar para la cola con un"))).recalled
        assert {one.passage.text for one in found if one.superseded_by is None} == set(put)
        await memory.close()

    asyncio.run(scene())


def test_a_search_tells_the_later_of_two_corrections_and_the_other_one_as_corrected(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", "El equipo va por la versión 8 de la norma.")
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        [wrong] = await memory.of_session(log.messages[0].session_id)
        said_wrong(
            log, wrong.id, "El equipo va por la versión 9 de la norma.", "El equipo va por la versión 11 de la norma."
        )
        found = (await memory.recall(question("¿por qué versión de la norma va el equipo?", is_read=True))).recalled
        stands = [one.passage.text for one in found if one.superseded_by is None]
        assert stands == ["El equipo va por la versión 11 de la norma."]
        brief, _ = await memory.brief(question("versión de la norma del equipo"), 1000)
        told = "\n".join(piece.text for piece in brief.pieces)
        assert told.count("(hasta ") == 2
        await memory.close()

    asyncio.run(scene())
