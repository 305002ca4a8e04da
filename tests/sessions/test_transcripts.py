"""The neutral transcript: its JSON, Minga's own turns in it, and turns from it."""

import asyncio
import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from event_strategies import of
from hypothesis import given

from minga.domain.events import (
    AttemptStarted,
    Event,
    FileChange,
    Finished,
    Recorded,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
    Usage,
)
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.sessions import PastTurn, Turn
from minga.domain.transcript import FileChangePart, ImagePart, Message, TextPart, ToolCallPart, ToolResultPart
from minga.infrastructure.clock import FakeClock
from minga.sessions.crossing import crossing
from minga.sessions.history import History
from minga.sessions.own_turns import UNTOLD_INPUT, messages_of, turns_of
from minga.sessions.store import Sessions
from minga.sessions.transcript_codec import decode_message, encode_message
from minga.sessions.transcripts import insert_messages
from minga.storage.database import Database, Transaction
from stores import Owner, PlainVault

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ALPHA = AgentName("alpha")

DONE: tuple[Event, ...] = (
    AttemptStarted(AttemptId("a"), ALPHA, "1", "acp", resumed=False),
    Text("I "),
    Text("look"),
    ToolCall("c1", "ls", ToolKind.SHELL, "ls", '{"command": "ls"}'),
    ToolCall("c2", "cat", ToolKind.READ, "cat", ""),
    ToolResult("c1", True, "a.txt"),
    ToolResult("c2", False, "no"),
    FileChange("b.txt", "added"),
    Text("done"),
    Usage("m1", 10, 5, 0, 3),
    Finished("I lookdone"),
)


@given(of(Message))
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


def test_a_part_of_an_unknown_type_is_an_error() -> None:
    body = json.dumps({"id": "1", "role": "user", "parts": [{"type": "hologram"}]}).encode()
    with pytest.raises(msgspec.ValidationError, match="hologram"):
        decode_message(body)


def in_turn(events: tuple[Event, ...]) -> PastTurn:
    turn = Turn(TurnId("t"), SessionId("s"), 1, "what is here?", Path("/w"))
    recorded = tuple(
        Recorded(turn.session_id, turn.id, seq, START, AttemptId("a"), event) for seq, event in enumerate(events, 1)
    )
    return PastTurn(turn, "finished", START, START, recorded)


def test_a_turn_becomes_a_line_of_messages() -> None:
    picture = ImagePart("image/png", b"x")
    asked, calling, results, last = messages_of(in_turn(DONE), "before", [picture])
    assert (asked.id, asked.parent, asked.parts) == ("t", "before", (TextPart("what is here?"), picture))
    assert calling.parts == (
        TextPart("I look"),
        ToolCallPart("c1", "ls", ToolKind.SHELL, '{"command": "ls"}'),
        ToolCallPart("c2", "cat", ToolKind.READ, UNTOLD_INPUT),
    )
    assert results.role == "tool"
    assert results.parts == (ToolResultPart("c1", True, "a.txt"), ToolResultPart("c2", False, "no"))
    assert last.parts == (FileChangePart("b.txt", "added"), TextPart("done"))
    assert (last.agent, last.model, last.usage) == (ALPHA, "m1", Usage("m1", 10, 5, 0, 3))
    assert [asked.id, calling.id, results.id] == [calling.parent, results.parent, last.parent]


def test_a_turn_made_of_messages_says_the_same_to_the_next_agent() -> None:
    messages = messages_of(in_turn(DONE), "")
    [again] = turns_of(SessionId("s"), "/w", messages)
    assert crossing(messages_of(again, "")) == crossing(messages)
    assert (again.turn.prompt, again.turn.cwd, again.state) == ("what is here?", Path("/w"), "finished")


class Shelf:
    def __init__(self, database: Database) -> None:
        numbers = count(1)
        self.clock = FakeClock(START)
        self.database = database
        self.history = History(database, PlainVault())
        self.sessions = Sessions(
            database, self.clock, lambda: f"0199-{next(numbers):03}", Owner("here", "1"), PlainVault()
        )

    async def turn(self, session: SessionId | None, prompt: str, *events: Event) -> Turn:
        turn = await self.sessions.open(session, prompt, Path("/w"))
        attempt = AttemptId(f"{turn.id}-a")
        await self.sessions.begin_attempt(turn, attempt, ALPHA, "")
        await self.sessions.append(turn, attempt, events)
        return turn


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


def test_turns_follow_each_other_in_the_transcript_and_are_told_once(shelf: Shelf) -> None:
    async def run() -> None:
        one = await shelf.turn(None, "one", *DONE)
        session = one.session_id
        two = await shelf.turn(
            session, "two", AttemptStarted(AttemptId("b"), ALPHA, "1", "acp", resumed=True), Finished("2")
        )
        await shelf.sessions.tell(session)
        await shelf.sessions.tell(session)
        transcript = await shelf.history.transcript(session)
        line = transcript.lineage()
        assert [message.id for message in line if message.role == "user"] == [one.id, two.id]
        assert len(line) == len(transcript.messages) == 6
        assert line[-1].parts == (TextPart("2"),)

    asyncio.run(run())


def test_a_conversation_holds_own_turns_whole_and_other_messages_as_turns(shelf: Shelf) -> None:
    async def run() -> None:
        one = await shelf.turn(None, "one", *DONE)
        session = one.session_id
        await shelf.sessions.tell(session)
        head = (await shelf.history.transcript(session)).head
        other = [
            Message("n1", head, START + timedelta(1), "user", (TextPart("asked in the CLI"),), AgentName("beta")),
            Message("n2", "n1", START + timedelta(1), "assistant", (TextPart("said there"),), AgentName("beta")),
        ]
        await shelf.database.write(lambda transaction: insert_messages(transaction, PlainVault(), session, other))
        first, second = await shelf.history.conversation(session, "n2")
        assert [recorded.event for recorded in first.events] == list(DONE)
        assert (second.turn.number, second.turn.prompt, second.turn.id) == (2, "asked in the CLI", "n1")
        assert second.events[-1].event == Finished("said there")
        [only] = await shelf.history.conversation(session)
        assert only.turn.id == one.id

    asyncio.run(run())


def test_the_same_messages_in_any_order_and_number_leave_the_same_transcript(shelf: Shelf) -> None:
    messages = [Message(f"m{n}", f"m{n - 1}" if n else "", START, "user", (TextPart(str(n)),), ALPHA) for n in range(4)]

    async def told(session: SessionId, order: Sequence[Message]) -> int:
        def work(transaction: Transaction) -> int:
            return sum(len(insert_messages(transaction, PlainVault(), session, [message])) for message in order)

        return await shelf.database.write(work)

    async def run() -> None:
        for order in itertools.islice(itertools.permutations(messages), 0, None, 5):
            session = (await shelf.turn(None, "one", Finished("1"))).session_id
            assert await told(session, (*order, *reversed(order))) == 4
            transcript = await shelf.history.transcript(session)
            assert transcript.lineage("m3") == messages
            assert [leaf.id for leaf in transcript.leaves()] == ["m3"]

    asyncio.run(run())


def test_a_message_of_which_more_was_written_replaces_the_one_before(shelf: Shelf) -> None:
    async def run() -> None:
        session = (await shelf.turn(None, "one", Finished("1"))).session_id
        for text in ("half", "half a message", "half a message"):
            message = Message("m", "", START, "assistant", (TextPart(text),), ALPHA)
            await shelf.database.write(
                lambda transaction, message=message: insert_messages(transaction, PlainVault(), session, [message])
            )
        [stored] = (await shelf.history.transcript(session)).messages
        assert stored.parts == (TextPart("half a message"),)

    asyncio.run(run())
