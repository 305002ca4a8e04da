"""Whole answers and errors of Chat Completions."""

import json
from contextlib import suppress
from typing import Any

import pytest
from forms import answers
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from minga.domain.events import Usage
from minga.providers.translation.chat import DIALECT
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Answer,
    Fault,
    Media,
    Part,
    Refusal,
    Request,
    Stop,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.notes import Notes

ASKED = Request("m", ())
PIXEL = "iVBORw0KGgo="


def read(message: dict[str, object], reason: str = "stop", **fields: Any) -> tuple[Answer, Notes]:
    notes = Notes()
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    body = {"id": "a1", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice], **fields}
    return DIALECT.read_answer(json.dumps(body).encode(), notes), notes


def written(*parts: Part, stop: Stop = "end", used: Usage | None = None) -> tuple[dict[str, Any], Notes]:
    notes = Notes()
    body = DIALECT.write_answer(Answer("a1", "m", parts, stop, used=used, created_s=7), ASKED, notes)
    ChatCompletion.model_validate_json(body)
    told: dict[str, Any] = json.loads(body)
    return told, notes


def test_an_answer_with_thoughts_words_and_calls_is_read() -> None:
    answer, notes = read(
        {
            "content": "I look.",
            "refusal": None,
            "reasoning_content": "Hm.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "***"}},
            ],
        },
        "tool_calls",
        usage={
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
    )
    parts = (
        Thinking("Hm."),
        Text("I look."),
        ToolCall("c1", "look", "{}"),
        ToolCall("c2", "patch", "***", custom=True),
    )
    assert answer == Answer("a1", "m", parts, "tool-calls", "", Usage("m", 10, 60, 30, 20, 5), 7)
    assert not notes.found


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"reasoning": "Hm.", "content": "Yes"}, (Thinking("Hm."), Text("Yes"))),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                    {"type": "text", "text": "Yes"},
                ]
            },
            (Thinking("Hm."), Text("Yes")),
        ),
        (
            {
                "reasoning": "Hm.",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "format": "f"}],
                "content": "Yes",
            },
            (Thinking("Hm.", "openai-chat:f|c2ln"), Text("Yes")),
        ),
        (
            {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            (ToolCall("call_0", "f", '{"a":1}'),),
        ),
        (
            {
                "tool_calls": [
                    {
                        "id": "c",
                        "function": {"name": "f", "arguments": "{}"},
                        "extra_content": {"google": {"thought_signature": "c2ln"}},
                    }
                ]
            },
            (ToolCall("c", "f", "{}", signature="gemini:c2ln"),),
        ),
        ({"function_call": {"name": "f", "arguments": "{}"}}, (ToolCall("call_0", "f", "{}"),)),
        (
            {"content": "See", "images": [{"image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]},
            (Text("See"), Media("image", "image/png", PIXEL)),
        ),
        ({"content": ""}, ()),
    ],
    ids=["vllm", "mistral", "openrouter", "arguments as object", "gemini", "old function", "picture", "empty"],
)
def test_an_answer_is_read_as_each_server_tells_it(message: dict[str, object], parts: tuple[Part, ...]) -> None:
    assert read(message)[0].parts == parts


@pytest.mark.parametrize(
    ("reason", "message", "stop"),
    [
        ("stop", {"content": "a"}, "end"),
        ("eos_token", {"content": "a"}, "end"),
        ("length", {"content": "a"}, "length"),
        ("stop", {"tool_calls": [{"id": "c", "function": {"name": "f"}}]}, "tool-calls"),
        ("function_call", {"function_call": {"name": "f"}}, "tool-calls"),
        ("content_filter", {"content": ""}, "filter"),
        ("stop", {"refusal": "No."}, "refusal"),
    ],
)
def test_why_an_answer_ended_is_read(reason: str, message: dict[str, object], stop: Stop) -> None:
    assert read(message, reason)[0].stop == stop


def test_an_unknown_reason_counts_as_the_end_and_is_told() -> None:
    answer, notes = read({"content": "a"}, "bored")
    assert answer.stop == "end"
    assert notes.told("changed") == ["chat-unknown-stop(bored)"]


def test_a_stop_sequence_is_read_where_the_server_tells_it() -> None:
    choice = {"message": {"content": "a"}, "finish_reason": "stop", "stop_reason": "END"}
    answer = DIALECT.read_answer(json.dumps({"choices": [choice]}).encode(), Notes())
    assert (answer.stop, answer.stop_sequence, answer.used) == ("stop-sequence", "END", None)


def test_what_an_answer_holds_beside_its_words_is_told() -> None:
    first = {"message": {"content": "a", "annotations": [{"type": "url_citation"}]}, "finish_reason": "stop"}
    second = {"index": 1, "message": {"content": "b"}, "finish_reason": "stop"}
    notes = Notes()
    probable = {"content": [{"token": "a"}]}
    DIALECT.read_answer(json.dumps({"choices": [{**first, "logprobs": probable}, second]}).encode(), notes)
    assert sorted(notes.told("lost")) == [
        "chat-answer-field(annotations)",
        "chat-answer-field(logprobs)",
        "chat-more-choices",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices":[]}',
        b'{"choices":[{"message":{}}]}',
        b'{"choices":[{"message":{"content":"a"},"finish_reason":"error"}]}',
        b'{"choices":[{"message":{"tool_calls":[{"id":"a"}]},"finish_reason":"stop"}]}',
        b'{"error":{"message":"no"}}',
        b"[" * 100_000,
    ],
    ids=["page", "list", "nothing", "no choice", "cut", "broken off", "nameless", "error", "deep"],
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        DIALECT.read_answer(body, Notes())


def test_an_answer_that_says_something_but_not_why_it_ended_has_ended() -> None:
    notes = Notes()
    assert DIALECT.read_answer(b'{"choices":[{"message":{"content":"a"},"finish_reason":null}]}', notes).stop == "end"
    assert notes.told("changed") == ["chat-no-stop"]


def test_an_answer_with_thoughts_words_and_calls_is_written() -> None:
    told, notes = written(
        Thinking("Hm.", "anthropic:c2ln"),
        Thinking("", "anthropic:ZW5j", redacted=True),
        Text("I look."),
        ToolCall("c1", "look", "{}", signature="gemini:c2ln"),
        ToolCall("c2", "patch", "***", custom=True),
        stop="tool-calls",
        used=Usage("m", 10, 60, 30, 20, 5),
    )
    assert told["choices"] == [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "I look.",
                "refusal": None,
                "reasoning_content": "Hm.",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "Hm.", "signature": "minga.anthropic.c2ln", "index": 0},
                    {"type": "reasoning.encrypted", "data": "minga.anthropic.ZW5j", "index": 1},
                ],
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "look", "arguments": "{}"},
                        "extra_content": {"google": {"thought_signature": "c2ln"}},
                    },
                    {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "***"}},
                ],
            },
            "logprobs": None,
            "finish_reason": "tool_calls",
        }
    ]
    assert told["usage"] == {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    assert not notes.found


def test_usage_that_is_not_known_is_left_out() -> None:
    assert "usage" not in written(Text("a"))[0]


@pytest.mark.parametrize(
    ("stop", "parts", "reason", "changed"),
    [
        ("refusal", (Refusal("No."),), "stop", []),
        ("refusal", (), "content_filter", []),
        ("filter", (Text("a"),), "content_filter", []),
        ("pause", (Text("a"),), "stop", ["chat-stop(pause)"]),
        ("stop-sequence", (Text("a"),), "stop", ["chat-stop(stop-sequence)"]),
        ("end", (Text("a"), Text("b")), "stop", ["chat-joined(text)"]),
        ("end", (Thinking("a"), Thinking("b")), "stop", ["chat-joined(thoughts)"]),
        ("tool-calls", (ToolCall("c", "f", "{}"), Text("b")), "tool_calls", ["chat-answer-order"]),
    ],
    ids=["refusal", "bare refusal", "filter", "pause", "sequence", "texts", "thoughts", "order"],
)
def test_why_an_answer_ended_is_written(stop: Stop, parts: tuple[Part, ...], reason: str, changed: list[str]) -> None:
    told, notes = written(*parts, stop=stop)
    assert told["choices"][0]["finish_reason"] == reason
    assert notes.told("changed") == changed


@given(answers(signed="openai-chat"))
@settings(max_examples=50, deadline=None)
def test_what_is_written_reads_back_as_it_was(answer: Answer) -> None:
    notes = Notes()
    assert DIALECT.read_answer(DIALECT.write_answer(answer, ASKED, notes), notes) == answer
    assert not notes.found


_VALID = DIALECT.write_answer(
    Answer("a", "m", (Thinking("t", "openai-chat:c2ln"), Text("x"), ToolCall("c", "f", "{}")), "tool-calls"),
    ASKED,
    Notes(),
)


@given(st.integers(0, len(_VALID) - 1), st.integers(0, 8), st.binary(max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_an_answer_or_unreadable(start: int, length: int, instead: bytes) -> None:
    with suppress(Unreadable):
        assert isinstance(DIALECT.read_answer(_VALID[:start] + instead + _VALID[start + length :], Notes()), Answer)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (
            429,
            b'{"error":{"message":"slow","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
            Fault(429, "slow", "rate_limit_exceeded"),
        ),
        (400, b'{"error":{"message":"odd","type":"bad","code":400}}', Fault(400, "odd", "bad")),
        (400, b'[{"error":{"code":400,"message":"odd","status":"INVALID_ARGUMENT"}}]', None),
        (400, b'{"object":"error","message":"odd","type":"INVALID_ARGUMENT"}', None),
        (400, b'{"detail":"odd"}', Fault(400, "odd")),
        (500, b'{"error":"odd"}', Fault(500, "odd")),
        (502, b"<html>Bad gateway</html>", Fault(502, "<html>Bad gateway</html>")),
        (503, b"", Fault(503, "status 503")),
        (503, b"null", Fault(503, "status 503")),
        (503, b"{}", Fault(503, "status 503")),
    ],
    ids=["openai", "number", "gemini", "vllm", "fastapi", "text", "page", "empty", "null", "object"],
)
def test_an_error_is_read_as_each_server_tells_it(status: int, body: bytes, fault: Fault | None) -> None:
    assert DIALECT.read_fault(status, body) == (fault or Fault(400, "odd", "INVALID_ARGUMENT"))


@given(st.integers(400, 599), st.binary(max_size=30))
@settings(max_examples=50, deadline=None)
def test_any_body_is_an_error_of_its_status(status: int, body: bytes) -> None:
    assert DIALECT.read_fault(status, body).status == status


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault(400, "no", "invalid_request_error"), "invalid_request_error", None),
        (Fault(400, "long", "context_length_exceeded"), "invalid_request_error", "context_length_exceeded"),
        (Fault(401, "no"), "invalid_request_error", "invalid_api_key"),
        (Fault(429, "no", "rate_limit_error"), "requests", "rate_limit_exceeded"),
        (Fault(429, "no", "insufficient_quota"), "insufficient_quota", "insufficient_quota"),
        (Fault(529, "no", "overloaded_error"), "server_error", None),
    ],
    ids=["request", "context", "key", "rate", "quota", "overloaded"],
)
def test_an_error_is_written_in_the_words_of_openai(fault: Fault, kind: str, code: str | None) -> None:
    error = {"message": fault.message, "type": kind, "param": None, "code": code}
    assert json.loads(DIALECT.write_fault(fault)) == {"error": error}


def test_a_content_that_is_neither_words_nor_thoughts_is_told_of() -> None:
    reference = {"type": "reference", "reference_ids": [1]}
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}, {"type": "tool_reference"}]}
    answer, notes = read({"content": [thinking, {"type": "text", "text": "a"}, reference]})
    assert answer.parts == (Thinking("Hm."), Text("a"))
    kind = "chat-answer-field(content of type {})"
    assert notes.told("lost")[1:] == [kind.format("tool_reference"), kind.format("reference")]
