"""Strategies for what stands in the form, shared by the tests of all dialects, and what a stream says in the end.

Each dialect says with the keyword arguments what its format can say; what is left is to come back as it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from hypothesis import strategies as st

from minga.domain.events import Usage
from minga.domain.model_calls import Wire
from minga.providers.translation.form import (
    Added,
    Answer,
    Began,
    Closed,
    Ended,
    Event,
    Media,
    Opened,
    Part,
    Signed,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
counts = st.integers(0, 10**7)

_values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), words)
arguments = st.dictionaries(words, st.one_of(_values, st.lists(_values, max_size=2)), max_size=3).map(
    lambda given: msgspec.json.encode(given).decode()
)

pictures = st.sampled_from(
    (
        Media("image", "image/png", data="iVBORw0KGgo="),
        Media("file", "application/pdf", data="JVBERi0xLjQ="),
        Media("image", "image/jpeg", url="https://example.com/a%20b.jpg"),
    )
)


def signatures(dialect: Wire | None) -> st.SearchStrategy[str]:
    """None where the format has no place for any."""
    if dialect is None:
        return st.just("")
    return st.sampled_from(("", f"{dialect}:c2lnbmVk", f"{dialect}:QUJD"))


def texts(signed: Wire | None = None) -> st.SearchStrategy[Text]:
    return st.builds(Text, words, signature=signatures(signed))


def thoughts(signed: Wire | None = None) -> st.SearchStrategy[Thinking]:
    return st.builds(Thinking, words, signature=signatures(signed))


def calls(id_: str, signed: Wire | None = None) -> st.SearchStrategy[ToolCall]:
    return st.builds(ToolCall, st.just(id_), names, arguments, signature=signatures(signed))


def results(call: ToolCall, *, media: bool = True, errors: bool = True) -> st.SearchStrategy[ToolResult]:
    """Texts first, then media."""
    said = st.lists(st.builds(Text, words), min_size=1, max_size=2)
    shown = st.lists(pictures, max_size=1) if media else st.just([])
    parts = st.tuples(said, shown).map(lambda both: (*both[0], *both[1]))
    return st.builds(
        ToolResult, st.just(call.id), parts, st.just(call.name), st.booleans() if errors else st.just(False)
    )


@st.composite
def conversations(
    draw: st.DrawFn,
    *,
    signed: Wire | None = None,
    signed_text: Wire | None = None,
    thinking: bool = True,
    result_media: bool = True,
    errors: bool = True,
) -> tuple[Turn, ...]:
    """User and model in turn; each call has its result right after it, before what else the user says."""
    said: st.SearchStrategy[Text | Media] = st.one_of(texts(), pictures)
    turns = [Turn("user", tuple(draw(st.lists(said, min_size=1, max_size=2))))]
    for round_ in range(draw(st.integers(0, 3))):
        parts: list[Part] = list(draw(st.lists(thoughts(signed), max_size=1))) if thinking else []
        parts += draw(st.lists(texts(signed_text), max_size=1))
        made = [draw(calls(f"call_{round_}_{at}", signed)) for at in range(draw(st.integers(0, 2)))]
        if not parts and not made:
            parts = [draw(texts())]
        turns.append(Turn("assistant", (*parts, *made)))
        answered = [draw(results(call, media=result_media, errors=errors)) for call in made]
        more = draw(st.lists(said, min_size=0 if made else 1, max_size=1))
        turns.append(Turn("user", (*answered, *more)))
    return tuple(turns)


@st.composite
def tools(draw: st.DrawFn) -> tuple[Tool, ...]:
    given = draw(st.lists(names, unique=True, max_size=3))
    schemas = st.sampled_from((b"{}", b'{"type":"object","properties":{"path":{"type":"string"}}}'))
    return tuple(Tool(name, draw(st.one_of(st.just(""), words)), draw(schemas)) for name in given)


def used(model: str, *, cache_writes: bool = True) -> st.SearchStrategy[Usage]:
    return st.builds(
        lambda asked, cached, written, said, thought: Usage(model, asked, cached, written, said + thought, thought),
        counts.map(lambda count: count + 1),
        counts,
        counts if cache_writes else st.just(0),
        counts,
        counts,
    )


@st.composite
def answers(
    draw: st.DrawFn,
    *,
    signed: Wire | None = None,
    signed_text: Wire | None = None,
    thinking: bool = True,
    stops: Sequence[Stop] = ("end", "length", "filter"),
    cache_writes: bool = True,
) -> Answer:
    parts: list[Part] = list(draw(st.lists(thoughts(signed), max_size=1))) if thinking else []
    parts += draw(st.lists(texts(signed_text), max_size=1))
    made = [draw(calls(f"call_{at}", signed)) for at in range(draw(st.integers(0, 2)))]
    stop: Stop = "tool-calls" if made else draw(st.sampled_from(stops))
    usage = draw(st.none() | used("some-model", cache_writes=cache_writes))
    return Answer("answer-1", "some-model", (*parts, *made), stop, used=usage, created_s=1_790_000_000)


@st.composite
def events(draw: st.DrawFn, answer: Answer) -> tuple[Event, ...]:
    """The answer as a stream, its texts and arguments cut anywhere."""
    told: list[Event] = [Began(answer.id, answer.model, None, answer.created_s)]
    for index, part in enumerate(answer.parts):
        text = part.arguments if isinstance(part, ToolCall) else part.text  # type: ignore[union-attr]
        told.append(Opened(index, _opened(part)))
        cut = draw(st.integers(0, len(text)))
        told += [Added(index, piece) for piece in (text[:cut], text[cut:]) if piece]
        if not isinstance(part, ToolCall) and part.signature:  # type: ignore[union-attr]
            told.append(Signed(index, part.signature))  # type: ignore[union-attr]
        told.append(Closed(index))
    return (*told, Ended(answer.stop, answer.stop_sequence, answer.used))


def _opened(part: Part) -> Text | Thinking | ToolCall:
    match part:
        case ToolCall():
            return msgspec.structs.replace(part, arguments="")
        case Thinking():
            return Thinking()
        case _:
            return Text("")


@dataclass(slots=True)
class Heard:
    """What a stream has said. ``ended`` is None where it was cut."""

    began: Began | None = None
    parts: dict[int, Part] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    ended: Ended | None = None

    def answer(self) -> Answer:
        assert self.began is not None
        assert self.ended is not None
        ended = self.ended
        return Answer(
            self.began.id,
            self.began.model,
            tuple(part for _, part in sorted(self.parts.items())),
            ended.stop,
            ended.stop_sequence,
            ended.used,
            self.began.created_s,
        )


def heard(events_: Iterable[Event]) -> Heard:
    """Asserts the order that the form promises."""
    told = Heard()
    for event in events_:
        assert told.ended is None, "nothing comes after the end"
        match event:
            case Began():
                assert told.began is None
                told.began = event
            case Opened(index, part):
                assert told.began is not None
                assert index not in told.parts
                told.parts[index] = part
                told.open.add(index)
            case Added(index, text):
                assert index in told.open
                told.parts[index] = _longer(told.parts[index], text)
            case Signed(index, signature):
                assert index in told.open
                told.parts[index] = msgspec.structs.replace(told.parts[index], signature=signature)
            case Closed(index):
                told.open.remove(index)
            case Ended():
                assert not told.open
                told.ended = event
    return told


def _longer(part: Part, text: str) -> Part:
    if isinstance(part, ToolCall):
        return msgspec.structs.replace(part, arguments=part.arguments + text)
    return msgspec.structs.replace(part, text=part.text + text)  # type: ignore[union-attr]
