"""Reads an answer of OpenAI Responses, as tolerantly as its SDK does: a provider may tell more than is known here."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from minga.domain.events import Usage
from minga.providers import usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Answer,
    Media,
    Part,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    given_signature,
)
from minga.providers.translation.notes import Notes


class Said(msgspec.Struct, frozen=True):
    type: str
    text: str = ""
    refusal: str = ""
    annotations: list[msgspec.Raw] | None = None


class Output(msgspec.Struct, frozen=True):
    """An item. ``result``: the picture of an ``image_generation_call``, in base64."""

    type: str
    id: str | None = None
    phase: str | None = None
    content: list[Said] | None = None
    summary: list[Said] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b'""')
    input: str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    output_format: str | None = None


class Incomplete(msgspec.Struct, frozen=True):
    reason: str | None = None


class Error(msgspec.Struct, frozen=True):
    code: str | None = None
    message: str | None = None
    type: str | None = None


class Response(msgspec.Struct, frozen=True):
    id: str = ""
    model: str = ""
    created_at: float = 0
    status: str | None = None
    output: list[Output] | None = None
    incomplete_details: Incomplete | None = None
    error: Error | None = None
    usage: dict[str, Any] | None = None


_RESPONSE = msgspec.json.Decoder(Response)
_TEXT = msgspec.json.Decoder(str)
_MAYBE_TEXT = msgspec.json.Decoder(str | None)


def read(body: bytes, notes: Notes) -> Answer:
    """Raises Unreadable."""
    try:
        given = _RESPONSE.decode(body)
        parts = tuple(part for item in given.output or () for part in parts_of(item, notes))
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"no answer of OpenAI Responses: {wrong}") from wrong
    if given.status not in (None, "completed", "incomplete"):
        raise Unreadable(f"the answer is {given.status}: {given.error.message if given.error else ''}")
    return Answer(
        id=given.id,
        model=given.model,
        parts=parts,
        stop=stop_of(given, parts),
        used=used(given),
        created_s=int(given.created_at),
    )


def parts_of(item: Output, notes: Notes) -> Iterator[Part]:
    """Raises ValueError."""
    match item.type:
        case "message":
            note_phase(item, notes)
            for said in item.content or ():
                yield said_part(said, notes)
        case "reasoning":
            signature = given_signature(item.encrypted_content or "", "openai-responses")
            yield Thinking(thought_text(item), signature, id=item.id or "")
        case "function_call" | "custom_tool_call":
            yield msgspec.structs.replace(call_of(item), arguments=arguments_of(item))
        case "image_generation_call":
            if picture := _MAYBE_TEXT.decode(item.result):
                yield Media("image", f"image/{item.output_format or 'png'}", picture)
        case _:
            notes.add("responses-item", item.type)


def note_phase(item: Output, notes: Notes) -> None:
    if item.phase:
        notes.add("responses-phase")


def said_part(said: Said, notes: Notes) -> Text | Refusal:
    if said.annotations:
        notes.add("responses-annotations")
    return Refusal(said.refusal) if said.type == "refusal" else Text(said.text)


def thought_text(item: Output) -> str:
    """The whole thoughts where they are shown, else their summary."""
    told: Sequence[Said] = item.content or item.summary or ()
    return "\n\n".join(one.text for one in told)


def call_of(item: Output) -> ToolCall:
    """Without its arguments. Raises ValueError."""
    if not item.call_id or not item.name:
        raise ValueError("a call without a call_id or a name")
    return ToolCall(item.call_id, item.name, "", item.type == "custom_tool_call", item.namespace or "")


def arguments_of(item: Output) -> str:
    """Raises ValueError."""
    return (item.input or "") if item.type == "custom_tool_call" else _TEXT.decode(item.arguments)


def stop_of(given: Response, parts: Sequence[Part]) -> Stop:
    if given.status == "incomplete":
        reason = given.incomplete_details.reason if given.incomplete_details else None
        return "filter" if reason == "content_filter" else "length"
    if any(isinstance(part, ToolCall) for part in parts):
        return "tool-calls"
    return "refusal" if any(isinstance(part, Refusal) for part in parts) else "end"


def used(given: Response) -> Usage | None:
    return usage.of_told("openai-responses", given.model, {"usage": given.usage}) if given.usage else None
