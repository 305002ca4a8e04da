"""From turns to the items of a request."""

import mimetypes
from collections.abc import Iterable, Iterator, Sequence

from minga.providers.translation.form import (
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    own_signature,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import media
from minga.providers.translation.responses.ids import REDACTED, item_id

Json = dict[str, object]


def items(turns: Iterable[Turn], notes: Notes) -> list[Json]:
    return [item for number, turn in enumerate(turns) for item in _turn(turn, number, notes)]


def message(role: str, parts: Sequence[Text | Media], notes: Notes) -> list[Json]:
    """No item where nothing of it can be said."""
    content = _content(parts, notes)
    return [{"role": role, "content": content}] if content else []


def _turn(turn: Turn, number: int, notes: Notes) -> Iterator[Json]:
    role = "developer" if turn.role == "system" else turn.role
    told: list[Text | Media] = []
    for place, part in enumerate(turn.parts):
        if isinstance(part, Text | Media) and turn.role != "assistant":
            told.append(part)
            continue
        if told:
            yield from message(role, told, notes)
            told = []
        yield from _item(part, item_id("{}", str(number), place), notes)
    if told:
        yield from message(role, told, notes)


def _item(part: Part, id_: str, notes: Notes) -> Iterator[Json]:
    match part:
        case Text():
            if part.cache:
                notes.add("responses-cache")
            _note_signature(part, notes)
            yield {"role": "assistant", "content": part.text}
        case Refusal():
            content = [{"type": "refusal", "refusal": part.text}]
            told: Json = {"type": "message", "id": id_.format("msg"), "status": "completed", "role": "assistant"}
            yield {**told, "content": content}
        case Thinking():
            yield from _thought(part, id_, notes)
        case ToolCall():
            _note_signature(part, notes)
            if part.cache:
                notes.add("responses-cache")
            yield call(part)
        case ToolResult():
            yield _result(part, notes)
        case Media():
            notes.add("responses-media", f"{part.kind} of the model")


def _note_signature(part: Text | ToolCall, notes: Notes) -> None:
    if part.signature:
        notes.add("responses-signatures")


def _thought(part: Thinking, id_: str, notes: Notes) -> Iterator[Json]:
    signature = own_signature(part.signature, "openai-responses")
    if not signature:
        notes.add("responses-thought")
        return
    told = part.id if part.id.startswith("rs_") else id_.format("rs")
    if part.redacted:
        told += REDACTED
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    yield {"type": "reasoning", "id": told, "summary": summary, "encrypted_content": signature}


def call(part: ToolCall) -> Json:
    """Without an id and a status, which only answers have."""
    told: Json = {
        "type": "custom_tool_call" if part.custom else "function_call",
        "call_id": part.id,
        "name": part.name,
        "input" if part.custom else "arguments": part.arguments,
    }
    if part.namespace:
        told["namespace"] = part.namespace
    return told


def _result(part: ToolResult, notes: Notes) -> Json:
    if part.is_error:
        notes.add("responses-tool-error")
    if part.cache:
        notes.add("responses-cache")
    kind = "custom_tool_call_output" if part.custom else "function_call_output"
    return {"type": kind, "call_id": part.call_id, "output": _content(part.parts, notes) or ""}


def _content(parts: Sequence[Text | Media], notes: Notes) -> str | list[Json]:
    if any(part.cache for part in parts):
        notes.add("responses-cache")
    match parts:
        case [Text(text=text)] if text:
            return text
    return [told for part in parts if (told := _part(part, notes)) is not None]


def _part(part: Text | Media, notes: Notes) -> Json | None:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    if part.kind == "audio":
        notes.add("responses-media", "audio")
        return None
    if part.kind == "image":
        return {"type": "input_image", "detail": part.detail or "auto", "image_url": media.url_of(part)}
    if part.url:
        for what, told in (("name", part.name), ("media type", part.media_type)):
            if told:
                notes.add("responses-file", what)
        return {"type": "input_file", "file_url": part.url}
    name = part.name or f"file{mimetypes.guess_extension(part.media_type) or ''}"
    return {"type": "input_file", "filename": name, "file_data": media.url_of(part)}
