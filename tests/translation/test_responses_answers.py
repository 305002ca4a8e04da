"""Answers and errors of OpenAI Responses, in and out."""

from typing import Any

import forms
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import Response
from pydantic import TypeAdapter

from minga.domain.events import Usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Answer,
    Fault,
    Media,
    OutputForm,
    Part,
    Reasoning,
    Refusal,
    Request,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    Turn,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import DIALECT

ASKED = Request("m", (Turn("user", (Text("hola"),)),))
RESPONSE = TypeAdapter(Response)


def written(answer: Answer, asked: Request = ASKED) -> tuple[dict[str, Any], Notes]:
    """Asserts that the SDK's type takes it."""
    notes = Notes()
    told: dict[str, Any] = msgspec.json.decode(DIALECT.write_answer(answer, asked, notes))
    RESPONSE.validate_python(told, strict=True)
    return told, notes


def read(told: dict[str, Any]) -> tuple[Answer, Notes]:
    notes = Notes()
    return DIALECT.read_answer(msgspec.json.encode(told), notes), notes


def test_an_answer_is_written_with_all_that_the_response_object_has() -> None:
    asked = Request(
        "m",
        (),
        (Text("A"), Text("B")),
        (Tool("f", schema=b'{"type":"object"}'), Tool("p", custom=True, namespace="srv")),
        ToolChoice("any"),
        parallel=False,
        answer_max=100,
        temperature=1.0,
        reasoning=Reasoning("low", shown=True),
        output=OutputForm(b'{"type":"object"}', "x"),
        person="ana",
    )
    parts: tuple[Part, ...] = (
        Thinking("hm", "anthropic:sig"),
        Text("Voy."),
        ToolCall("c1", "f", '{"a":1}', signature="gemini:QUJD"),
        ToolCall("c2", "p", "ls", custom=True, namespace="srv"),
        ToolCall("c3", "f", ""),
    )
    used = Usage("claude", 10, 20, 5, 7, 3)
    told, notes = written(Answer("msg_01", "claude", parts, "tool-calls", used=used, created_s=1_790_000_000), asked)
    assert told == {
        "id": "resp_msg_01",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": "claude",
        "instructions": "A\n\nB",
        "max_output_tokens": 100,
        "metadata": {},
        "parallel_tool_calls": False,
        "previous_response_id": None,
        "reasoning": {"effort": "low", "summary": "auto"},
        "safety_identifier": "ana",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}},
        "tool_choice": "required",
        "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False},
            {"type": "namespace", "name": "srv", "description": "srv", "tools": [{"type": "custom", "name": "p"}]},
        ],
        "top_p": None,
        "truncation": "disabled",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": [
            {
                "type": "reasoning",
                "id": "rs_msg_01_0",
                "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "minga.anthropic.sig",
            },
            {
                "type": "message",
                "id": "msg_msg_01_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Voy.", "annotations": [], "logprobs": []}],
            },
            {
                "id": "fc_msg_01_2",
                "status": "completed",
                "type": "function_call",
                "call_id": "c1",
                "name": "f",
                "arguments": '{"a":1}',
            },
            {
                "type": "reasoning",
                "id": "rs_msg_01_3_signs",
                "summary": [],
                "encrypted_content": "minga.gemini.QUJD",
            },
            {
                "id": "ctc_msg_01_4",
                "status": "completed",
                "type": "custom_tool_call",
                "call_id": "c2",
                "name": "p",
                "input": "ls",
                "namespace": "srv",
            },
            {
                "id": "fc_msg_01_5",
                "status": "completed",
                "type": "function_call",
                "call_id": "c3",
                "name": "f",
                "arguments": "{}",
            },
        ],
        "usage": {
            "input_tokens": 35,
            "input_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 5},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 3},
            "total_tokens": 42,
        },
    }
    assert not notes.found


@pytest.mark.parametrize(
    ("stop", "parts", "status", "reason"),
    [
        ("end", (Text("a"),), "completed", None),
        ("stop-sequence", (Text("a"),), "completed", None),
        ("pause", (Text("a"),), "completed", None),
        ("length", (Text("a"),), "incomplete", "max_output_tokens"),
        ("filter", (), "incomplete", "content_filter"),
        ("refusal", (Refusal("No."),), "completed", None),
        ("refusal", (), "incomplete", "content_filter"),
    ],
)
def test_why_an_answer_ended_is_told(stop: Stop, parts: tuple[Part, ...], status: str, reason: str | None) -> None:
    told, notes = written(Answer("a", "m", parts, stop))
    assert told["status"] == status
    assert (told["incomplete_details"] or {}).get("reason") == reason
    assert told["usage"] is None
    told_of = {"pause": ["responses-pause"], "stop-sequence": ["responses-stop"]}
    assert notes.told("changed") == told_of.get(stop, [])


def test_a_picture_of_the_model_is_given_and_a_file_is_a_loss() -> None:
    picture = Media("image", "image/webp", "QUJD")
    told, notes = written(Answer("a", "m", (picture, Media("file", data="QUJD")), "end"))
    assert notes.told("lost") == ["responses-media(file)"]
    assert read(told)[0].parts == (picture,)


def test_an_answer_is_read() -> None:
    answer, notes = read(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 1_790_000_000.0,
            "model": "gpt-5",
            "status": "completed",
            "novelty": {"a": 1},
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
                {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
                {
                    "type": "message",
                    "id": "msg_1",
                    "role": "assistant",
                    "phase": "final_answer",
                    "content": [{"type": "output_text", "text": "a", "annotations": [{"type": "url_citation"}]}],
                },
                {
                    "type": "function_call",
                    "id": "fc",
                    "call_id": "c1",
                    "name": "f",
                    "arguments": "{}",
                    "namespace": "s",
                },
                {"type": "custom_tool_call", "id": "ctc", "call_id": "c2", "name": "p", "input": "ls"},
            ],
            "usage": {
                "input_tokens": 30,
                "input_tokens_details": {"cached_tokens": 20},
                "output_tokens": 7,
                "output_tokens_details": {"reasoning_tokens": 3},
                "total_tokens": 37,
            },
        }
    )
    assert answer == Answer(
        "resp_1",
        "gpt-5",
        (
            Thinking("", "openai-responses:gAAA", id="rs_1"),
            Text("a"),
            ToolCall("c1", "f", "{}", namespace="s"),
            ToolCall("c2", "p", "ls", custom=True),
        ),
        "tool-calls",
        used=Usage("gpt-5", 10, 20, 0, 7, 3),
        created_s=1_790_000_000,
    )
    assert notes.told("lost") == [
        "responses-beside(novelty)",
        "responses-item(web_search_call)",
        "responses-phase",
        "responses-annotations",
    ]


@pytest.mark.parametrize(
    ("told", "stop"),
    [
        ({"status": "completed"}, "end"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "filter"),
        ({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}, "refusal"),
    ],
)
def test_why_an_answer_ended_is_read(told: dict[str, Any], stop: Stop) -> None:
    answer, _ = read(told)
    assert answer.stop == stop
    assert answer.used is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b"[]",
        b'{"status":"failed","error":{"code":"server_error","message":"x"}}',
        b'{"output":[{"type":"function_call","name":"f"}]}',
        b'{"output":[{"type":"function_call","name":"f","call_id":"c","arguments":{}}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        DIALECT.read_answer(body, Notes())


@settings(max_examples=40, deadline=None)
@given(forms.answers())
def test_what_is_written_is_read_as_it_was(answer: Answer) -> None:
    told, notes = written(answer)
    back, _ = read(told)
    assert not notes.found
    parts = [
        msgspec.structs.replace(part, id=f"rs_{answer.id}_{place}") if isinstance(part, Thinking) else part
        for place, part in enumerate(answer.parts)
    ]
    assert back == msgspec.structs.replace(answer, id=f"resp_{answer.id}", parts=tuple(parts))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_body_is_read_or_unreadable(data: st.DataObject) -> None:
    call = ToolCall("c1", "f", '{"a":1}')
    whole = DIALECT.write_answer(Answer("a", "m", (Thinking("hm"), Text("ñ"), call), "tool-calls"), ASKED, Notes())
    at = data.draw(st.integers(0, len(whole)))
    put = data.draw(st.sampled_from((b"", b"null", b"{", b"[]", b'"', b"\xff", b"-1")))
    mutated = whole[:at] + put + whole[at + data.draw(st.integers(0, 30)) :]
    try:
        assert isinstance(DIALECT.read_answer(mutated, Notes()), Answer)
    except Unreadable:
        assert mutated != whole


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (
            429,
            b'{"error":{"message":"slow","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
            Fault(429, "slow", "rate_limit_exceeded"),
        ),
        (
            400,
            b'{"error":{"message":"bad","type":"invalid_request_error"}}',
            Fault(400, "bad", "invalid_request_error"),
        ),
        (500, b'{"error":"oops"}', Fault(500, "oops")),
        (422, b'{"detail":"no"}', Fault(422, "no")),
        (502, b"<html>Bad \xff</html>", Fault(502, "<html>Bad �</html>")),
        (503, b"", Fault(503, "")),
    ],
)
def test_any_error_is_read(status: int, body: bytes, fault: Fault) -> None:
    assert DIALECT.read_fault(status, body) == fault


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault(400, "bad", "INVALID_ARGUMENT"), "invalid_request_error", "invalid_prompt"),
        (Fault(400, "prompt is too long: 9 tokens > 8"), "invalid_request_error", "context_length_exceeded"),
        (Fault(401, "no", "authentication_error"), "invalid_request_error", "invalid_api_key"),
        (Fault(429, "slow", "rate_limit_error"), "requests", "rate_limit_exceeded"),
        (Fault(429, "spent", "insufficient_quota"), "requests", "insufficient_quota"),
        (Fault(529, "full", "overloaded_error"), "server_error", "server_is_overloaded"),
        (Fault(500, "oops"), "server_error", "server_error"),
        (Fault(418, "tea"), "invalid_request_error", None),
    ],
)
def test_an_error_is_written_with_the_codes_that_clients_go_by(fault: Fault, kind: str, code: str | None) -> None:
    assert msgspec.json.decode(DIALECT.write_fault(fault)) == {
        "error": {"message": fault.message, "type": kind, "param": None, "code": code}
    }
