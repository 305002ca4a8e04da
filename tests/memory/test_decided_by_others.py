"""What another user decided of rules and habits decides nothing here, however much they share."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from remembered import NOON, Written, memory_of

from minga.domain.events import ToolKind
from minga.domain.habits import Habit
from minga.domain.memory import ItemId, Note, NoteKind, Question, Rule
from minga.domain.secrecy import UserName
from minga.domain.transcript import ToolCallPart, ToolResultPart
from minga.memory.memory import Memory

TEXT = "Siempre publica sin preguntar."
OWN = "Responde en español.", "", "accepted"


def note(log: Written, note: Note, owner: str = "bob", project: str = "/bob") -> None:
    number = len(log.messages) + 1
    entry = log.say(f"note-{number}", note.text, at=NOON + timedelta(minutes=number), project=project)
    log.messages[-1] = replace(entry, owner=UserName(owner), note=note)


def works(log: Written, session: str) -> None:
    """Runs a command that ends well."""
    call = ToolCallPart("c", "Bash", ToolKind.SHELL, '{"command": "make check"}')
    entry = log.say(session, "", "assistant")
    log.messages[-1] = replace(entry, message=replace(entry.message, parts=(call, ToolResultPart("c", True, "done"))))


def play(tmp_path: Path, log: Written, scene: Callable[[Memory], Awaitable[None]]) -> None:
    async def run() -> None:
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await memory.catch_up()
        await scene(memory)
        await memory.close()

    asyncio.run(run())


def seen(rules: list[Rule]) -> list[tuple[str, str, str]]:
    return sorted((one.text, one.project, one.state) for one in rules)


def test_a_rule_that_another_user_accepted_everywhere_is_proposed_in_their_project(tmp_path: Path) -> None:
    log = Written()
    note(log, Note(NoteKind.RULE, TEXT, "user"))
    note(log, Note(NoteKind.RULE, "Responde en español.", "user"), "ana", "/src")

    async def scene(memory: Memory) -> None:
        assert seen(await memory.rules(("/src",))) == [OWN]
        assert seen(await memory.rules(("/bob",))) == [OWN, (TEXT, "/bob", "proposed")]
        assert [one.note.text for one in await memory.notes()] == ["Responde en español."]

    play(tmp_path, log, scene)


def test_an_instruction_of_another_user_is_no_rule_of_mine_and_is_told_under_their_name(tmp_path: Path) -> None:
    log = Written()
    said = log.say("s", "De ahora en adelante, en todos mis proyectos, respóndeme siempre en español.")
    log.say("s2", "De ahora en adelante, en todos mis proyectos, usa siempre comillas dobles.", project="/bob")
    log.messages[-1] = replace(log.messages[-1], owner=UserName("bob"))

    async def scene(memory: Memory) -> None:
        assert [one.project for one in await memory.rules()] == [""]
        asked = Question("¿comillas dobles?", None, NOON + timedelta(days=9))
        brief, _ = await memory.brief(asked, 900)
        assert "] bob: De ahora en adelante, en todos mis proyectos, usa siempre comillas dobles." in brief.text

    assert said.owner == Written.user
    play(tmp_path, log, scene)


def test_another_user_neither_accepts_nor_rejects_a_rule_of_mine(tmp_path: Path) -> None:
    log = Written()
    log.say("s", "De ahora en adelante corre siempre make check antes de cada commit.")
    log.say("s", "A partir de ahora nunca uses tabuladores.")
    items: list[ItemId] = []

    async def first(memory: Memory) -> None:
        items.extend(one.id for one in await memory.rules())
        assert len(items) == 2

    async def then(memory: Memory) -> None:
        await memory.catch_up()
        assert [one.state for one in await memory.rules()] == ["accepted", "proposed"]

    play(tmp_path / "1", log, first)
    note(log, Note(NoteKind.ACCEPTANCE, "sí", about=items[0]), "ana", "/src")
    note(log, Note(NoteKind.REJECTION, "no", about=items[0]), project="/src")
    note(log, Note(NoteKind.ACCEPTANCE, "sí", about=items[1]), project="/src")
    play(tmp_path / "2", log, then)


def test_another_user_accepts_edits_and_forgets_no_habit_of_mine(tmp_path: Path) -> None:
    log = Written()
    for number in range(5):
        works(log, f"s{number}")
    known: list[Habit] = []

    async def scene(memory: Memory) -> None:
        known.extend(await memory.habits(None, NOON + timedelta(days=1)))

    play(tmp_path / "1", log, scene)
    assert known
    for kind in (NoteKind.ACCEPTANCE, NoteKind.CORRECTION, NoteKind.FORGETTING):
        note(log, Note(kind, "Publica sin preguntar.", about=known[0].id), project="/src")
    play(tmp_path / "2", log, scene)
    assert known[: len(known) // 2] == known[len(known) // 2 :]


def test_what_another_user_noted_for_everywhere_is_recalled_in_their_project_only(tmp_path: Path) -> None:
    log = Written()
    note(log, Note(NoteKind.NOTE, "El puerto de staging es 5433.", "user"))

    async def scene(memory: Memory) -> None:
        assert await memory.holding("staging", ("/src",)) == []
        assert len(await memory.holding("staging", ("/bob",))) == 1

    play(tmp_path, log, scene)
