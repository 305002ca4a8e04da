"""Writes the events of a stream of OpenAI Responses: each part is an output item, begun, told in pieces, and whole.

Order and fields: platform.openai.com/docs/api-reference/responses-streaming, seen November 2026. The events of pieces,
which a stream mostly consists of, are put together from bytes.
"""

from dataclasses import dataclass, field

import msgspec

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
    Refusal,
    Request,
    Signed,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import answer_out, echo, faults
from minga.providers.translation.responses.items_out import Json

_encode = msgspec.json.encode


@dataclass(slots=True)
class _Open:
    """A part that is being told. ``delta``: its events of pieces up to the piece itself."""

    part: Text | Thinking | ToolCall | Refusal
    place: int
    item: str
    delta: bytes
    pieces: list[str] = field(default_factory=list)
    signature: str = ""
    summary: bool = False


class Writer:
    def __init__(self, request: Request, notes: Notes) -> None:
        self._request = request
        self._notes = notes
        self._number = 0
        self._response: echo.Response | None = None
        self._open: dict[int, _Open] = {}
        self._output: dict[int, msgspec.Raw] = {}
        self._places = 0
        self._refuses = False

    def feed(self, event: Event) -> bytes:
        match event:
            case Added():
                return self._added(event)
            case Opened():
                return self._opened(event)
            case Signed():
                if opened := self._open.get(event.index):
                    opened.signature = event.signature
                return b""
            case Closed():
                return self._closed(event.index)
            case Began():
                return self._began(event)
            case Ended():
                return self._ended(event)
            case Fault():
                return self._failed(event)

    def _began(self, event: Began) -> bytes:
        self._response = echo.Response(self._request, event.id, event.model, event.created_s)
        told = msgspec.Raw(_encode(self._response.told("in_progress", [])))
        created = self._event("response.created", {"response": told})
        return created + self._event("response.in_progress", {"response": told})

    def _opened(self, event: Opened) -> bytes:
        part, place = event.part, self._places
        item = answer_out.item_of(part, self._answer, place, "in_progress")
        if item is None:
            self._notes.add("responses-media", part.kind if isinstance(part, Media) else "")
            return b""
        self._places += 1
        if isinstance(part, Media):
            added = {"output_index": place, "item": {**item, "status": "in_progress", "result": None}}
            return self._event("response.output_item.added", added) + self._done(place, item)
        id_ = str(item["id"])
        opened = _Open(part, place, id_, _delta(part, id_, place), signature=_signature(part))
        self._open[event.index] = opened
        begun = self._event("response.output_item.added", {"output_index": place, "item": _empty(item)})
        if isinstance(part, Text | Refusal):
            self._refuses = self._refuses or isinstance(part, Refusal)
            begun += self._event("response.content_part.added", {**_at_content(opened), "part": _said(part, "")})
        if first := part.arguments if isinstance(part, ToolCall) else part.text:
            begun += self._added(Added(event.index, first))
        return begun

    def _added(self, event: Added) -> bytes:
        opened = self._open.get(event.index)
        if opened is None or not event.text:
            return b""
        begun = b""
        if isinstance(opened.part, Thinking) and not opened.summary:
            opened.summary = True
            begun = self._event("response.reasoning_summary_part.added", {**_at_summary(opened), "part": _summary("")})
        opened.pieces.append(event.text)
        number = self._number
        self._number = number + 1
        return b'%b%b%b,"sequence_number":%d}\n\n' % (begun, opened.delta, _encode(event.text), number)

    def _closed(self, index: int) -> bytes:
        opened = self._open.pop(index, None)
        if opened is None:
            return b""
        told = b""
        if isinstance(opened.part, ToolCall) and not opened.part.custom and not opened.pieces:
            self._open[index] = opened
            told = self._added(Added(index, "{}"))
            del self._open[index]
        whole = "".join(opened.pieces)
        told += self._whole(opened, whole)
        part, place = opened.part, opened.place
        if isinstance(part, ToolCall):
            part = msgspec.structs.replace(part, arguments=whole)
        elif isinstance(part, Thinking):
            part = msgspec.structs.replace(part, text=whole, signature=opened.signature)
        else:
            part = msgspec.structs.replace(part, text=whole)
        told += self._done(place, answer_out.item_of(part, self._answer, place) or {})
        if opened.signature and isinstance(part, Text | ToolCall):
            told += self._sign(opened.signature)
        return told

    def _whole(self, opened: _Open, whole: str) -> bytes:
        """What is told of a part's content when it is complete."""
        match opened.part:
            case ToolCall(custom=True):
                at = {"item_id": opened.item, "output_index": opened.place}
                return self._event("response.custom_tool_call_input.done", {**at, "input": whole})
            case ToolCall(name=name):
                at = {"item_id": opened.item, "output_index": opened.place, "name": name}
                return self._event("response.function_call_arguments.done", {**at, "arguments": whole})
            case Thinking():
                if not opened.summary:
                    return b""
                done = self._event("response.reasoning_summary_text.done", {**_at_summary(opened), "text": whole})
                part = {**_at_summary(opened), "part": _summary(whole)}
                return done + self._event("response.reasoning_summary_part.done", part)
            case Refusal():
                done = self._event("response.refusal.done", {**_at_content(opened), "refusal": whole})
            case _:
                done = self._event("response.output_text.done", {**_at_content(opened), "text": whole, "logprobs": []})
        part = {**_at_content(opened), "part": _said(opened.part, whole)}
        return done + self._event("response.content_part.done", part)

    def _sign(self, signature: str) -> bytes:
        place = self._places
        self._places += 1
        item = answer_out.signing(signature, self._answer, place)
        added = {"output_index": place, "item": {**item, "encrypted_content": None}}
        return self._event("response.output_item.added", added) + self._done(place, item)

    def _done(self, place: int, item: Json) -> bytes:
        told = self._output[place] = msgspec.Raw(_encode(item))
        return self._event("response.output_item.done", {"output_index": place, "item": told})

    def _ended(self, event: Ended) -> bytes:
        status, reason = echo.ending(event.stop, refuses=self._refuses)
        answer_out.note_stop(event.stop, self._notes)
        return self._last(status, event.used, reason)

    def _failed(self, event: Fault) -> bytes:
        if self._response is None:
            error = faults.error_of(event)
            told: Json = {**error, "type": "error", "sequence_number": self._number, "error": error}
            return b"event: error\ndata: %b\n\n" % _encode(told)
        return self._last("failed", error=faults.failure_of(event))

    def _last(self, status: str, used: Usage | None = None, reason: str = "", error: Json | None = None) -> bytes:
        if self._response is None:
            return b""
        output = [self._output[place] for place in sorted(self._output)]
        return self._event(f"response.{status}", {"response": self._response.told(status, output, used, reason, error)})

    @property
    def _answer(self) -> str:
        return self._response.id if self._response is not None else ""

    def _event(self, name: str, told: Json) -> bytes:
        number = self._number
        self._number = number + 1
        return b"event: %b\ndata: %b\n\n" % (name.encode(), _encode({"type": name, "sequence_number": number, **told}))


def _signature(part: Text | Thinking | ToolCall | Refusal) -> str:
    return "" if isinstance(part, Refusal) else part.signature


def _delta(part: Text | Thinking | ToolCall | Refusal, item: str, place: int) -> bytes:
    at: Json = {"item_id": item, "output_index": place}
    match part:
        case ToolCall(custom=True):
            name = "response.custom_tool_call_input.delta"
        case ToolCall():
            name = "response.function_call_arguments.delta"
        case Thinking():
            name, at = "response.reasoning_summary_text.delta", {**at, "summary_index": 0}
        case Refusal():
            name, at = "response.refusal.delta", {**at, "content_index": 0}
        case _:
            name, at = "response.output_text.delta", {**at, "content_index": 0, "logprobs": []}
    begun = _encode({"type": name, **at})[:-1]
    return b'event: %b\ndata: %b,"delta":' % (name.encode(), begun)


def _empty(item: Json) -> Json:
    """An item that has just begun."""
    empty: dict[str, Json] = {
        "message": {"content": []},
        "reasoning": {"summary": []},
        "function_call": {"arguments": ""},
        "custom_tool_call": {"input": ""},
    }
    told = {**item, **empty[str(item["type"])]}
    told.pop("encrypted_content", None)
    return told


def _at_content(opened: _Open) -> Json:
    return {"item_id": opened.item, "output_index": opened.place, "content_index": 0}


def _at_summary(opened: _Open) -> Json:
    return {"item_id": opened.item, "output_index": opened.place, "summary_index": 0}


def _summary(text: str) -> Json:
    return {"type": "summary_text", "text": text}


def _said(part: Text | Thinking | ToolCall | Refusal, text: str) -> Json:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
