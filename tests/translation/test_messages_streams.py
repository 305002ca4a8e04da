"""Streams of Anthropic's Messages, read and written: as its SDK takes them, one block at a time."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from messages_examples import STREAM
from pydantic import TypeAdapter

from minga.domain.events import Usage
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
    Refusal,
    Request,
    Signed,
    Text,
    Thinking,
    ToolCall,
    Turn,
)
from minga.providers.translation.messages import DIALECT
from minga.providers.translation.notes import Notes
from minga.providers.translation.sse import events_of

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
ASKED = Request("claude-x", (Turn("user", (Text("Hello"),)),), stream=True)

READ: tuple[Event, ...] = (
    Began("msg_1", "claude-x", Usage("claude-x", 9, 7, 0, 1)),
    Opened(0, Thinking()),
    Added(0, "Hm"),
    Signed(0, "anthropic:c2ln"),
    Closed(0),
    Opened(1, Text("")),
    Added(1, "Señor"),
    Closed(1),
    Opened(2, ToolCall("toolu_1", "look", "")),
    Added(2, '{"at":'),
    Added(2, "1}"),
    Closed(2),
    Ended("tool-calls", "", Usage("claude-x", 9, 7, 0, 20)),
)

BEGAN = Began("a", "m", Usage("m", 5, 0, 0, 0))
ENDED = Ended("end", "", Usage("m", 5, 0, 0, 3))


def read(lines: Iterable[bytes], notes: Notes | None = None) -> list[Event]:
    reader = DIALECT.reader(notes or Notes())
    events = [event for line in lines for event in reader.feed("", line)]
    return [*events, *reader.finish()]


def written(events: Sequence[Event], notes: Notes | None = None) -> list[dict[str, Any]]:
    writer = DIALECT.writer(ASKED, notes or Notes())
    told = []
    for name, data in events_of(b"".join(writer.feed(event) for event in events)):
        EVENT.validate_json(data, strict=True)
        told.append(json.loads(data))
        assert told[-1]["type"] == name
    return told


def heard(events: Sequence[Event]) -> Message:
    """What the SDK makes of the stream."""
    writer = DIALECT.writer(ASKED, Notes())
    body = b"".join(writer.feed(event) for event in events)
    answer = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    http = httpx2.Client(transport=httpx2.MockTransport(lambda _: answer))
    client = anthropic.Anthropic(api_key="k", base_url="http://gateway.test", http_client=http, max_retries=0)
    asked = [{"role": "user", "content": "Hello"}]
    with client.messages.stream(model="claude-x", max_tokens=9, messages=asked) as stream:  # type: ignore[arg-type]
        return stream.get_final_message()


def test_a_stream_is_read_event_by_event() -> None:
    assert read(STREAM) == list(READ)


def test_a_stream_is_written_as_anthropic_sends_it() -> None:
    sent = [json.loads(line) for line in STREAM]
    expected = [one for one in sent if one["type"] != "ping" and one.get("delta", {}).get("partial_json") != ""]
    expected[-2]["usage"] = {**expected[0]["message"]["usage"], "output_tokens": 20}
    assert written(READ) == expected


def test_the_sdk_puts_a_stream_together() -> None:
    message = heard(READ)
    assert [block.to_dict() for block in message.content] == [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "text", "text": "Señor"},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": 1}},
    ]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("tool_use", 9, 20)


def test_parts_that_overlap_become_blocks_one_after_the_other() -> None:
    message = heard(
        (
            BEGAN,
            Opened(0, Text("")),
            Added(0, "Two"),
            Opened(1, ToolCall("a", "look", "")),
            Opened(2, ToolCall("b", "look", "")),
            Added(2, '{"n":2}'),
            Added(1, '{"n":'),
            Closed(2),
            Added(0, " calls"),
            Closed(0),
            Added(1, "1}"),
            Closed(1),
            Ended("tool-calls"),
        )
    )
    assert [block.to_dict() for block in message.content] == [
        {"type": "text", "text": "Two calls"},
        {"type": "tool_use", "id": "a", "name": "look", "input": {"n": 1}},
        {"type": "tool_use", "id": "b", "name": "look", "input": {"n": 2}},
    ]


def test_what_is_told_of_a_part_does_not_wait_for_the_end() -> None:
    writer = DIALECT.writer(ASKED, Notes())
    for event in (BEGAN, Opened(0, ToolCall("a", "look", ""))):
        assert writer.feed(event)
    assert b'"partial_json":"{\\"a"' in writer.feed(Added(0, '{"a'))


def test_parts_without_content_are_no_blocks() -> None:
    events = (BEGAN, Opened(0, Text("")), Added(0, ""), Closed(0), Opened(1, Thinking()), Closed(1), ENDED)
    assert [one["type"] for one in written(events)] == ["message_start", "message_delta", "message_stop"]


def test_thoughts_of_which_only_the_signature_is_told() -> None:
    events = (
        BEGAN,
        Opened(0, Thinking()),
        Signed(0, "openai-responses:ZW5j"),
        Closed(0),
        Opened(1, Thinking("", "anthropic:ZW5j", redacted=True)),
        Closed(1),
        ENDED,
    )
    assert [block.to_dict() for block in heard(events).content] == [
        {"type": "thinking", "thinking": "", "signature": "minga.openai-responses.ZW5j"},
        {"type": "redacted_thinking", "data": "ZW5j"},
    ]


def test_signatures_of_calls_and_texts_go_along() -> None:
    events = (
        BEGAN,
        Opened(0, ToolCall("a", "look", "", signature="gemini:QQ==")),
        Closed(0),
        Opened(1, Text("")),
        Added(1, "x"),
        Signed(1, "gemini:Qg=="),
        Closed(1),
        Opened(2, Text("")),
        Signed(2, "gemini:Qw=="),
        Closed(2),
        ENDED,
    )
    assert [block.to_dict() for block in heard(events).content] == [
        {"type": "thinking", "thinking": "", "signature": "minga.next.gemini.QQ=="},
        {"type": "tool_use", "id": "a", "name": "look", "input": {}},
        {"type": "text", "text": "x"},
        {"type": "thinking", "thinking": "", "signature": "minga.last.gemini.Qg=="},
        {"type": "thinking", "thinking": "", "signature": "minga.alone.gemini.Qw=="},
    ]


def test_arguments_in_a_fence_are_mended_and_broken_ones_end_the_stream() -> None:
    call = (BEGAN, Opened(0, ToolCall("a", "look", "")))
    notes = Notes()
    told = written((*call, Added(0, " ```js"), Added(0, 'on\n{"n":1}'), Added(0, "\n```"), Closed(0), ENDED), notes)
    assert [one["delta"]["partial_json"] for one in told if one["type"] == "content_block_delta"] == ['{"n":1}']
    assert notes.told("changed") == ["arguments-mended(look)"]
    for broken in ('{"n":', "none", '{"n":1} and'):
        with pytest.raises(Unreadable, match="'look' are not a JSON object"):
            written((*call, Added(0, broken), Closed(0), ENDED))


def test_arguments_that_the_limit_cut_off_end_as_anthropic_ends_them() -> None:
    notes = Notes()
    call = (BEGAN, Opened(0, ToolCall("a", "look", "")), Added(0, '{"n":'), Closed(0))
    told = written((*call, Ended("length")), notes)
    assert [one["delta"]["stop_reason"] for one in told if one["type"] == "message_delta"] == ["max_tokens"]
    assert notes.told("lost") == ["call-cut"]


def test_what_messages_cannot_say_is_told() -> None:
    notes = Notes()
    picture = (Opened(0, Media("image", "image/png", "QQ==")), Closed(0))
    told = written((BEGAN, *picture, Opened(1, Refusal("")), Added(1, "No."), Closed(1), Ended("filter")), notes)
    assert [one.get("index") for one in told] == [None, 0, 0, 0, None, None]
    assert notes.told("lost") == ["anthropic-media(image/png)"]
    assert notes.told("changed") == ["anthropic-refusal", "anthropic-filter"]


def test_a_provider_that_tells_nothing_of_itself() -> None:
    told = written((Began("", ""), Ended("end")))
    assert told[0]["message"]["id"] == "msg_000001"
    assert told[0]["message"]["model"] == "claude-x"
    assert told[0]["message"]["usage"] == {"input_tokens": 0, "output_tokens": 0}
    assert told[1]["usage"] == {"output_tokens": 0}


def test_an_error_ends_a_stream_as_one() -> None:
    writer = DIALECT.writer(ASKED, Notes())
    assert writer.feed(Fault(529, "busy")) == (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    )
    error = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}'
    assert read((*STREAM[:1], error, *STREAM[-1:]))[1:] == [Fault(429, "slow", "rate_limit_error")]
    with pytest.raises(anthropic.APIStatusError, match="slow"):
        heard((BEGAN, Fault(429, "slow")))


def test_a_stream_that_is_cut_has_no_end() -> None:
    for length in range(len(STREAM)):
        assert not any(isinstance(event, Ended) for event in read(STREAM[:length]))


def test_servers_that_give_a_block_at_once() -> None:
    begun = b'{"type":"content_block_start","index":0,"content_block":'
    call = begun + b'{"type":"tool_use","id":"a","name":"b","input":{"n":1}}}'
    thought = (
        b'{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"x","signature":"s"}}'
    )
    assert read((STREAM[0], call, thought))[1:] == [
        Opened(0, ToolCall("a", "b", "")),
        Added(0, '{"n":1}'),
        Opened(1, Thinking()),
        Added(1, "x"),
        Signed(1, "anthropic:s"),
    ]


def test_blocks_that_are_left_out_are_told() -> None:
    notes = Notes()
    call = b'{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"a"}}'
    delta = b'{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}'
    cited = b'{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{}}}'
    stop = b'{"type":"content_block_stop","index":0}'
    later = b'{"type":"moonrise"}'
    assert read((STREAM[0], call, delta, stop, STREAM[6], cited, later), notes)[1:] == [Opened(1, Text(""))]
    left = ["anthropic-server-tool(server_tool_use)", "anthropic-citations(text)", "anthropic-beside(moonrise)"]
    assert notes.told("lost") == left


WRONG = {
    "no JSON": [b"{"],
    "a list": [b"[]"],
    "a block before the message": [STREAM[6]],
    "two beginnings": [STREAM[0], STREAM[0]],
    "a block twice": [STREAM[0], STREAM[6], STREAM[6]],
    "a delta of no block": [STREAM[0], STREAM[3]],
    "an end of no block": [STREAM[0], STREAM[5]],
    "an end in a block": [STREAM[0], STREAM[6], STREAM[-2], STREAM[-1]],
    "an end without a reason": [STREAM[0], STREAM[-1]],
    "half an event": [b'{"type":"message_start"}'],
}


@pytest.mark.parametrize("case", list(WRONG))
def test_what_is_no_stream_is_unreadable(case: str) -> None:
    with pytest.raises(Unreadable):
        read(WRONG[case])
