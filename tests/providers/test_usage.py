"""What answers used, as every wire tells it: vendors' own examples, and any bytes at all."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached, Wire
from minga.providers.usage import EVENT_MAX, Garbage, StreamReader, of_body

WIRES: list[Wire] = ["openai-chat", "openai-responses", "openai-embeddings", "anthropic", "gemini"]

XAI = {
    "prompt_tokens": 663,
    "prompt_tokens_details": {"cached_tokens": 654},
    "completion_tokens": 50,
    "completion_tokens_details": {"reasoning_tokens": 124},
    "total_tokens": 837,
}
"""docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/grok/capabilities/reasoning"""

OTHERS: dict[str, tuple[Wire, dict[str, object], Usage]] = {
    "thoughts of anthropic": (
        "anthropic",
        {"usage": {"input_tokens": 9, "output_tokens": 20, "output_tokens_details": {"thinking_tokens": 12}}},
        Usage("m", 9, 0, 0, 20, 12),
    ),
    "xai": ("openai-chat", {"usage": XAI}, Usage("m", 9, 654, 0, 174, 124)),
    "gemini in OpenAI's form": (
        "openai-chat",
        {"usage": {"prompt_tokens": 9, "completion_tokens": 20, "total_tokens": 129}},
        Usage("m", 9, 0, 0, 120, 100),
    ),
    "deepseek": (
        "openai-chat",
        {
            "usage": {
                "prompt_tokens": 1000,
                "prompt_cache_hit_tokens": 900,
                "prompt_cache_miss_tokens": 100,
                "completion_tokens": 10,
                "total_tokens": 1010,
            }
        },
        Usage("m", 100, 900, 0, 10),
    ),
    "written to the cache": (
        "openai-chat",
        {
            "usage": {
                "prompt_tokens": 1000,
                "prompt_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 300},
                "completion_tokens": 10,
                "total_tokens": 1010,
            }
        },
        Usage("m", 100, 600, 300, 10),
    ),
    "more cached than given": (
        "openai-chat",
        {"usage": {"prompt_tokens": 5, "completion_tokens": 1, "prompt_cache_hit_tokens": 2**40}},
        Usage("m", 0, 5, 0, 1),
    ),
    "anthropic, a cache of an hour": (
        "anthropic",
        {
            "usage": {
                "input_tokens": 2048,
                "cache_read_input_tokens": 1800,
                "cache_creation_input_tokens": 248,
                "output_tokens": 503,
                "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
            }
        },
        LongCached("m", 2048, 1800, 248, 503, cache_write_1h_tokens=100),
    ),
    "gemini with a tool of its own": (
        "gemini",
        {
            "usageMetadata": {
                "promptTokenCount": 10,
                "toolUsePromptTokenCount": 5000,
                "candidatesTokenCount": 10,
                "totalTokenCount": 5020,
            }
        },
        Usage("m", 5010, 0, 0, 10),
    ),
}

BODIES: list[tuple[Wire, dict[str, object], Usage]] = [
    (
        "openai-chat",
        {
            "usage": {
                "prompt_tokens": 1117,
                "completion_tokens": 46,
                "prompt_tokens_details": {"cached_tokens": 1024},
                "completion_tokens_details": {"reasoning_tokens": 20},
            }
        },
        Usage("m", 93, 1024, 0, 46, 20),
    ),
    (
        "openai-responses",
        {
            "usage": {
                "input_tokens": 328,
                "input_tokens_details": {"cached_tokens": 300},
                "output_tokens": 52,
                "output_tokens_details": {"reasoning_tokens": 5},
            }
        },
        Usage("m", 28, 300, 0, 52, 5),
    ),
    ("openai-embeddings", {"usage": {"prompt_tokens": 8, "total_tokens": 8}}, Usage("m", 8, 0, 0, 0)),
    (
        "anthropic",
        {
            "usage": {
                "input_tokens": 50,
                "cache_read_input_tokens": 100_000,
                "cache_creation_input_tokens": 248,
                "output_tokens": 503,
            }
        },
        Usage("m", 50, 100_000, 248, 503),
    ),
    (
        "gemini",
        {
            "usageMetadata": {
                "promptTokenCount": 500,
                "cachedContentTokenCount": 400,
                "candidatesTokenCount": 30,
                "thoughtsTokenCount": 12,
            }
        },
        Usage("m", 100, 400, 0, 42, 12),
    ),
]


@pytest.mark.parametrize(("wire", "body", "used"), BODIES, ids=[wire for wire, _, _ in BODIES])
def test_cached_tokens_are_no_input_and_reasoning_is_output(wire: Wire, body: dict[str, object], used: Usage) -> None:
    assert of_body(wire, "m", json.dumps(body).encode()) == used


@pytest.mark.parametrize("vendor", list(OTHERS))
def test_what_vendors_count_in_their_own_way_is_paid_for_as_they_bill_it(vendor: str) -> None:
    wire, body, used = OTHERS[vendor]
    assert of_body(wire, "m", json.dumps(body).encode()) == used


def test_an_hours_cache_stays_one_when_a_stream_tells_its_totals() -> None:
    _, body, used = OTHERS["anthropic, a cache of an hour"]
    reader = StreamReader("anthropic", "m")
    for event in ({"type": "message_start", "message": body}, {"type": "message_delta", "usage": {"output_tokens": 7}}):
        reader.feed(b"data: " + json.dumps(event).encode() + b"\n\n")
    assert reader.usage == replace(used, output_tokens=7)


STREAMS: list[tuple[Wire, list[dict[str, object]], Usage, str]] = [
    (
        "openai-chat",
        [
            {"choices": [{"delta": {"content": "hola"}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 12}},
        ],
        Usage("m", 9, 0, 0, 12),
        "whole",
    ),
    (
        "openai-responses",
        [
            {"type": "response.output_text.delta", "delta": "hola"},
            {"type": "response.completed", "response": {"usage": {"input_tokens": 9, "output_tokens": 12}}},
        ],
        Usage("m", 9, 0, 0, 12),
        "whole",
    ),
    (
        "anthropic",
        [
            {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hola"}},
            {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 12}},
            {"type": "message_stop"},
        ],
        Usage("m", 9, 0, 0, 12),
        "whole",
    ),
    (
        "gemini",
        [
            {
                "candidates": [{"content": {"parts": [{"text": "hola"}]}}],
                "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1},
            },
            {
                "candidates": [{"finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 12},
            },
        ],
        Usage("m", 9, 0, 0, 12),
        "whole",
    ),
    ("anthropic", [{"type": "error", "error": {"type": "overloaded_error"}}], None, "failed"),  # type: ignore[list-item]
    ("openai-responses", [{"type": "response.failed", "response": {}}], None, "failed"),  # type: ignore[list-item]
]


@given(data=st.data())
@pytest.mark.parametrize(("wire", "events", "used", "end"), STREAMS)
def test_a_stream_is_read_however_it_is_cut_into_pieces(
    data: st.DataObject, wire: Wire, events: list[dict[str, object]], used: Usage, end: str
) -> None:
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    content = "".join(f"event: x{newline}data: {json.dumps(one)}{newline}{newline}" for one in events).encode()
    reader = StreamReader(wire, "m")
    while content:
        size = data.draw(st.integers(1, len(content)))
        reader.feed(content[:size])
        content = content[size:]
    assert (reader.usage, reader.end) == (used, end)
    assert reader.text == (4 if used else 0)


@given(st.sampled_from(WIRES), st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_passed_over(wire: Wire, chunks: list[bytes]) -> None:
    reader = StreamReader(wire, "m")
    passed = b"".join(reader.feed(chunk) for chunk in chunks) + reader.finish()
    assert b"".join(chunks).startswith(passed), "what passes is what came, in order and unchanged"
    with contextlib.suppress(Garbage):
        of_body(wire, "m", b"".join(chunks))


def test_half_an_event_and_what_follows_a_broken_one_do_not_pass() -> None:
    reader = StreamReader("openai-chat", "m")
    whole, half = b'data: {"choices": []}\n\n', b'data: {"choi'
    assert reader.feed(whole + half) == whole
    assert reader.feed(b'ces": []}\n\n') == half + b'ces": []}\n\n'
    assert reader.feed(whole + b"data: {nope}\n\n" + whole) == whole
    assert reader.end == "broken"
    assert reader.feed(whole) == reader.finish() == b""


def test_an_event_without_end_is_broken_before_it_fills_the_memory() -> None:
    reader = StreamReader("anthropic", "m")
    for _ in range(EVENT_MAX // 65536 + 1):
        assert reader.feed(b"x" * 65536) == b""
    assert reader.end == "broken"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["usage", "usageMetadata", "choices", "candidates", "type", "response", "message", "delta"])


@given(st.sampled_from(WIRES), st.dictionaries(FIELDS, JSON, max_size=4))
def test_fields_of_any_shape_are_passed_over(wire: Wire, told: dict[str, object]) -> None:
    of_body(wire, "m", json.dumps(told).encode())
    reader = StreamReader(wire, "m")
    reader.feed(b"data: " + json.dumps(told).encode() + b"\n\n")


def _end(wire: Wire, choices: int, *events: Mapping[str, object] | str) -> str:
    reader = StreamReader(wire, "m", choices)
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        reader.feed(f"data: {data}\n\n".encode())
    reader.finish()
    return reader.end


def test_a_stream_of_several_answers_is_whole_when_each_of_them_is() -> None:
    def ends(index: int) -> dict[str, object]:
        return {"choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]}

    half = {"choices": [{"index": 1, "delta": {"content": "half of"}}]}
    assert _end("openai-chat", 2, ends(0)) == _end("openai-chat", 2, ends(0), half) == ""
    assert _end("openai-chat", 2, ends(0), ends(0)) == ""
    assert _end("openai-chat", 2, ends(0), half, ends(1)) == "whole"
    assert _end("openai-chat", 2, ends(0), "[DONE]") == "whole", "it gave one only"


def test_candidates_end_each_by_itself_and_may_be_fewer_than_were_asked_for() -> None:
    def piece(index: int, **more: object) -> Mapping[str, object]:
        return {"candidates": [{"index": index, "content": {"parts": [{"text": "a"}]}, **more}]}

    ends = {"finishReason": "STOP"}
    assert _end("gemini", 2, piece(0), piece(1), piece(0, **ends)) == ""
    assert _end("gemini", 2, piece(0), piece(1, **ends), piece(0, **ends)) == "whole"
    assert _end("gemini", 2, piece(0, **ends)) == "whole"
    assert _end("gemini", 1, {"candidates": [{"content": {"parts": [{"text": "a"}]}, **ends}]}) == "whole"


BEYOND_BELIEF: list[tuple[Wire, dict[str, object]]] = [
    ("openai-chat", {"usage": {"prompt_tokens": 0, "completion_tokens": 30}}),
    ("openai-responses", {"usage": {"input_tokens": 0, "output_tokens": 30}}),
    ("anthropic", {"usage": {"input_tokens": 0, "output_tokens": 30}}),
    (
        "gemini",
        {"usageMetadata": {"promptTokenCount": 10}, "candidates": [{"content": {"parts": [{"text": "hola " * 8}]}}]},
    ),
]


@pytest.mark.parametrize(("wire", "body"), BEYOND_BELIEF, ids=[wire for wire, _ in BEYOND_BELIEF])
def test_an_answer_to_nothing_and_text_without_a_token_are_not_believed(wire: Wire, body: dict[str, object]) -> None:
    assert of_body(wire, "m", json.dumps(body).encode()) is None


def test_a_blocked_prompt_is_paid_for_without_an_answer() -> None:
    body = {"usageMetadata": {"promptTokenCount": 10}, "promptFeedback": {"blockReason": "SAFETY"}}
    assert of_body("gemini", "m", json.dumps(body).encode()) == Usage("m", 10, 0, 0, 0)


def test_of_a_stream_what_cannot_be_true_is_completed_by_the_estimate() -> None:
    reader = StreamReader("anthropic", "m")
    estimate = Usage("m", 100, 0, 0, 2)
    assert reader.used(estimate) == (estimate, False), "nothing was told"
    for event in (
        {"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "holahola"}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 30}},
        {"type": "message_stop"},
    ):
        reader.feed(b"data: " + json.dumps(event).encode() + b"\n\n")
    assert reader.used(estimate) == (Usage("m", 100, 0, 0, 30), False)

    reader = StreamReader("gemini", "m")
    piece = {"content": {"parts": [{"text": "hola"}]}, "finishReason": "STOP"}
    told = {"candidates": [piece], "usageMetadata": {"promptTokenCount": 10}}
    reader.feed(b"data: " + json.dumps(told).encode() + b"\n\n")
    assert reader.used(estimate) == (Usage("m", 10, 0, 0, 2), False)

    reader.feed(b'data: {"usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 1}}\n\n')
    assert reader.used(estimate) == (Usage("m", 10, 0, 0, 1), True), "a whole stream knows better than an estimate"


def test_a_prompt_that_gemini_blocks_is_a_whole_answer() -> None:
    reader = StreamReader("gemini", "m")
    told = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}
    assert reader.feed(b"data: " + json.dumps(told).encode() + b"\n\n")
    assert (reader.end, reader.usage) == ("whole", Usage("m", 9, 0, 0, 0))
