"""Marks what another family has thought or called without any signature: a caller's own family takes no such thing that
it has not signed itself, and only the mark tells, when the conversation comes back, that it is none of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation.form import UNSIGNED, Closed, Event, Opened, Part, Signed, Thinking, ToolCall

_SIGNED: Mapping[Wire, type[Thinking] | type[ToolCall]] = MappingProxyType(
    {"anthropic": Thinking, "openai-responses": Thinking, "gemini": ToolCall}
)
"""What each family signs, and wants to find signed in its history."""


def marked(part: Part, caller: Wire, origin: Wire) -> Part:
    if not isinstance(part, Thinking | ToolCall) or part.signature or not _must_be_signed(part, caller, origin):
        return part
    return msgspec.structs.replace(part, signature=f"{origin}:{UNSIGNED}")


def _must_be_signed(part: Part, caller: Wire, origin: Wire) -> bool:
    kind = _SIGNED.get(caller)
    return caller != origin and kind is not None and isinstance(part, kind)


@dataclass(slots=True)
class Marking:
    """The events of one stream."""

    caller: Wire
    origin: Wire
    unsigned: set[int] = field(default_factory=set)

    def events(self, event: Event) -> Sequence[Event]:
        match event:
            case Opened(index, part) if _must_be_signed(part, self.caller, self.origin):
                if isinstance(part, Thinking | ToolCall) and not part.signature:
                    self.unsigned.add(index)
            case Signed(index):
                self.unsigned.discard(index)
            case Closed(index) if index in self.unsigned:
                self.unsigned.discard(index)
                return (Signed(index, f"{self.origin}:{UNSIGNED}"), event)
            case _:
                pass
        return (event,)
