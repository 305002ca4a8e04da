"""What a run is told beside passages: habits that were accepted, and the facts that its task touches."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from remembered import NOON, PROJECT, Written, contents, memory_of, question

from minga.bootstrap import MEMORY_TOKENS
from minga.domain.digests import Claimed, Digest, digests_of
from minga.domain.errors import RuleTooLong, StoreLocked
from minga.domain.events import Notice, Remembered, ToolKind
from minga.domain.ids import AgentName, SessionId, TurnId
from minga.domain.memory import (
    RULE_LENGTH,
    ItemId,
    LogKey,
    LogMessage,
    MemoryBrief,
    Note,
    NoteKind,
    Piece,
    checked_rule,
)
from minga.domain.rules import folded
from minga.domain.secrecy import UserName
from minga.domain.sessions import Turn
from minga.domain.task import Task
from minga.domain.transcript import FileChangePart, Message, Part, Role, TextPart, ToolCallPart, ToolResultPart
from minga.infrastructure.clock import FakeClock
from minga.memory import touching
from minga.memory.briefs.brief import FACTS_SHARE
from minga.memory.memory import BRIEF_OF, Memory
from minga.memory.rules import rule_id
from minga.pipeline.remembering import Remembering

LAST = NOON + timedelta(days=300)


def add(log: Written, session: str, role: Role, at: datetime, *parts: Part, note: Note | None = None) -> None:
    seq = len(log.messages) + 1
    message = Message(f"{session}-{seq}", "", at, role, parts, AgentName("codex"))
    made = LogMessage(seq, SessionId(session), message, AgentName("codex"), "/src", "/src", UserName("ana"), note)
    log.messages.append(made)


def corrected(log: Written, *remarks: str, days: int = 0) -> None:
    """Sessions in which the agent changes a file, and the person says something of it."""
    for number, remark in enumerate(remarks):
        at = LAST + timedelta(days=days, hours=number)
        session = f"c{days}-{number}"
        add(log, session, "user", at, TextPart("Agrega la tasa de despacho."))
        call = ToolCallPart("c", "shell", ToolKind.SHELL, '{"command": "make check"}')
        add(log, session, "assistant", at + timedelta(minutes=1), call, ToolResultPart("c", True, "passed"))
        add(log, session, "assistant", at + timedelta(minutes=2), FileChangePart("src/rate.py", "modified"))
        add(log, session, "user", at + timedelta(minutes=3), TextPart(remark))


def noted(log: Written, kind: NoteKind, about: ItemId, text: str = "", days: int = 20) -> None:
    add(log, f"note-{days}", "user", LAST + timedelta(days=days), TextPart(text), note=Note(kind, text, about=about))


def run(scene: Callable[[Memory, Written], Awaitable[None]], path: Path) -> None:
    async def work() -> None:
        log = Written()
        memory = memory_of(path / "m.db", log, lambda: None)
        await scene(memory, log)
        await memory.close()

    asyncio.run(work())


async def told(memory: Memory, words: str, kind: str, budget: int = 1500, given: tuple[str, ...] = ()) -> list[Piece]:
    brief, _ = await memory.brief(question(words), budget, given)
    assert brief.tokens <= budget
    return [one for one in brief.pieces if one.kind == kind]


def test_a_remark_is_told_once_it_is_accepted_in_the_persons_words_and_not_after_it_is_contradicted(
    tmp_path: Path,
) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        corrected(log, "falta el test", "The tests are missing.", "te faltaron las pruebas")
        await memory.catch_up()
        [habit] = [one for one in await memory.habits(None, LAST + timedelta(days=30)) if one.kind == "remark"]
        assert (habit.what, habit.of, habit.times) == ("tests", "missing", 3)
        assert await told(memory, "agrega la tasa", "habit") == []
        noted(log, NoteKind.ACCEPTANCE, habit.id, habit.text)
        [piece] = await told(memory, "agrega la tasa de despacho en la guía", "habit")
        assert (piece.item, piece.text) == (habit.id, "En las revisiones se nota a menudo que falta: pruebas.")
        assert piece.reasons == ("you accepted it",)
        assert await told(memory, "agrega la tasa", "habit", given=(habit.id,)) == []
        noted(log, NoteKind.CORRECTION, habit.id, "Cada cambio lleva su prueba.", days=21)
        brief, _ = await memory.brief(question("cada cambio lleva su prueba"), 1500)
        assert brief.text.count("Cada cambio lleva su prueba.") == 1
        before = await memory.habits(None, LAST + timedelta(days=30))
        await memory.rebuild()
        assert await memory.habits(None, LAST + timedelta(days=30)) == before
        corrected(log, "sin tests", "no tests please", days=25)
        assert await told(memory, "agrega la tasa", "habit") == []

    run(scene, tmp_path)


def test_a_rejected_habit_is_neither_told_nor_recalled(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        corrected(log, "usa snake_case", "usa snake_case")
        await memory.catch_up()
        [habit] = [one for one in await memory.habits(None, LAST + timedelta(days=30)) if one.kind == "remark"]
        noted(log, NoteKind.REJECTION, habit.id, habit.text)
        corrected(log, "usa snake_case", days=22)
        brief, _ = await memory.brief(question("reviews often ask to use snake_case"), 1500)
        assert "Reviews often" not in brief.text
        [again] = [one for one in await memory.habits(None, LAST + timedelta(days=30)) if one.kind == "remark"]
        assert (again.times, again.state) == (3, "rejected")

    run(scene, tmp_path)


def test_a_rule_is_told_whole_however_long_it_is_and_is_no_passage_beside_that(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        text = "\n".join(f"En el paso {number} se revisa la guía de despacho entera." for number in range(80))
        add(log, "note-rule", "user", LAST, TextPart(text), note=Note(NoteKind.RULE, text))
        brief, _ = await memory.brief(question("revisa la guía de despacho"), 4000)
        [piece] = brief.pieces
        assert (piece.kind, piece.text) == ("rule", " ".join(text.split()))
        [rule] = (await memory.content(None, with_passages=False)).rules
        assert rule.text.split() == text.split()

    run(scene, tmp_path)


def test_a_rule_has_a_length() -> None:
    assert checked_rule("x" * RULE_LENGTH) == "x" * RULE_LENGTH
    with pytest.raises(RuleTooLong, match="36000 characters"):
        checked_rule("x" * 36_000)


def test_an_accepted_habit_of_the_greatest_length_is_told(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        corrected(log, "falta el test", "The tests are missing.", "te faltaron las pruebas")
        await memory.catch_up()
        [habit] = [one for one in await memory.habits(None, LAST + timedelta(days=30)) if one.kind == "remark"]
        words = ("Cada cambio de la guía de despacho lleva su prueba número " * 20)[:RULE_LENGTH].strip()
        noted(log, NoteKind.CORRECTION, habit.id, words)
        [piece] = await told(memory, "agrega la tasa", "habit", MEMORY_TOKENS)
        assert piece.text == words

    run(scene, tmp_path)


def test_a_fact_that_the_task_touches_is_told_once_with_since_when_and_where(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        log.say("one", "El timeout de billing-service es 30 s.")
        log.say("two", "El timeout de billing-service es 45 s.")
        log.messages[-1] = moved(log.messages[-1], days=9)
        for number in range(25):
            log.say(f"more-{number}", f"Sube el tamaño del lote en billing-service por la cola {number}.")
        task = "sube el tamaño del lote en billing-service por la cola"
        [fact] = await told(memory, task, "fact")
        assert fact.text.startswith("billing-service: timeout = 45")
        assert fact.source is not None
        assert fact.source.session_id == "two"
        assert fact.reasons == ("the task names it",)
        assert (
            await told(memory, task, "fact", given=tuple(one.id for one in await memory.of_session(SessionId("two"))))
            == []
        )
        brief, _ = await memory.brief(question("el timeout de billing-service"), 1500)
        assert brief.text.count("= 45") + brief.text.count("es 45") == 1
        assert await told(memory, "revisa la cola", "fact") == []

    run(scene, tmp_path)


def test_a_value_that_has_ended_is_told_and_found_as_such(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        log.say("one", "El timeout de billing-service es 30 s.")
        log.say("two", "El timeout de billing-service es 45 s.")
        log.messages[-1] = moved(log.messages[-1], days=9)
        brief, _ = await memory.brief(question("el timeout de billing-service"), 1500)
        assert "] (hasta 2026-03-13) usuario: El timeout de billing-service es 30 s.\n" in brief.text
        assert "] usuario: El timeout de billing-service es 45 s.\n" in brief.text
        both = "Corregí la cola de pagos: el puerto de billing-service es 8080 y el timeout de billing-service es 30 s."
        log.say("three", both)  # what else it says holds
        [now] = await memory.of_session(SessionId("two"))
        found = {one.passage.source.session_id: one for one in (await memory.recall(question("timeout"))).recalled}
        ended = {session: (one.ended, one.superseded_by) for session, one in found.items()}
        assert ended == {"one": (now.source.at, now.id), "two": (None, None), "three": (None, None)}
        then = question("timeout", known_by=NOON + timedelta(days=1))
        assert [one.ended for one in (await memory.recall(then)).recalled] == [None, None]

    run(scene, tmp_path)


def moved(entry: LogMessage, days: int) -> LogMessage:
    message = entry.message
    at = NOON + timedelta(days=days)
    later = Message(message.id, message.parent, at, message.role, message.parts, message.agent)
    return LogMessage(entry.seq, entry.session_id, later, entry.agent, entry.project, entry.cwd, entry.owner)


def test_both_sides_of_a_dispute_are_told_even_where_a_passage_tells_one(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        log.say("one", "El timeout de billing-service es 30 s.")
        log.say("two", "El timeout de billing-service es 45 s.")
        facts = await told(memory, "¿cuál es el timeout de billing-service?", "fact")
        assert len(facts) == 2
        assert all(one.text.startswith("(en disputa) billing-service: timeout = ") for one in facts)

    run(scene, tmp_path)


def test_what_only_the_session_itself_says_is_not_told_and_a_correction_is(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        log.say("one", "El timeout de billing-service es 30 s.")
        log.say("other", "El README se actualizó el lunes.")
        known = question("el timeout de billing-service", without=SessionId("one"))
        brief, _ = await memory.brief(known, 1500)
        assert not any(one.kind == "fact" for one in brief.pieces)
        [fact] = await memory.facts()
        noted(log, NoteKind.CORRECTION, fact.id, "60", days=1)
        brief, _ = await memory.brief(known, 1500)
        assert [one.text for one in brief.pieces if one.kind == "fact"] == ["billing-service: timeout = 60"]

    run(scene, tmp_path)


def test_many_facts_stay_within_their_part_of_the_tokens(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        for number in range(30):
            log.say(f"s{number}", f"El timeout de billing-service{number} es {30 + number} s.")
        task = "revisa " + " ".join(f"billing-service{number}" for number in range(30))
        for budget in (150, 400, 1500):
            brief, _ = await memory.brief(question(task), budget)
            assert brief.tokens <= budget
            assert sum(one.tokens for one in brief.pieces if one.kind == "fact") <= budget * FACTS_SHARE
            assert (await memory.brief(question(task), budget))[0] == brief

    run(scene, tmp_path)


def read_by_model(log: Written, project: str, text: str, subject: str, predicate: str, value: str) -> None:
    """A session of one message, and its digest with one statement."""
    said = log.say(project, text, project=project)
    claim = Claimed(said.message.id, text, subject, predicate, value, single=True)
    made = Digest(said.session_id, said.message.id, said.message.id, "gpt", "a line", "a paragraph", (claim,))
    entry = log.say(f"{digests_of(said.session_id)}1", "", "assistant", project=project)
    log.messages[-1] = replace(entry, digest=made)


def test_what_other_projects_decided_takes_no_room_from_what_this_one_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touching, "TOPICS_MAX", 1)
    log = Written()
    read_by_model(log, "/other", "The port of staging is 5433.", "staging", "a port", "5433")
    read_by_model(log, PROJECT, "The timeout of staging is 60 s. The retry limit is 5.", "", "retry limit", "5")

    async def scene() -> None:
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        asked = question("What are the port, the timeout and the retry limit of staging?")
        told = await memory.read(partial(touching.touched, question=asked))
        assert {one.fact.predicate for one in told} == {"timeout", "retry limit"}

    asyncio.run(scene())


def test_a_long_brief_is_made_of_more_passages(tmp_path: Path) -> None:
    async def scene(memory: Memory, log: Written) -> None:
        for number in range(36):
            own = " ".join(f"{word}{number}" for word in ("ruta", "chofer", "bulto", "sello", "turno", "muelle"))
            log.say(f"s-{number}", f"El despacho lleva la guía con {own}.")
        asked = "¿Qué guía lleva el despacho?"
        assert len(await told(memory, asked, "passage", 2400)) <= BRIEF_OF
        assert len(await told(memory, asked, "passage", 4000)) > BRIEF_OF

    run(scene, tmp_path)


class Much(Written):
    """A log that has more than a run waits for, once it ``is_much``; but each note is read."""

    is_much = False
    fault: Exception = TimeoutError()

    async def read(self, keys: Sequence[LogKey]) -> list[LogMessage]:
        if self.is_much and not all(one.session_id.startswith("note-") for one in keys):
            raise self.fault
        return await super().read(keys)


MIGRATIONS = "Nunca toques las migraciones."


def test_accepted_rules_are_told_by_a_memory_that_is_behind(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Much()
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        log.say("one", "Siempre ordena los campos por nombre en los modelos.")
        await memory.catch_up()
        [proposed] = await memory.rules()
        noted(log, NoteKind.ACCEPTANCE, proposed.id, proposed.text)
        for number in range(60):
            log.say("two", f"Agrega el módulo de ventas {number}.")
        add(log, "note-rule", "user", LAST, TextPart(MIGRATIONS), note=Note(NoteKind.RULE, MIGRATIONS))
        log.is_much = True
        brief, events = await begun(memory)
        assert {one.rule for one in brief.pieces} == {proposed.text, MIGRATIONS}
        assert all(f"- {one.text}\n" in brief.text for one in brief.pieces)
        assert [type(one) for one in events] == [Notice, Remembered]
        assert "accepted rules alone this time" in str(events[0])
        log.closed.add(SessionId("note-rule"))
        brief, _ = await begun(memory)
        assert [one.rule for one in brief.pieces] == [proposed.text]
        log.closed.clear()
        log.is_much = False
        fresh = memory_of(tmp_path / "fresh.db", log, lambda: None)
        assert await contents(memory) == await contents(fresh)
        await fresh.close()
        await memory.close()

    asyncio.run(scene())


def test_accepted_rules_are_told_where_the_store_fails_after_them(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Much()
        log.fault = StoreLocked(limit_s=5)
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        log.say("two", "Agrega el módulo de ventas.")
        add(log, "note-rule", "user", LAST, TextPart(MIGRATIONS), note=Note(NoteKind.RULE, MIGRATIONS))
        await memory.catch_up()
        log.say("two", "Agrega el módulo de compras.")
        log.is_much = True
        brief, [notice, remembered] = await begun(memory)
        assert [one.rule for one in brief.pieces] == [MIGRATIONS]
        assert "accepted rules alone are told this time: The store" in str(notice)
        assert isinstance(remembered, Remembered)
        await memory.close()

    asyncio.run(scene())


def test_a_memory_that_is_behind_tells_no_rule_twice_and_none_of_another_project(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        assert await memory.told_rules(question("ventas"), 1500) == MemoryBrief("", (), 0)
        add(log, "note-rule", "user", LAST, TextPart(MIGRATIONS), note=Note(NoteKind.RULE, MIGRATIONS))
        await memory.catch_up()
        known = rule_id(MIGRATIONS, PROJECT)
        assert [one.item for one in (await memory.told_rules(question("ventas"), 1500)).pieces] == [known]
        assert (await memory.told_rules(question("ventas"), 1500, given=[known])).text == ""
        assert (await memory.told_rules(question("ventas"), 1500, already=[folded(MIGRATIONS)])).text == ""
        assert (await memory.told_rules(replace(question("ventas"), places=("/other",)), 1500)).text == ""
        await memory.close()
        (tmp_path / "m.db").write_bytes(b"no database" * 1000)
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        assert (await memory.told_rules(question("ventas"), 1500)).text == ""
        assert (await told(memory, "ventas", "rule"))[0].item == known
        await memory.close()

    asyncio.run(scene())


async def begun(memory: Memory) -> tuple[MemoryBrief, list[Remembered | Notice]]:
    """What a run in the project is told first."""
    turn = Turn(TurnId("t"), SessionId("now"), 1, "arregla el módulo de ventas", Path(PROJECT))
    return await Remembering(memory, FakeClock(LAST), 1500).begin(Task(turn.prompt, turn.cwd), turn, (), ())
