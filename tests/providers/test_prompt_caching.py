"""Markers of Anthropic's prompt cache: where they go, and that nothing else changes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.providers.json_spans import elements, members
from minga.providers.prompt_caching import mark, shortest_prefix

MODEL = "claude-sonnet-4-5"
LONG = "A long rule of the house. " * 400
MARKER = {"type": "ephemeral"}
TOOL = {"name": "read", "description": LONG, "input_schema": {"type": "object"}}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


TALK = [user("one"), {"role": "assistant", "content": [{"type": "text", "text": "two"}]}, user("three"), user("four")]


def marked(body: dict[str, Any], model: str = MODEL) -> tuple[dict[str, Any], int]:
    done = mark(json.dumps(body).encode(), model)
    return json.loads(done.body), done.count


def test_tools_system_and_the_last_two_turns_of_the_user_are_marked() -> None:
    body, count = marked({"model": MODEL, "system": LONG, "tools": [TOOL, TOOL], "messages": TALK})
    assert count == 4
    assert ["cache_control" in tool for tool in body["tools"]] == [False, True]
    assert body["system"] == [{"type": "text", "text": LONG, "cache_control": MARKER}]
    first, answer, third, fourth = body["messages"]
    assert (first, answer) == (TALK[0], TALK[1])
    assert third["content"] == [{"type": "text", "text": "three", "cache_control": MARKER}]
    assert fourth["content"][0]["cache_control"] == MARKER


def test_the_last_block_of_a_list_is_marked() -> None:
    results = [{"type": "tool_result", "tool_use_id": "a", "content": LONG}, {"type": "text", "text": "go on"}]
    body, _ = marked(
        {"system": [{"type": "text", "text": LONG}], "messages": [*TALK, {"role": "user", "content": results}]}
    )
    assert body["system"][0]["cache_control"] == MARKER
    assert ["cache_control" in block for block in body["messages"][-1]["content"]] == [False, True]


NOT_MARKED: dict[str, dict[str, Any]] = {
    "it has a marker": {"system": [{"type": "text", "text": LONG, "cache_control": MARKER}], "messages": TALK},
    "it marks itself": {"system": LONG, "messages": TALK, "cache_control": MARKER},
    "too short": {"system": "be brief", "messages": TALK},
    "one question": {"messages": [user(LONG)]},
    "a block that bears none": {"messages": [*TALK[:2], user(""), {"role": "user", "content": [{"type": "thinking"}]}]},
    "nothing": {},
    "null": {"system": None, "tools": [], "messages": []},
    "texts where objects belong": {"tools": ["x"], "messages": ["a", 7, None]},
}


@pytest.mark.parametrize("name", NOT_MARKED)
def test_where_no_marker_helps_the_bytes_stay(name: str) -> None:
    sent = json.dumps(NOT_MARKED[name]).encode()
    done = mark(sent, MODEL)
    assert (done.body, done.count) == (sent, 0)


def test_what_cannot_be_read_stays() -> None:
    for sent in (b"", b"[]", b'{"\xff": 1, "system": "' + LONG.encode() + b'"}'):
        assert mark(sent, MODEL).body == sent


def test_a_model_that_keeps_only_long_prefixes_gets_markers_only_there() -> None:
    body = {"system": "x" * 4 * 2000, "messages": TALK}
    assert marked(body)[1] == 3
    assert marked(body, "claude-haiku-4-5")[1] == 0
    assert marked({**body, "system": "x" * 4 * 4096}, "claude-haiku-4-5")[1] == 3


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-sonnet-4-5-20250929", 1024),
        ("claude-opus-4-1-20250805", 1024),
        ("claude-sonnet-4-20250514", 1024),
        ("claude-3-5-haiku-latest", 2048),
        ("claude-sonnet-4-6", 2048),
        ("claude-haiku-4-5", 4096),
        ("anthropic.claude-opus-4-7-v1:0", 4096),
        ("claude-nobody-knows-9", 4096),
    ],
)
def test_each_model_has_its_shortest_prefix(model: str, tokens: int) -> None:
    assert shortest_prefix(model) == tokens


BLOCKS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["text", "image", "tool_use", "thinking"]), "text": st.text()}),
    max_size=3,
)
CONTENT = st.text() | BLOCKS | st.just(LONG)
REQUESTS = st.fixed_dictionaries(
    {"messages": st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": CONTENT}))},
    optional={
        "system": CONTENT,
        "tools": st.lists(st.fixed_dictionaries({"name": st.text(), "description": st.text() | st.just(LONG)})),
        "max_tokens": st.integers(),
        '"messages": [{}]': st.text(),
    },
)


@given(REQUESTS, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_without_what_was_inserted_the_request_is_the_bytes_it_was(body: object, indent: Any, escaped: bool) -> None:
    sent = json.dumps(body, indent=indent, ensure_ascii=escaped).encode()
    done = mark(sent, MODEL)
    left = done.body
    for place, text in reversed(done.insertions):
        moved = place + sum(len(one) for at, one in done.insertions if at < place)
        assert left[moved : moved + len(text)] == text
        left = left[:moved] + left[moved + len(text) :]
    assert left == sent
    assert done.count <= 4
    assert json.dumps(json.loads(done.body)).count('"cache_control"') >= done.count


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(st.lists(JSON), st.dictionaries(st.text(), JSON), st.sampled_from([None, 2]))
def test_spans_are_where_the_parts_lie(array: list[object], fields: dict[str, object], indent: int | None) -> None:
    text = json.dumps(array, indent=indent).encode()
    assert [json.loads(text[slice(*span)]) for span in elements(text, (0, len(text)))] == array
    text = json.dumps(fields, indent=indent).encode()
    assert {name: json.loads(text[slice(*span)]) for name, span in members(text, (0, len(text))).items()} == fields
