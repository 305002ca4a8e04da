"""A whole answer of Messages, read into the form."""

from minga.providers import usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import Answer, Part, Text, Thinking, ToolCall, given_signature
from minga.providers.translation.messages.answers import (
    BESIDE_MESSAGE,
    UNTRANSLATED,
    AnswerMessage,
    Block,
    note_beside,
    note_caller,
    note_usage,
    read_stop,
    told,
)
from minga.providers.translation.messages.turns_in import is_given
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict

_MESSAGE = Strict(AnswerMessage)


def read_answer(body: bytes, notes: Notes) -> Answer:
    """Raises Unreadable."""
    try:
        message = told(_MESSAGE, body, notes)
        parts = [part for block in message.content if (part := _part(block, notes)) is not None]
    except (ValueError, RecursionError) as wrong:  # no JSON, none of Messages, or arguments that are no text
        raise Unreadable(f"this is no answer of Anthropic's Messages: {wrong}") from wrong
    if not message.stop_reason:
        raise Unreadable("this answer of Anthropic's Messages does not say why it ended")
    note_message(message, notes)
    used = usage.of_told("anthropic", message.model, {"usage": message.usage})
    stop = read_stop(message.stop_reason, message.stop_details, notes)
    return Answer(message.id, message.model, tuple(parts), stop, message.stop_sequence or "", used)


def note_message(message: AnswerMessage, notes: Notes) -> None:
    note_beside(BESIDE_MESSAGE.told(message), notes)
    note_usage(message.usage, notes)


def read_begun(block: Block, notes: Notes) -> Text | Thinking | ToolCall | None:
    """A block without its content; None for one that is left out. Raises Unreadable."""
    match block.type:
        case "text":
            if is_given(block.citations):
                notes.add("anthropic-citations", "text")
            return Text("")
        case "thinking":
            return Thinking("")
        case "redacted_thinking":
            return Thinking("", given_signature(block.data, "anthropic"), redacted=True)
        case "tool_use" if not block.name:
            raise Unreadable("this answer of Anthropic's Messages calls a tool without a name")
        case "tool_use":
            note_caller(block, notes)
            return ToolCall(block.id, block.name, "")
        case kind if kind in UNTRANSLATED:
            notes.add("anthropic-server-tool", kind)
            return None
        case kind:
            notes.add("anthropic-block-unknown", kind[:40])
            return None


def read_arguments(block: Block) -> str:
    """Raises ValueError for what is no text."""
    return bytes(block.input).decode() or "{}"


def _part(block: Block, notes: Notes) -> Part | None:
    match read_begun(block, notes):
        case Text():
            return Text(block.text)
        case ToolCall(id_, name):
            return ToolCall(id_, name, read_arguments(block))
        case Thinking(redacted=False):
            return Thinking(block.thinking, given_signature(block.signature, "anthropic"))
        case part:
            return part
