"""One message, translated outside of any call, for a person who wants to see what becomes of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation.adapting import adapt
from minga.providers.translation.calls import StreamTranslation
from minga.providers.translation.conversation import check
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Answer, Media, Part, Request, ToolResult
from minga.providers.translation.notes import Note, Notes
from minga.providers.translation.restoring import Restore

Kind = Literal["request", "answer", "stream", "error"]

_ASKING = ("messages", "input", "contents")
_ANSWERING = ("choices", "output", "candidates", "promptFeedback", "stop_reason")

_SETTINGS = (
    "tool_choice",
    "parallel",
    "answer_max",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "reasoning",
    "output",
    "person",
)


@dataclass(frozen=True, slots=True)
class Inspected:
    """``kept``: what of each sort went through the form; of a stream nothing is counted."""

    kind: Kind
    body: bytes
    kept: Mapping[str, int]
    notes: Sequence[Note]


def kind_of(body: bytes) -> Kind:
    """Raises ValueError for what is no JSON object and no stream of events."""
    if body.lstrip().startswith((b"data:", b"event:", b":")):
        return "stream"
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if any(name in fields for name in _ANSWERING):
        return "answer"
    if "error" in fields:
        return "error"
    return "request"


def inspect(kind: Kind, body: bytes, source: Wire, target: Wire, model: str = "") -> Inspected:
    """``body`` is of the dialect ``source``. ``model``: what the target calls it; the same name if empty. Raises
    Refused for a request that cannot be read or said, Unreadable for an answer."""
    notes = Notes()
    reads, writes = DIALECTS[source], DIALECTS[target]
    kept: Mapping[str, int] = {}
    match kind:
        case "request":
            asked = reads.read_request(body, notes)
            kept = _of_request(asked)
            fitted = adapt(check(asked, notes), target, model or asked.model, "", notes).request
            told = writes.write_request(fitted, notes)
        case "answer":
            answer = Restore({}, notes).answer(reads.read_answer(body, notes))
            kept = _of_answer(answer)
            told = writes.write_answer(answer, _nothing(model or answer.model), notes)
        case "stream":
            restoring = Restore({}, notes).stream()
            stream = StreamTranslation(reads.reader(notes), restoring, writes.writer(_nothing(model), notes), 0)
            told = stream.feed(body) + stream.finish()
        case "error":
            told = writes.write_fault(reads.read_fault(500, body))
    return Inspected(kind, told, kept, tuple(notes.found))


def _nothing(model: str) -> Request:
    return Request(model, ())


def _of_request(asked: Request) -> dict[str, int]:
    counts = Counter(_sorts(part for turn in asked.turns for part in turn.parts))
    counts["system"], counts["turn"], counts["tool"] = len(asked.system), len(asked.turns), len(asked.tools)
    counts["setting"] = sum(getattr(asked, name) not in (None, (), "") for name in _SETTINGS)
    return {name: count for name, count in counts.items() if count}


def _of_answer(answer: Answer) -> dict[str, int]:
    return dict(Counter(_sorts(answer.parts)))


def _sorts(parts: Iterator[Part] | Sequence[Part]) -> Iterator[str]:
    for part in parts:
        yield part.kind if isinstance(part, Media) else type(part).__name__.lower()
        if isinstance(part, ToolResult):
            yield from _sorts(part.parts)
