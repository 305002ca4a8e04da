"""What a model answers, with the tools as the caller knows them: whole, and in any pieces."""

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minga.providers.translation.adapting import adapt
from minga.providers.translation.form import (
    Added,
    Answer,
    Began,
    Closed,
    Ended,
    Event,
    Opened,
    Request,
    Text,
    Tool,
    ToolCall,
    Turn,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.restoring import Restore

TOOLS = (Tool("apply_patch", custom=True), Tool("read", namespace="mcp__files"), Tool("list"))


def restore(notes: Notes | None = None) -> Restore:
    request = Request("m", (Turn("user", (Text("ask"),)),), tools=TOOLS)
    return adapt(request, "anthropic", "claude-opus-5", "anthropic", notes or Notes()).restore


def streamed(call: ToolCall, pieces: list[str], notes: Notes | None = None) -> tuple[ToolCall, str]:
    """The call as it is opened, and all that is added."""
    restoring = restore(notes).stream()
    events: list[Event] = [
        Began("r", "m"),
        Opened(3, call),
        *(Added(3, one) for one in pieces),
        Closed(3),
        Ended("end"),
    ]
    told = [one for event in events for one in restoring.events(event)]
    assert [type(one) for one in told if not isinstance(one, Added)] == [Began, Opened, Closed, Ended]
    assert isinstance(told[-2], Closed)
    opened = told[1]
    assert isinstance(opened, Opened)
    assert isinstance(opened.part, ToolCall)
    return opened.part, "".join(one.text for one in told if isinstance(one, Added))


def split(text: str, places: list[int]) -> list[str]:
    cuts = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


PLACES = st.lists(st.integers(0, 200), max_size=8)


@given(text=st.text(), places=PLACES, ascii_=st.booleans(), indent=st.sampled_from([None, 1]))
@example(text='\U0001f600\\n"', places=[13, 14, 17, 19, 20], ascii_=True, indent=None)
def test_free_text_comes_back_from_any_pieces(text: str, places: list[int], ascii_: bool, indent: int | None) -> None:
    arguments = json.dumps({"input": text}, ensure_ascii=ascii_, indent=indent)
    call = ToolCall("c", "apply_patch", "")
    assert streamed(call, split(arguments, places)) == (ToolCall("c", "apply_patch", "", custom=True), text)
    whole = restore().answer(Answer("r", "m", (ToolCall("c", "apply_patch", arguments),), "tool-calls"))
    assert whole.parts == (ToolCall("c", "apply_patch", text, custom=True),)


def test_free_text_is_passed_on_as_it_comes() -> None:
    restoring = restore().stream()
    restoring.events(Opened(0, ToolCall("c", "apply_patch", "")))
    told = [
        restoring.events(Added(0, piece)) for piece in ('{"inp', 'ut": "*** Be', "gin\\", "nx\\ud83d", '\\ude00"', "}")
    ]
    assert told == [(), (Added(0, "*** Be"),), (Added(0, "gin"),), (Added(0, "\nx"),), (Added(0, "\U0001f600"),), ()]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [("*** Begin Patch\n", "*** Begin Patch\n"), ('{"patch": "x"}', "x"), ('{"a": 1, "b": 2}', '{"a": 1, "b": 2}')],
    ids=["free", "other name", "other object"],
)
def test_what_the_model_took_for_the_input_is_the_input(arguments: str, text: str) -> None:
    assert streamed(ToolCall("c", "apply_patch", ""), [arguments])[1] == text


def test_a_tool_gets_its_namespace_back_and_an_unknown_one_stays() -> None:
    call, _ = streamed(ToolCall("c", "mcp__files__read", ""), ["{}"])
    assert (call.namespace, call.name) == ("mcp__files", "read")
    assert streamed(ToolCall("c", "unheard", ""), ["{}"])[0] == ToolCall("c", "unheard", "")
    answer = Answer("r", "m", (Text("x"), ToolCall("c", "list", "{}")), "tool-calls")
    assert restore().answer(answer) is answer


@pytest.mark.parametrize(
    ("pieces", "told", "note"),
    [
        (['{"a"', ": 1}"], '{"a": 1}', []),
        ([], "{}", ["arguments-mended(list)"]),
        (["```json", '\n{"a": 1}', "\n```"], '{"a": 1}', ["arguments-mended(list)"]),
        ([" ", '{"a": 1'], ' {"a": 1', ["arguments-malformed(list)"]),
        (["a: ", "1"], "a: 1", ["arguments-malformed(list)"]),
    ],
    ids=["sound", "nothing", "fenced", "cut", "words"],
)
def test_malformed_arguments_are_mended_where_that_is_clear_and_always_told(
    pieces: list[str], told: str, note: list[str]
) -> None:
    notes = Notes()
    assert streamed(ToolCall("c", "list", ""), pieces, notes)[1] == told
    assert [one for one in notes.told("changed") if one.startswith("arguments")] == note
    notes = Notes()
    whole = restore(notes).answer(Answer("r", "m", (ToolCall("c", "list", "".join(pieces)),), "tool-calls"))
    assert whole.parts == (ToolCall("c", "list", told),)
    assert [one for one in notes.told("changed") if one.startswith("arguments")] == note
