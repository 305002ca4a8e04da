"""What becomes of each field of the SDKs when it is read: the messages that hold it, and how they are read.

``python tests/translation/field_fates.py`` writes the tables of ``fields`` anew: look at what changed in them.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types import message_create_params as messages_params
from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent
from anthropic.types.beta import message_create_params as beta_params
from google.genai import types as google
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming as ChatParams
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming as ChatStreamParams
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming as ResponsesParams
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming as ResponsesStreamParams
from sdk_fields import Field, Json, Place, Told, below, beside, fields_of, roots, smallest, values

from minga.domain.model_calls import Refused, Wire
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import Notes

FIELDS = Path(__file__).with_name("fields")


class GeminiRequest(TypedDict, total=False):
    """`generateContent` as it goes over the wire (ai.google.dev/api/generate-content); the SDK has it in pieces."""

    contents: list[google.Content]
    systemInstruction: google.Content
    tools: list[google.Tool]
    toolConfig: google.ToolConfig
    generationConfig: google.GenerationConfig
    safetySettings: list[google.SafetySetting]
    cachedContent: str
    labels: dict[str, str]
    serviceTier: str


@dataclass(frozen=True, slots=True)
class Kind:
    """``put`` makes the whole message of an object of ``roots``."""

    wire: Wire
    name: str
    roots: Any
    put: Callable[[Any], Any]
    bare: Any
    read: Callable[[Wire, Any], Told]


def fates(kind: Kind) -> dict[tuple[str, str], str]:
    """By type and field: ``kept``, ``told``, ``refused`` or ``silent``; ``*`` stands for a type as a whole. What stands
    in a field that is not kept goes with it."""
    found: dict[tuple[str, str], str] = {}
    todo = roots(kind.roots, kind.put, kind.bare)
    seen: set[Any] = set()
    while todo:
        place, todo = todo[0], todo[1:]
        if place.type not in seen:
            seen.add(place.type)
            for name, fate in _of_type(kind, place, todo):
                key = place.type.__name__, name
                found[key] = max(fate, found.get(key, fate), key=_WORST.index)
    return found


_WORST = ("fixed", "kept", "told", "refused", "silent")
"""``fixed``: there is one value only."""


def _of_type(kind: Kind, place: Place, todo: list[Place]) -> Iterator[tuple[str, str]]:
    base, bare = (kind.read(kind.wire, place.put(smallest(place.type))), kind.read(kind.wire, place.bare))
    if isinstance(base[0], str):
        yield "*", "refused"
        return
    if isinstance(bare[0], str):
        bare = kind.read(kind.wire, kind.bare)
    found = {field: _fate(kind, place, field, base) for field in fields_of(place.type)}
    if base[1] - bare[1] and not any(fate.is_heard for field, fate in found.items() if field.name != "type"):
        yield "*", "told"
        return
    for field, fate in found.items():
        yield field.name, fate.word
        if fate.differs or (field.required and (fate.is_told or not fate.varies)):
            todo += below(place, field)


@dataclass(slots=True)
class _Fate:
    """What was seen with the values of a field: another thing read, notes, a refusal; ``is_kept``: another thing, and
    no note. ``varies``: there are several values."""

    varies: bool
    differs: bool = False
    is_kept: bool = False
    is_told: bool = False
    is_refused: bool = False

    @property
    def is_heard(self) -> bool:
        return self.is_kept or self.is_told

    @property
    def word(self) -> str:
        words = {"kept": self.is_kept, "told": self.is_told, "refused": self.is_refused, "fixed": not self.varies}
        return next((word for word, holds in words.items() if holds), "silent")


def _fate(kind: Kind, place: Place, field: Field, base: Told) -> _Fate:
    whole = beside(place.type, field)
    fate = _Fate(varies=not field.required)
    for value in values(field):
        if whole.get(field.name) == value:
            continue
        fate.varies = True
        seen = kind.read(kind.wire, place.put({**whole, field.name: value}))
        if isinstance(seen[0], str):
            fate.is_refused = True
            continue
        fate.differs = fate.differs or seen[0] != base[0]
        fate.is_told = fate.is_told or seen[1] != base[1]
        fate.is_kept = fate.is_kept or (seen[0] != base[0] and seen[1] == base[1])
    return fate


def request(wire: Wire, body: Any) -> Told:
    notes = Notes()
    try:
        found = DIALECTS[wire].read_request(json.dumps(body).encode(), notes)
    except Refused as wrong:
        return str(wrong), frozenset()
    return found, _told(notes)


def answer(wire: Wire, body: Any) -> Told:
    notes = Notes()
    try:
        found = DIALECTS[wire].read_answer(json.dumps(body).encode(), notes)
    except Unreadable as wrong:
        return str(wrong), frozenset()
    return found, _told(notes)


def stream(wire: Wire, events: Any) -> Told:
    notes = Notes()
    reader = DIALECTS[wire].reader(notes)
    try:
        found = [one for event in events for one in reader.feed(event.get("type", ""), json.dumps(event).encode())]
    except Unreadable as wrong:
        return str(wrong), frozenset()
    return (*found, *reader.finish()), _told(notes)


def _told(notes: Notes) -> frozenset[str]:
    return frozenset((*notes.told("lost"), *notes.told("changed")))


def _message_events(event: Any) -> list[Any]:
    start = {"type": "message_start", "message": {"id": "a", "model": "m", "content": [], "usage": {}}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}
    stop: Json = {"type": "message_stop"}
    match event and event.get("type"):
        case "message_start":
            return [event, end, stop]
        case "content_block_start":
            return [start, event, {"type": "content_block_stop", "index": 0}, end, stop]
        case "content_block_delta":
            block = _BLOCKS.get(event.get("delta", {}).get("type"), {"type": "text", "text": ""})
            begun = {"type": "content_block_start", "index": 0, "content_block": block}
            return [start, begun, event, {"type": "content_block_stop", "index": 0}, end, stop]
        case "content_block_stop":
            begun = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            return [start, begun, event, end, stop]
        case "message_delta":
            return [start, event, stop]
        case "message_stop":
            return [start, end, event]
        case _:
            return [start, end, stop]


_BLOCKS: Mapping[str, Json] = {
    "input_json_delta": {"type": "tool_use", "id": "a", "name": "f", "input": {}},
    "thinking_delta": {"type": "thinking", "thinking": "", "signature": ""},
    "signature_delta": {"type": "thinking", "thinking": "", "signature": ""},
    "compaction_delta": {"type": "compaction", "content": ""},
}

_CHUNK: Json = {
    "id": "a",
    "created": 1,
    "model": "m",
    "object": "chat.completion.chunk",
    "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
}


def _chunks(told: Any) -> Any:
    ends = any(one.get("finish_reason") for one in told.get("choices") or ())
    return [told] if ends else [told, _CHUNK]


_RESPONSE: Json = {"id": "resp_a", "model": "m", "created_at": 1, "status": "completed", "output": []}


def _response_events(event: Any) -> list[Any]:
    created: Json = {"type": "response.created", "response": {**_RESPONSE, "status": "in_progress"}}
    completed: Json = {"type": "response.completed", "response": _RESPONSE}
    kind = event["type"] if event else ""
    begun = [item for name, item in _ITEMS.items() if kind.startswith(name) and not kind.endswith("added")]
    added = [{"type": "response.output_item.added", "output_index": 0, "item": item} for item in begun]
    match kind:
        case "response.created":
            return [event, completed]
        case "response.completed" | "response.incomplete" | "response.failed" | "error":
            return [created, event]
        case "response.output_item.added" | "response.content_part.added":
            done = {**event, "type": kind.replace("added", "done")}
            return [created, event, done, completed]
        case _:
            return [created, *added, *([event] if event else ()), completed]


_ITEMS: Mapping[str, Json] = {
    "response.function_call_arguments": {"type": "function_call", "call_id": "a", "name": "f", "arguments": ""},
    "response.custom_tool_call_input": {"type": "custom_tool_call", "call_id": "a", "name": "f", "input": ""},
}

_CANDIDATE: Json = {"content": {"parts": [{"text": "x"}], "role": "model"}, "finishReason": "STOP"}


def _gemini_answer(told: Any) -> Any:
    return {"candidates": [_CANDIDATE], **told}


_PERSON: Json = {"role": "user", "content": "hola"}

_CALLED: Json = {"role": "assistant", "function_call": {"name": "x", "arguments": "{}"}}


def _chat(told: Any) -> Any:
    return {**told, "messages": [_CALLED, *told.get("messages", ())]}


def _items(told: Any) -> Any:
    given = told.get("input", [])
    return {**told, "input": [*([] if isinstance(given, str) else given), _PERSON]}


def _messages(told: Any) -> Any:
    messages = [_by_model(one) if _of_model(one) else one for one in told.get("messages", ())]
    tools = {"tools": [{"name": "x", "input_schema": {}}]} if "tool_choice" in told else {}
    return {"model": "m", "max_tokens": 7, **tools, **told, "messages": [*messages, _PERSON]}


def _of_model(message: Any) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(one.get("type") in _OF_MODEL for one in content)


def _by_model(message: Any) -> Any:
    return {**message, "role": "assistant"}


_OF_MODEL = ("thinking", "redacted_thinking", "tool_use")


def _contents(told: Any) -> Any:
    called = {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}
    return {**told, "contents": [called, *told.get("contents", ()), {"role": "user", "parts": [{"text": "hola"}]}]}


KINDS = (
    Kind("openai-chat", "request", ChatParams | ChatStreamParams, _chat, _chat({}), request),
    Kind("openai-chat", "answer", ChatCompletion, lambda one: one, {}, answer),
    Kind("openai-chat", "stream", ChatCompletionChunk, _chunks, [_CHUNK], stream),
    Kind(
        "openai-responses",
        "request",
        ResponsesParams | ResponsesStreamParams,
        _items,
        _items({}),
        request,
    ),
    Kind("openai-responses", "answer", Response, lambda one: one, {}, answer),
    Kind("openai-responses", "stream", ResponseStreamEvent, _response_events, _response_events(None), stream),
    Kind(
        "anthropic",
        "request",
        messages_params.MessageCreateParamsNonStreaming
        | messages_params.MessageCreateParamsStreaming
        | beta_params.MessageCreateParamsNonStreaming,
        _messages,
        _messages({}),
        request,
    ),
    Kind("anthropic", "answer", Message | BetaMessage, lambda one: {"stop_reason": "end_turn", **one}, {}, answer),
    Kind(
        "anthropic",
        "stream",
        RawMessageStreamEvent | BetaRawMessageStreamEvent,
        _message_events,
        _message_events(None),
        stream,
    ),
    Kind("gemini", "request", GeminiRequest, _contents, _contents({}), request),
    Kind("gemini", "answer", google.GenerateContentResponse, _gemini_answer, _gemini_answer({}), answer),
    Kind(
        "gemini",
        "stream",
        google.GenerateContentResponse,
        lambda one: [_gemini_answer(one)],
        [_gemini_answer({})],
        stream,
    ),
)


Table = dict[str, dict[str, list[str]]]


def table(kind: Kind) -> Table:
    """Type -> fate -> fields."""
    told: Table = {}
    for (type_, field), fate in fates(kind).items():
        told.setdefault(type_, {}).setdefault(fate, []).append(field)
    return {
        type_: {fate: sorted(told[type_][fate]) for fate in _WORST if fate in told[type_]} for type_ in sorted(told)
    }


def file_of(kind: Kind) -> Path:
    return FIELDS / f"{kind.wire}-{kind.name}.toml"


def stored(kind: Kind) -> Table:
    return tomllib.loads(file_of(kind).read_text("utf-8"))


if __name__ == "__main__":
    for one in KINDS:
        lines = [
            f"[{type_}]\n" + "\n".join(f"{fate} = {json.dumps(fields)}" for fate, fields in told.items())
            for type_, told in table(one).items()
        ]
        head = (
            "# Written by field_fates.py. kept: it is in the form; told: a note names it; fixed: it has one value only."
        )
        file_of(one).write_text("\n\n".join([head, *lines]) + "\n", "utf-8")
