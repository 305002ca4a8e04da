"""Going on with a stream that broke, whatever a provider sends and a caller asked."""

import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.model_calls import ModelCall, Wire
from minga.providers.continuing import Unfit, so_far

WIRES = [wire for wire in get_args(Wire) if wire != "openai-embeddings"]

EACH_WIRE = pytest.mark.parametrize("wire", WIRES)

BEGUN: dict[str, list[dict[str, Any]]] = {
    "openai-chat": [{"id": "1", "choices": [{"index": 0, "delta": {"content": "one"}}]}],
    "openai-responses": [
        {"type": "response.created", "response": {"id": "1"}, "sequence_number": 0},
        {"type": "response.output_item.added", "output_index": 0, "item": {"id": "m", "type": "message"}},
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": "one"},
    ],
    "anthropic": [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "one"}},
    ],
    "gemini": [{"candidates": [{"content": {"parts": [{"text": "one"}]}}]}],
}

WRONG: dict[str, dict[str, Any]] = {
    "openai-chat": {"choices": [{"index": "a", "delta": {"content": "two"}}]},
    "openai-responses": {"type": "response.output_item.added", "output_index": "a", "item": {"type": "message"}},
    "anthropic": {"type": "content_block_start", "index": "a", "content_block": {"type": "text"}},
    "gemini": {"candidates": [{"content": {"parts": [{"text": ["two"]}]}}]},
}

ASKED: dict[str, dict[str, Any]] = {
    "openai-chat": {"messages": [{"role": "user", "content": "hola"}]},
    "openai-responses": {"input": "hola"},
    "anthropic": {"messages": [{"role": "user", "content": "hola"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]},
}

WORDS = ["type", "index", "delta", "text", "content", "content_block", "choices", "candidates", "parts", "item", "id"]
WORDS += ["item_id", "output_index", "sequence_number", "response", "output", "part", "tool_calls"]

KINDS = ["text", "message", "message_start", "message_delta", "content_block_start", "content_block_delta"]
KINDS += ["content_block_stop", "response.created", "response.output_item.added", "response.output_item.done"]
KINDS += ["response.output_text.delta", "response.content_part.added", "response.completed", "a\nb", "m"]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**64) | st.floats(allow_nan=False) | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.lists(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=6), max_size=4)


def sse(told: list[dict[str, Any]]) -> bytes:
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in told)


def call(wire: Wire, body: object) -> ModelCall:
    return ModelCall(
        wire=wire,
        method="POST",
        path="/",
        query="",
        model="m",
        stream=True,
        counts=False,
        answer_max=None,
        headers=(),
        body=json.dumps(body).encode(),
    )


@EACH_WIRE
@settings(max_examples=30)
@given(before=EVENTS, after=EVENTS)
def test_nothing_that_a_provider_sends_ends_it_in_the_middle(
    wire: Wire, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    for first in (before, [*BEGUN[wire], *before]):
        one = so_far(wire)
        one.feed(sse(first))
        if one.can_go_on:
            assert one.request(call(wire, ASKED[wire])).body
        given_on = one.seam().feed(sse(after))
        for line in given_on.splitlines():
            assert not line or line.startswith((b"event: ", b"data: {"))


@EACH_WIRE
def test_after_an_event_that_is_not_of_the_wires_form_it_cannot_go_on(wire: Wire) -> None:
    for wrong in (sse([WRONG[wire]]), b'data: {"choices": [\n\n', b"data: " + b'{"a":' * 9999 + b"\n\n"):
        one = so_far(wire)
        one.feed(sse(BEGUN[wire]))
        assert one.can_go_on
        one.feed(wrong)
        one.feed(sse(BEGUN[wire]))
        assert not one.can_go_on


@EACH_WIRE
def test_what_cannot_be_joined_passes_as_it_is(wire: Wire) -> None:
    one = so_far(wire)
    one.feed(sse(BEGUN[wire]))
    seam = one.seam()
    told = seam.feed(sse([WRONG[wire]])).split(b"data: ")[1]
    assert WRONG[wire].items() <= json.loads(told).items()
    assert seam.feed(b'data: {"no": json\n\n') == b'data: {"no": json\n\n'


@EACH_WIRE
def test_a_call_that_is_not_of_the_wires_form_is_not_asked_again(wire: Wire) -> None:
    one = so_far(wire)
    one.feed(sse(BEGUN[wire]))
    asked = call(wire, ASKED[wire])
    assert b"one" in one.request(asked).body
    [name] = ASKED[wire]
    wrong: list[object] = [{name: 7}, {name: {"role": "user"}}]
    wrong += [] if wire == "openai-responses" else [{}]
    for body in wrong:
        with pytest.raises(Unfit):
            one.request(replace(asked, body=json.dumps(body).encode()))
