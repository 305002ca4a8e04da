"""Two instances on one server: what one of them learned, the other knows at its next question."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from keyed import Folder
from minga.domain.memory import Note, NoteKind, Question


def test_what_one_instance_learned_the_other_knows_at_once(postgres_cluster: Callable[[], str], tmp_path: Path) -> None:
    url = postgres_cluster()

    async def scene() -> None:
        first = Folder(tmp_path, url).minga(MINGA_MEMORY="words")
        second = Folder(tmp_path, url).minga(MINGA_MEMORY="words")
        question = Question("puerto de staging", None, datetime.now(UTC))
        assert not (await second.memory.recall(question)).recalled
        session = await first.notes.add(Note(NoteKind.NOTE, "El puerto de staging es 5433."), "/src", "")
        [known] = (await second.memory.recall(question)).recalled
        assert known.passage.source.session_id == session
        await first.retention.delete(session)
        assert not (await second.memory.recall(question)).recalled
        assert await second.memory.look(lambda text: "5433" in text) == (0, [])
        await first.close()
        await second.close()

    asyncio.run(scene())
