"""The usage of a usual answer, read the short way, is what it is when the answer is read whole."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minga.domain.model_calls import Wire
from minga.providers import usage

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
    assert usage._in_short(body) is None
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
def test_a_usual_answer_is_read_in_short(wire: Wire) -> None:
    assert usage._in_short(json.dumps(USUAL[wire]).encode()) == {"usage": USUAL[wire]["usage"]}


@pytest.mark.parametrize("wire", ["gemini", *USUAL])
@pytest.mark.parametrize("answer", [[], [USUAL["openai-chat"]], {}, {"usage": None}, {"usageMetadata": {}}, 1, None])
def test_what_is_no_usual_answer_is_read_whole(wire: Wire, answer: object) -> None:
    body = json.dumps(answer).encode()
    assert usage._in_short(body) is None
    assert usage.of_body(wire, "m", body) is None or answer == [USUAL["openai-chat"]]


def test_an_answer_of_geminis_is_read_by_its_own_name_of_usage() -> None:
    answer = {"usage": {}, "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}
    used = usage.of_body("gemini", "m", json.dumps(answer).encode())
    assert used is not None
    assert (used.input_tokens, used.output_tokens) == (3, 2)


@pytest.mark.parametrize("body", [b'{"usage": {"prompt_tokens": 1}, "x": ', b'{"usage": {"prompt_tokens": 1}} x', b""])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(usage.Garbage):
        usage.of_body("openai-chat", "m", body)
