"""Reading what is stored: list, resolve, search."""

import asyncio
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from minga.domain.errors import AmbiguousSession, UnknownSession
from minga.domain.events import Failed, Finished, Text
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.domain.sessions import Turn
from minga.infrastructure.clock import FakeClock
from minga.sessions.history import History
from minga.sessions.store import Sessions
from minga.storage.database import Database
from stores import Owner, PlainVault


class Shelf:
    """Stored conversations, a minute apart."""

    def __init__(self, database: Database) -> None:
        numbers = count(1)
        self.clock = FakeClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
        self.history = History(database, PlainVault())
        self.sessions = Sessions(
            database, self.clock, lambda: f"0199f-{next(numbers):03}", Owner("here", "1"), PlainVault()
        )

    async def keep(self, prompt: str, answer: str | None, *agents: str) -> Turn:
        self.clock.advance(60)
        turn = await self.sessions.open(None, prompt, Path("/work"))
        for agent in agents:
            await self.sessions.begin_attempt(turn, AttemptId(f"{turn.id}-{agent}"), AgentName(agent), "")
        end = Failed(Failure(FailureCode.CRASHED, "x")) if answer is None else Finished(answer)
        await self.sessions.append(turn, None, [Text("streamed"), end])
        return turn


def test_the_newest_sessions_come_first_with_what_worked_on_them(database: Database) -> None:
    async def run() -> None:
        shelf = Shelf(database)
        old = await shelf.keep("old", "x", "alpha", "beta")
        new = await shelf.keep("new", None, "beta")
        newest, older = await shelf.history.latest(5)
        assert (newest.id, newest.last_state, newest.agents) == (new.session_id, "failed", ("beta",))
        assert (older.id, older.last_state, older.agents) == (old.session_id, "finished", ("alpha", "beta"))
        assert [one.id for one in await shelf.history.latest(1)] == [new.session_id]
        assert newest.updated_at == shelf.clock.now()

    asyncio.run(run())


def test_the_first_characters_of_an_id_are_enough_if_they_are_unique(database: Database) -> None:
    async def run() -> None:
        shelf = Shelf(database)
        first = await shelf.keep("a", "x")
        await shelf.keep("b", "x")
        assert await shelf.history.resolve(first.session_id) == first.session_id
        assert await shelf.history.resolve(first.session_id.upper()) == first.session_id
        for wrong in ("", "nothing"):
            with pytest.raises(UnknownSession):
                await shelf.history.resolve(wrong)
        for wide in ("0199f", "%", "_"):
            with pytest.raises((AmbiguousSession, UnknownSession)):
                await shelf.history.resolve(wide)

    asyncio.run(run())
