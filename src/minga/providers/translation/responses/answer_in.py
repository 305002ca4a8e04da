"""Reads an answer of OpenAI Responses."""

from collections.abc import Iterator, Sequence

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
from minga.providers.translation.responses.answer_shapes import (
    BESIDE_ITEM,
    RESPONSE,
    Output,
    Response,
    Said,
    note_beside,
    note_response,
    told,
)
from minga.providers.translation.responses.tool_shapes import NULL

_TEXT = msgspec.json.Decoder(str)
_MAYBE_TEXT = msgspec.json.Decoder(str | None)

_KEPT = ("message", "reasoning", "function_call", "custom_tool_call", "image_generation_call")


def read(body: bytes, notes: Notes) -> Answer:
    """Raises Unreadable."""
    try:
        given = told(RESPONSE, body, notes)
        parts = tuple(part for item in given.output or () for part in parts_of(item, notes))
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"no answer of OpenAI Responses: {wrong}") from wrong
    if given.status not in (None, "completed", "incomplete"):
        raise Unreadable(f"the answer is {given.status}: {given.error.message if given.error else ''}")
    note_response(given, notes)
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
    note_item(item, notes)
    match item.type:
        case "message":
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
        case _:  # told by `note_item`
            pass


def note_item(item: Output, notes: Notes) -> None:
    """What of it is not passed on: all of it, or what stands beside its content."""
    if item.type not in _KEPT:
        notes.add("responses-item", item.type)
        return
    if item.phase:
        notes.add("responses-phase")
    note_beside((f"{item.type}.{name}" for name in BESIDE_ITEM.told(item)), notes)


def said_part(said: Said, notes: Notes) -> Text | Refusal:
    if said.annotations is not NULL and bytes(said.annotations) not in (b"[]", b"null"):
        notes.add("responses-annotations")
    note_logprobs(said.logprobs, notes)
    return Refusal(said.refusal) if said.type == "refusal" else Text(said.text)


def note_logprobs(logprobs: msgspec.Raw, notes: Notes) -> None:
    if logprobs is not NULL and bytes(logprobs) not in (b"[]", b"null"):
        notes.add("responses-beside", "logprobs")


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
