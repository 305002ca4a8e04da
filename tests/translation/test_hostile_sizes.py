"""What callers can make large: work grows with it, not faster."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec
import pytest

from minga.providers.translation import conversation
from minga.providers.translation.adapting import adapt
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Request, Text, Tool, ToolCall, ToolChoice, ToolResult, Turn
from minga.providers.translation.notes import Notes
from minga.providers.translation.quirks import subsets
from minga.providers.translation.schema_subset import COPIED_BYTES_MAX, fitted

COUNT = 50


def one_id(count: int) -> Request:
    """Every call has the same id, each after the result of the one before."""
    turns = []
    for _ in range(count):
        turns.append(Turn("assistant", (ToolCall("a", "f", "{}"),)))
        turns.append(Turn("user", (ToolResult("a", (Text("ok"),)),)))
    return Request("m", tuple(turns), tools=(Tool("f"),))


def one_role(count: int) -> bytes:
    written = DIALECTS["anthropic"].write_request(Request("claude-x", (Turn("user", (Text("a"),)),) * count), Notes())
    assert len(msgspec.json.decode(written)["messages"]) == 1
    return written


def without_ids(count: int) -> bytes:
    calls = [{"functionCall": {"name": f"f{n}", "args": {}}} for n in range(count)]
    results = [{"functionResponse": {"name": f"f{n}", "response": {}}} for n in reversed(range(count))]
    contents = [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": calls}]
    return msgspec.json.encode({"contents": [*contents, {"role": "user", "parts": results}]})


def checked(count: int) -> int:
    told = conversation.check(one_id(count), Notes())
    ids = {part.id for turn in told.turns for part in turn.parts if isinstance(part, ToolCall)}
    assert len(ids) == count
    return count


def read(count: int) -> int:
    told = DIALECTS["gemini"].read_request(without_ids(count), Notes())
    calls, results = told.turns[1].parts, told.turns[2].parts
    named = {part.id: part.name for part in calls if isinstance(part, ToolCall)}
    assert [named[part.call_id] for part in results if isinstance(part, ToolResult)] == [
        f"f{n}" for n in reversed(range(count))
    ]
    return count


@pytest.mark.parametrize("work", [checked, one_role, read], ids=["one-id", "one-role", "results-without-ids"])
def test_work_grows_with_what_is_sent_and_not_faster(work: Callable[[int], object]) -> None:
    assert lines_run(work, 8 * COUNT) < 12 * lines_run(work, COUNT)


def lines_run(work: Callable[[int], object], count: int) -> int:
    """Lines of Python, so that no clock decides."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(count)
    finally:
        sys.settrace(before)
    return lines


def test_a_large_schema_that_is_referred_to_often_is_written_out_within_bounds() -> None:
    definition = {"type": "object", "properties": {"a": {"type": "string", "description": "x" * 100_000}}}
    properties = {f"p{n}": {"$ref": "#/$defs/d"} for n in range(1000)}
    schema = msgspec.json.encode({"type": "object", "$defs": {"d": definition}, "properties": properties})
    told = fitted(schema, subsets()["gemini"])
    assert len(told.schema) < 2 * COPIED_BYTES_MAX
    assert len(msgspec.json.decode(told.schema)["properties"]) == 1000


def test_of_too_many_tools_the_one_that_must_be_called_is_kept() -> None:
    tools = tuple(Tool(f"t{n}", schema=b'{"type":"object"}') for n in range(600))
    request = Request("gpt-5.1", (Turn("user", (Text("a"),)),), tools=tools, tool_choice=ToolChoice("named", "t599"))
    notes = Notes()
    told = adapt(request, "openai-chat", "gpt-5.1", "", notes).request
    assert told.tools[0].name == "t599"
    assert len(told.tools) + len(notes.found) >= 600
