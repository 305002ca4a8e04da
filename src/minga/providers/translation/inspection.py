"""One message, translated outside of any call, for a person who wants to see what becomes of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Literal

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation.adapting import adapt
from minga.providers.translation.calls import StreamTranslation
from minga.providers.translation.conversation import check
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Answer, Media, Part, Request, ToolResult
from minga.providers.translation.notes import Note, Notes
from minga.providers.translation.restoring import Restore

Kind = Literal["request", "answer", "stream", "error"]

_ANSWERING = ("choices", "output", "candidates", "promptFeedback", "stop_reason")

_OF_STREAMS = (b"data:", b"event:", b"id:", b"retry:", b":")

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

_SORTS = {"Text": "text", "Thinking": "thought", "ToolCall": "tool_call", "ToolResult": "tool_result"}


@dataclass(frozen=True, slots=True)
class Between:
    """``model``: what the target calls it; the same name if empty. ``provider`` of the target, whose models may take
    less; empty for the vendor of the dialect. ``status`` with which an error came."""

    source: Wire
    target: Wire
    model: str = ""
    provider: str = ""
    status: int = 500


@dataclass(frozen=True, slots=True)
class Inspected:
    """``kept``: how many of each sort are in what was given and in the translation; of a stream nothing is counted.
    ``whole``: False for a stream that stops before its end."""

    kind: Kind
    body: bytes
    notes: Sequence[Note]
    kept: Mapping[str, int]
    whole: bool = True


def kind_of(body: bytes) -> Kind:
    """Raises ValueError for what is no JSON object and no stream of events."""
    if body.lstrip().startswith(_OF_STREAMS):
        return "stream"
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if any(name in fields for name in _ANSWERING):
        return "answer"
    return "error" if "error" in fields else "request"


def inspect(kind: Kind, body: bytes, between: Between) -> Inspected:
    """``body`` is of the dialect ``between.source``. Raises Refused for a request that cannot be read or said,
    Unreadable for an answer or a stream."""
    notes = Notes()
    reads, writes = DIALECTS[between.source], DIALECTS[between.target]
    match kind:
        case "request":
            return _request(body, between, notes)
        case "answer":
            answer = Restore({}, notes).answer(reads.read_answer(body, notes))
            told = writes.write_answer(answer, Request(between.model or answer.model, ()), notes)
            kept = _of_answer(answer) & _of_answer(writes.read_answer(told, Notes()))
            return Inspected(kind, told, tuple(notes.found), kept)
        case "stream":
            return _stream(body, between, notes)
        case "error":
            return Inspected(kind, writes.write_fault(reads.read_fault(between.status, body)), (), {})


def _request(body: bytes, between: Between, notes: Notes) -> Inspected:
    reads, writes = DIALECTS[between.source], DIALECTS[between.target]
    asked = reads.read_request(body, notes)
    model = between.model or asked.model
    checked = check(asked, notes)
    fitted = adapt(checked, between.target, model, between.provider, notes).request
    told = writes.write_request(fitted, notes)
    again = writes.read_request(told, Notes())
    kept = _of_request(asked) & _of_request(again)
    kept["setting"] = sum(_has(asked, name) and _has(again, name) for name in _SETTINGS)
    return Inspected("request", told, tuple(notes.found), +kept)


def _stream(body: bytes, between: Between, notes: Notes) -> Inspected:
    """What stands behind the last whole event may be a piece of one: a stream that was cut within it is told as cut,
    not as unreadable."""
    reads, writes = DIALECTS[between.source], DIALECTS[between.target]
    writer = writes.writer(Request(between.model, ()), notes)
    stream = StreamTranslation(reads.reader(notes), Restore({}, notes).stream(), writer, 0)
    whole, end, rest = body.replace(b"\r\n", b"\n").rpartition(b"\n\n")
    told = stream.feed(whole + end)
    if stream.end == "broken":
        raise Unreadable(stream.broken_by)
    told += stream.feed(rest) + stream.finish()
    if not told and not stream.end:
        raise Unreadable("no event of this stream is one of the format")
    return Inspected("stream", told, tuple(notes.found), {}, stream.end in ("whole", "failed"))


def _of_request(asked: Request) -> Counter[str]:
    """Neighbouring turns of one role count as one: some dialects join them."""
    joined = [list(turns) for _, turns in groupby(asked.turns, lambda turn: turn.role)]
    counts = Counter(chain.from_iterable(_sorts(part for turn in turns for part in turn.parts) for turns in joined))
    return counts | Counter({"system": min(1, len(asked.system)), "turn": len(joined), "tool": len(asked.tools)})


def _has(asked: Request, setting: str) -> bool:
    return getattr(asked, setting) not in (None, (), "")


def _of_answer(answer: Answer) -> Counter[str]:
    return Counter(_sorts(answer.parts))


def _sorts(parts: Iterable[Part]) -> Iterator[str]:
    """Neighbouring texts, and thoughts, count as one: some dialects join them."""
    for sort, same in groupby(parts, _sort):
        for part in [next(same)] if sort in ("text", "thought") else same:
            yield sort
            if isinstance(part, ToolResult):
                yield from (one.kind for one in part.parts if isinstance(one, Media))


def _sort(part: Part) -> str:
    return part.kind if isinstance(part, Media) else _SORTS.get(type(part).__name__, "refusal")
