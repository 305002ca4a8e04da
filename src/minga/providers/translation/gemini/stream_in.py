"""Reads a stream: every event is an answer of its own, with the next parts.

Pieces of text, and of thoughts, that follow each other are one part; calls come whole, with their signature. An empty
part with a signature signs the one before it.
"""

from collections.abc import Iterator, Sequence

from minga.domain.events import Usage
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Media,
    Opened,
    Part,
    Refusal,
    Signed,
    Stop,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.gemini import answer_in, faults, shapes, stops, tokens
from minga.providers.translation.notes import Notes


class StreamReader:
    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._began = False
        self._over = False
        self._used: Usage | None = None
        self._calls = False
        self._index = -1
        self._open: type[Text] | type[Thinking] | None = None
        self._stop: Stop | None = None
        """Told, but not yet what was used: it may come with the next event."""

    def feed(self, name: str, data: bytes) -> Sequence[Event]:
        if self._over:
            return ()
        return tuple(self._events(answer_in.decoded(data, self._notes), data))

    def finish(self) -> Sequence[Event]:
        return () if self._over or self._stop is None else (self._end(self._stop),)

    def _events(self, told: shapes.Response, data: bytes) -> Iterator[Event]:
        if told.error is not None:
            self._over = True
            yield faults.of_error(told.error)
            return
        model = told.model_version or ""
        used = tokens.read(model, told.usage_metadata)
        self._used = used or self._used
        if not self._began:
            self._began = True
            yield Began(told.response_id or "", model, used, answer_in.created_s(told))
        for part in answer_in.candidate_parts(told, data, self._notes):
            yield from self._part(part)
        yield from self._ending(told, used)

    def _ending(self, told: shapes.Response, used: Usage | None) -> Iterator[Event]:
        candidate = answer_in.first(told)
        if reason := answer_in.blocked(told):
            yield from self._whole(Refusal(""), reason)
            self._stop = stops.BLOCKED
        elif candidate is not None and candidate.finish_reason:
            yield from self._close()
            if candidate.finish_reason in stops.BROKEN:
                self._over = True
                said = stops.broken(candidate.finish_reason, candidate.finish_message)
                yield Fault(502, said, candidate.finish_reason)
                return
            self._stop = stops.read(candidate.finish_reason, self._calls, self._notes)
        if self._stop is not None and used is not None:
            yield self._end(self._stop)

    def _part(self, part: Part) -> Iterator[Event]:
        match part:
            case Text() | Thinking():
                yield from self._piece(part)
            case ToolCall(id_, name, arguments):
                self._calls = True
                yield from self._whole(ToolCall(id_, name, "", signature=part.signature), arguments)
            case Media():
                yield from self._whole(part, "")

    def _piece(self, part: Text | Thinking) -> Iterator[Event]:
        if not part.text and (not part.signature or self._open):
            if part.signature:
                yield Signed(self._index, part.signature)
                yield from self._close()
            return
        if self._open is not type(part):
            yield from self._close()
            self._index += 1
            self._open = type(part)
            yield Opened(self._index, self._open(""))
        if part.text:
            yield Added(self._index, part.text)
        if part.signature:
            yield Signed(self._index, part.signature)
            yield from self._close()

    def _whole(self, part: ToolCall | Media | Refusal, text: str) -> Iterator[Event]:
        yield from self._close()
        self._index += 1
        yield Opened(self._index, part)
        if text:
            yield Added(self._index, text)
        yield Closed(self._index)

    def _close(self) -> Iterator[Event]:
        if self._open is not None:
            self._open = None
            yield Closed(self._index)

    def _end(self, stop: Stop) -> Event:
        self._over = True
        return Ended(stop, used=self._used)
