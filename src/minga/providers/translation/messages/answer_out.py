"""A whole answer of the form, written as one of Messages."""

import msgspec
from msgspec import Raw

from minga.providers.translation.arguments import object_text
from minga.providers.translation.dialect import Unsound
from minga.providers.translation.form import (
    Answer,
    Media,
    Part,
    Refusal,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    passed_signature,
)
from minga.providers.translation.messages import shapes
from minga.providers.translation.messages.answers import WrittenUsage, write_stop, write_usage
from minga.providers.translation.messages.signatures import Place, carrying
from minga.providers.translation.notes import Notes


class WrittenMessage(msgspec.Struct, frozen=True, tag="message"):
    id: str
    role: str
    model: str
    content: tuple[shapes.Block, ...]
    stop_reason: str | None
    stop_sequence: str | None
    usage: WrittenUsage


def write_answer(answer: Answer, request: Request, notes: Notes) -> bytes:
    """Raises Unreadable for arguments that are no object."""
    blocks = [block for part in answer.parts for block in _blocks(part, notes)]
    message = WrittenMessage(
        answer.id or named_after(request),
        "assistant",
        answer.model or request.model,
        tuple(blocks),
        write_stop(answer.stop, notes),
        answer.stop_sequence or None,
        write_usage(answer.used, is_start=True),
    )
    return msgspec.json.encode(message)


def named_after(request: Request) -> str:
    """An id for an answer that has none: another one at each step of a conversation, as Claude Code joins messages of
    one id."""
    return f"msg_{sum(len(turn.parts) for turn in request.turns):06}"


def _blocks(part: Part, notes: Notes) -> list[shapes.Block]:
    match part:
        case Text(text, _, signature):
            if not text:
                return [_carrier(signature, "alone")] if signature else []
            return [*_signed_before(signature), shapes.TextBlock(text)]
        case ToolCall(id_, name, arguments):
            try:
                told = Raw(object_text(arguments, name, notes))
            except ValueError as wrong:
                raise Unsound(str(wrong)) from wrong
            return [*_signed_before(part.signature), shapes.ToolUseBlock(id_, name, told)]
        case Thinking(text, signature, redacted):
            given = passed_signature(signature, "anthropic")
            return [shapes.RedactedThinkingBlock(given) if redacted else shapes.ThinkingBlock(text, given)]
        case Refusal(text):
            notes.add("anthropic-refusal")
            return [shapes.TextBlock(text)]
        case Media():
            notes.add("anthropic-media", part.media_type or part.kind)
            return []
        case ToolResult():  # an answer has none
            return []


def _signed_before(signature: str) -> list[shapes.Block]:
    return [_carrier(signature, "next")] if signature else []


def _carrier(signature: str, place: Place) -> shapes.ThinkingBlock:
    return shapes.ThinkingBlock("", carrying(signature, place))
