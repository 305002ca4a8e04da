"""Notes about what has another id in a copy of its session: they are about the same there."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from remembered import NOON, Written, memory_of

from minga.domain.ids import SessionId
from minga.domain.memory import Fact, ItemId
from minga.memory.memory import Memory
from minga.memory.moving import Move, notes_moved

OLD = "El puerto de staging es 5433."
ONE, TWO = SessionId("one"), SessionId("two")


async def correct(memory: Memory, log: Written, session: str, text: str, hours: int) -> None:
    """The fact that was said to be 5433 and still is believed."""
    await memory.catch_up()
    wrong = next(one for one in await memory.facts() if one.value == "5433" and one.recorded_to is None)
    note = await memory.correction(wrong, text, None, NOON + timedelta(hours=hours))
    object.__setattr__(log.say(session, note.told, at=NOON + timedelta(hours=hours)), "note", note)


def told(facts: list[Fact]) -> list[tuple[object, ...]]:
    return sorted((one.value, str(one.valid_from), str(one.recorded_to), len(one.sources)) for one in facts)


def copied(log: Written, about: dict[SessionId, ItemId]) -> Written:
    """The log with a copy in the place of its session, and copies of its notes."""
    copy = Written()
    for one in log.messages:
        note = one.note
        if one.session_id == ONE:
            copy.messages.append(replace(one, session_id=TWO))
        elif one.session_id in about and note is not None:
            note = replace(note, about=about[one.session_id])
            copy.messages.append(replace(one, session_id=SessionId(f"{one.session_id}-two"), note=note))
        else:
            copy.messages.append(one)
    return copy


def test_a_fact_said_again_and_corrected_again_stays_corrected_where_its_name_comes_from_the_passage(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        log = Written()
        log.say("one", OLD)
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        await correct(memory, log, "note-1", "5434", 1)
        log.say("one", OLD, at=NOON + timedelta(hours=2))
        await correct(memory, log, "note-2", "5435", 3)
        await memory.catch_up()
        before = await memory.facts()
        assert [one.value for one in before if one.recorded_to is None] == ["5434", "5435"]
        move = Move(ONE, TWO, (), lambda note: SessionId(f"{note}-two"))
        about = await memory.read(lambda transaction: notes_moved(transaction, move, log.user))
        assert set(about) == {SessionId("note-2")}
        other = memory_of(tmp_path / "other.db", copied(log, about), lambda: None)
        await other.catch_up()
        assert told(await other.facts()) == told(before)
        await memory.close()
        await other.close()

    asyncio.run(scene())
