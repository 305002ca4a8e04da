"""The events of the form, written as a stream of Messages: one block at a time, in the order of Anthropic's own."""

import msgspec

from minga.providers.translation.dialect import Unsound
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Opened,
    Request,
    Signed,
)
from minga.providers.translation.messages.answer_out import WrittenMessage, named_after
from minga.providers.translation.messages.answers import WrittenUsage, write_stop, write_usage
from minga.providers.translation.messages.block_out import (
    Blocks,
    CallWriter,
    NoWriter,
    TextWriter,
    ThinkingWriter,
    writer_of,
)
from minga.providers.translation.messages.faults import write_fault
from minga.providers.translation.notes import Notes

_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

_ENCODER = msgspec.json.Encoder()


class _Start(msgspec.Struct, frozen=True, tag="message_start"):
    message: WrittenMessage


class _End(msgspec.Struct, frozen=True):
    stop_reason: str
    stop_sequence: str | None


class _MessageDelta(msgspec.Struct, frozen=True, tag="message_delta"):
    delta: _End
    usage: WrittenUsage


class Writer:
    """Parts of the form may overlap, blocks of Messages may not: what belongs to a later part waits in ``_waiting``
    until the one before it is closed."""

    def __init__(self, request: Request, notes: Notes) -> None:
        self._request = request
        self._notes = notes
        self._blocks = Blocks()
        self._current = -1
        self._part: TextWriter | ThinkingWriter | CallWriter | NoWriter | None = None
        self._waiting: dict[int, list[Added | Opened | Signed | Closed]] = {}

    def feed(self, event: Event) -> bytes:
        """Raises Unsound at the end; see `_end`."""
        match event:
            case Added() | Opened() | Signed() | Closed():
                return self._of_part(event)
            case Began():
                return self._begin(event)
            case Ended():
                return self._end(event)
            case Fault():
                return b"event: error\ndata: " + write_fault(event) + b"\n\n"

    def _begin(self, event: Began) -> bytes:
        """Where the input is not known yet, `providers.message_start` completes it."""
        id_, model = event.id or named_after(self._request), event.model or self._request.model
        message = WrittenMessage(id_, "assistant", model, (), None, None, write_usage(event.used, is_start=True))
        return b"event: message_start\ndata: " + _ENCODER.encode(_Start(message)) + b"\n\n"

    def _end(self, event: Ended) -> bytes:
        """Raises Unsound for arguments of a tool that are no object, unless the limit of the answer cut them off."""
        if unsound := self._blocks.unsound:
            if event.stop != "length":
                raise Unsound(unsound)
            self._notes.add("call-cut")
        end = _End(write_stop(event.stop, self._notes), event.stop_sequence or None)
        told = _MessageDelta(end, write_usage(event.used))
        return b"event: message_delta\ndata: " + _ENCODER.encode(told) + b"\n\n" + _STOP

    def _of_part(self, event: Added | Opened | Signed | Closed) -> bytes:
        if event.index != self._current and (self._part is not None or not isinstance(event, Opened)):
            self._waiting.setdefault(event.index, []).append(event)
            return b""
        written = self._tell(event)
        return written if self._part is not None else written + self._waited()

    def _waited(self) -> bytes:
        """Of the part that was opened first, and of those after it if that is closed."""
        told: list[bytes] = []
        while self._part is None and self._waiting:
            told += map(self._tell, self._waiting.pop(next(iter(self._waiting))))
        return b"".join(told)

    def _tell(self, event: Added | Opened | Signed | Closed) -> bytes:
        """``event`` is of the part that is open, or opens one."""
        if isinstance(event, Opened):
            self._current, self._part = event.index, writer_of(event.part, self._blocks, self._notes)
            return self._part.begin()
        assert self._part is not None
        if isinstance(event, Added):
            return self._part.add(event.text)
        if isinstance(event, Signed):
            self._part.sign(event.signature)
            return b""
        written = self._part.end()
        self._current, self._part = -1, None
        return written
