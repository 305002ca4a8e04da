"""Whole answers of generateContent, in and out, and errors."""

import json
from contextlib import suppress
from typing import Any

import pytest
from forms import answers
from gemini_speech import GEMINI, noted, said, user
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.events import Usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Added,
    Answer,
    Began,
    Fault,
    Media,
    Opened,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.notes import Notes

ASKED = said(user("hello"))


def candidate(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": list(parts)}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0, **more}],
        "modelVersion": "gemini-3",
    }


def read(body: Any, lost: str = "") -> Answer:
    notes = Notes()
    answer = GEMINI.read_answer(json.dumps(body).encode(), notes)
    assert noted(notes) == lost
    return answer


def write(answer: Answer, lost: str = "") -> dict[str, Any]:
    notes = Notes()
    body = GEMINI.write_answer(answer, ASKED, notes)
    assert noted(notes) == lost
    types.GenerateContentResponse.model_validate_json(body)
    told: dict[str, Any] = json.loads(body)
    return told


def test_an_answer_is_read_with_its_thoughts_calls_and_tokens() -> None:
    answer = read(
        {
            **candidate(
                {"text": "hm", "thought": True},
                {"text": "I look."},
                {"functionCall": {"id": "c1", "name": "f", "args": {"a": [1, "á"]}}, "thoughtSignature": "c2ln"},
            ),
            "usageMetadata": {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 60,
                "toolUsePromptTokenCount": 5,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 30,
                "totalTokenCount": 142,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
            },
            "responseId": "r1",
            "createTime": "2026-09-21T14:13:20Z",
        }
    )
    assert answer == Answer(
        "r1",
        "gemini-3",
        (Thinking("hm"), Text("I look."), ToolCall("c1", "f", '{"a": [1, "\\u00e1"]}', signature="gemini:c2ln")),
        "tool-calls",
        used=Usage("gemini-3", 45, 60, 0, 37, 30),
        created_s=1_790_000_000,
    )


def test_calls_without_ids_get_some_that_no_other_answer_has() -> None:
    call = {"functionCall": {"name": "f"}}
    first, second = (read({**candidate(call, call), "responseId": id_}) for id_ in ("r1", "r2"))
    ids = [part.id for part in (*first.parts, *second.parts) if isinstance(part, ToolCall)]
    assert len(set(ids)) == 4
    assert read({**candidate(call, call), "responseId": "r1"}) == first


def test_an_empty_part_with_a_signature_signs_the_text_before_it() -> None:
    told = candidate({"text": "so"}, {"text": "", "thoughtSignature": "c2ln"}, {"text": ""}, {})
    assert read(told).parts == (Text("so", signature="gemini:c2ln"),)


@pytest.mark.parametrize(
    ("reason", "stop", "lost"),
    [
        ("STOP", "end", ""),
        ("MAX_TOKENS", "length", ""),
        ("SAFETY", "filter", ""),
        ("RECITATION", "filter", ""),
        ("PROHIBITED_CONTENT", "filter", ""),
        ("OTHER", "end", "gemini-finish-reason(OTHER)"),
    ],
)
def test_finish_reasons_are_read(reason: str, stop: Stop, lost: str) -> None:
    assert read(candidate({"text": "a"}, finishReason=reason), lost).stop == stop


def test_every_finish_reason_of_the_sdk_is_known_or_noted() -> None:
    for reason in types.FinishReason:
        notes = Notes()
        with suppress(Unreadable):
            told = GEMINI.read_answer(json.dumps(candidate({"text": "a"}, finishReason=reason.value)).encode(), notes)
            assert (told.stop == "end") == (reason.value == "STOP" or bool(notes.found)), reason


def test_a_blocked_prompt_is_an_answer_that_says_so() -> None:
    answer = read({"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "gemini-3"})
    assert (answer.parts, answer.stop) == ((Refusal("The provider blocked the prompt: SAFETY"),), "filter")


def test_what_stands_beside_an_answer_is_noted() -> None:
    result = {"functionResponse": {"name": "f", "response": {}}}
    told = candidate({"text": "a"}, {"executableCode": {"code": "1"}}, result, groundingMetadata={}, aura="blue")
    lost = (
        "gemini-beside(candidates[].aura) gemini-beside(modelStatus) gemini-beside(groundingMetadata)"
        " gemini-parts(executableCode) gemini-parts(functionResponse)"
    )
    assert read({**told, "modelStatus": {"modelStage": "LEGACY"}}, lost).parts == (Text("a"),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"candidates": 1}',
        b"{}",
        b'{"error": {"code": 500}}',
        json.dumps(candidate({"functionCall": {"name": "f", "args": [1]}})).encode(),
        json.dumps(candidate({"functionCall": {"name": "f", "willContinue": True}})).encode(),
        json.dumps(candidate(finishReason="MALFORMED_FUNCTION_CALL")).encode(),
        b'{"candidates": [{"safetyRatings": ' + b"[" * 100_000,
    ],
    ids=["empty", "list", "type", "nothing", "error", "arguments", "piece", "malformed-call", "deep"],
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        GEMINI.read_answer(body, Notes())


def test_an_answer_is_written_as_google_writes_it() -> None:
    told = write(
        Answer(
            "r1",
            "some-model",
            (
                Thinking("hm", "gemini:dGg="),
                Text("I look."),
                Media("image", "image/png", data="iVBORw=="),
                ToolCall("c1", "f", '{"a": 1}', signature="gemini:c2ln"),
            ),
            "tool-calls",
            used=Usage("some-model", 40, 60, 0, 37, 30),
            created_s=1_790_000_000,
        )
    )
    assert told == {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "hm", "thought": True, "thoughtSignature": "dGg="},
                        {"text": "I look."},
                        {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}},
                        {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
                    ],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 100,
            "candidatesTokenCount": 7,
            "totalTokenCount": 137,
            "cachedContentTokenCount": 60,
            "thoughtsTokenCount": 30,
        },
        "modelVersion": "some-model",
        "responseId": "r1",
        "createTime": "2026-09-21T14:13:20Z",
    }


def test_what_an_answer_cannot_say_is_noted() -> None:
    used = Usage("m", 1, 2, 3, 4)
    told = write(
        Answer("", "m", (Refusal("no"),), "refusal", used=used),
        "gemini-refusal gemini-stop(refusal) gemini-cache-writes",
    )
    assert told["candidates"][0]["content"]["parts"] == [{"text": "no"}]
    assert told["usageMetadata"]["promptTokenCount"] == 6
    assert "usageMetadata" not in write(Answer("", "m", (), "end"))


def test_arguments_that_are_no_object_are_mended_or_unreadable() -> None:
    fenced = ToolCall("1", "f", '```json\n{"a": 1}\n```')
    told = write(Answer("", "m", (fenced,), "tool-calls"), "arguments-mended(f)")
    assert told["candidates"][0]["content"]["parts"][0]["functionCall"]["args"] == {"a": 1}
    for arguments in ('{"a": ', '{"a": ' + "[" * 100_000):
        with pytest.raises(Unreadable, match="'f'"):
            GEMINI.write_answer(Answer("", "m", (ToolCall("1", "f", arguments),), "tool-calls"), ASKED, Notes())


def test_a_signature_of_another_model_comes_back_through_googles_sdk_as_it_was() -> None:
    thought = Thinking("hm", "anthropic:EqQBCgIYAh.+/=_-")
    body = GEMINI.write_answer(Answer("", "m", (thought, Text("a")), "end"), ASKED, Notes())
    told = types.GenerateContentResponse.model_validate_json(body)
    assert told.candidates
    assert told.candidates[0].content
    history = {"contents": [told.candidates[0].content.model_dump(mode="json", by_alias=True, exclude_none=True)]}
    request = GEMINI.read_request(json.dumps(history).encode(), Notes())
    assert request.turns[0].parts == (thought, Text("a"))


@settings(max_examples=60, deadline=None)
@given(answers(signed="gemini", signed_text="gemini", cache_writes=False))
def test_a_written_answer_is_read_back_as_it_was(answer: Answer) -> None:
    notes = Notes()
    body = GEMINI.write_answer(answer, ASKED, notes)
    types.GenerateContentResponse.model_validate_json(body)
    assert GEMINI.read_answer(body, notes) == answer
    assert not notes.found


@settings(max_examples=60, deadline=None)
@given(answers(signed="gemini"), st.data())
def test_a_damaged_answer_is_read_or_unreadable(answer: Answer, data: st.DataObject) -> None:
    body = bytearray(GEMINI.write_answer(answer, ASKED, Notes()))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(Unreadable):
        GEMINI.read_answer(bytes(body), Notes())
    GEMINI.read_fault(500, bytes(body))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (
            b'{"error": {"code": 429, "message": "slower", "status": "RESOURCE_EXHAUSTED", "details": []}}',
            Fault(429, "slower", "RESOURCE_EXHAUSTED"),
        ),
        (b'[{"error": {"code": 429, "message": "slower", "status": "X"}}]', Fault(429, "slower", "X")),
        (b"<html>busy</html>", Fault(429, "<html>busy</html>")),
        (b"", Fault(429, "HTTP status 429")),
        (b'{"error": "slower"}', Fault(429, '{"error": "slower"}')),
    ],
    ids=["google", "list", "page", "nothing", "other"],
)
def test_any_body_of_an_error_is_read(body: bytes, fault: Fault) -> None:
    assert GEMINI.read_fault(429, body) == fault


@pytest.mark.parametrize(
    ("status", "named"), [(400, "INVALID_ARGUMENT"), (418, "INVALID_ARGUMENT"), (529, "UNAVAILABLE"), (500, "INTERNAL")]
)
def test_an_error_is_written_as_google_does(status: int, named: str) -> None:
    told = json.loads(GEMINI.write_fault(Fault(status, "why", "rate_limit_error")))
    assert told == {"error": {"code": status, "message": "why", "status": named}}


@pytest.mark.parametrize("created_s", [1_790_000_000_000, 10**20, -(10**11)])
def test_a_moment_that_cannot_be_is_left_out(created_s: int) -> None:
    """Some servers tell milliseconds."""
    assert "createTime" not in write(Answer("a", "m", (Text("Yes."),), "end", created_s=created_s))
    writer = GEMINI.writer(ASKED, Notes())
    told = b"".join(map(writer.feed, (Began("a", "m", created_s=created_s), Opened(0, Text("")), Added(0, "Yes."))))
    assert b"Yes." in told
    assert b"createTime" not in told


def test_a_second_candidate_is_told_of() -> None:
    body = candidate({"text": "a"})
    body["candidates"].append({**candidate({"text": "b"})["candidates"][0], "index": 1})
    assert read(body, "gemini-beside(candidates)").parts == (Text("a"),)
