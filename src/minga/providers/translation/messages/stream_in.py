"""The events of a stream of Messages, read into the form."""

from collections.abc import Sequence

from minga.domain.events import Usage
from minga.providers import usage
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Opened,
    Signed,
    Stop,
    Thinking,
    ToolCall,
    given_signature,
)
from minga.providers.translation.messages.answer_in import note_message, read_arguments, read_begun
from minga.providers.translation.messages.answers import (
    BESIDE_EVENT,
    AnswerMessage,
    Block,
    Delta,
    StreamEvent,
    note_beside,
    note_usage,
    read_stop,
    told,
)
from minga.providers.translation.messages.faults import read_told
from minga.providers.translation.messages.turns_in import is_given
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict

_EVENT = Strict(StreamEvent)


class Reader:
    """``_open`` are the blocks that have begun and not ended; False for those that are left out."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._open: dict[int, bool] = {}
        self._has_begun = False
        self._has_ended = False
        self._model = ""
        self._used: Usage | None = None
        self._stop: Stop | None = None
        self._stop_sequence = ""

    def feed(self, name: str, data: bytes) -> Sequence[Event]:
        """The type stands in the data too. Raises Unreadable."""
        if self._has_ended:
            return ()
        try:
            event = told(_EVENT, data, self._notes)
        except (ValueError, RecursionError) as wrong:
            raise Unreadable(f"this is no event of Anthropic's Messages: {wrong}") from wrong
        return self._events(event)

    def finish(self) -> Sequence[Event]:
        """Nothing is held back."""
        return ()

    def _events(self, event: StreamEvent) -> Sequence[Event]:
        match event.type:
            case "content_block_delta" if event.delta is not None:
                return self._added(event.index, event.delta)
            case "content_block_start" if event.content_block is not None:
                return self._opened(event.index, event.content_block)
            case "content_block_stop":
                return (Closed(event.index),) if self._is_told(event.index, ends=True) else ()
            case "message_start" if event.message is not None and not self._has_begun:
                return self._begun(event.message)
            case "message_delta" if event.delta is not None:
                note_beside(BESIDE_EVENT.told(event), self._notes)
                return self._note_end(event.delta, event.usage)
            case "message_stop":
                return self._ended()
            case "error":
                self._has_ended = True
                return (read_told(event.error),)
            case "content_block_delta" | "content_block_start" | "message_start" | "message_delta":
                raise Unreadable(f"an event {event.type!r} of Anthropic's Messages is not whole, or comes twice")
            case "ping":
                return ()
            case kind:  # that has come later: to be passed over, as Anthropic says
                note_beside((kind[:40],), self._notes)
                return ()

    def _begun(self, message: AnswerMessage) -> Sequence[Event]:
        self._has_begun, self._model = True, message.model
        note_message(message, self._notes)
        if message.content:  # it comes in events of its own
            note_beside(("message.content",), self._notes)
        self._used = usage.of_told("anthropic", message.model, {"usage": message.usage})
        return (Began(message.id, message.model, self._used),)

    def _opened(self, index: int, block: Block) -> Sequence[Event]:
        """Servers that only speak like Anthropic's may give all of the block at once."""
        if not self._has_begun or index in self._open or index < 0:
            raise Unreadable("a block of Anthropic's Messages begins before the message, or twice")
        part = read_begun(block, self._notes)
        self._open[index] = part is not None
        if part is None:
            return ()
        events: list[Event] = [Opened(index, part)]
        if text := self._given(part, block):
            events.append(Added(index, text))
        if isinstance(part, Thinking) and not part.redacted and block.signature:
            events.append(Signed(index, given_signature(block.signature, "anthropic")))
        return events

    def _given(self, part: object, block: Block) -> str:
        if isinstance(part, ToolCall):
            try:
                arguments = read_arguments(block)
            except ValueError as wrong:
                raise Unreadable("the arguments of a call are no text") from wrong
            return "" if arguments == "{}" else arguments
        return block.thinking if isinstance(part, Thinking) else block.text

    def _added(self, index: int, delta: Delta) -> Sequence[Event]:
        if not self._is_told(index):
            return ()
        match delta.type:
            case "text_delta":
                return (Added(index, delta.text),)
            case "input_json_delta":
                return (Added(index, delta.partial_json),) if delta.partial_json else ()
            case "thinking_delta":
                return (Added(index, delta.thinking),)
            case "signature_delta":
                return (Signed(index, given_signature(delta.signature, "anthropic")),)
            case "citations_delta":
                self._notes.add("anthropic-citations", "text")
                return ()
            case kind:
                self._notes.add("anthropic-block-unknown", kind[:40])
                return ()

    def _is_told(self, index: int, *, ends: bool = False) -> bool:
        is_told = self._open.pop(index, None) if ends else self._open.get(index)
        if is_told is None:
            raise Unreadable("an event of Anthropic's Messages belongs to a block that is not open")
        return is_told

    def _note_end(self, delta: Delta, used: dict[str, object] | None) -> Sequence[Event]:
        note_usage(used, self._notes)
        if is_given(delta.container):
            note_beside(("container",), self._notes)
        self._used = usage.later(self._used, usage.of_told("anthropic", self._model, {"usage": used}))
        if delta.stop_reason:
            self._stop = read_stop(delta.stop_reason, delta.stop_details, self._notes)
            self._stop_sequence = delta.stop_sequence or ""
        return ()

    def _ended(self) -> Sequence[Event]:
        if self._stop is None or self._open or not self._has_begun:
            raise Unreadable("a stream of Anthropic's Messages ends in a block, or does not say why")
        self._has_ended = True
        return (Ended(self._stop, self._stop_sequence, self._used),)
