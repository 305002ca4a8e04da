"""The usage of a usual answer, read the short way, is what it is when the answer is read whole."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minga.domain.model_calls import Wire
from minga.providers import plain_usage, usage

USUAL: dict[Wire, dict[str, Any]] = {
    "openai-chat": {
        "choices": [{"message": {"content": "hola"}}],
        "usage": {
            "prompt_tokens": 20,
            "completion_tokens": 30,
            "total_tokens": 55,
            "prompt_tokens_details": {"cached_tokens": 7, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    },
    "openai-embeddings": {"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}},
    "openai-responses": {
        "output": [],
        "usage": {"input_tokens": 20, "output_tokens": 30, "input_tokens_details": {"cached_tokens": 7}},
    },
    "anthropic": {"content": [], "usage": {"input_tokens": 20, "cache_read_input_tokens": 7, "output_tokens": 30}},
}

COUNTS = st.sampled_from([0, 1, 7, -1, 2**31, 2**31 + 1, 2**40, 2**70, True, None, 3.0, "7", [], {}])

NAMES = sorted({name for one in USUAL.values() for name in one["usage"]} | {"prompt_cache_hit_tokens"})

DETAILS = st.none() | st.just([]) | st.dictionaries(st.sampled_from(["cached_tokens", "reasoning_tokens"]), COUNTS)

USAGES = st.dictionaries(st.sampled_from(NAMES), COUNTS | DETAILS)

ODD = {"cache_creation_input_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": 2}}


def long_way(wire: Wire, answer: object) -> object:
    """Beside a text that is not ASCII nothing is read the short way."""
    assert isinstance(answer, dict)
    body = json.dumps({**answer, "x": "é"}, ensure_ascii=False).encode()
    assert plain_usage.read(wire, "m", body) is None
    return usage.of_body(wire, "m", body)


@pytest.mark.parametrize("wire", list(USUAL))
@settings(max_examples=60)
@given(changes=USAGES, kept=st.booleans(), candidates=st.booleans())
@example(changes=ODD, kept=True, candidates=False)
def test_the_short_way_finds_what_the_long_way_finds(
    wire: Wire, changes: dict[str, object], kept: bool, candidates: bool
) -> None:
    used = {**(USUAL[wire]["usage"] if kept else {}), **changes}
    answer = {**USUAL[wire], "usage": used, **({"candidates": []} if candidates else {})}
    assert usage.of_body(wire, "m", json.dumps(answer).encode()) == long_way(wire, answer)


@pytest.mark.parametrize("wire", list(USUAL))
def test_a_usual_answer_is_read_the_short_way(wire: Wire) -> None:
    assert plain_usage.read(wire, "m", json.dumps(USUAL[wire]).encode()) is not None


@pytest.mark.parametrize("body", [b'{"usage": {"prompt_tokens": 1}, "x": ', b'{"usage": {"prompt_tokens": 1}} x', b""])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(usage.Garbage):
        usage.of_body("openai-chat", "m", body)
