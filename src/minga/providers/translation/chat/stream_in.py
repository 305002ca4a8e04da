"""The chunks of a stream, as events of the form."""

from collections.abc import Iterable, Sequence
from typing import Literal

from minga.domain.events import Usage
from minga.providers.translation.chat import stops
from minga.providers.translation.chat.answer_in import decoded, note_extras, picture, signature_of
from minga.providers.translation.chat.answer_shapes import Choice, Completion, Message, split, used
from minga.providers.translation.chat.calls_in import CallsReader
from minga.providers.translation.chat.faults import fault_in_stream
from minga.providers.translation.chat.shapes import ReasoningDetail
from minga.providers.translation.chat.thoughts import thinking_of
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Opened,
    Refusal,
    Signed,
    Text,
    Thinking,
)
from minga.providers.translation.notes import Notes

_Said = Literal["", "text", "thinking", "refusal"]

_EMPTY: dict[_Said, Text | Thinking | Refusal] = {"text": Text(""), "thinking": Thinking(), "refusal": Refusal("")}


class ChunkReader:
    """One part of words at a time is open, and calls beside it. The answer has ended once a finish_reason was there, or
    the server says that it is done; `Ended` waits for what it used, which comes after it."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._began = False
        self._over = False
        self._stop: tuple[str, str | int | None] | None = None
        self._used: Usage | None = None
        self._count = 0
        self._open: _Said = ""
        self._plain_thoughts = False
        self._refused = False
        self._calls = CallsReader(self._next)

    def feed(self, name: str, data: bytes) -> Sequence[Event]:
        if self._over:
            return ()
        if data == b"[DONE]" or data.strip() == b"[DONE]":
            if self._stop is None and self._count:
                self._stop = (stops.unsaid(self._notes, whole=self._calls.are_whole), None)
            return self.finish()
        if name == "error":
            return self._fail(fault_in_stream(data))
        completion = decoded(data, self._notes)
        if completion.object == "error" or bytes(completion.error) != b"null":
            return self._fail(fault_in_stream(data))
        if completion.usage:
            self._used = used(completion, completion.model or "", self._notes)
        events: list[Event] = []
        if completion.choices:
            if not self._began:
                events.append(self._begin(completion))
            for choice in completion.choices:
                self._take(choice, events)
        return events

    def finish(self) -> Sequence[Event]:
        if self._over or self._stop is None:
            return ()
        events: list[Event] = []
        self._close_all(events)
        reason, sequence = self._stop
        stop = stops.read(reason, sequence, self._notes, calls=self._calls.any, refused=self._refused)
        self._over = True
        return [*events, Ended(*stop, self._used)]

    def _begin(self, completion: Completion) -> Began:
        self._began = True
        return Began(completion.id or "", completion.model or "", created_s=int(completion.created or 0))

    def _fail(self, fault: Fault) -> Sequence[Event]:
        self._over = True
        return (fault,)

    def _take(self, choice: Choice, events: list[Event]) -> None:
        if self._over:
            return
        if choice.index:
            self._notes.add("chat-more-choices")
            return
        message = choice.delta or choice.message
        if message is not None:
            self._add(message, events)
            note_extras(choice, message, self._notes)
        reason = choice.finish_reason or ""
        if reason in stops.FAILED:
            events += self._fail(Fault(stops.FAILED[reason], f"the provider broke its answer off: {reason}"))
        elif reason:
            self._stop = (reason, choice.stop_reason)
            self._close_all(events)

    def _add(self, message: Message, events: list[Event]) -> None:
        if thought := message.reasoning_content or message.reasoning:
            self._plain_thoughts = True
            self._say("thinking", thought, events)
        if message.reasoning_details:
            self._take_details(message.reasoning_details, events)
        if message.content:
            thought, said = split(message.content, self._notes)
            self._say("thinking", thought, events)
            self._say("text", said, events)
        if message.extra_content and (signature := signature_of(message.extra_content)):
            self._turn_to("text", events)
            events.append(Signed(self._count - 1, signature))
        if message.refusal:
            self._refused = True
            self._say("refusal", message.refusal, events)
        if message.images:
            self._show([image.image_url.url for image in message.images], events)
        if message.tool_calls or message.function_call:
            self._turn_to("", events)
            self._calls.feed(message, events)

    def _say(self, kind: _Said, text: str, events: list[Event]) -> None:
        if text:
            self._turn_to(kind, events)
            events.append(Added(self._count - 1, text))

    def _take_details(self, details: Iterable[ReasoningDetail], events: list[Event]) -> None:
        """A signature ends its thought. Text that stands beside a signature, or a plain text, has been told before."""
        for detail in details:
            thinking = thinking_of(detail)
            if thinking.redacted:
                self._turn_to("", events)
                index = self._next()
                part = Thinking(redacted=True, id=thinking.id)
                events += (Opened(index, part), Signed(index, thinking.signature), Closed(index))
                continue
            if not self._plain_thoughts:
                self._say("thinking", thinking.text, events)
            if thinking.signature:
                self._turn_to("thinking", events)
                events.append(Signed(self._count - 1, thinking.signature))
                self._turn_to("", events)

    def _show(self, urls: Iterable[str], events: list[Event]) -> None:
        self._turn_to("", events)
        for url in urls:
            index = self._next()
            events += (Opened(index, picture(url)), Closed(index))

    def _turn_to(self, kind: _Said, events: list[Event]) -> None:
        """What is said in words from here on; empty for what is not."""
        if self._open == kind:
            return
        if self._open:
            events.append(Closed(self._count - 1))
        self._open = kind
        if kind:
            self._calls.close_whole(events)
            events.append(Opened(self._next(), _EMPTY[kind]))

    def _close_all(self, events: list[Event]) -> None:
        self._turn_to("", events)
        self._calls.close_all(events)

    def _next(self) -> int:
        self._count += 1
        return self._count - 1
