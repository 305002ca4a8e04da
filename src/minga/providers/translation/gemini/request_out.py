"""The form as a request: contents of user and model in turn, results right after their calls, signatures on the very
parts that had them."""

from itertools import groupby

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation import service
from minga.providers.translation.form import (
    Media,
    Part,
    Refusal,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    own_signature,
)
from minga.providers.translation.gemini import parts_out, settings_out, shapes, signatures
from minga.providers.translation.notes import Notes

_ENCODER = msgspec.json.Encoder()

_BEGIN = "(The conversation begins.)"
"""What a person says before the model speaks first: Gemini's contents begin with one of a user."""

_UNVALIDATED = ("gemini-1", "gemini-2")
"""Beginnings of models that do not ask for signatures on calls, and may not take the value that skips the check."""


def write(request: Request, notes: Notes) -> bytes:
    contents = _contents(request, notes)
    if not request.model.rpartition("/")[2].startswith(_UNVALIDATED):
        _sign_calls(contents, notes)
    told = shapes.Request(
        contents=tuple(contents),
        system_instruction=_system(request, notes),
        tools=settings_out.tools(request, notes),
        tool_config=settings_out.tool_config(request, notes),
        generation_config=settings_out.generation_config(request, notes),
    )
    if request.person:
        notes.add("gemini-person")
    service.leave_out(request.service, notes)
    return _ENCODER.encode(told)


def _system(request: Request, notes: Notes) -> shapes.Content | None:
    for text in request.system:
        _note_text(text, notes)
    parts = tuple(shapes.Part(text=text.text) for text in request.system if text.text)
    return shapes.Content(parts) if parts else None


def _contents(request: Request, notes: Notes) -> list[shapes.Content]:
    names: dict[str, str] = {}
    told: list[shapes.Content] = []
    for from_model, turns in groupby(request.turns, lambda turn: turn.role == "assistant"):
        parts = [part for turn in turns for part in _turn_parts(turn, names, notes)]
        if not from_model:
            parts.sort(key=lambda part: part.function_response is None)  # results come first
        if parts and told and (told[-1].role == "model") == from_model:  # what stood between them says nothing
            told[-1].parts = (*shapes.listed(told[-1].parts), *parts)
        elif parts:
            told.append(shapes.Content(tuple(parts), "model" if from_model else "user"))
    if not told or told[0].role == "model":
        notes.add("gemini-first-turn")
        told.insert(0, shapes.Content((shapes.Part(text=_BEGIN),), "user"))
    return told


def _turn_parts(turn: Turn, names: dict[str, str], notes: Notes) -> list[shapes.Part]:
    """``names``: of the tools by the ids of calls so far."""
    if turn.role == "system":
        notes.add("gemini-system-turn")
    parts: list[shapes.Part] = []
    for part in turn.parts:
        if isinstance(part, ToolCall):
            names[part.id] = part.name
        elif isinstance(part, ToolResult) and not part.name:
            part = msgspec.structs.replace(part, name=names.get(part.call_id, ""))
        if (made := _part(part, notes)) is not None:
            parts.append(made)
    return parts


def _part(part: Part, notes: Notes) -> shapes.Part | None:
    match part:
        case Text():
            return _text(part, notes)
        case ToolCall():
            return _call(part, notes)
        case ToolResult():
            if part.custom:
                raise Refused("malformed", f"Gemini has no custom tools, as {part.name!r} is; declare it as a function")
            if part.cache:
                notes.add("gemini-cache-markers")
            return parts_out.result(part, notes)
        case Media():
            return parts_out.picture(part, notes)
        case Refusal(text):
            notes.add("gemini-refusal")
            return shapes.Part(text=text) if text else None
        case Thinking():
            return _thinking(part, notes)


def _text(part: Text, notes: Notes) -> shapes.Part | None:
    _note_text(part, notes)
    signature = _own(part.signature, notes)
    return shapes.Part(text=part.text, thought_signature=signature or None) if part.text or signature else None


def _thinking(part: Thinking, notes: Notes) -> shapes.Part | None:
    """Thoughts that are not signed may be Gemini's: its summaries are not."""
    signature = _own(part.signature, notes)
    if not signature and (part.signature or not part.text):
        return None
    return shapes.Part(text=part.text, thought=True, thought_signature=signature or None)


def _call(part: ToolCall, notes: Notes) -> shapes.Part:
    if part.custom:
        raise Refused("malformed", f"Gemini has no custom tools, as {part.name!r} is; declare it as a function")
    if part.cache:
        notes.add("gemini-cache-markers")
    try:
        return parts_out.call(part, _own(part.signature, notes) or None, notes)
    except ValueError as wrong:
        raise Refused("malformed", f"{wrong}; send them as one") from wrong


def _note_text(part: Text, notes: Notes) -> None:
    if part.cache:
        notes.add("gemini-cache-markers")


def _own(signature: str, notes: Notes) -> str:
    own = own_signature(signature, "gemini")
    if signature and not own:
        notes.add("gemini-foreign-thoughts")
    return own


def _sign_calls(contents: list[shapes.Content], notes: Notes) -> None:
    """The first call of each step of the current turn, which begins with what a person said last, must be signed."""
    for content in reversed(contents):
        parts = shapes.listed(content.parts)
        if content.role == "user":
            if not any(part.function_response for part in parts):
                return
            continue
        first = next((part for part in parts if part.function_call), None)
        if first is not None and not first.thought_signature:
            first.thought_signature = signatures.SKIP
            notes.add("gemini-skip-signature")
