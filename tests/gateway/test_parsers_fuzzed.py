"""Whatever bytes come: the request parsers read or refuse them, and what a provider says of usage breaks nothing."""

import json
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from serving import ASKED

from minga.domain.events import Usage
from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.gateway.paths import key_of, read_call, wire_of
from minga.providers import usage
from minga.providers.usage import StreamReader

WIRES: list[Wire] = ["openai-chat", "openai-responses", "openai-embeddings", "anthropic", "gemini"]

REQUESTS = [json.dumps(body).encode() for _, body, _ in ASKED.values()]

NAMES = [
    "model", "Model", "stream", "max_tokens", "max_completion_tokens", "max_output_tokens", "generationConfig", "usage",
    "maxOutputTokens", "prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "prompt_tokens_details",
    "cached_tokens", "usageMetadata", "promptTokenCount", "candidatesTokenCount", "candidates", "content", "parts",
    "text", "choices", "delta", "finish_reason", "finishReason", "type", "message", "response", "error",
]  # fmt: skip

EVENTS = [
    "message_start", "message_delta", "message_stop", "content_block_delta", "response.completed", "response.failed",
    "response.output_text.delta", "error",
]  # fmt: skip

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(EVENTS)
    | st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6)
"""Of the names that count, with values of any shape."""


@st.composite
def mutated(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """A real text in which pieces were cut, doubled or overwritten."""
    text = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(at + draw(st.integers(0, 12)), len(text))
        text[at:end] = draw(
            st.binary(max_size=6) | st.just(bytes(text[at:end]) * 2) | st.sampled_from([b'"', b"{", b"["])
        )
    return bytes(text)


BODIES = st.binary(max_size=80) | mutated(REQUESTS) | OBJECTS.map(lambda found: json.dumps(found).encode())

PATHS = st.sampled_from([path for path, _, _ in ASKED.values()]) | st.builds(
    "{}{}{}".format,
    st.sampled_from(["/v1/models/", "/v1beta/models/", "/v1/responses/"]),
    st.text(max_size=30),
    st.sampled_from(["", ":generateContent"]),
)


@given(PATHS, BODIES, st.text(max_size=20), st.sampled_from(["GET", "POST", "DELETE"]))
@example("/v1/messages", b'{"model": "a", "x": ' + b"[" * 100_000, "", "POST")
@example("/v1/messages", b'{"model": "\xff"}', "", "POST")
@example("/v1/messages", b'{"model": "\\ud800"}', "", "POST")
def test_any_request_is_read_or_refused(path: str, body: bytes, query: str, method: str) -> None:
    try:
        call = read_call(wire_of(method, path, {}), method, path, query, [], body)
    except Refused as refused:
        assert refused.reason in ("malformed", "unknown-path", "method")  # noqa: PT017 - either way is right
        return
    assert call.body == body
    assert call.answer_max is None or call.answer_max >= 0
    assert call.path.isprintable()
    assert call.query.isascii()
    assert (call.path + call.query).isprintable()
    if body and call.wire != "gemini":
        assert msgspec.json.decode(body).get("model", "") == call.model, "the last of equal names"
        assert first_of(body, "model") in (None, call.model), "and the first"


def first_of(body: bytes, name: str) -> Any:
    """The first value of a name, as readers have it that stop there."""
    found: list[tuple[str, Any]] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found[:] = members  # of the outermost object at last
        return dict(members)

    json.loads(body, object_pairs_hook=pairs)
    return next((value for key, value in found if key.casefold() == name), None)


@given(st.dictionaries(st.sampled_from(["authorization", "x-api-key", "api-key"]), st.text(max_size=12)), st.text())
def test_any_credentials_are_read(headers: dict[str, str], query: str) -> None:
    assert isinstance(key_of(headers, query), str)


def is_sane(told: Usage) -> bool:
    """It fits the ledger."""
    counts = (told.input_tokens, told.cached_input_tokens, told.cache_write_tokens, told.output_tokens)
    return all(0 <= count < 2**60 for count in (*counts, told.reasoning_tokens))


@given(st.sampled_from(WIRES), BODIES)
@example("anthropic", b"[" * 100_000)
@example("openai-chat", b'{"usage": {"prompt_tokens": 1' + b"0" * 30 + b"}}")
@example("anthropic", b'{"usage": {"input_tokens": true, "output_tokens": -1}}')
@example("gemini", b"\xff")
@settings(max_examples=150)
def test_any_answer_tells_its_usage_or_none(wire: Wire, body: bytes) -> None:
    try:
        told = usage.of_body(wire, "m", body)
    except usage.Garbage:
        return
    assert told is None or is_sane(told)


CHUNKS = st.lists(
    st.binary(max_size=30)
    | OBJECTS.map(lambda found: b"data: " + json.dumps(found).encode() + b"\n\n")
    | st.sampled_from([b"data: [DONE]\n\n", b"\r\n\r\n", b"data:", b"event: x\n", b": ping\n\n"]),
    max_size=6,
)


@given(st.sampled_from(WIRES), CHUNKS)
@example("openai-chat", [b"data: " + b"[" * 100_000 + b"\n\n"])
@example("openai-chat", [b'data: {"choices": [{"delta": 1}, 2]}\n\n'])
@example("anthropic", [b"data: \xff\n\n"])
@settings(max_examples=150)
def test_any_stream_is_read_to_its_end(wire: Wire, pieces: list[bytes]) -> None:
    reader = StreamReader(wire, "m")
    for piece in pieces:
        reader.feed(piece)
    assert reader.end in ("", "whole", "failed", "broken")
    assert reader.text >= 0
    assert reader.usage is None or is_sane(reader.usage)
