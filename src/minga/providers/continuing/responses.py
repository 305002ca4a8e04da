"""OpenAI Responses: numbers, ids and the texts that are told as a whole at the end are those of both streams."""

from dataclasses import dataclass, field
from typing import Any

from minga.domain.model_calls import ModelCall
from minga.providers.continuing.events import (
    GO_ON,
    Json,
    asking,
    decoded,
    dict_of,
    joined,
    list_of,
    named,
    noted,
    number,
    text,
)

_ANNOUNCED = ("response.created", "response.queued", "response.in_progress")


@dataclass(slots=True)
class ResponsesSoFar:
    """``item``: the id of the message whose text is open; ``done``: the items before it."""

    response: str = ""
    sequence: int = 0
    text: list[str] = field(default_factory=list)
    item: str = ""
    place: int = 0
    done: list[Json] = field(default_factory=list)
    has_calls: bool = False
    is_fit: bool = True

    @property
    def can_go_on(self) -> bool:
        return self.is_fit and bool(self.item and self.text) and not self.has_calls

    def feed(self, events: bytes) -> None:
        self.is_fit = noted(events, self._note) and self.is_fit

    def _note(self, told: Json) -> None:
        self.sequence = number(told, "sequence_number") or self.sequence
        match told.get("type"):
            case "response.created":
                self.response = text(dict_of(told.get("response")), "id")
            case "response.output_item.added":
                self._added(dict_of(told.get("item")), number(told, "output_index"))
            case "response.output_text.delta":
                self.text.append(text(told, "delta"))
            case "response.output_text.done":
                self.item = ""
            case "response.output_item.done":
                self.done.append(dict_of(told.get("item")))

    def _added(self, item: Json, place: int) -> None:
        kind = item.get("type")
        self.has_calls = self.has_calls or kind not in ("message", "reasoning")
        self.item, self.place, self.text = (text(item, "id"), place, []) if kind == "message" else ("", 0, [])

    def request(self, call: ModelCall) -> ModelCall:
        asked = decoded(call.body)
        before = asked.get("input") or []
        if isinstance(before, str):
            before = [{"role": "user", "content": before}]
        said: Json = {"role": "assistant", "content": [{"type": "output_text", "text": "".join(self.text)}]}
        more = [said, {"role": "user", "content": GO_ON}]
        return asking(call, {**asked, "input": before}, "input", more)

    def seam(self) -> "ResponsesSeam":
        return ResponsesSeam(self, "".join(self.text), self.sequence)


@dataclass(slots=True)
class ResponsesSeam:
    """``joined``: the second stream's item that goes on with the open one; ``shift``: of the places of its items, None
    before the first."""

    first: ResponsesSoFar
    prefix: str
    sequence: int
    joined: str = ""
    shift: int | None = None

    def feed(self, events: bytes) -> bytes:
        return joined(events, self._event)

    def _event(self, told: Json) -> bytes:
        kind = str(told.get("type"))
        if kind in _ANNOUNCED:
            return b""
        if self.shift is None and (kind == "response.output_item.added" or "response" in told):
            return self._first(told)
        if told.get("item_id") == self.joined and kind == "response.content_part.added":
            return b""
        return self._numbered(self._moved(told))

    def _first(self, told: Json) -> bytes:
        item = dict_of(told.get("item"))
        place = number(told, "output_index")
        if item.get("type") == "message":
            self.joined, self.shift = text(item, "id"), self.first.place - place
            return b""
        self.shift = self.first.place + 1 - place
        return self._close() + self._numbered(self._moved(told))

    def _close(self) -> bytes:
        """The open message, where the second stream does not go on with it."""
        part = {"type": "output_text", "text": self.prefix, "annotations": []}
        at: Json = {"item_id": self.first.item, "output_index": self.first.place, "content_index": 0}
        events: list[Json] = [
            {"type": "response.output_text.done", **at, "text": self.prefix, "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part},
            {"type": "response.output_item.done", "output_index": self.first.place, "item": self._message()},
        ]
        return b"".join(self._numbered(one) for one in events)

    def _message(self) -> Json:
        part = {"type": "output_text", "text": self.prefix, "annotations": []}
        said = {"type": "message", "status": "completed", "role": "assistant", "content": [part]}
        return {"id": self.first.item, **said}

    def _moved(self, told: Json) -> Json:
        """With the first stream's names, and whole texts whole."""
        moved: dict[str, Any] = dict(told)
        if "output_index" in moved and self.shift is not None:
            moved["output_index"] = number(told, "output_index") + self.shift
        if self.joined and moved.get("item_id") == self.joined:
            moved["item_id"] = self.first.item
            if "text" in moved:
                moved["text"] = self.prefix + text(moved, "text")
            if "part" in moved:
                moved["part"] = self._whole(dict_of(moved["part"]))
        if "item" in moved:
            moved["item"] = self._item(dict_of(moved["item"]))
        if "response" in moved:
            moved["response"] = self._response(dict_of(moved["response"]))
        return moved

    def _whole(self, part: Json) -> Json:
        return {**part, "text": self.prefix + text(part, "text")} if "text" in part else part

    def _item(self, item: Json) -> Json:
        if not self.joined or item.get("id") != self.joined:
            return item
        content = list_of(item.get("content"))
        return {**item, "id": self.first.item, "content": [self._whole(one) for one in content[:1]] + content[1:]}

    def _response(self, response: Json) -> Json:
        before = self.first.done if self.joined else [*self.first.done, self._message()]
        output = [*before, *(self._item(one) for one in list_of(response.get("output")))]
        return {**response, "id": self.first.response or response.get("id"), "output": output}

    def _numbered(self, told: Json) -> bytes:
        self.sequence += 1
        return named({**told, "sequence_number": self.sequence})
