"""Reading what is stored: list, resolve, search."""

import asyncio
import unicodedata
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.errors import AmbiguousSession, UnknownSession
from minga.domain.events import Failed, Finished, Text
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.domain.sessions import Turn
from minga.infrastructure.clock import FakeClock
from minga.sessions.history import History, fold
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


@pytest.mark.parametrize(
    "words", ["migracion postgresql", "MIGRACIÓN", "ñandu", unicodedata.normalize("NFD", "migración")]
)
def test_a_search_does_not_count_case_and_accents(database: Database, words: str) -> None:
    async def run() -> None:
        shelf = Shelf(database)
        await shelf.keep("La Migración del Ñandú a PostgreSQL", "listo")
        await shelf.keep("otra cosa", "nada")
        [found] = await shelf.history.search(words, 10)
        assert found.role == "person"
        assert "Migración" in found.excerpt

    asyncio.run(run())


def test_a_task_typed_with_combining_accents_is_found_too(database: Database) -> None:
    async def run() -> None:
        shelf = Shelf(database)
        await shelf.keep(unicodedata.normalize("NFD", "La migración"), "listo")
        assert len(await shelf.history.search("migracion", 10)) == 1
        assert len(await shelf.history.search("migración", 10)) == 1

    asyncio.run(run())


def test_answers_are_searched_newest_first_and_running_turns_are_not(database: Database) -> None:
    async def run() -> None:
        shelf = Shelf(database)
        first = await shelf.keep("one", "the deploy failed")
        second = await shelf.keep("two", f"{'x ' * 300} the deploy worked {'y ' * 300}")
        await shelf.sessions.open(None, "deploy is running", Path("/"))
        found = await shelf.history.search("deploy", 10)
        assert [(one.turn_id, one.role) for one in found] == [(second.id, "agent"), (first.id, "agent")]
        assert "deploy worked" in found[0].excerpt
        assert len(found[0].excerpt) < 300
        assert len(await shelf.history.search("deploy", 1)) == 1
        assert await shelf.history.search("   ", 10) == []
        assert await shelf.history.search("deploy nothing", 10) == []

    asyncio.run(run())


@given(st.text())
def test_folding_keeps_the_length_so_that_places_fit_the_text(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert len(fold(composed)) == len(composed)
