"""An answer that came whole where a stream was asked for: some servers do that."""

from collections.abc import Iterator

import msgspec

from minga.providers.translation.form import (
    Added,
    Answer,
    Began,
    Closed,
    Ended,
    Event,
    Media,
    Opened,
    Part,
    Refusal,
    Signed,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)


def events(answer: Answer) -> Iterator[Event]:
    """The events of a stream that says the same."""
    yield Began(answer.id, answer.model, answer.used, answer.created_s)
    for index, part in enumerate(answer.parts):
        yield from _part(index, part)
    yield Ended(answer.stop, answer.stop_sequence, answer.used)


def _part(index: int, part: Part) -> Iterator[Event]:
    match part:
        case ToolResult():
            return
        case Media():
            yield Opened(index, part)
        case ToolCall():
            yield Opened(index, msgspec.structs.replace(part, arguments=""))
            yield Added(index, part.arguments)
        case _:
            yield Opened(index, _empty(part))
            yield Added(index, part.text)
            if not isinstance(part, Refusal) and part.signature:
                yield Signed(index, part.signature)
    yield Closed(index)


def _empty(part: Text | Thinking | Refusal) -> Text | Thinking | Refusal:
    match part:
        case Text():
            return Text("")
        case Refusal():
            return Refusal("")
        case Thinking():
            return Thinking(redacted=part.redacted, id=part.id)
