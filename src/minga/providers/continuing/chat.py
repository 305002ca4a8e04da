"""OpenAI Chat Completions: the pieces of the second stream get the name of the first."""

from dataclasses import dataclass, field, replace

import msgspec

from minga.domain.model_calls import ModelCall
from minga.providers.continuing.events import GO_ON, Json, dict_of, list_of, read, unnamed

DONE = b"data: [DONE]\n\n"

_NAME = ("id", "created", "model", "system_fingerprint")


@dataclass(slots=True)
class ChatSoFar:
    text: list[str] = field(default_factory=list)
    head: Json = field(default_factory=dict)
    has_calls: bool = False
    choices: int = 1

    @property
    def can_go_on(self) -> bool:
        return bool(self.text) and not self.has_calls and self.choices == 1

    def feed(self, events: bytes) -> None:
        for told in read(events):
            self.head = self.head or {name: told[name] for name in _NAME if name in told}
            for choice in list_of(told.get("choices")):
                delta = dict_of(choice.get("delta"))
                self.choices = max(self.choices, int(choice.get("index") or 0) + 1)
                self.has_calls = self.has_calls or bool(delta.get("tool_calls") or delta.get("function_call"))
                if delta.get("content"):
                    self.text.append(str(delta["content"]))

    def request(self, call: ModelCall) -> ModelCall:
        asked = msgspec.json.decode(call.body)
        said = [{"role": "assistant", "content": "".join(self.text)}, {"role": "user", "content": GO_ON}]
        return replace(call, body=msgspec.json.encode({**asked, "messages": [*asked["messages"], *said]}))

    def seam(self) -> "ChatSeam":
        return ChatSeam(self.head)


@dataclass(frozen=True, slots=True)
class ChatSeam:
    head: Json

    def feed(self, events: bytes) -> bytes:
        pieces = b"".join(unnamed({**told, **self.head}) for told in read(events))
        return pieces + (DONE if b"data: [DONE]" in events else b"")
