"""Pieces of an answer, read the short way, are what they are when their events are read whole."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.model_calls import Wire
from minga.providers import deltas
from minga.providers.usage import StreamReader

PIECES: dict[Wire, dict[str, object]] = {
    "openai-chat": {"id": "é", "choices": [{"index": 0, "delta": {"content": "hola"}, "finish_reason": None}]},
    "openai-responses": {"type": "response.output_text.delta", "item_id": "m", "delta": "ñandú"},
    "anthropic": {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hola"}},
    "gemini": {"candidates": [{"content": {"parts": [{"text": "hola"}], "role": "model"}, "index": 0}]},
}

MORE_PIECES: list[tuple[Wire, dict[str, object]]] = [
    ("openai-chat", {"choices": [{"delta": {"content": None, "reasoning_content": "hola"}}]}),
    ("openai-chat", {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "hola"}}]}}]}),
    ("openai-responses", {"type": "response.function_call_arguments.delta", "delta": "hola"}),
    ("openai-responses", {"type": "response.reasoning_summary_text.delta", "delta": "hola"}),
    ("anthropic", {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hola"}}),
    ("anthropic", {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "hola"}}),
    ("gemini", {"candidates": [{"content": {"parts": [{"text": "hola", "thought": True}]}}]}),
    ("gemini", {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": 1234}}]}}]}),
]

FIELDS = (
    "type delta choices content reasoning_content thinking partial_json function arguments tool_calls finish_reason"
    " usage error text response message role candidates"
)

NAMES = st.sampled_from(FIELDS.split())

PREFIXES = [b"data: ", b"data:", b"event: x\ndata: ", b": note\ndata:  ", b"id: 1\ndata: "]

VALUES = st.recursive(
    st.sampled_from([None, "", "hola", 0, 7, True, [], {}, "stop", "error", "message_stop", "response.completed"])
    | st.sampled_from(["response.output_text.delta", "response.function_call_arguments.delta", "content_block_delta"])
    | st.sampled_from([{"arguments": "ho"}, [{"function": {"arguments": "ho"}}], "response.audio.delta"])
    | st.sampled_from([{"prompt_tokens": 3}, {"input_tokens": 3}, [{"x": 1}], {"content": "ho"}, {"text": None}]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


def changed(value: object, way: list[str], put: object) -> object:
    """``value`` with ``put`` somewhere within."""
    if not way or not isinstance(value, dict | list):
        return put
    if isinstance(value, list):
        return [changed(one, way, put) for one in value]
    return {**value, way[0]: changed(value.get(way[0]), way[1:], put)}


@st.composite
def events(draw: st.DrawFn, wire: Wire) -> bytes:
    kind = draw(st.sampled_from(["as it is", "changed", "changed", "any", "done", "bytes"]))
    if kind == "done":
        return b"data: [DONE]"
    piece: object = draw(st.sampled_from([PIECES[wire], *(piece for one, piece in MORE_PIECES if one == wire)]))
    if kind == "changed":
        piece = changed(piece, draw(st.lists(NAMES, min_size=1, max_size=3)), draw(VALUES))
    elif kind == "any":
        piece = draw(VALUES)
    data = json.dumps(piece, ensure_ascii=draw(st.booleans())).encode()
    if kind == "bytes":
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from([b"\xff", b"\xc3", b"}", b'"', b",", b"x"])) + data[at:]
    return draw(st.sampled_from(PREFIXES)) + data


@pytest.mark.parametrize("wire", list(PIECES))
@settings(max_examples=60)
@given(data=st.data())
def test_the_short_way_finds_what_the_long_way_finds(wire: Wire, data: st.DataObject) -> None:
    told = data.draw(st.lists(events(wire), max_size=6))
    long, short = StreamReader(wire, "m"), StreamReader(wire, "m")
    long._delta = lambda data: None
    passed = long.feed(b"".join(event.replace(b"\n", b"\r\n") + b"\r\n\r\n" for event in told))

    content, came = b"".join(event + b"\n\n" for event in told), b""
    while content:
        size = data.draw(st.integers(1, len(content)))
        came += short.feed(content[:size])
        content = content[size:]
    assert came == passed.replace(b"\r\n", b"\n")
    assert (short.usage, short.end, short.began, short.text) == (long.usage, long.end, long.began, long.text)


HEADS: dict[Wire, bytes] = {
    "openai-chat": b"data: ",
    "openai-responses": b"event: response.output_text.delta\ndata: ",
    "anthropic": b"event: content_block_delta\ndata: ",
}

SPLIT = [
    b'{"choices": [], "x": [1',
    b"2]}",
    b'{"choices": [{"delta": {"content": "a"}}]},{"choices": []}',
    b'{"type": "content_block_delta", "delta": {"text": "a"}},{"type": "ping"}',
    b"",
    b" ",
    b"{}\n",
    b"{}\ndata: {}",
]
"""What is no JSON by itself, and might be some beside its neighbours."""


def usual(wire: Wire, number: int) -> bytes:
    text = json.dumps(PIECES[wire]).replace("hola", f"word {number}").replace("\\u00f1and\\u00fa", f"word {number}")
    return HEADS[wire] + text.encode() + b"\n\n"


@pytest.mark.parametrize("wire", list(HEADS))
@settings(max_examples=60)
@given(data=st.data())
def test_events_that_come_together_are_read_as_each_alone(wire: Wire, data: st.DataObject) -> None:
    told = [usual(wire, number) for number in range(30)]
    for odd in data.draw(st.lists(events(wire) | st.sampled_from(SPLIT).map(HEADS[wire].__add__), max_size=3)):
        told.insert(data.draw(st.integers(0, len(told))), odd + b"\n\n")
    alone, together = StreamReader(wire, "m"), StreamReader(wire, "m")
    passed = b"".join([alone.feed(event) for event in told]) + alone.finish()
    content = b"".join(told)
    at = data.draw(st.integers(0, len(content)))
    assert together.feed(content[:at]) + together.feed(content[at:]) + together.finish() == passed
    assert (together.usage, together.end, together.began) == (alone.usage, alone.end, alone.began)
    assert together.text == alone.text


@pytest.mark.parametrize("wire", list(HEADS))
def test_usual_events_are_read_together(wire: Wire) -> None:
    content = b"".join(usual(wire, number) for number in range(30))
    many = deltas.read_many(wire, content, 0)
    assert many is not None
    assert many.end == len(content)


@pytest.mark.parametrize(("wire", "piece"), MORE_PIECES)
def test_reasoning_and_arguments_of_tool_calls_are_characters_too(wire: Wire, piece: dict[str, object]) -> None:
    long, short = StreamReader(wire, "m"), StreamReader(wire, "m")
    long._delta = lambda data: None
    for reader in (long, short):
        reader.feed(b"data: " + json.dumps(piece).encode() + b"\n\n")
        assert (reader.text, reader.began) == (4, True)


@pytest.mark.parametrize("wire", ["openai-chat", "openai-responses", "anthropic"])
def test_the_usual_piece_is_read_the_short_way(wire: Wire) -> None:
    assert StreamReader(wire, "m")._delta(json.dumps(PIECES[wire]).encode()) is not None


@pytest.mark.parametrize("wire", list(PIECES))
def test_bytes_that_are_no_text_break_a_stream(wire: Wire) -> None:
    reader = StreamReader(wire, "m")
    event = b"data: " + json.dumps({"x": "?", **PIECES[wire]}).encode().replace(b"?", b"\xff") + b"\n\n"
    assert reader.feed(event) == b""
    assert reader.end == "broken"
