"""The brief for the next agent: faithful, bounded, and honest about what it leaves out."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from event_strategies import any_event
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    Cancelled,
    Event,
    Failed,
    FileChange,
    Finished,
    Reasoning,
    Recorded,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.sessions import PastTurn, Turn
from minga.sessions.brief import brief, with_task

AT = datetime(2026, 11, 22, tzinfo=UTC)
ALPHA = AgentName("alpha")


def past(number: int, prompt: str, *events: Event) -> PastTurn:
    turn = Turn(TurnId(f"t{number}"), SessionId("s"), number, prompt, Path("/"))
    recorded = tuple(
        Recorded(turn.session_id, turn.id, seq, AT, AttemptId("a"), event) for seq, event in enumerate(events, 1)
    )
    return PastTurn(turn, "finished", AT, AT, recorded)


def shell(number: int, output: str) -> tuple[Event, Event]:
    return (
        ToolCall(f"c{number}", "shell", ToolKind.SHELL, f"run {number}", f'{{"command":"make {number}"}}'),
        ToolResult(f"c{number}", True, output),
    )


def test_the_whole_conversation_stands_in_it_in_order() -> None:
    limit = Failure(FailureCode.RATE_LIMITED, "limit until noon")
    text = brief(
        [
            past(
                1, "write a parser", AttemptStarted(AttemptId("a"), ALPHA, "1", "acp", False), Text("I wr"), Text("ite")
            ),
            past(2, "now test it", *shell(1, "3 passed"), FileChange("test.py", "added"), Finished("all green")),
            past(3, "and document", Text("I start"), AttemptFailed(AttemptId("a"), ALPHA, limit)),
        ],
        ("parser.py", "test.py"),
    )
    wanted = (
        "do not repeat them",
        "Turn 1: the person asked\nwrite a parser",
        "(alpha works on it)",
        "Agent: I write",
        "Turn 2: the person asked\nnow test it",
        '{"command":"make 1"}',
        "Result (ok): 3 passed",
        "File added: test.py",
        "Turn 3: the person asked\nand document",
        "Agent: I start",
        "(alpha stopped: limit until noon)",
        "Files changed so far\n- parser.py\n- test.py",
    )
    places = [text.index(piece) for piece in wanted]
    assert places == sorted(places)


def test_the_answer_is_told_once_also_where_the_agent_streamed_nothing() -> None:
    assert brief([past(1, "x", Text("the answer"), Finished("the answer"))], ()).count("the answer") == 1
    assert brief([past(1, "x", Finished("the answer"))], ()).count("the answer") == 1


def test_how_a_turn_broke_off_is_told() -> None:
    text = brief(
        [past(1, "a", Failed(Failure(FailureCode.CRASHED, "it fell over"))), past(2, "b", Cancelled("SIGINT"))], ()
    )
    assert "(stopped: it fell over)" in text
    assert "(cancelled: SIGINT)" in text


def test_reasoning_is_not_handed_over() -> None:
    assert "secret thought" not in brief([past(1, "x", Reasoning("secret thought"), Text("y"))], ())


def test_a_long_tool_output_keeps_its_ends_and_says_what_is_missing() -> None:
    text = brief([past(1, "x", *shell(1, f"BEGIN{'-' * 9000}END"))], ())
    assert "BEGIN" in text
    assert "END" in text
    assert "7508 characters left out by Minga" in text


def test_over_its_length_the_oldest_tool_calls_go_and_the_words_stay() -> None:
    turns = [
        past(number, f"task {number}", *shell(number, "o" * 1000), Text(f"said {number}")) for number in range(1, 31)
    ]
    text = brief(turns, ("kept.py",), length_max=10_000)
    assert len(text) <= 10_000
    assert all(f"task {number}\n" in text and f"said {number}" in text for number in range(1, 31))
    assert "make 30" in text
    assert 'make 1"' not in text
    assert "older tool calls, results and remarks are left out" in text
    assert "- kept.py" in text


def test_an_agent_that_talked_without_end_does_not_break_the_bound() -> None:
    """What agents said is cut before a task of the person is."""
    text = brief([past(1, "the task", Text("blah " * 100_000)), past(2, "the next", Text("ok"))], (), length_max=20_000)
    assert len(text) <= 20_000
    assert "the task" in text
    assert "the next" in text
    assert "left out" in text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=40), st.lists(any_event, max_size=8)), min_size=1, max_size=4),
    st.lists(st.text(min_size=1, max_size=20), max_size=4),
    st.integers(0, 3000),
)
def test_every_task_and_every_file_stands_in_every_brief(
    turns: list[tuple[str, list[Event]]], files: list[str], length_max: int
) -> None:
    conversation = [past(number, prompt, *events) for number, (prompt, events) in enumerate(turns, 1)]
    text = brief(conversation, files, length_max)
    assert all(prompt in text for prompt, _ in turns)
    assert all(f"- {path}" in text for path in files)
    assert text == brief(conversation, files, length_max)
    least = brief([replace(one, events=()) for one in conversation], files, 0)
    assert len(text) <= max(length_max, len(least) + 200)


def test_the_present_task_comes_after_the_record_or_stands_alone() -> None:
    assert with_task("", "do it") == "do it"
    assert with_task("record", "do it").endswith("The person now asks:\ndo it")
