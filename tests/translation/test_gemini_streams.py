"""Streams of streamGenerateContent, in and out, and Google's own client at the other end."""

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from forms import answers, events, heard
from gemini_speech import GEMINI, noted, said, user
from google import genai
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.events import Usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Added,
    Answer,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Media,
    Opened,
    Refusal,
    Signed,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.sse import events_of

ASKED = said(user("hello"))


def event(*parts: dict[str, Any], end: str | None = None, used: int | None = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    told = {
        "candidates": [{**candidate, **({"finishReason": end} if end else {})}],
        "modelVersion": "g",
        "responseId": "r",
    }
    if used is not None:
        told["usageMetadata"] = {"promptTokenCount": 3, "candidatesTokenCount": used}  # type: ignore[assignment]
    return {**told, **more}


def read(*told: dict[str, Any], lost: str = "") -> list[Event]:
    notes = Notes()
    reader = GEMINI.reader(notes)
    found = [one for event in told for one in reader.feed("", json.dumps(event).encode())]
    found += reader.finish()
    assert noted(notes) == lost
    return found


def write(told: Sequence[Event], notes: Notes | None = None) -> bytes:
    writer = GEMINI.writer(ASKED, notes or Notes())
    return b"".join(writer.feed(event) for event in told)


def written(told: Sequence[Event]) -> list[dict[str, Any]]:
    found = [data for _, data in events_of(write(told))]
    for data in found:
        types.GenerateContentResponse.model_validate_json(data)
    return [json.loads(data) for data in found]


def test_a_stream_is_read_part_by_part() -> None:
    used = Usage("g", 3, 0, 0, 9)
    assert read(
        event({"text": "h", "thought": True}, used=0),
        event({"text": "m", "thought": True}),
        event({"text": "I "}),
        event({"text": "look."}),
        event({"text": "", "thoughtSignature": "c2ln"}),
        event({"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "QUJD"}),
        event({"functionCall": {"id": "2", "name": "g"}}),
        event({"text": ""}, end="STOP", used=9),
    ) == [
        Began("r", "g", Usage("g", 3, 0, 0, 0)),
        Opened(0, Thinking()),
        Added(0, "h"),
        Added(0, "m"),
        Closed(0),
        Opened(1, Text("")),
        Added(1, "I "),
        Added(1, "look."),
        Signed(1, "gemini:c2ln"),
        Closed(1),
        Opened(2, ToolCall("1", "f", "", signature="gemini:QUJD")),
        Added(2, '{"a": 1}'),
        Closed(2),
        Opened(3, ToolCall("2", "g", "")),
        Added(3, "{}"),
        Closed(3),
        Ended("tool-calls", used=used),
    ]


def test_a_cut_stream_has_no_end() -> None:
    assert read(event({"text": "h"}, used=1)) == [
        Began("r", "g", Usage("g", 3, 0, 0, 1)),
        Opened(0, Text("")),
        Added(0, "h"),
    ]
    assert read() == []


@pytest.mark.parametrize("late", [True, False])
def test_the_end_waits_for_the_tokens(late: bool) -> None:
    more = [{"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 9}}] if late else []
    ended = read(event({"text": "h"}, end="MAX_TOKENS"), *more)[-1]
    assert isinstance(ended, Ended)
    assert ended.stop == "length"
    assert (ended.used is not None) == late


def test_a_blocked_prompt_ends_the_stream() -> None:
    told = {"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": "no"}, "modelVersion": "g"}
    assert read({**told, "usageMetadata": {"promptTokenCount": 3}})[1:] == [
        Opened(0, Refusal("")),
        Added(0, "no"),
        Closed(0),
        Ended("filter", used=Usage("g", 3, 0, 0, 0)),
    ]


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, Fault(503, "busy", "UNAVAILABLE")),
        (
            event(end="MALFORMED_FUNCTION_CALL", used=1),
            Fault(502, "Gemini ended its answer with MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"),
        ),
    ],
    ids=["error", "malformed-call"],
)
def test_an_error_ends_the_stream(told: dict[str, Any], fault: Fault) -> None:
    found = read(event({"text": "a"}), told, event({"text": "b"}, end="STOP", used=1))
    assert found[-1] == fault


def test_a_stream_is_written_text_at_once_and_calls_whole() -> None:
    call = ToolCall("1", "f", "", signature="gemini:QUJD")
    told = [
        Began("r", "m"),
        Opened(0, Thinking()),
        Added(0, "hm"),
        Signed(0, "gemini:c2ln"),
        Closed(0),
        Opened(1, Text("")),
        Opened(2, call),
        Added(2, '{"a":'),
        Added(1, "I look."),
        Added(2, " 1}"),
        Closed(1),
        Closed(2),
        Ended("tool-calls", used=Usage("m", 3, 0, 0, 9)),
    ]
    whole = written(told)
    assert all((one["modelVersion"], one["responseId"]) == ("m", "r") for one in whole)
    assert [one["candidates"][0]["content"]["parts"][0] for one in whole] == [
        {"text": "hm", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "I look."},
        {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "QUJD"},
        {"text": ""},
    ]
    assert [one["candidates"][0].get("finishReason") for one in whole] == [None] * 4 + ["STOP"]
    assert whole[-1]["usageMetadata"] == {"promptTokenCount": 3, "candidatesTokenCount": 9, "totalTokenCount": 12}


@pytest.mark.parametrize("kept", ["all", "no-thoughts"])
def test_signed_thoughts_of_another_model_come_back_with_its_calls(kept: str) -> None:
    """The Gemini CLI leaves thoughts out of what it sends back, but not the signatures of calls."""
    thoughts = (Thinking("hm", "anthropic:s.1"), Thinking("", "anthropic:s.2", redacted=True))
    first, second = ToolCall("1", "f", "{}"), ToolCall("2", "g", "{}")
    later = Thinking("so", "anthropic:s.3", id="rs_1")
    told: list[Event] = [Began("r", "m"), Opened(0, Thinking()), Added(0, "h"), Added(0, "m")]
    told += [Signed(0, "anthropic:s.1"), Closed(0), Opened(1, thoughts[1]), Closed(1)]
    told += [Opened(2, Text("")), Added(2, "I look."), Closed(2), Opened(3, ToolCall("1", "f", "")), Closed(3)]
    told += [Opened(4, Thinking(id="rs_1")), Added(4, "so"), Signed(4, "anthropic:s.3"), Closed(4)]
    told += [Opened(5, ToolCall("2", "g", "")), Added(5, "{}"), Closed(5), Ended("tool-calls")]
    parts = [part for one in written(told) for part in one["candidates"][0]["content"]["parts"]]
    sent = [part for part in parts if kept == "all" or not part.get("thought")]
    body = json.dumps({"contents": [{"role": "model", "parts": sent}]}).encode()
    turn = GEMINI.read_request(body, Notes()).turns[0]
    assert turn == Turn("assistant", (*thoughts, Text("I look."), first, later, second))
    whole = json.loads(GEMINI.write_answer(Answer("r", "m", turn.parts, "tool-calls"), ASKED, Notes()))
    body = json.dumps({"contents": [whole["candidates"][0]["content"]]}).encode()
    assert GEMINI.read_request(body, Notes()).turns[0] == turn


def test_arguments_that_are_no_object_break_the_stream() -> None:
    with pytest.raises(Unreadable, match="'f'"):
        write([Began("r", "m"), Opened(0, ToolCall("1", "f", "")), Added(0, '{"a": '), Closed(0), Ended("tool-calls")])


def test_a_call_that_the_limit_cut_off_is_left_out() -> None:
    call = [Opened(0, ToolCall("1", "f", "")), Added(0, '{"a": '), Closed(0)]
    told = write([Began("r", "m"), *call, Ended("length")])
    assert b"functionCall" not in told
    assert b'"finishReason":"MAX_TOKENS"' in told


def test_an_error_is_written_as_an_event() -> None:
    told = b'data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}\n\n'
    assert write([Began("r", "m"), Fault(503, "busy", "overloaded_error")]) == told


@settings(max_examples=60, deadline=None)
@given(answers(signed="gemini", signed_text="gemini", cache_writes=False), st.data())
def test_a_written_stream_is_read_back_as_it_was(answer: Answer, data: st.DataObject) -> None:
    notes = Notes()
    reader = GEMINI.reader(notes)
    body = write(data.draw(events(answer)), notes)
    told = [one for name, piece in events_of(body) for one in reader.feed(name, piece)]
    assert heard([*told, *reader.finish()]).answer() == answer
    assert not notes.found


@settings(max_examples=60, deadline=None)
@given(answers(signed="gemini"), st.data())
def test_a_damaged_stream_is_read_or_unreadable(answer: Answer, data: st.DataObject) -> None:
    body = bytearray(write(data.draw(events(answer))))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    reader = GEMINI.reader(Notes())
    told: list[Event] = []
    try:
        for name, piece in events_of(bytes(body)):
            told += reader.feed(name, piece)
        told += reader.finish()
    except Unreadable:
        pass
    heard(told)


class Played(ThreadingHTTPServer):
    """Answers what it was given, in order, and keeps what was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[bytes] = []
        self.answers: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: Played

    def do_POST(self) -> None:
        self.server.sent.append(self.rfile.read(int(self.headers["content-length"])))
        body = self.server.answers.pop(0)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if "stream" in self.path else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def played() -> Iterator[Played]:
    with Played() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_googles_client_talks_through_tools_and_pictures(played: Played) -> None:
    """A whole chat of the SDK: a streamed answer with a signed call, its result, and a last answer."""
    call = ToolCall("toolu_1", "look", "", signature="anthropic:s.1")
    used = Usage("m", 3, 0, 0, 9)
    told = [Began("r", "m"), Opened(0, Thinking()), Added(0, "h"), Added(0, "m")]
    told += [Signed(0, "anthropic:sig"), Closed(0)]
    told += [Opened(1, call), Added(1, '{"at": "x"}'), Closed(1), Ended("tool-calls", used=used)]
    played.answers += [
        write(told),
        GEMINI.write_answer(Answer("r2", "m", (Text("fine"),), "end", used=used), ASKED, Notes()),
    ]
    schema = types.Schema(type=types.Type.OBJECT, properties={"at": types.Schema(type=types.Type.STRING)})
    declared = types.FunctionDeclaration(name="look", description="Looks.", parameters=schema)
    config = types.GenerateContentConfig(
        system_instruction="Be brief.",
        tools=[types.Tool(function_declarations=[declared])],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=64),
    )
    url = f"http://127.0.0.1:{played.server_port}"
    client = genai.Client(api_key="no-key", http_options=types.HttpOptions(base_url=url))
    chat = client.chats.create(model="gemini-3-pro", config=config)
    picture = types.Part.from_bytes(data=b"\xff\xfe\xfd\xfc", mime_type="image/png")
    chunks = list(chat.send_message_stream(["Look:", picture]))
    assert chunks[-1].usage_metadata is not None
    assert chunks[-1].usage_metadata.total_token_count == 12
    found = next(call for chunk in chunks for call in chunk.function_calls or [])
    assert (found.id, found.name, found.args) == ("toolu_1", "look", {"at": "x"})
    result = types.Part(function_response=types.FunctionResponse(id=found.id, name="look", response={"output": "y"}))
    assert chat.send_message(result).text == "fine"

    notes = Notes()
    request = GEMINI.read_request(played.sent[1], notes)
    assert not notes.found
    assert request.turns[1:] == (
        Turn(
            "assistant",
            (
                Thinking("hm", "anthropic:sig"),
                ToolCall("toolu_1", "look", '{"at":"x"}', signature="anthropic:s.1"),
            ),
        ),
        user(ToolResult("toolu_1", (Text("y"),), "look")),
    )
    assert request.turns[0] == user("Look:", Media("image", "image/png", data="//79/A=="))
    assert request.tools[0].schema == b'{"properties":{"at":{"type":"string"}},"type":"object"}'
