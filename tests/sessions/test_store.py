"""Turns and their events: in order, without gaps, with one end, on both engines."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from event_strategies import not_terminal, terminal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minga.domain.errors import SessionBusy, UnknownSession
from minga.domain.events import Cancelled, Event, Failed, Finished, NativeSession, Recorded, Terminal, Text
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId
from minga.domain.sessions import PastTurn, Turn
from minga.infrastructure.clock import FakeClock
from minga.sessions.history import History
from minga.sessions.store import Sessions, TurnEnded
from minga.storage.database import Database
from stores import Owner, Place, PlainVault

START = datetime(2026, 11, 22, 12, 0, 0, 123457, tzinfo=UTC)
HERE = Owner("here", "100")
ALPHA, BETA = AgentName("alpha"), AgentName("beta")


def sessions_of(database: Database, owner: Owner = HERE, name: str = "id") -> Sessions:
    numbers = count(1)
    return Sessions(database, FakeClock(START), lambda: f"{name}-{next(numbers):04}", owner, PlainVault())


async def past(database: Database, turn: Turn) -> PastTurn:
    turns = await History(database, PlainVault()).turns(turn.session_id)
    return next(one for one in turns if one.turn.id == turn.id)


def test_what_append_returns_is_what_is_stored(database: Database) -> None:
    async def run() -> None:
        sessions = sessions_of(database)
        turn = await sessions.open(None, "do it", Path("/work"))
        given = await sessions.append(turn, AttemptId("a"), [Text("one"), Text("two")])
        given += await sessions.append(turn, None, [Finished("two")])
        stored = await past(database, turn)
        assert list(stored.events) == given
        assert [recorded.seq for recorded in given] == [1, 2, 3]
        assert (stored.state, stored.turn, stored.ended_at) == ("finished", turn, START)

    asyncio.run(run())


def test_turns_of_a_session_are_numbered_and_the_title_is_the_first_task(database: Database) -> None:
    async def run() -> None:
        sessions = sessions_of(database)
        first = await sessions.open(None, f"first\n  task {'x' * 200}", Path("/a"))
        await sessions.append(first, None, [Finished("done")])
        second = await sessions.open(first.session_id, "second", Path("/b"))
        assert (first.number, second.number, second.session_id) == (1, 2, first.session_id)
        [summary] = await History(database, PlainVault()).latest(10)
        assert summary.title == f"first task {'x' * 200}"[:80]
        assert summary.turns == 2

    asyncio.run(run())


def test_a_session_that_does_not_exist_cannot_go_on(database: Database) -> None:
    async def run() -> None:
        with pytest.raises(UnknownSession, match="nowhere"):
            await sessions_of(database).open(SessionId("nowhere"), "x", Path("/"))
        assert await History(database, PlainVault()).latest(10) == []

    asyncio.run(run())


@pytest.mark.parametrize("end", [Finished("x"), Cancelled("x")])
def test_after_its_end_a_turn_takes_nothing_more(database: Database, end: Terminal) -> None:
    async def run() -> None:
        sessions = sessions_of(database)
        turn = await sessions.open(None, "x", Path("/"))
        await sessions.append(turn, None, [Text("a"), end])
        for more in ([Text("late")], [Finished("again")], [Cancelled("again")]):
            with pytest.raises(TurnEnded):
                await sessions.append(turn, None, more)
        assert [one.event for one in (await past(database, turn)).events] == [Text("a"), end]

    asyncio.run(run())


def test_events_behind_a_terminal_one_are_refused_with_all_of_their_batch(database: Database) -> None:
    async def run() -> None:
        sessions = sessions_of(database)
        turn = await sessions.open(None, "x", Path("/"))
        with pytest.raises(TurnEnded):
            await sessions.append(turn, None, [Text("a"), Finished("a"), Text("b")])
        stored = await past(database, turn)
        assert (stored.state, stored.events) == ("running", ())

    asyncio.run(run())


batches = st.lists(st.lists(not_terminal, max_size=3), max_size=4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(batches, st.none() | terminal), min_size=2, max_size=3))
def test_writers_that_race_leave_one_unbroken_turn_with_at_most_one_end(
    place: Place, plans: list[tuple[list[list[Event]], Event | None]]
) -> None:
    """Several connections append to one turn at once, and more than one may want to end it."""

    async def write(sessions: Sessions, turn: Turn, plan: tuple[list[list[Event]], Event | None]) -> list[Recorded]:
        kept: list[Recorded] = []
        try:
            for batch in plan[0]:
                kept += await sessions.append(turn, None, batch)
            if plan[1] is not None:
                kept += await sessions.append(turn, None, [plan[1]])
        except TurnEnded:
            pass
        return kept

    async def run() -> None:
        databases = [place.database() for _ in plans]
        reader = place.database()
        turn = await sessions_of(reader, name=f"race-{id(plans)}-{datetime.now(UTC)}").open(None, "race", Path("/"))
        writers = [write(sessions_of(one), turn, plan) for one, plan in zip(databases, plans, strict=True)]
        kept = [recorded for written in await asyncio.gather(*writers) for recorded in written]
        stored = await past(reader, turn)
        assert list(stored.events) == sorted(kept, key=lambda recorded: recorded.seq)
        assert [recorded.seq for recorded in stored.events] == list(range(1, len(kept) + 1))
        ends = [recorded.seq for recorded in stored.events if isinstance(recorded.event, Terminal)]
        wanted = any(end is not None for _, end in plans)
        assert ends == ([len(kept)] if wanted else [])
        assert (stored.state == "running") is not wanted
        for one in (*databases, reader):
            await one.close()

    asyncio.run(run())


def test_of_processes_that_go_on_with_one_session_at_once_one_works_and_the_others_are_told(place: Place) -> None:
    async def run() -> None:
        databases = [place.database() for _ in range(3)]
        first = await sessions_of(databases[0], name="first").open(None, "x", Path("/"))
        await sessions_of(databases[0]).append(first, None, [Finished("done")])
        opening = [
            sessions_of(one, name=f"later{index}").open(first.session_id, "y", Path("/"))
            for index, one in enumerate(databases)
        ]
        opened = await asyncio.gather(*opening, return_exceptions=True)
        assert [one.number for one in opened if isinstance(one, Turn)] == [2]
        assert [type(one) for one in opened if not isinstance(one, Turn)] == [SessionBusy, SessionBusy]
        for one in databases:
            await one.close()

    asyncio.run(run())


def test_recovery_ends_the_turns_of_dead_processes_only(database: Database) -> None:
    async def run() -> None:
        gone, alive, away = Owner("here", "1"), Owner("here", "2"), Owner("elsewhere", "1")
        turns = {
            owner: await sessions_of(database, owner, f"{owner.where}{owner.name}").open(None, "x", Path("/"))
            for owner in (gone, alive, away)
        }
        dead = sessions_of(database, gone)
        await dead.begin_attempt(turns[gone], AttemptId("left"), ALPHA, "")
        await dead.append(turns[gone], AttemptId("left"), [Text("half a sen")])
        assert await sessions_of(database).recover(lambda key: key == "2") == ["left"]
        states = {owner: (await past(database, turn)).state for owner, turn in turns.items()}
        assert states == {gone: "failed", alive: "running", away: "running"}
        *_, last = (await past(database, turns[gone])).events
        assert isinstance(last.event, Failed)
        assert last.event.failure.code is FailureCode.INTERRUPTED
        assert turns[gone].session_id in last.event.failure.remedy
        assert await sessions_of(database).recover(lambda key: key == "2") == []

    asyncio.run(run())


def test_two_processes_that_recover_at_once_end_a_turn_once(place: Place) -> None:
    async def run() -> None:
        databases = [place.database() for _ in range(3)]
        turn = await sessions_of(databases[0], Owner("here", "1"), PlainVault()).open(None, "x", Path("/"))
        dead = sessions_of(databases[0])
        await dead.begin_attempt(turn, AttemptId("left"), ALPHA, "")
        left = await asyncio.gather(*(sessions_of(one).recover(lambda _: False) for one in databases))
        assert sorted(left) == [[], [], ["left"]]
        assert len((await past(databases[0], turn)).events) == 1
        for one in databases:
            await one.close()

    asyncio.run(run())


def test_the_native_trail_leads_to_the_latest_attempt_that_named_a_session(database: Database) -> None:
    async def attempt(sessions: Sessions, turn: Turn, name: str, agent: AgentName, home: str, native: str) -> None:
        await sessions.begin_attempt(turn, AttemptId(name), agent, home)
        events: Sequence[Event] = [NativeSession(NativeId(native))] if native else [Text("named none")]
        await sessions.append(turn, AttemptId(name), events)

    async def run() -> None:
        sessions = sessions_of(database)
        one = await sessions.open(None, "1", Path("/"))
        session = one.session_id
        assert await sessions.native_trail(session, ALPHA, "") is None
        await attempt(sessions, one, "a1", ALPHA, "", "native-1")
        await attempt(sessions, one, "b1", BETA, "", "other")
        await sessions.append(one, None, [Finished("1")])
        two = await sessions.open(session, "2", Path("/"))
        await attempt(sessions, two, "a2", ALPHA, "", "native-2")
        await sessions.append(two, None, [Finished("2")])
        three = await sessions.open(session, "3", Path("/"))
        await attempt(sessions, three, "a3", ALPHA, "", "")
        await attempt(sessions, three, "a3-own-home", ALPHA, "/homes/alpha", "native-3")
        trail = await sessions.native_trail(session, ALPHA, "")
        assert trail is not None
        assert (trail.native_id, trail.through) == ("native-2", two.id)
        isolated = await sessions.native_trail(session, ALPHA, "/homes/alpha")
        assert isolated is not None
        assert (isolated.native_id, isolated.through) == ("native-3", three.id)
        other = await sessions.open(None, "another session", Path("/"))
        assert await sessions.native_trail(other.session_id, ALPHA, "") is None

    asyncio.run(run())


def test_a_task_with_odd_characters_is_stored_and_shown(database: Database) -> None:
    """NUL from standard input, bytes that are not UTF-8 in a folder's name."""

    async def run() -> None:
        sessions = sessions_of(database)
        turn = await sessions.open(None, "null \0 and \udcff", Path("/tmp/\udce9t\udce9"))
        await sessions.append(turn, None, [Text("\0"), Failed(Failure(FailureCode.CRASHED, "\udcff"))])
        stored = await past(database, turn)
        assert stored.turn.prompt.startswith("null ")
        assert stored.state == "failed"

    asyncio.run(run())
