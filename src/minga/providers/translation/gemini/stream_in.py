"""Reads a stream: every event is an answer of its own, with the next parts.

Pieces of text, and of thoughts, that follow each other are one part; calls come whole, with their signature. An empty
part with a signature signs the one before it.
"""

from collections.abc import Sequence
from typing import Any

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
        self._model = ""
        self._used: dict[str, Any] | None = None
        self._calls = False
        self._index = -1
        self._open: type[Text] | type[Thinking] | None = None
        self._stop: Stop | None = None
        """Told, but not yet what was used: it may come with the next event."""

    def feed(self, name: str, data: bytes) -> Sequence[Event]:
        if self._over:
            return ()
        told = answer_in.decoded(data, self._notes)
        if told.error is not None:
            self._over = True
            return (faults.of_error(told.error),)
        found: list[Event] = []
        self._used = told.usage_metadata or self._used
        if not self._began:
            self._begin(told, found)
        for part in answer_in.candidate_parts(told, data, self._notes):
            self._part(part, found)
        self._ending(told, found)
        return found

    def finish(self) -> Sequence[Event]:
        return () if self._over or self._stop is None else (self._end(self._stop),)

    def _begin(self, told: shapes.Response, found: list[Event]) -> None:
        self._began = True
        self._model = told.model_version or ""
        used = tokens.read(self._model, told.usage_metadata, self._notes)
        found.append(Began(told.response_id or "", self._model, used, answer_in.created_s(told)))

    def _ending(self, told: shapes.Response, found: list[Event]) -> None:
        candidate = answer_in.first(told)
        if candidate is None and (reason := answer_in.blocked(told)):
            self._whole(Refusal(""), reason, found)
            self._stop = stops.BLOCKED
        elif candidate is not None and candidate.finish_reason:
            self._close(found)
            if candidate.finish_reason in stops.BROKEN:
                self._over = True
                said = stops.broken(candidate.finish_reason, candidate.finish_message)
                found.append(Fault(502, said, candidate.finish_reason))
                return
            self._stop = stops.read(candidate.finish_reason, self._calls, self._notes)
        if self._stop is not None and told.usage_metadata is not None:
            found.append(self._end(self._stop))

    def _part(self, part: Part, found: list[Event]) -> None:
        match part:
            case Text() | Thinking():
                self._piece(part, found)
            case ToolCall(id_, name, arguments):
                self._calls = True
                self._whole(ToolCall(id_, name, "", signature=part.signature), arguments, found)
            case Media():
                self._whole(part, "", found)

    def _piece(self, part: Text | Thinking, found: list[Event]) -> None:
        if not part.text and (not part.signature or self._open):
            if part.signature:
                found.append(Signed(self._index, part.signature))
                self._close(found)
            return
        if self._open is not type(part):
            self._close(found)
            self._index += 1
            self._open = type(part)
            found.append(Opened(self._index, self._open("")))
        if part.text:
            found.append(Added(self._index, part.text))
        if part.signature:
            found.append(Signed(self._index, part.signature))
            self._close(found)

    def _whole(self, part: ToolCall | Media | Refusal, text: str, found: list[Event]) -> None:
        self._close(found)
        self._index += 1
        found.append(Opened(self._index, part))
        if text:
            found.append(Added(self._index, text))
        found.append(Closed(self._index))

    def _close(self, found: list[Event]) -> None:
        if self._open is not None:
            self._open = None
            found.append(Closed(self._index))

    def _end(self, stop: Stop) -> Event:
        self._over = True
        return Ended(stop, used=tokens.read(self._model, self._used, self._notes))
