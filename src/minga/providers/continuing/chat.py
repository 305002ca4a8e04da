"""OpenAI Chat Completions: the pieces of the second stream get the name of the first."""

from dataclasses import dataclass, field

from minga.domain.model_calls import ModelCall
from minga.providers.continuing.events import (
    GO_ON,
    Json,
    asking,
    decoded,
    dict_of,
    joined,
    list_of,
    noted,
    number,
    text,
    unnamed,
)

DONE = b"data: [DONE]\n\n"

_NAME = ("id", "created", "model", "system_fingerprint")


@dataclass(slots=True)
class ChatSoFar:
    text: list[str] = field(default_factory=list)
    head: Json = field(default_factory=dict)
    has_calls: bool = False
    choices: int = 1
    is_fit: bool = True

    @property
    def can_go_on(self) -> bool:
        return self.is_fit and bool(self.text) and not self.has_calls and self.choices == 1

    def feed(self, events: bytes) -> None:
        self.is_fit = noted(events, self._note) and self.is_fit

    def _note(self, told: Json) -> None:
        self.head = self.head or {name: told[name] for name in _NAME if name in told}
        for choice in list_of(told.get("choices")):
            delta = dict_of(choice.get("delta"))
            self.choices = max(self.choices, number(choice, "index") + 1)
            self.has_calls = self.has_calls or bool(delta.get("tool_calls") or delta.get("function_call"))
            if said := text(delta, "content"):
                self.text.append(said)

    def request(self, call: ModelCall) -> ModelCall:
        said: list[Json] = [{"role": "assistant", "content": "".join(self.text)}, {"role": "user", "content": GO_ON}]
        return asking(call, decoded(call.body), "messages", said)

    def seam(self) -> "ChatSeam":
        return ChatSeam(self.head)


@dataclass(frozen=True, slots=True)
class ChatSeam:
    head: Json

    def feed(self, events: bytes) -> bytes:
        return joined(events, self._event) + (DONE if b"data: [DONE]" in events else b"")

    def _event(self, told: Json) -> bytes:
        """The role has been told."""
        for choice in list_of(told.get("choices")):
            dict_of(choice.get("delta")).pop("role", None)
        return unnamed({**told, **self.head})
