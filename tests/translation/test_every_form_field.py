"""Whatever the form holds is written in each format, or told: the other half of `test_every_field`, which shows what is
read into it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from minga.domain.events import Usage
from minga.domain.model_calls import Refused, Wire
from minga.providers.translation import form, told_whole
from minga.providers.translation.adapting import adapt
from minga.providers.translation.conversation import check
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import (
    Answer,
    Media,
    OutputForm,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from minga.providers.translation.notes import Notes

MODELS: Mapping[Wire, tuple[str, ...]] = {
    "openai-chat": ("gpt-4.1", "deepseek-chat", "gemini-2.5-pro"),
    "openai-responses": ("gpt-5.1", "gpt-4o"),
    "anthropic": ("claude-sonnet-4-5", "claude-opus-5-5"),
    "gemini": ("gemini-2.5-pro", "gemini-3-pro-preview"),
}

CALL = ToolCall("c1", "f", "{}")
TOOLS = (Tool("f"), Tool("g"))
SCHEMA = b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'


def said(part: form.Part) -> Request:
    return Request("m", (Turn("user", (part,)),))


def thought(part: Thinking | Text) -> Request:
    return Request("m", (Turn("user", (Text("a"),)), Turn("assistant", (part, Text("b"))), Turn("user", (Text("c"),))))


def refused(part: Refusal) -> Request:
    return Request("m", (Turn("user", (Text("a"),)), Turn("assistant", (part,)), Turn("user", (Text("c"),))))


def called(part: ToolCall) -> Request:
    result = ToolResult(part.id, (Text("r"),), custom=part.custom)
    turns = (Turn("user", (Text("a"),)), Turn("assistant", (part,)), Turn("user", (result,)))
    return Request("m", turns, tools=(Tool("f", custom=part.custom, namespace=part.namespace), Tool("g")))


def resulting(part: ToolResult) -> Request:
    call = msgspec.structs.replace(CALL, custom=part.custom, id=part.call_id)
    turns = (Turn("user", (Text("a"),)), Turn("assistant", (call,)), Turn("user", (part,)))
    return Request("m", turns, tools=(Tool("f", custom=part.custom),))


def offered(tool: Tool) -> Request:
    return msgspec.structs.replace(said(Text("a")), tools=(tool,))


def demanded(choice: ToolChoice) -> Request:
    return msgspec.structs.replace(said(Text("a")), tools=TOOLS, tool_choice=choice)


def shaped(output: OutputForm) -> Request:
    return msgspec.structs.replace(said(Text("a")), output=output)


def reasoned(reasoning: Reasoning) -> Request:
    return msgspec.structs.replace(said(Text("a")), reasoning=reasoning, answer_max=4000)


ASKED: tuple[tuple[Callable[[Any], Request], Any, Mapping[str, Any]], ...] = (
    (lambda one: one, msgspec.structs.replace(said(Text("a")), tools=TOOLS), {
        "turns": (Turn("user", (Text("b"),)),),
        "system": (Text("s"),),
        "tools": (Tool("h"),),
        "tool_choice": ToolChoice("any"),
        "parallel": False,
        "answer_max": 222,
        "temperature": 0.3,
        "top_p": 0.7,
        "top_k": 9,
        "stop": ("STOP",),
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "reasoning": Reasoning("low"),
        "output": OutputForm(SCHEMA),
        "person": "ana",
        "service": (("service_tier", b'"flex"'),),
    }),
    (said, Text("a"), {"text": "b", "cache": "5m"}),
    (thought, Text("a"), {"signature": "gemini:c2ln"}),
    (said, Media("image", "image/png", "aGk="), {
        "kind": "file", "media_type": "image/jpeg", "data": "aG8=", "name": "n", "detail": "low", "cache": "5m",
    }),
    (said, Media("file", "application/pdf", "aGk="), {"data": "aG8=", "name": "n", "cache": "5m"}),
    (said, Media("image", url="https://example.com/a.png"), {"url": "https://example.com/b.png", "detail": "low"}),
    (thought, Thinking("t"), {"text": "u", "signature": "anthropic:c2ln"}),
    (thought, Thinking("t", "openai-responses:c2ln", id="rs_1"), {"text": "u", "redacted": True}),
    (called, CALL, {
        "id": "c2", "name": "g", "arguments": '{"a":1}', "custom": True, "namespace": "s",
        "signature": "gemini:c2ln", "cache": "5m",
    }),
    (resulting, ToolResult("c1", (Text("r"),)), {
        "call_id": "c2", "parts": (Text("q"),), "is_error": True, "custom": True, "cache": "5m",
    }),
    (refused, Refusal("no"), {"text": "never"}),
    (offered, Tool("f"), {
        "name": "g", "description": "d", "schema": SCHEMA, "strict": True, "custom": True, "namespace": "s",
        "cache": "5m",
    }),
    (offered, Tool("f", custom=True), {"format": b'{"type":"grammar","syntax":"lark","definition":"start: X"}'}),
    (demanded, ToolChoice("named", "f"), {"mode": "any", "name": "g"}),
    (shaped, OutputForm(SCHEMA), {"schema": b"", "name": "n", "description": "d", "strict": True}),
    (reasoned, Reasoning("low"), {"effort": "high", "budget_tokens": 2000, "shown": True}),
)  # fmt: skip

NOT_ASKED = {
    ("Request", "model"): "the deployment has a name of its own for it",
    ("Request", "stream"): "the call itself says whether it streams",
    ("Request", "usage_wanted"): "it is said of the caller's own stream; a deployment is always asked",
    ("Thinking", "id"): "the id of a thought in OpenAI's store, where nothing of it is kept",
    ("ToolResult", "name"): "it is that of the call",
}

IMPLIED = {
    ("OutputForm", "strict", "anthropic"): "Anthropic keeps each schema of an answer by itself",
    ("OutputForm", "strict", "gemini"): "Gemini keeps each schema of an answer by itself",
    ("Media", "kind", "gemini"): "Gemini goes by the media type",
    ("ToolCall", "namespace", "openai-chat"): "who has no namespaces gets no call in one",
    ("ToolCall", "namespace", "anthropic"): "who has no namespaces gets no call in one",
}
"""What a format says without a field for it."""


def silent(part: object, before: tuple[bytes, set[str]], seen: tuple[bytes, set[str]], name: str, wire: Wire) -> bool:
    """Neither another message nor another note; where the part itself is told as left out, nothing more has to be."""
    return seen == before and not before[1] and (type(part).__name__, name, wire) not in IMPLIED


def sent(request: Request, wire: Wire, model: str) -> tuple[bytes, set[str]]:
    notes = Notes()
    try:
        fitted = adapt(check(request, notes), wire, model, "p", notes).request
        return DIALECTS[wire].write_request(fitted, notes), {*notes.told("lost"), *notes.told("changed")}
    except Refused as wrong:
        return str(wrong).encode(), set()


@pytest.mark.parametrize("wire", MODELS)
def test_what_a_request_holds_is_written_or_told(wire: Wire) -> None:
    found = []
    for model in MODELS[wire]:
        for put, plain, values in ASKED:
            before = sent(put(plain), wire, model)
            for name, value in values.items():
                seen = sent(put(msgspec.structs.replace(plain, **{name: value})), wire, model)
                if silent(plain, before, seen, name, wire):
                    found.append((model, type(plain).__name__, name))
    assert found == []


def test_no_field_of_a_request_is_forgotten() -> None:
    asked = {(type(plain).__name__, name) for _, plain, values in ASKED for name in values}
    kinds = {type(plain) for _, plain, _ in ASKED}
    fields = {(kind.__name__, name) for kind in kinds for name in kind.__struct_fields__}
    assert fields - asked - NOT_ASKED.keys() == set()


USED = Usage("m", 10, 2, 0, 5, 1)


def answering(part: form.Part) -> Answer:
    return Answer("a", "m", (part,), "end", used=USED)


ANSWERED: tuple[tuple[Callable[[Any], Answer], Any, Mapping[str, Any]], ...] = (
    (lambda one: one, answering(Text("a")), {
        "id": "b", "model": "n", "parts": (Text("b"),), "stop": "length", "used": Usage("m", 11, 2, 0, 5, 1),
    }),
    (lambda one: one, Answer("a", "m", (Text("a"),), "stop-sequence", "X"), {"stop": "pause"}),
    (answering, Text("a"), {"text": "b", "signature": "gemini:c2ln"}),
    (answering, Media("image", "image/png", "aGk="), {"media_type": "image/jpeg", "data": "aG8="}),
    (answering, Thinking("t"), {"text": "u", "signature": "anthropic:c2ln"}),
    (answering, Thinking("", "anthropic:c2ln"), {"redacted": True}),
    (answering, CALL, {"id": "c2", "name": "g", "arguments": '{"a":1}', "namespace": "s", "signature": "gemini:c2ln"}),
    (answering, Refusal("no"), {"text": "never"}),
)  # fmt: skip


@pytest.mark.parametrize("way", ["whole", "stream"])
@pytest.mark.parametrize("wire", MODELS)
def test_what_an_answer_holds_is_written_or_told(wire: Wire, way: str) -> None:
    found = []
    for put, plain, values in ANSWERED:
        before = answered(put(plain), wire, way)
        for name, value in values.items():
            seen = answered(put(msgspec.structs.replace(plain, **{name: value})), wire, way)
            if silent(plain, before, seen, name, wire):
                found.append((type(plain).__name__, name))
    assert found == []


def answered(answer: Answer, wire: Wire, way: str) -> tuple[bytes, set[str]]:
    notes = Notes()
    asked = Request("m", (Turn("user", (Text("a"),)),))
    try:
        if way == "whole":
            told = DIALECTS[wire].write_answer(answer, asked, notes)
        else:
            told = b"".join(map(DIALECTS[wire].writer(asked, notes).feed, told_whole.events(answer)))
    except Unreadable as wrong:
        told = str(wrong).encode()
    return told, {*notes.told("lost"), *notes.told("changed")}
