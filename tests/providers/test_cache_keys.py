"""Which calls are the same to the response cache."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import KeyId, ModelCall, Refused, VirtualKey
from minga.providers.cache_keys import digest, events, is_whole, wanted

KEY = VirtualKey(
    id=KeyId("1"),
    name="laptop",
    user="ana",
    team="dev",
    project="",
    models=(),
    created_at=datetime(2026, 11, 25, tzinfo=UTC),
    expires_at=None,
    revoked_at=None,
    requests_per_minute=None,
    concurrent_max=None,
    budget_micro_usd=None,
    budget_window="month",
)
BODY: dict[str, Any] = {"model": "gpt-5.1", "messages": [{"role": "user", "content": "hola"}], "temperature": 1}
CALL = ModelCall(
    wire="openai-chat",
    method="POST",
    path="/chat/completions",
    query="",
    model="gpt-5.1",
    stream=False,
    counts=False,
    answer_max=None,
    headers=(),
    body=json.dumps(BODY).encode(),
)
ONE = digest(KEY, CALL, "gpt-5.1")

SAME: dict[str, bytes] = {
    "spacing": json.dumps(BODY, indent=3).encode(),
    "order": json.dumps(dict(reversed(BODY.items()))).encode(),
    "a number's form": json.dumps(BODY).replace('"temperature": 1', '"temperature": 1.00e0').encode(),
    "escapes": json.dumps(BODY).replace("hola", "h\\u006fla").encode(),
    "who asks": json.dumps({**BODY, "user": "ana", "metadata": {"run": "7"}}).encode(),
    "no stream, said": json.dumps({**BODY, "stream": False}).encode(),
}

OTHER: dict[str, bytes] = {
    "another word": json.dumps(BODY).replace("hola", "Hola").encode(),
    "another number": json.dumps({**BODY, "temperature": 1.5}).encode(),
    "true is not one": json.dumps({**BODY, "temperature": True}).encode(),
    "a text is no number": json.dumps({**BODY, "temperature": "1"}).encode(),
    "a field more": json.dumps({**BODY, "seed": None}).encode(),
    "order in a list": json.dumps({**BODY, "stop": ["a", "b"]}).encode(),
}


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same_is_the_same(name: str) -> None:
    assert digest(KEY, replace(CALL, body=SAME[name]), "gpt-5.1") == ONE is not None


def test_a_provider_that_has_moved_is_asked_anew() -> None:
    places = [("https://a.example/v1", ()), ("https://b.example/v1", ()), ("https://b.example/v1", (("x-a", "1"),))]
    assert len({digest(KEY, CALL, "gpt-5.1", place) for place in places}) == len(places)


def test_what_may_be_answered_otherwise_is_another_call() -> None:
    calls = [(KEY, replace(CALL, body=body), "gpt-5.1") for body in OTHER.values()]
    calls += [
        (replace(KEY, team="ops"), CALL, "gpt-5.1"),
        (replace(KEY, team="", user="dev"), CALL, "gpt-5.1"),
        (replace(KEY, team=""), CALL, "gpt-5.1"),
        (KEY, CALL, "gpt-5.1-mini"),
        (KEY, replace(CALL, stream=True), "gpt-5.1"),
        (KEY, replace(CALL, query="api-version=2"), "gpt-5.1"),
        (KEY, replace(CALL, wire="openai-responses"), "gpt-5.1"),
        (KEY, replace(CALL, headers=(("anthropic-beta", "context-1m"),)), "gpt-5.1"),
        (KEY, replace(CALL, body=json.dumps({**BODY, "stop": ["b", "a"]}).encode()), "gpt-5.1"),
    ]
    digests = [digest(*call) for call in calls]
    assert None not in digests
    assert len({ONE, *digests}) == len(calls) + 1


def test_keys_of_a_team_share_and_the_name_of_the_provider_does_not_count() -> None:
    named = replace(CALL, model="test/gpt-5.1", body=CALL.body.replace(b"gpt-5.1", b"test/gpt-5.1"))
    assert digest(replace(KEY, user="bea", id=KeyId("2")), named, "gpt-5.1") == ONE


def test_options_of_a_stream_count_in_streams_only() -> None:
    with_usage = json.dumps({**BODY, "stream_options": {"include_usage": True}}).encode()
    assert digest(KEY, replace(CALL, body=with_usage), "gpt-5.1") == ONE
    streams = [digest(KEY, replace(CALL, stream=True, body=body), "gpt-5.1") for body in (CALL.body, with_usage)]
    assert len(set(streams)) == 2


NOT_KEPT: dict[str, bytes] = {
    "in the background": json.dumps({**BODY, "background": True}).encode(),
    "a conversation that goes on": json.dumps({**BODY, "conversation": "conv_7"}).encode(),
    "a container": json.dumps({**BODY, "container": "c_7"}).encode(),
    "a number that no float holds": b'{"temperature": 1e999}',
    "half a character": b'{"messages": ["\\ud800"]}',
    "no JSON": b"{",
    "no object": b"[]",
    "deep": b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
}


@pytest.mark.parametrize("name", NOT_KEPT)
def test_what_cannot_be_the_same_later_is_not_kept(name: str) -> None:
    assert digest(KEY, replace(CALL, body=NOT_KEPT[name]), "gpt-5.1") is None


ASKED: dict[str, tuple[bool, tuple[tuple[str, str], ...], bool]] = {
    "neither": (False, (), False),
    "the key": (True, (), True),
    "the request": (False, (("x-minga-cache", "On"),), True),
    "the request against the key": (True, (("x-minga-cache", "off"),), False),
    "no-store": (True, (("x-minga-cache", "on"), ("cache-control", "max-age=0, no-store")), False),
    "no-cache": (True, (("cache-control", "No-Cache"),), False),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_cache_is_used_where_somebody_wants_it_and_nobody_forbids_it(name: str) -> None:
    caches, headers, expected = ASKED[name]
    assert wanted(replace(KEY, caches=caches), replace(CALL, headers=headers)) is expected
    assert not wanted(replace(KEY, caches=caches), replace(CALL, headers=headers, counts=True))


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(Refused, match="'maybe'"):
        wanted(KEY, replace(CALL, headers=(("x-minga-cache", "maybe"),)))


def test_only_an_answer_that_is_one_and_has_ended_is_whole() -> None:
    assert is_whole("openai-chat", b'{"choices": []}')
    assert is_whole("openai-responses", b'{"status": "completed", "error": null}')
    for wire, body in (
        ("openai-chat", b'{"error": {"message": "no"}}'),
        ("openai-chat", b"<html>"),
        ("openai-chat", b"[]"),
        ("openai-responses", b'{"status": "queued"}'),
    ):
        assert not is_whole(wire, body)  # type: ignore[arg-type]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.randoms(use_true_random=False))
def test_any_body_is_the_same_in_any_order_and_spacing(value: object, order: random.Random) -> None:
    plain, mixed = ({"input": value}, {"input": _mixed(value, order)})
    calls = [
        replace(CALL, body=json.dumps(body, indent=indent).encode()) for body, indent in ((plain, None), (mixed, 2))
    ]
    first, second = (digest(KEY, call, "gpt-5.1") for call in calls)
    assert first == second


@given(st.lists(st.binary(max_size=9).map(lambda one: one + b"\n\n")), st.binary(max_size=9))
def test_a_stream_in_events_is_the_same_bytes(whole: list[bytes], rest: bytes) -> None:
    stream = b"".join(whole) + rest
    assert b"".join(events(stream)) == stream


def test_a_stream_is_cut_where_its_events_end() -> None:
    assert events(b"data: 1\n\ndata: 2\n\n") == (b"data: 1\n\n", b"data: 2\n\n")
    assert events(b"data: 1\r\n\r\ndata: 2\r\n\r\n") == (b"data: 1\r\n\r\n", b"data: 2\r\n\r\n")


def _mixed(value: object, order: random.Random) -> object:
    if isinstance(value, list):
        return [_mixed(one, order) for one in value]
    if isinstance(value, dict):
        items = [(name, _mixed(one, order)) for name, one in value.items()]
        order.shuffle(items)
        return dict(items)
    return value
