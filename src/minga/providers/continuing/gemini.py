"""Gemini: the pieces of a stream have no numbers, so those of the second follow as they are."""

from dataclasses import dataclass, field

from minga.domain.model_calls import ModelCall
from minga.providers.continuing.events import GO_ON, Json, asking, decoded, dict_of, list_of, noted, text


@dataclass(slots=True)
class GeminiSoFar:
    text: list[str] = field(default_factory=list)
    has_calls: bool = False
    is_fit: bool = True

    @property
    def can_go_on(self) -> bool:
        return self.is_fit and bool(self.text) and not self.has_calls

    def feed(self, events: bytes) -> None:
        self.is_fit = noted(events, self._note) and self.is_fit

    def _note(self, told: Json) -> None:
        for candidate in list_of(told.get("candidates")):
            for part in list_of(dict_of(candidate.get("content")).get("parts")):
                self.has_calls = self.has_calls or "functionCall" in part
                if (said := text(part, "text")) and not part.get("thought"):
                    self.text.append(said)

    def request(self, call: ModelCall) -> ModelCall:
        said = [("model", "".join(self.text)), ("user", GO_ON)]
        more = [{"role": role, "parts": [{"text": one}]} for role, one in said]
        return asking(call, decoded(call.body), "contents", more)

    def seam(self) -> "GeminiSeam":
        return GeminiSeam()


class GeminiSeam:
    def feed(self, events: bytes) -> bytes:
        return events
