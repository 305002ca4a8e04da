"""Whole answers and errors of Anthropic's Messages, read and written: checked against the types of its SDK."""

import json
from typing import Any

import pytest
from anthropic.types import Message
from messages_examples import ANSWER
from pydantic import TypeAdapter

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Answer,
    Fault,
    Media,
    Refusal,
    Request,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Turn,
)
from minga.providers.translation.messages import DIALECT
from minga.providers.translation.notes import Notes

SDK: TypeAdapter[Message] = TypeAdapter(Message)
ASKED = Request("claude-x", (Turn("user", (Text("Hello"),)),))

READ = Answer(
    "msg_1",
    "claude-opus-5",
    (
        Thinking("Hm.", "anthropic:c2ln"),
        Thinking("", "anthropic:ZW5j", redacted=True),
        Text("I look."),
        ToolCall("toolu_1", "look", '{"at": "x"}'),
    ),
    "tool-calls",
    used=LongCached("claude-opus-5", 10, 1000, 70, 30, 12, cache_write_1h_tokens=50),
)


def read(**fields: object) -> tuple[Answer, Notes]:
    notes = Notes()
    return DIALECT.read_answer(json.dumps({**ANSWER, **fields}).encode(), notes), notes


def written(answer: Answer, notes: Notes | None = None) -> dict[str, Any]:
    body = DIALECT.write_answer(answer, ASKED, notes or Notes())
    SDK.validate_json(body, strict=True)
    told: dict[str, Any] = json.loads(body)
    return told


def test_an_answer_is_read_whole() -> None:
    answer, notes = read()
    assert answer == READ
    assert not notes.found


def test_an_answer_is_written_as_anthropic_tells_it() -> None:
    body = written(READ)
    left_out = {"stop_details": None}
    assert {**body, **left_out} == {
        **ANSWER,
        "content": [
            *ANSWER["content"][:2],
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "x"}},
        ],
        "usage": {name: value for name, value in ANSWER["usage"].items() if name != "service_tier"},
    }


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "end"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("stop_sequence", "stop-sequence"),
        ("tool_use", "tool-calls"),
        ("pause_turn", "pause"),
        ("refusal", "refusal"),
    ],
)
def test_why_an_answer_ended(reason: str, stop: Stop) -> None:
    answer, notes = read(stop_reason=reason, stop_sequence="END" if stop == "stop-sequence" else None)
    assert (answer.stop, answer.stop_sequence) == (stop, "END" if stop == "stop-sequence" else "")
    assert not notes.found
    assert written(answer)["stop_reason"] == ("max_tokens" if stop == "length" else reason)


def test_a_reason_that_nobody_knows_yet_is_told() -> None:
    answer, notes = read(stop_reason="moonrise", stop_details={"type": "refusal", "category": "bio"})
    assert answer.stop == "end"
    assert notes.told("changed") == ["anthropic-stop-unknown(moonrise)"]
    assert notes.told("lost") == ["anthropic-stop-details(bio)"]


def test_what_anthropics_tools_found_and_what_nobody_knows_yet_is_told() -> None:
    cited = {"type": "text", "text": "x", "citations": [{"type": "char_location"}]}
    answer, notes = read(content=[cited, {"type": "server_tool_use", "id": "s"}, {"type": "hologram"}])
    assert answer.parts == (Text("x"),)
    assert notes.told("lost") == [
        "anthropic-citations(text)",
        "anthropic-server-tool(server_tool_use)",
        "anthropic-block-unknown(hologram)",
    ]


def test_a_provider_that_tells_no_usage() -> None:
    answer, _ = read(usage=None)
    assert answer.used is None
    assert written(answer)["usage"] == {"input_tokens": 0, "output_tokens": 0}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"content":[{"type":"tool_use"}],"stop_reason":"tool_use"}', b"[" * 100_000],
    ids=["none", "list", "no end", "nameless call", "deep"],
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        DIALECT.read_answer(body, Notes())


def test_what_other_models_say_in_the_way_of_messages() -> None:
    notes = Notes()
    answer = Answer(
        "",
        "",
        (
            Thinking("Hm."),
            Thinking("Sum.", "openai-responses:ZW5j"),
            Text("", signature="gemini:Qw=="),
            ToolCall("c1", "look", "```json\n{}\n```", signature="gemini:QQ=="),
            Refusal("No."),
            Media("image", "image/png", "QQ=="),
            Text(""),
        ),
        "filter",
        used=Usage("gpt", 5, 0, 0, 7),
    )
    body = written(answer, notes)
    assert body["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": ""},
        {"type": "thinking", "thinking": "Sum.", "signature": "minga.openai-responses.ZW5j"},
        {"type": "thinking", "thinking": "", "signature": "minga.alone.gemini.Qw=="},
        {"type": "thinking", "thinking": "", "signature": "minga.next.gemini.QQ=="},
        {"type": "tool_use", "id": "c1", "name": "look", "input": {}},
        {"type": "text", "text": "No."},
    ]
    assert (body["id"], body["model"], body["stop_reason"]) == ("msg_000001", "claude-x", "refusal")
    assert notes.told("changed") == ["arguments-mended(look)", "anthropic-refusal", "anthropic-filter"]
    assert notes.told("lost") == ["anthropic-media(image/png)"]


def test_arguments_that_mean_nothing_are_no_answer() -> None:
    with pytest.raises(Unreadable, match="'look' are not a JSON object"):
        written(Answer("a", "m", (ToolCall("c", "look", '{"a":'),), "tool-calls"))


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (
            529,
            b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}',
            Fault(529, "Overloaded", "overloaded_error"),
        ),
        (400, b'{"message":"bad"}', Fault(400, "bad")),
        (400, b'{"error":"bad"}', Fault(400, "bad")),
        (502, b"<html>Bad gateway</html>", Fault(502, "<html>Bad gateway</html>")),
        (500, b"", Fault(500, "The provider answered with status 500.")),
        (500, b"\xff" * 9000, Fault(500, "\N{REPLACEMENT CHARACTER}" * 2000)),
    ],
    ids=["its own", "a message", "a text", "a page", "nothing", "bytes"],
)
def test_errors_are_read(status: int, body: bytes, fault: Fault) -> None:
    assert DIALECT.read_fault(status, body) == fault


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(429, "slow down"), "rate_limit_error"),
        (Fault(503, "busy", "server_error"), "overloaded_error"),
        (Fault(422, "no"), "invalid_request_error"),
        (Fault(502, "down"), "api_error"),
        (Fault(500, "x", "billing_error"), "billing_error"),
    ],
    ids=["limit", "busy", "other of the caller", "other of the server", "its own"],
)
def test_errors_are_written(fault: Fault, kind: str) -> None:
    assert json.loads(DIALECT.write_fault(fault)) == {
        "type": "error",
        "error": {"type": kind, "message": fault.message},
    }
