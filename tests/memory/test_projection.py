"""What is derived follows from the log alone, whatever its order, whoever is killed, whatever happens to the file."""

import asyncio
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from remembered import NOON, Hashing, Written, contents, memory_of, question, texts

from devices import group
from minga.domain.ids import SessionId
from minga.domain.memory import LogMessage, Note, NoteKind
from minga.infrastructure.segments import Folder
from minga.sessions.feed import Feed

SAID = (
    ("one", "user", "Quedamos en que el puerto de staging es 5433."),
    ("one", "assistant", "Anotado: el puerto de staging es 5433 en docker-compose.yml."),
    ("one", "user", "Respóndeme siempre en español."),
    ("two", "user", "La guía de despacho de Maderas Ciruelillo SpA, RUT 76.086.428-5, lleva IVA."),
    ("two", "assistant", "El error ValueError: bad folio se arregló con ADD CONSTRAINT. Decidimos usar Odoo 17.0."),
    ("two", "user", "We decided to go with PostgreSQL 15.4 because of the extension."),
    ("three", "user", "Desde el 18 de marzo la encargada de la bodega es Ruth Cárcamo."),
)


def written(order: list[int] | None = None) -> Written:
    log = Written()
    for number in order if order is not None else range(len(SAID)):
        session, role, text = SAID[number]
        at = NOON + timedelta(minutes=number)
        made = log.say(session, text, role, at)  # type: ignore[arg-type]
        object.__setattr__(made.message, "id", f"{session}-{number}")  # the same id in any order
    return log


def test_made_anew_from_the_log_it_is_the_same(tmp_path: Path) -> None:
    async def scene() -> None:
        memory = memory_of(tmp_path / "m.db", written())
        before = await contents(memory)
        assert all(before[name] for name in ("passages", "vectors", "mentions", "statements", "proposals"))
        await memory.rebuild()
        assert await contents(memory) == before
        await memory.close()

    asyncio.run(scene())


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(len(SAID))), st.integers(0, len(SAID)))
def test_the_same_log_in_any_order_and_in_any_pieces_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cut: int
) -> None:
    async def scene() -> None:
        folder = tmp_path_factory.mktemp("projection")
        whole = written()
        expected = memory_of(folder / "a.db", whole)
        log = written(list(order))
        later = log.messages[cut:]
        del log.messages[cut:]
        memory = memory_of(folder / "b.db", log)
        await memory.catch_up()
        log.messages += later
        assert await contents(memory) == await contents(expected)
        await memory.close()
        await expected.close()

    asyncio.run(scene())


def test_what_goes_from_the_log_goes_from_everything(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written()
        memory = memory_of(tmp_path / "m.db", log)
        await contents(memory)
        log.messages = [one for one in log.messages if one.session_id != "two"]
        log.closed.add(SessionId("two"))
        log.rights += 1
        left = written()
        left.messages = [one for one in left.messages if one.session_id != "two"]
        assert await contents(memory) == await contents(memory_of(tmp_path / "n.db", left))
        assert await texts(memory, "Maderas Ciruelillo") == await texts(
            memory_of(tmp_path / "n.db", left), "Maderas Ciruelillo"
        )

    asyncio.run(scene())


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written()
        memory = memory_of(tmp_path / "m.db", log)
        before = await contents(memory)
        await memory.close()
        (tmp_path / "m.db").write_bytes(b"no database" * 1000)
        again = memory_of(tmp_path / "m.db", log)
        assert "Ruth" in (await texts(again, "encargada de la bodega"))[0]
        assert await contents(again) == before
        await again.close()

    asyncio.run(scene())


def test_vectors_of_another_model_are_made_anew_and_none_is_said(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written()
        first = memory_of(tmp_path / "m.db", log)
        await contents(first)
        await first.close()
        other = Hashing("other", 32)
        second = memory_of(tmp_path / "m.db", log, lambda: other)
        found = await second.recall(question("puerto de staging"))
        assert found.by_meaning
        assert found.recalled
        assert other.made == len(SAID)
        await second.close()
        words = memory_of(tmp_path / "m.db", log, lambda: None)
        found = await words.recall(question("puerto de staging"))
        assert not found.by_meaning
        assert "5433" in found.recalled[0].passage.text
        await words.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "words", ["", "   ", "?", "的な質問です", "🙂" * 50, "a" * 1_000_000, "x y " * 250_000, '"NEAR(', "\0\ud800"]
)
def test_any_question_ends(tmp_path: Path, words: str) -> None:
    async def scene() -> None:
        memory = memory_of(tmp_path / "m.db", written())
        found = await memory.recall(question(words))
        assert len(found.recalled) <= 10
        await memory.close()

    asyncio.run(scene())


def test_two_that_write_at_once_leave_what_one_leaves(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written()
        expected = await contents(memory_of(tmp_path / "one.db", log))
        both = [memory_of(tmp_path / "m.db", log) for _ in range(2)]
        await asyncio.gather(*(memory.recall(question("puerto")) for memory in both))
        assert await contents(both[0]) == await contents(both[1]) == expected
        for memory in both:
            await memory.close()

    asyncio.run(scene())


def test_killed_at_any_moment_the_file_opens_and_goes_on(tmp_path: Path) -> None:
    log = Written()
    for number in range(400):
        log.say(
            f"s{number % 7}",
            f"Mensaje {number}: el puerto del servicio {number} es {5000 + number}.",
            at=NOON + timedelta(seconds=number),
        )
    for pause in (0.05, 0.15, 0.3, 0.6):
        child = os.fork()
        if not child:
            try:
                asyncio.run(memory_of(tmp_path / "m.db", log).catch_up())
            finally:
                os._exit(0)
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    async def scene() -> None:
        memory = memory_of(tmp_path / "m.db", log)
        whole = memory_of(tmp_path / "n.db", log)
        assert await contents(memory) == await contents(whole)

    asyncio.run(scene())


def test_wrong_clocks_lose_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        for number, at in enumerate((None, datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), NOON)):
            log.say("one", f"El servidor número {number} corre en la sala norte.", at=at)
        memory = memory_of(tmp_path / "m.db", log)
        assert len(await texts(memory, "servidor sala norte")) == 4
        await memory.close()

    asyncio.run(scene())


def test_what_was_recalled_is_not_learned_again(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written()
        memory = memory_of(tmp_path / "m.db", log)
        brief, _ = await memory.brief(question("puerto de staging"), 1000)
        assert "5433" in brief.text
        before = await contents(memory)
        log.say("four", brief.text + "Actualiza el README del módulo.", at=NOON + timedelta(hours=1))
        after = await contents(memory)
        [new] = [one for one in (await memory.passages("t")) if one.source.session_id == "four"] or [None]
        assert new is None or "5433" not in new.text
        assert after["statements"] == before["statements"]
        assert await texts(memory, "README del módulo") != []
        await memory.close()

    asyncio.run(scene())


def test_a_rule_is_told_only_once_it_is_accepted(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written()
        memory = memory_of(tmp_path / "m.db", log)
        await memory.catch_up()
        [rule] = await memory.rules(("/src",))
        assert (rule.state, rule.text) == ("proposed", "Respóndeme siempre en español.")
        brief, _ = await memory.brief(question("zzz"), 1000)
        assert not any(piece.kind == "rule" for piece in brief.pieces)
        note(log, Note(NoteKind.ACCEPTANCE, rule.text, "user", rule.id))
        brief, _ = await memory.brief(question("zzz"), 1000)
        assert [piece.text for piece in brief.pieces if piece.kind == "rule"] == [rule.text]
        note(log, Note(NoteKind.REJECTION, rule.text, "user", rule.id), 2)
        brief, _ = await memory.brief(question("zzz"), 1000)
        assert not any(piece.kind == "rule" for piece in brief.pieces)
        await memory.close()

    asyncio.run(scene())


def note(log: Written, said: Note, minutes: int = 1) -> LogMessage:
    made = log.say(f"note-{minutes}", said.text, at=NOON + timedelta(days=1, minutes=minutes))
    object.__setattr__(made, "note", said)
    return made


def test_devices_that_synced_remember_the_same(tmp_path: Path) -> None:
    async def scene() -> None:
        devices = group(tmp_path, "ana", "bea")
        (tmp_path / "place").mkdir()
        place = Folder(tmp_path / "place")
        memories = [memory_of(one.folder / "memory.db", Feed(one.database, one.vault)) for one in devices]  # type: ignore[arg-type]
        for number, device in enumerate(devices):
            session = await device.begin(f"session-{number}")
            await device.say(session, *(text for at, _, text in SAID if (at == "one") == (number == 0)))
        for _ in range(2):
            for device in devices:
                await device.sync(place)
        first, second = [await contents(memory) for memory in memories]
        assert first == second
        assert len(first["passages"]) == len(SAID)

    asyncio.run(scene())


def test_what_was_said_twice_is_told_once_unless_its_figures_differ(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        for session, port in (("one", 5433), ("two", 5433), ("three", 5434)):
            log.say(session, f"El puerto de la base de pruebas del cliente es {port}, y se abre de día.")
        memory = memory_of(tmp_path / "m.db", log)
        found = await texts(memory, "puerto de la base de pruebas")
        assert sorted(text.partition(" es ")[2][:4] for text in found) == ["5433", "5434"]
        await memory.close()

    asyncio.run(scene())
