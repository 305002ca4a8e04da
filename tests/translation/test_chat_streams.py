"""Streams of Chat Completions: chunks read, and chunks that OpenAI's SDK puts together again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from forms import answers, events, heard
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from minga.domain.events import Usage
from minga.providers.translation.chat import DIALECT
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Media,
    Opened,
    Part,
    Refusal,
    Request,
    Signed,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.sse import events_of

ASKED = Request("m", ())
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def chunk(delta: Mapping[str, object] | None = None, reason: str | None = None, **fields: object) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return json.dumps({"id": "a1", "created": 7, "model": "m", "choices": choices, **fields}).encode()


def call(index: int | None = 0, id_: str | None = None, name: str | None = None, arguments: str = "") -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece = {key: value for key, value in (("index", index), ("id", id_)) if value is not None}
    return {"tool_calls": [{**piece, "function": function}]}


def read(chunks: Iterable[bytes]) -> tuple[list[Event], Notes]:
    notes = Notes()
    reader = DIALECT.reader(notes)
    told = [event for data in chunks for event in reader.feed("", data)]
    return [*told, *reader.finish()], notes


def said(*deltas: Mapping[str, object], reason: str = "stop") -> tuple[Part, ...]:
    chunks = [*(chunk(delta) for delta in deltas), chunk({}, reason), b"[DONE]"]
    return heard(read(chunks)[0]).answer().parts


def written(told: Iterable[Event], asked: Request = ASKED) -> tuple[list[dict[str, Any]], Notes]:
    notes = Notes()
    writer = DIALECT.writer(asked, notes)
    *chunks, last = [data for _, data in events_of(b"".join(map(writer.feed, told)))]
    assert last == b"[DONE]"
    for data in chunks:
        if b'"custom"' not in data:  # which the types of OpenAI's SDK do not have in streams
            ChatCompletionChunk.model_validate_json(data)
    return [json.loads(data) for data in chunks], notes


def test_words_and_what_they_used_are_read_event_by_event() -> None:
    chunks = [
        chunk(None, prompt_filter_results=[], id="", model=""),  # Azure begins so
        chunk({"role": "assistant", "content": "", "refusal": None}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({}, "stop"),
        chunk(None, usage=USAGE),
        b"[DONE]",
    ]
    told, notes = read(chunks)
    assert told == [
        Began("a1", "m", None, 7),
        Opened(0, Text("")),
        Added(0, "Hel"),
        Added(0, "lo"),
        Closed(0),
        Ended("end", "", Usage("m", 9, 0, 0, 3)),
    ]
    assert not notes.found


@pytest.mark.parametrize("last", [[], [b"[DONE]"]], ids=["just ends", "done"])
def test_a_stream_without_usage_ends_too(last: list[bytes]) -> None:
    assert read([chunk({"content": "a"}), chunk({}, "stop"), *last])[0][-1] == Ended("end")


def test_a_stream_that_was_cut_has_no_end() -> None:
    assert read([chunk({"content": "a"})])[0] == [Began("a1", "m", None, 7), Opened(0, Text("")), Added(0, "a")]
    assert read([chunk({"role": "assistant"}), b"[DONE]"])[0] == [Began("a1", "m", None, 7)]  # nothing was said


def test_a_stream_that_is_done_without_a_reason_ends_by_what_it_has_and_that_is_told() -> None:
    told, notes = read([chunk({"content": "a"}), b"[DONE]"])
    assert told[-2:] == [Closed(0), Ended("end")]
    assert notes.told("changed") == ["chat-no-stop"]
    whole = read([chunk(call(0, "c1", "f", '{"a":')), chunk(call(0, "", "", "1}")), b"[DONE]"])[0]
    assert whole[-2:] == [Closed(0), Ended("tool-calls")]
    assert read([chunk(call(0, "c1", "f", '{"a":')), b"[DONE]"])[0][-1] == Ended("length")


def test_thoughts_words_and_refusals_are_parts_of_their_own() -> None:
    assert said({"reasoning_content": "H"}, {"reasoning": "m."}, {"content": "Yes"}, {"refusal": "No."}) == (
        Thinking("Hm."),
        Text("Yes"),
        Refusal("No."),
    )


@pytest.mark.parametrize(
    "deltas",
    [
        [call(0, "c1", "f"), call(0, None, None, '{"a"'), call(0, None, None, ":1}"), call(1, "c2", "g", "{}")],
        [call(0, "c1", "f", '{"a":1}'), call(1, "c2", "g", "{}")],
        [{"tool_calls": [call(0, "c1", "f", '{"a":1}')["tool_calls"][0], call(1, "c2", "g", "{}")["tool_calls"][0]]}],
        [call(0, None, "f"), call(0, None, None, '{"a":1}'), call(0, "c1"), call(1, "c2", "g", "{}")],
        [call(0, "c1", "f", '{"a"'), call(0, "c1", "f", ":1}"), call(1, "c2", "g", "{"), call(1, "c2", "g", "}")],
        [call(0, "c1", "f", '{"a":1}'), call(0, "c2", "g", "{}")],
        [call(None, "c1", "f"), call(None, None, None, '{"a":1}'), call(None, "c2", "g", "{}")],
        [call(None, "c1", "f", '{"a":'), call(None, "c1", None, "1}"), call(None, "c2", "g", "{}")],
        [call(0, "c1", "f", '{"a"'), call(1, "c2", "g", "{"), call(0, None, None, ":1}"), call(1, None, None, "}")],
    ],
    ids=["openai", "whole", "one chunk", "late id", "name again", "one place", "no place", "ids only", "mixed"],
)
def test_calls_are_put_together_however_their_pieces_come(deltas: Sequence[Mapping[str, object]]) -> None:
    assert said(*deltas, reason="tool_calls") == (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g", "{}"))


def test_calls_without_ids_get_some() -> None:
    deltas = [call(0, None, "f", "{}"), call(0, None, "g", "{}"), call(2, None, "h")]
    assert said(*deltas) == (
        ToolCall("call_0", "f", "{}"),
        ToolCall("call_1", "g", "{}"),
        ToolCall("call_2", "h", ""),
    )


def test_a_function_of_the_old_form_and_a_custom_tool_are_calls() -> None:
    old = [{"function_call": {"name": "f", "arguments": "{"}}, {"function_call": {"arguments": "}"}}]
    custom = [
        {"tool_calls": [{"index": 0, "id": "c1", "type": "custom", "custom": {"name": "p", "input": "*"}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "*"}}]},
    ]
    assert said(*old, reason="function_call") == (ToolCall("call_0", "f", "{}"),)
    assert said(*custom) == (ToolCall("c1", "p", "**", custom=True),)
    stray = {"tool_calls": [{**call(0, "c1", "f", "{}")["tool_calls"][0], "custom": {}}]}
    assert said(stray) == (ToolCall("c1", "f", "{}"),)


def test_a_whole_call_is_closed_before_the_next_part_begins() -> None:
    told, _ = read([chunk(call(0, "c1", "f", "{}")), chunk(call(1, "c2", "g", "{}")), chunk({}, "tool_calls")])
    assert [type(event) for event in told] == [Began, *[Opened, Added, Closed] * 2, Ended]


def test_signatures_are_read_from_what_each_server_has_for_them() -> None:
    gemini = {"google": {"thought_signature": "c2ln"}}
    signed = {"tool_calls": [{**call(0, "c1", "f", "{}")["tool_calls"][0], "extra_content": gemini}]}
    assert said(signed) == (ToolCall("c1", "f", "{}", signature="gemini:c2ln"),)
    assert said({"content": "a"}, {"extra_content": gemini}) == (Text("a", signature="gemini:c2ln"),)
    details: list[dict[str, object]] = [
        {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "format": "f"}]},
        {"reasoning_details": [{"type": "reasoning.text", "signature": "c2ln", "format": "f"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "ZW5j"}]},
    ]
    assert said(*details) == (
        Thinking("Hm", "openai-chat:f|c2ln"),
        Thinking("", "openai-chat:ZW5j", redacted=True),
    )


def test_thoughts_that_only_the_details_tell_are_read() -> None:
    piece = {"type": "reasoning.summary", "summary": "Hm"}
    assert said({"reasoning_details": [piece]}, {"reasoning_details": [piece]}) == (Thinking("HmHm"),)


def test_pictures_are_read_and_other_extras_are_told() -> None:
    images = [{"image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]
    told, notes = read([chunk({"images": images, "annotations": [{}], "audio": {"id": "a"}}), chunk({}, "stop")])
    assert heard(told).answer().parts == (Media("image", "image/png", "iVBORw0KGgo="),)
    assert sorted(notes.told("lost")) == ["chat-answer-field(annotations)", "chat-answer-field(audio)"]


def test_of_several_answers_the_first_is_read() -> None:
    other = json.dumps({"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": "stop"}]}).encode()
    told, notes = read([chunk({"content": "a"}), other, chunk({}, "stop")])
    assert heard(told).answer().parts == (Text("a"),)
    assert notes.told("lost") == ["chat-more-choices"]


@pytest.mark.parametrize(
    ("last", "fault"),
    [
        (b'{"error":{"message":"slow","code":"rate_limit_exceeded"}}', Fault(429, "slow", "rate_limit_exceeded")),
        (b'{"error":{"message":"odd","code":503}}', Fault(503, "odd")),
        (b'{"error":"odd"}', Fault(502, "odd")),
        (b'{"object":"error","message":"odd","code":400}', Fault(400, "odd")),
        (chunk({}, "error"), Fault(502, "the provider broke its answer off: error")),
    ],
    ids=["word", "number", "text", "vllm", "reason"],
)
def test_an_error_inside_a_stream_is_its_last_event(last: bytes, fault: Fault) -> None:
    told, _ = read([chunk({"content": "a"}), last, chunk({}, "stop"), b"[DONE]"])
    assert [event for event in told if isinstance(event, Ended | Fault)] == [fault]
    assert told[-1] == fault


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"message":"odd","type":"overloaded_error"}', Fault(503, "odd", "overloaded_error")),
        (b"odd", Fault(502, "odd")),
    ],
    ids=["object", "text"],
)
def test_an_event_that_is_called_an_error_is_one(data: bytes, fault: Fault) -> None:
    assert DIALECT.reader(Notes()).feed("error", data) == (fault,)


@pytest.mark.parametrize(
    "chunks",
    [
        [b"<html>"],
        [b"[1]"],
        [b'{"choices":[{"delta":3}]}'],
        [chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}), chunk({}, "stop")],
        [chunk(call(0, "c1", "f", "{}")), chunk({"content": "a"}), chunk(call(0, None, None, "{}"))],
    ],
    ids=["page", "list", "delta", "nameless", "after the end"],
)
def test_what_is_no_stream_is_unreadable(chunks: list[bytes]) -> None:
    with pytest.raises(Unreadable):
        read(chunks)


EVENTS: tuple[Event, ...] = (
    Began("a1", "m", None, 7),
    Opened(0, Thinking()),
    Added(0, "Hm."),
    Signed(0, "anthropic:c2ln"),
    Closed(0),
    Opened(1, Text("")),
    Added(1, "I look."),
    Closed(1),
    Opened(2, ToolCall("c1", "look", "")),
    Added(2, '{"a"'),
    Added(2, ":1}"),
    Closed(2),
    Opened(3, ToolCall("c2", "look", "")),
    Signed(3, "gemini:c2ln"),
    Added(3, "{}"),
    Closed(3),
    Ended("tool-calls", "", Usage("m", 9, 0, 0, 3)),
)


def test_chunks_come_in_the_order_that_openai_has() -> None:
    chunks, notes = written(EVENTS)
    detail = {"type": "reasoning.text", "text": "Hm.", "signature": "minga.anthropic.c2ln", "index": 0}
    signed = {"index": 1, "function": {"arguments": ""}, "extra_content": {"google": {"thought_signature": "c2ln"}}}
    calls = [
        {"index": index, "id": f"c{index + 1}", "type": "function", "function": {"name": "look", "arguments": ""}}
        for index in (0, 1)
    ]
    assert [one["choices"][0]["delta"] for one in chunks[:-1]] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning_content": "Hm."},
        {"reasoning_details": [detail]},
        {"content": "I look."},
        {"tool_calls": [calls[0]]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {"tool_calls": [calls[1]]},
        {"tool_calls": [signed]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert [one["choices"][0]["finish_reason"] for one in chunks[-3:-1]] == [None, "tool_calls"]
    assert [one["usage"] for one in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 12
    assert not notes.found


def test_usage_is_left_out_where_it_is_not_wanted_or_not_known() -> None:
    unwanted, _ = written(EVENTS, Request("m", (), usage_wanted=False))
    unknown, _ = written((*EVENTS[:-1], Ended("tool-calls")))
    assert not any("usage" in one for one in unwanted)
    assert not any(one["usage"] for one in unknown)


def test_openais_sdk_puts_the_chunks_together() -> None:
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    done = [
        event.type
        for one in written(EVENTS)[0]
        for event in state.handle_chunk(ChatCompletionChunk.model_validate(one))
        if event.type.endswith(".done")
    ]
    final = state.get_final_completion()
    message = final.choices[0].message
    assert message.content == "I look."
    assert message.tool_calls is not None
    assert [one.function.arguments for one in message.tool_calls] == ['{"a":1}', "{}"]
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage is not None
    assert done == ["content.done", *["tool_calls.function.arguments.done"] * 2]


def test_other_parts_are_written_and_what_cannot_be_said_is_told() -> None:
    chunks, notes = written(
        (
            Began("a1", "m"),
            Opened(0, ToolCall("c1", "p", "", custom=True)),
            Added(0, "*"),
            Closed(0),
            Opened(1, Text("")),
            Added(1, "a"),
            Closed(1),
            Opened(2, Refusal("")),
            Added(2, "No."),
            Closed(2),
            Opened(3, Media("image", "image/png", "iVBORw0KGgo=")),
            Closed(3),
            Opened(4, Thinking(redacted=True)),
            Signed(4, "anthropic:ZW5j"),
            Closed(4),
            Ended("pause"),
        )
    )
    assert [one["choices"][0]["delta"] for one in chunks[1:-1]] == [
        {"tool_calls": [{"index": 0, "id": "c1", "type": "custom", "custom": {"name": "p", "input": ""}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "*"}}]},
        {"content": "a"},
        {"refusal": "No."},
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "minga.anthropic.ZW5j", "index": 0}]},
    ]
    assert notes.told("changed") == ["chat-answer-order", "chat-joined(text)", "chat-stop(pause)"]
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for one in chunks:
        state.handle_chunk(ChatCompletionChunk.construct(**one))
    assert state.current_completion_snapshot.choices[0].message.refusal == "No."


def test_an_error_ends_a_stream_without_a_clean_end() -> None:
    writer = DIALECT.writer(ASKED, Notes())
    error = json.loads(writer.feed(Fault(503, "busy")).removeprefix(b"data: "))
    assert error == {
        "error": {"message": "busy", "type": "server_error", "param": None, "code": "server_overloaded"},
    }


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_what_is_written_reads_back_as_it_was(data: st.DataObject) -> None:
    answer = data.draw(answers(signed="openai-chat", signed_text="gemini"))
    notes = Notes()
    writer = DIALECT.writer(ASKED, notes)
    stream = b"".join(map(writer.feed, data.draw(events(answer))))
    assert heard(read(told for _, told in events_of(stream))[0]).answer() == answer
    assert not notes.found


_WHOLE = [data for _, data in events_of(b"".join(map(DIALECT.writer(ASKED, Notes()).feed, EVENTS)))]


@given(st.integers(0, len(_WHOLE) - 1), st.integers(0, 200), st.integers(0, 8), st.binary(max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_events_or_unreadable(which: int, start: int, length: int, instead: bytes) -> None:
    broken = _WHOLE[which][:start] + instead + _WHOLE[which][start + length :]
    try:
        told, _ = read([*_WHOLE[:which], broken, *_WHOLE[which + 1 :]])
    except Unreadable:
        return
    assert not any(isinstance(event, Ended | Fault) for event in told[:-1])


def test_characters_of_any_language_keep_their_form() -> None:
    said_, arguments = "ñandú 🦤 \u2028 \\n", '{"a":"\\u00e9"}'
    told: list[Event] = [Began("a1", "m"), Opened(0, Text("")), Added(0, said_), Closed(0)]
    told += [Opened(1, ToolCall("c1", "f", "")), Added(1, arguments), Closed(1), Ended("tool-calls")]
    chunks, _ = written(told)
    back = heard(read(json.dumps(one).encode() for one in chunks)[0]).answer()
    assert back.parts == (Text(said_), ToolCall("c1", "f", arguments))


def test_a_content_that_is_neither_words_nor_thoughts_is_told_of() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    assert "chat-answer-field(content of type image_url)" in read([chunk({"content": [picture]})])[1].told("lost")
