"""Anthropic Messages: the first text of the second stream goes on in the block that is open."""

from dataclasses import dataclass, field

from minga.domain.model_calls import ModelCall
from minga.providers.continuing.events import GO_ON, Json, asking, decoded, dict_of, joined, named, noted, number, text


@dataclass(slots=True)
class MessagesSoFar:
    """``index``: that of the block that is open, None if none is, or if it is no text."""

    text: list[str] = field(default_factory=list)
    index: int | None = None
    has_calls: bool = False
    is_fit: bool = True

    @property
    def can_go_on(self) -> bool:
        return self.is_fit and self.index is not None and bool(self.text) and not self.has_calls

    def feed(self, events: bytes) -> None:
        self.is_fit = noted(events, self._note) and self.is_fit

    def _note(self, told: Json) -> None:
        match told.get("type"):
            case "content_block_start":
                kind = dict_of(told.get("content_block")).get("type")
                self.index = number(told, "index") if kind == "text" else None
                self.has_calls = self.has_calls or kind == "tool_use"
            case "content_block_delta" if self.index is not None:
                self.text.append(text(dict_of(told.get("delta")), "text"))
            case "content_block_stop":
                self.index = None

    def request(self, call: ModelCall) -> ModelCall:
        said: list[Json] = [{"role": "assistant", "content": "".join(self.text)}, {"role": "user", "content": GO_ON}]
        return asking(call, decoded(call.body), "messages", said)

    def seam(self) -> "MessagesSeam":
        return MessagesSeam(self.index or 0)


@dataclass(slots=True)
class MessagesSeam:
    """``shift`` turns the numbers of the second stream's blocks into those of the first; None before its first one."""

    index: int
    shift: int | None = None

    def feed(self, events: bytes) -> bytes:
        return joined(events, self._event)

    def _event(self, told: Json) -> bytes:
        kind = told.get("type")
        if kind == "message_start":
            return b""
        if kind == "content_block_start" and self.shift is None:
            return self._first(told)
        if self.shift is None and kind == "message_delta":  # it had nothing to add
            self.shift = 0
            return self._stop() + named(told)
        return self._moved(told, self.shift or 0)

    def _first(self, told: Json) -> bytes:
        if dict_of(told.get("content_block")).get("type") == "text":
            self.shift = self.index - number(told, "index")
            return b""
        self.shift = self.index + 1 - number(told, "index")
        return self._stop() + self._moved(told, self.shift)

    def _moved(self, told: Json, shift: int) -> bytes:
        return named({**told, "index": number(told, "index") + shift} if "index" in told else told)

    def _stop(self) -> bytes:
        return named({"type": "content_block_stop", "index": self.index})
