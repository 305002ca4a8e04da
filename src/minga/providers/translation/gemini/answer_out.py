"""The form as a whole answer, and what the writer of a stream shares with it."""

from datetime import UTC, datetime

import msgspec

from minga.providers.translation.dialect import Unreadable, Unsound
from minga.providers.translation.form import Answer, Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from minga.providers.translation.gemini import parts_out, shapes, signatures, stops, tokens
from minga.providers.translation.notes import Notes

_ENCODER = msgspec.json.Encoder()

_CREATED_MAX = 253_402_300_800
"""Seconds until the year 10000, which a date does not hold."""


def write(answer: Answer, notes: Notes) -> bytes:
    thoughts: list[Thinking] = []
    given = [signatures.bearing(part, thoughts) for part in answer.parts]
    parts = [made for part in given if (made := written(part, notes)) is not None]
    candidate = shapes.Candidate(
        content=shapes.Content(tuple(parts) or (shapes.Part(text=""),), "model"),
        finish_reason=stops.write(answer.stop, notes),
        index=0,
    )
    told = shapes.Response(
        candidates=(candidate,),
        usage_metadata=tokens.write(answer.used, notes),
        model_version=answer.model or None,
        response_id=answer.id or None,
        create_time=moment(answer.created_s),
    )
    return _ENCODER.encode(told)


def moment(created_s: int) -> datetime | None:
    """None where it is not told, and for one that cannot be: some servers tell milliseconds."""
    return datetime.fromtimestamp(created_s, UTC) if 0 < created_s < _CREATED_MAX else None


def written(part: Part, notes: Notes) -> shapes.Part | None:
    """None for a part that says nothing. Raises Unreadable."""
    match part:
        case Text(text, _, signature):
            return _text(text, signature, thought=None)
        case Thinking(text):
            return _text(text, signatures.of_thought(part), thought=True)
        case Refusal(text):
            notes.add("gemini-refusal")
            return _text(text, "", thought=None)
        case Media():
            return parts_out.picture(part, notes)
        case ToolCall():
            return call(part, notes)
        case ToolResult():
            raise Unreadable("an answer has the result of a tool")


def call(part: ToolCall, notes: Notes) -> shapes.Part:
    """Raises Unreadable."""
    if part.custom:
        raise Unreadable(f"Gemini has no custom tools, as {part.name!r} is")
    try:
        return parts_out.call(part, signatures.passed(part.signature), notes)
    except ValueError as wrong:
        raise Unsound(str(wrong)) from wrong


def _text(text: str, signature: str, *, thought: bool | None) -> shapes.Part | None:
    if not text and not signature:
        return None
    return shapes.Part(text=text, thought=thought, thought_signature=signatures.passed(signature))
