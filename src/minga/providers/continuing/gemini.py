"""Gemini: the pieces of a stream have no numbers, so those of the second follow as they are."""

from dataclasses import dataclass, field, replace

import msgspec

from minga.domain.model_calls import ModelCall
from minga.providers.continuing.events import GO_ON, dict_of, list_of, read


@dataclass(slots=True)
class GeminiSoFar:
    text: list[str] = field(default_factory=list)
    has_calls: bool = False

    @property
    def can_go_on(self) -> bool:
        return bool(self.text) and not self.has_calls

    def feed(self, events: bytes) -> None:
        for told in read(events):
            for candidate in list_of(told.get("candidates")):
                for part in list_of(dict_of(candidate.get("content")).get("parts")):
                    self.has_calls = self.has_calls or "functionCall" in part
                    if part.get("text") and not part.get("thought"):
                        self.text.append(str(part["text"]))

    def request(self, call: ModelCall) -> ModelCall:
        asked = msgspec.json.decode(call.body)
        said = [("model", "".join(self.text)), ("user", GO_ON)]
        more = [{"role": role, "parts": [{"text": text}]} for role, text in said]
        return replace(call, body=msgspec.json.encode({**asked, "contents": [*asked["contents"], *more]}))

    def seam(self) -> "GeminiSeam":
        return GeminiSeam()


class GeminiSeam:
    def feed(self, events: bytes) -> bytes:
        return events
