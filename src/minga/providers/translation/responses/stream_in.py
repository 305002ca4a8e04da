"""Reads the events of a stream of OpenAI Responses; those that this version does not know are told and passed over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Added,
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
    given_signature,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import answer_in, faults
from minga.providers.translation.responses.answer_shapes import (
    EVENT,
    ITEM,
    PART,
    RESPONSE,
    Output,
    Response,
    Said,
    StreamEvent,
    note_event,
    note_response,
    told,
)

_TEXT = msgspec.json.Decoder(str)

_CALLS = ("function_call", "custom_tool_call")

_REASONING = -1
"""In place of the index of a content, for items that have one part only."""


@dataclass(slots=True)
class _Open:
    """``way``: whether thoughts come as a summary or whole, of which the first is told; ``section``: which of its
    pieces came last."""

    index: int
    part: Part
    added: bool = False
    way: str = ""
    section: int = 0


@dataclass(slots=True)
class Reader:
    notes: Notes
    began: bool = False
    over: bool = False
    parts: list[Part] = field(default_factory=list)
    opened: dict[tuple[int, int], _Open] = field(default_factory=dict)
    whole: set[int] = field(default_factory=set)
    """Items that have been told as a whole."""

    def feed(self, name: str, data: bytes) -> Sequence[Event]:
        if self.over or data == b"[DONE]":
            return ()
        try:
            event = told(EVENT, data, self.notes)
            kind = event.type or name
            events = self._piece(kind, event) if kind.endswith(".delta") else tuple(self._event(kind, event, data))
        except (ValueError, RecursionError) as wrong:
            raise Unreadable(f"an event that is none of OpenAI Responses: {wrong}") from wrong
        if events and not self.began and not self.over:  # some servers do not announce the response
            self.began = True
            return (Began("", ""), *events)
        return events

    def finish(self) -> Sequence[Event]:
        return ()

    def _piece(self, kind: str, event: StreamEvent) -> Sequence[Event]:
        match kind:
            case "response.output_text.delta" | "response.refusal.delta":
                place = (event.output_index, event.content_index)
                answer_in.note_logprobs(event.logprobs, self.notes)
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                place = (event.output_index, _REASONING)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                return self._thought(kind, event)
            case _:
                note_event(kind, event, self.notes)
                return ()
        text = _TEXT.decode(event.delta)
        opened = self.opened.get(place)
        if opened is None:
            if place[1] == _REASONING:
                raise ValueError(f"{kind} of a call that has not begun")
            opened, begun = self._open(place, Refusal("") if "refusal" in kind else Text(""))
            opened.added = True
            return (begun, Added(opened.index, text))
        _check_open(opened)
        opened.added = True
        return (Added(opened.index, text),) if text else ()

    def _thought(self, kind: str, event: StreamEvent) -> Sequence[Event]:
        events: list[Event] = []
        opened = self.opened.get((event.output_index, _REASONING))
        if opened is None:
            opened, begun = self._open((event.output_index, _REASONING), Thinking())
            events.append(begun)
        _check_open(opened)
        opened.way = opened.way or kind
        if opened.way != kind:
            return events
        section = event.summary_index or event.content_index
        between = "\n\n" if opened.added and section != opened.section else ""
        opened.added, opened.section = True, section
        events.append(Added(opened.index, between + _TEXT.decode(event.delta)))
        return events

    def _event(self, kind: str, event: StreamEvent, data: bytes) -> Iterator[Event]:
        match kind:
            case "response.created" | "response.queued" | "response.in_progress":
                yield from self._begin(told(RESPONSE, event.response, self.notes))
            case "response.output_item.added":
                yield from self._item_added(event.output_index, told(ITEM, event.item, self.notes))
            case "response.content_part.added":
                part = told(PART, event.part, self.notes)
                if part.type in ("output_text", "refusal"):
                    empty = Refusal("") if part.type == "refusal" else Text("")
                    yield self._open((event.output_index, event.content_index), empty)[1]
            case "response.content_part.done":
                part = told(PART, event.part, self.notes)
                if part.type in ("output_text", "refusal"):
                    yield from self._said((event.output_index, event.content_index), part)
            case "response.output_item.done":
                yield from self._item_done(event.output_index, told(ITEM, event.item, self.notes))
            case "response.completed" | "response.incomplete":
                yield from self._end(told(RESPONSE, event.response, self.notes))
            case "response.failed" | "response.cancelled":
                self.over = True
                error = told(RESPONSE, event.response, self.notes).error
                given = msgspec.structs.asdict(error) if error else {"message": f"the answer ended with {kind}"}
                yield faults.of_error(given)
            case "error":
                self.over = True
                given = msgspec.json.decode(data)
                yield faults.of_error(given["error"] if isinstance(given.get("error"), dict) else given)
            case _:
                note_event(kind, event, self.notes)

    def _begin(self, response: Response) -> Iterator[Event]:
        if not self.began:
            self.began = True
            yield Began(response.id, response.model, created_s=int(response.created_at))

    def _item_added(self, place: int, item: Output) -> Iterator[Event]:
        if item.type in _CALLS:
            yield self._open((place, _REASONING), answer_in.call_of(item))[1]
        elif item.type == "reasoning":
            yield self._open((place, _REASONING), Thinking(id=item.id or ""))[1]

    def _item_done(self, place: int, item: Output) -> Iterator[Event]:
        if place in self.whole:
            return
        self.whole.add(place)
        if item.type == "message":
            answer_in.note_item(item, self.notes)
            for number, said in enumerate(item.content or ()):
                yield from self._said((place, number), said)
            return
        if item.type not in (*_CALLS, "reasoning"):
            for part in answer_in.parts_of(item, self.notes):
                assert isinstance(part, Media)
                opened, begun = self._open((place, _REASONING), part)
                yield begun
                yield from self._close((place, _REASONING))
            return
        answer_in.note_item(item, self.notes)
        if (place, _REASONING) not in self.opened:
            yield from self._item_added(place, item)
        opened = self.opened[place, _REASONING]
        _check_open(opened)
        text = answer_in.arguments_of(item) if item.type in _CALLS else answer_in.thought_text(item)
        if not opened.added and text:
            yield Added(opened.index, text)
        if signature := given_signature(item.encrypted_content or "", "openai-responses"):
            yield Signed(opened.index, signature)
        yield from self._close((place, _REASONING))

    def _said(self, place: tuple[int, int], said: Said) -> Iterator[Event]:
        """A content of a message, told as a whole; once by itself, and once with its item."""
        if place not in self.opened:
            yield self._open(place, Refusal("") if said.type == "refusal" else Text(""))[1]
        opened = self.opened[place]
        if opened.index < 0:
            return
        part = answer_in.said_part(said, self.notes)
        if not opened.added and part.text:
            yield Added(opened.index, part.text)
        yield from self._close(place)

    def _end(self, response: Response) -> Iterator[Event]:
        self.over = True
        note_response(response, self.notes)
        yield from self._begin(response)
        if not self.parts:  # some servers tell all of it at the end only
            for place, item in enumerate(response.output or ()):
                yield from self._item_done(place, item)
        for at in [at for at, opened in self.opened.items() if opened.index >= 0]:
            yield from self._close(at)
        yield Ended(answer_in.stop_of(response, self.parts), used=answer_in.used(response))

    def _open(self, place: tuple[int, int], part: Any) -> tuple[_Open, Event]:
        if place in self.opened:
            raise ValueError(f"output {place[0]} begins twice")
        opened = self.opened[place] = _Open(len(self.parts), part)
        self.parts.append(part)
        return opened, Opened(opened.index, part)

    def _close(self, place: tuple[int, int]) -> Iterator[Event]:
        """It stays known, so that it is not told again."""
        opened = self.opened[place]
        yield Closed(opened.index)
        opened.index = -1


def _check_open(opened: _Open) -> None:
    if opened.index < 0:
        raise ValueError("more of a part that has ended")
