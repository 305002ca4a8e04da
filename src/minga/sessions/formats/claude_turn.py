"""One message of Claude Code's assistant while its lines come in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from minga.domain.events import Usage
from minga.domain.ids import AgentName
from minga.domain.transcript import Message, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart

SIZE_MAX = 32_000_000
"""Characters after which a message is told though it may go on; then it goes on as another one."""


@dataclass(slots=True)
class Turn:
    """``id`` is that of its first line, ``results_id`` that of the first line with results of its calls; ``key`` names
    the model call."""

    id: str
    parent: str
    key: tuple[str, str]
    at: datetime | None
    chain: str
    model: str
    parts: list[Part] = field(default_factory=list)
    usage: Usage | None = None
    results: list[Part] = field(default_factory=list)
    results_id: str = ""
    results_at: datetime | None = None
    size: int = 0

    def say(self, parts: list[Part], usage: Usage | None) -> None:
        """Add what one more line holds; its usage replaces that of the lines before, of the same model call."""
        self.parts += parts
        self.size += sum(map(_size, parts))
        self.usage = usage or self.usage

    def hear(self, own: str, at: datetime | None, results: list[Part]) -> None:
        """Add the results of the line ``own``."""
        if not self.results:
            self.results_id, self.results_at = own, at
        self.results += results
        self.size += sum(map(_size, results))

    def takes(self, key: tuple[str, str], above: str) -> bool:
        """Whether a line of the model call ``key`` below ``above`` belongs to this message."""
        return key == self.key and above == self.id and bool(key[0])

    @property
    def is_large(self) -> bool:
        return self.size > SIZE_MAX

    def messages(self, agent: AgentName, *, counts: bool) -> Iterator[Message]:
        """``counts``: the usage is told."""
        if self.parts or self.usage:
            usage = self.usage if counts else None
            parts = tuple(self.parts)
            yield Message(self.id, self.parent, self.at, "assistant", parts, agent, self.model, usage, chain=self.chain)
        if self.results:
            results = tuple(self.results)
            yield Message(self.results_id, self.id, self.results_at, "tool", results, agent, chain=self.chain)


def _size(part: Part) -> int:
    match part:
        case TextPart(text=text) | ReasoningPart(text=text):
            return len(text)
        case ToolCallPart(arguments=text):
            return len(text)
        case ToolResultPart(output=text, images=images):
            return len(text) + sum(len(image.data) for image in images)
        case _:
            return 100
