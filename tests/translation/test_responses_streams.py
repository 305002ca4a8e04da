"""Streams of OpenAI Responses: what is written is what OpenAI's SDK takes and adds up, and is read as it was."""

from collections.abc import Iterable
from typing import Any, get_args

import forms
import httpx2
import msgspec
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel

from minga.domain.events import Usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Added,
    Answer,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Media,
    Opened,
    Refusal,
    Request,
    Signed,
    Text,
    Thinking,
    Tool,
    ToolCall,
    Turn,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import DIALECT
from minga.providers.translation.sse import events_of

ASKED = Request("m", (Turn("user", (Text("hola"),)),), tools=(Tool("f"),), stream=True)
TYPES: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(get_args(ResponseStreamEvent)[0])
}
"""Of the SDK, by the names of the events."""

BEGAN, ENDED = Began("a", "m", created_s=1), Ended("end", used=Usage("m", 1, 0, 0, 2))


def written(told: Iterable[Event]) -> bytes:
    writer = DIALECT.writer(ASKED, Notes())
    return b"".join([writer.feed(event) for event in told])


def checked(stream: bytes) -> list[dict[str, Any]]:
    """The events, each of which the SDK's type takes; numbered one by one."""
    found: list[dict[str, Any]] = []
    for name, data in events_of(stream):
        TYPES[name].model_validate_json(data, strict=True)
        event = msgspec.json.decode(data)
        assert event["type"] == name
        assert event.pop("sequence_number") == len(found)
        found.append(event)
    return found


def read(stream: bytes) -> list[Event]:
    reader = DIALECT.reader(Notes())
    told = [event for name, data in events_of(stream) for event in reader.feed(name, data)]
    return [*told, *reader.finish()]


def sent(*events: dict[str, Any]) -> bytes:
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event)) for event in events
    )


def summed(stream: bytes) -> Response:
    """What the SDK's helper makes of the stream."""
    head = {"content-type": "text/event-stream"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=head, content=stream))
    with (
        httpx2.Client(transport=transport) as http,
        openai.OpenAI(api_key="k", base_url="http://test", http_client=http, max_retries=0) as client,
        client.responses.stream(model="m", input="hola") as answer,
    ):
        return answer.get_final_response()


def test_events_come_in_the_order_of_the_api() -> None:
    stream = written(
        [
            BEGAN,
            Opened(0, Thinking()),
            Added(0, "h"),
            Added(0, "m"),
            Signed(0, "anthropic:sig"),
            Closed(0),
            Opened(1, Text("")),
            Added(1, "Ya "),
            Added(1, "voy ñ."),
            Closed(1),
            Opened(2, ToolCall("c1", "f", "", namespace="srv")),
            Added(2, '{"a":'),
            Added(2, "1}"),
            Closed(2),
            Opened(3, ToolCall("c2", "p", "", custom=True)),
            Added(3, "ls"),
            Closed(3),
            Ended("tool-calls", used=Usage("m", 1, 0, 0, 2)),
        ]
    )
    events = checked(stream)
    said = {"type": "output_text", "text": "Ya voy ñ.", "annotations": [], "logprobs": []}
    at = {"item_id": "msg_a_1", "output_index": 1, "content_index": 0}
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
        "completed",
    ]
    assert events[8]["item"] == {
        "type": "reasoning",
        "id": "rs_a_0",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "minga.anthropic.sig",
    }
    assert events[11] == {"type": "response.output_text.delta", **at, "delta": "Ya ", "logprobs": []}
    assert events[13] == {"type": "response.output_text.done", **at, "text": "Ya voy ñ.", "logprobs": []}
    assert events[14] == {"type": "response.content_part.done", **at, "part": said}
    whole = events[-1]["response"]
    assert whole["output"] == [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert (whole["id"], whole["status"], whole["usage"]["total_tokens"]) == ("resp_a", "completed", 3)
    assert whole["tools"] == events[0]["response"]["tools"] != []
    assert events[0]["response"]["status"] == events[1]["response"]["status"] == "in_progress"


def test_the_sdk_adds_up_what_it_would_get_at_once() -> None:
    calls = (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "f", "{}"))
    parts: tuple[Thinking | Text | ToolCall, ...] = (Thinking("hm", "anthropic:s"), Text("ñ"), *calls)
    answer = Answer("a", "m", parts, "tool-calls", used=Usage("m", 1, 2, 0, 3, 1), created_s=5)
    events: list[Event] = [Began("a", "m", None, 5)]
    for index, part in enumerate(parts):
        events.append(Opened(index, part))  # a dialect may open a part with its content
        events.append(Closed(index))
    stream = written([*events, Ended("tool-calls", used=answer.used)])
    checked(stream)
    whole = msgspec.json.decode(DIALECT.write_answer(answer, ASKED, Notes()))
    final = summed(stream).model_dump(exclude_unset=True, mode="json")
    for item in final["output"]:
        item.pop("parsed_arguments", None)
        for said in item.get("content", ()):
            said.pop("parsed", None)
    assert final == whole


def test_parts_that_overlap_keep_their_places() -> None:
    calls: list[Event] = [Opened(0, ToolCall("c1", "f", "")), Opened(1, ToolCall("c2", "f", ""))]
    pieces: list[Event] = [Added(0, "{"), Added(1, "{}"), Added(0, "}"), Closed(1), Closed(0)]
    stream = written([BEGAN, *calls, *pieces, Ended("tool-calls")])
    checked(stream)
    output = summed(stream).output
    assert [(one.call_id, one.arguments) for one in output if one.type == "function_call"] == [
        ("c1", "{}"),
        ("c2", "{}"),
    ]


def test_a_call_without_arguments_has_an_empty_object() -> None:
    events = checked(written([BEGAN, Opened(0, ToolCall("c1", "f", "")), Closed(0), Ended("tool-calls")]))
    assert [event.get("delta", event.get("arguments")) for event in events if "arguments" in event["type"]] == [
        "{}"
    ] * 2


def test_a_signature_of_a_call_comes_after_it() -> None:
    call: list[Event] = [Opened(0, ToolCall("c1", "f", "")), Added(0, "{}"), Signed(0, "gemini:QUJD"), Closed(0)]
    after: list[Event] = [Opened(1, Text("")), Added(1, "a"), Closed(1)]
    output = checked(written([BEGAN, *call, *after, ENDED]))[-1]["response"]["output"]
    assert [item["id"] for item in output] == ["fc_a_0", "rs_a_1_signs", "msg_a_2"]
    assert output[1]["encrypted_content"] == "minga.gemini.QUJD"


def test_a_refusal_and_a_picture_are_told() -> None:
    picture = Media("image", "image/png", "QUJD")
    stream = written(
        [BEGAN, Opened(0, picture), Closed(0), Opened(1, Refusal("")), Added(1, "No."), Closed(1), Ended("refusal")]
    )
    events = checked(stream)
    assert [event["type"] for event in events if "refusal" in event["type"]] == [
        "response.refusal.delta",
        "response.refusal.done",
    ]
    assert events[-1]["response"]["status"] == "completed"
    assert forms.heard(read(stream)).answer().parts == (picture, Refusal("No."))


@pytest.mark.parametrize(("stop", "name"), [("length", "incomplete"), ("filter", "incomplete"), ("end", "completed")])
def test_the_last_event_says_why_it_ended(stop: Any, name: str) -> None:
    last = checked(written([BEGAN, Ended(stop)]))[-1]
    assert last["type"] == f"response.{name}"
    assert last["response"]["usage"] is None


def test_an_error_in_a_stream_fails_the_response() -> None:
    stream = written([BEGAN, Opened(0, Text("")), Added(0, "a"), Fault(429, "slow", "rate_limit_error")])
    last = checked(stream)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert last["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow"}
    assert read(stream)[-1] == Fault(429, "slow", "rate_limit_exceeded")


def test_an_error_before_the_stream_begins_is_one_that_the_sdk_raises() -> None:
    stream = written([Fault(503, "full", "overloaded_error")])
    with pytest.raises(openai.APIError, match="full"):
        summed(stream)
    assert read(stream) == [Fault(503, "full", "server_is_overloaded")]


def test_an_error_as_openai_tells_it_in_a_stream_is_read() -> None:
    told = {"type": "error", "code": None, "message": "oops", "param": None, "sequence_number": 3}
    assert read(sent({"type": "keepalive"}, told)) == [Fault(500, "oops")]


def test_a_stream_that_is_cut_has_no_end() -> None:
    stream = written([BEGAN, Opened(0, Text("")), Added(0, "a")])
    heard = forms.heard(read(stream))
    assert heard.ended is None
    assert heard.parts == {0: Text("a")}


def test_a_stream_as_openai_sends_it_is_read() -> None:
    response = {"id": "resp_1", "model": "gpt-5", "created_at": 7, "status": "in_progress"}
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
    section = {"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "", "namespace": "s"}
    at = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    said = {"type": "output_text", "text": "ab", "annotations": []}
    used = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    stream = sent(
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": reasoning},
        {"type": "response.novelty", "output_index": 9, "part": 5},
        {**section, "summary_index": 0, "delta": "one"},
        {**section, "summary_index": 1, "delta": "two"},
        {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "not again"},
        {"type": "response.output_item.done", "output_index": 0, "item": {**reasoning, "encrypted_content": "gAAA"}},
        {"type": "response.output_item.added", "output_index": 1, "item": message},
        {"type": "response.content_part.added", **at, "part": {**said, "text": ""}},
        {"type": "response.output_text.delta", **at, "delta": "a", "obfuscation": "xyz"},
        {"type": "response.output_text.delta", **at, "delta": "b"},
        {"type": "response.output_text.done", **at, "text": "ab"},
        {"type": "response.content_part.done", **at, "part": said},
        {"type": "response.output_item.done", "output_index": 1, "item": {**message, "content": [said]}},
        {"type": "response.output_item.added", "output_index": 2, "item": call},
        {"type": "response.output_item.done", "output_index": 2, "item": {**call, "arguments": "{}"}},
        {"type": "response.completed", "response": {**response, "status": "completed", "usage": used}},
    )
    assert read(stream) == [
        Began("resp_1", "gpt-5", created_s=7),
        Opened(0, Thinking(id="rs_1")),
        Added(0, "one"),
        Added(0, "\n\ntwo"),
        Signed(0, "openai-responses:gAAA"),
        Closed(0),
        Opened(1, Text("")),
        Added(1, "a"),
        Added(1, "b"),
        Closed(1),
        Opened(2, ToolCall("c1", "f", "", namespace="s")),
        Added(2, "{}"),
        Closed(2),
        Ended("tool-calls", used=Usage("gpt-5", 3, 0, 0, 2)),
    ]


def test_a_server_that_tells_all_of_it_at_the_end_is_read() -> None:
    answer = Answer("resp_1", "m", (Text("a"), ToolCall("c1", "f", "{}")), "tool-calls", created_s=1)
    whole = msgspec.Raw(DIALECT.write_answer(answer, ASKED, Notes()))
    assert forms.heard(read(sent({"type": "response.completed", "response": whole}))).answer() == answer


@pytest.mark.parametrize(
    "data",
    [
        b"nope",
        b"[]",
        b'{"type":"response.output_text.delta","delta":5}',
        b'{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{"}',
        b'{"type":"response.output_item.added","item":{"type":"function_call"}}',
        b'{"type":"response.completed","response":[]}',
    ],
)
def test_what_is_no_event_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        DIALECT.reader(Notes()).feed("", data)


def _unsigned_calls(answer: Answer) -> Answer:
    """A signature of OpenAI's is on thoughts only."""
    parts = (msgspec.structs.replace(one, signature="") if isinstance(one, ToolCall) else one for one in answer.parts)
    return msgspec.structs.replace(answer, parts=tuple(parts))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_written_is_read_as_it_was(data: st.DataObject) -> None:
    answer = _unsigned_calls(data.draw(forms.answers(signed="openai-responses")))
    stream = written(data.draw(forms.events(answer)))
    assert [event["output_index"] for event in checked(stream) if event["type"].endswith("item.added")] == list(
        range(len(answer.parts))
    )
    parts = [
        msgspec.structs.replace(part, id=f"rs_{answer.id}_{place}") if isinstance(part, Thinking) else part
        for place, part in enumerate(answer.parts)
    ]
    wanted = msgspec.structs.replace(answer, id=f"resp_{answer.id}", parts=tuple(parts))
    assert forms.heard(read(stream)).answer() == wanted


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_stream_is_read_or_unreadable(data: st.DataObject) -> None:
    answer = Answer("a", "m", (Thinking("hm", "anthropic:x"), Text("ñ"), ToolCall("c", "f", "{}")), "tool-calls")
    stream = written(data.draw(forms.events(answer)))
    at = data.draw(st.integers(0, len(stream)))
    put = data.draw(st.sampled_from((b"", b"null", b"{", b"[]", b'"', b"\xff", b"-1", b"\n\n", b"2")))
    mutated = stream[:at] + put + stream[at + data.draw(st.integers(0, 60)) :]
    try:
        told = read(mutated)
    except Unreadable:
        return
    ends = [place for place, event in enumerate(told) if isinstance(event, Ended | Fault)]
    assert ends in ([], [len(told) - 1])
    assert ends == [] or any(name in mutated for name in (b"completed", b"incomplete", b"failed", b"error"))


def test_a_stop_sequence_and_the_phase_of_a_message_are_told_of() -> None:
    notes = Notes()
    writer = DIALECT.writer(ASKED, notes)
    for event in (BEGAN, Ended("stop-sequence", "STOP")):
        writer.feed(event)
    item = {"type": "message", "role": "assistant", "phase": "commentary", "content": []}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    DIALECT.reader(notes).feed("", msgspec.json.encode(done))
    assert (notes.told("changed"), notes.told("lost")) == (["responses-stop"], ["responses-phase"])
