"""Any conversation from any dialect to any other and back; any stream, cut anywhere."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any

import forms
import msgspec
import sdk_types
from golden_files import MODELS, WIRES, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minga.domain.model_calls import Wire
from minga.providers.translation.calls import StreamTranslation
from minga.providers.translation.conversation import check
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import (
    Answer,
    Media,
    Part,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from minga.providers.translation.inspection import Between, inspect
from minga.providers.translation.notes import Note, Notes
from minga.providers.translation.restoring import Restore
from minga.providers.translation.sse import events_of
from minga.providers.usage import StreamReader

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

DIRECTIONS = st.sampled_from([(source, target) for source in WIRES for target in WIRES])

SIGNED: dict[Wire, Wire | None] = {
    "anthropic": "anthropic",
    "gemini": "gemini",
    "openai-chat": None,
    "openai-responses": None,
}


@st.composite
def requests(draw: st.DrawFn, source: Wire) -> Request:
    """What ``source`` can say, and nothing blank: some targets take no such texts."""
    offered = draw(forms.tools())
    modes = (None, *map(ToolChoice, ("auto", "any", "none"))) if offered else (None,)
    turns = draw(forms.conversations(signed=SIGNED[source]).filter(_says))
    return Request(
        MODELS[source],
        turns,
        system=tuple(map(Text, draw(st.lists(forms.words.filter(str.strip), max_size=2)))),
        tools=offered,
        tool_choice=draw(st.sampled_from(modes)),
        answer_max=draw(st.integers(2048, 8000)),
        temperature=draw(st.sampled_from((None, 0.0, 0.5, 1.0))),
        stream=draw(st.booleans()),
    )


def _says(turns: Sequence[Turn]) -> bool:
    return all(part.text.strip() for turn in turns for part in _flat(turn.parts) if isinstance(part, Text))


def _flat(parts: Iterable[Part]) -> Iterable[Part]:
    for part in parts:
        yield part
        if isinstance(part, ToolResult):
            yield from part.parts


def translated(source: Wire, target: Wire, body: bytes) -> tuple[bytes, Sequence[Note]]:
    done = inspect("request", body, Between(source, target, MODELS[target]))
    sdk_types.check("request", target, msgspec.json.decode(done.body))
    for kind, _ in done.notes:
        assert not kind.sources or source in kind.sources, f"{kind.id} is not declared for {source}"
        assert not kind.targets or target in kind.targets, f"{kind.id} is not declared for {target}"
        assert kind.at != "answer"
    return done.body, done.notes


def form_of(wire: Wire, body: bytes) -> Request:
    return check(DIALECTS[wire].read_request(body, Notes()), Notes())


def joined(request: Request) -> list[tuple[str, list[Part]]]:
    """The turns, neighbours of one role as one."""
    return [
        (role, [_unnamed(part) for turn in turns for part in turn.parts])
        for role, turns in groupby(request.turns, lambda turn: turn.role)
    ]


def _unnamed(part: Part) -> Part:
    """Two formats demand a name of a file, and one a detail of a picture: they get one where there is none."""
    if isinstance(part, ToolResult):
        return msgspec.structs.replace(part, parts=tuple(map(_unnamed, part.parts)))
    return msgspec.structs.replace(part, name="", detail="") if isinstance(part, Media) else part


def always(request: Request) -> Any:
    """What no translation may lose: words, calls, what tools said, each in its place."""
    told: list[Any] = ["".join(part.text for part in request.system)]
    for turn in request.turns:
        for part in turn.parts:
            match part:
                case Text(text):
                    told.append((turn.role, text))
                case ToolCall(id_, name, arguments):
                    told.append((id_, name, msgspec.json.decode(arguments)))
                case ToolResult(call_id, parts):
                    told.append((call_id, [one.text for one in parts if isinstance(one, Text)]))
                case _:
                    pass
    return told


def pictures(request: Request) -> int:
    return sum(isinstance(part, Media) for turn in request.turns for part in _flat(turn.parts))


@QUICK
@given(st.data(), DIRECTIONS)
def test_a_conversation_comes_back_but_for_what_is_told(data: st.DataObject, direction: tuple[Wire, Wire]) -> None:
    source, target = direction
    begun = DIALECTS[source].write_request(data.draw(requests(source)), Notes())
    before = form_of(source, begun)
    there, told = translated(source, target, begun)
    back, told_back = translated(target, source, there)
    after = form_of(source, back)
    kinds = {kind.id for kind, _ in (*told, *told_back)}
    moved = kinds & {"media-moved", "chat-result-media"}
    if not moved:
        assert always(after) == always(before)
    assert pictures(after) == pictures(before)
    if not kinds:
        assert joined(after) == joined(before)
    assert [tool.name for tool in after.tools] == [tool.name for tool in before.tools]
    if not any("schema" in kind for kind in kinds):
        assert after.tool_choice == before.tool_choice
    if not kinds & {"setting-left-out", "temperature-lowered"}:
        assert after.temperature == before.temperature
    assert after.answer_max == before.answer_max


def passed_on(source: Wire, target: Wire, chunks: Iterable[bytes]) -> tuple[bytes, str, bool]:
    """As the gateway does it: what the caller gets, how the stream ended, and whether the caller was told its end."""
    reader, notes = StreamReader(source, "some-model"), Notes()
    asked = Request("some-model", (Turn("user", (Text("hola"),)),), stream=True)
    restoring = Restore({}, notes).stream()
    translation = StreamTranslation(
        DIALECTS[source].reader(notes), restoring, DIALECTS[target].writer(asked, notes), now_s=1
    )
    told = b"".join([translation.feed(reader.feed(chunk)) for chunk in chunks])
    told += translation.feed(reader.finish()) + translation.finish()
    return told, reader.end, translation.end in ("whole", "failed")


def cut(whole: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(whole) + 1) for place in places}), len(whole)]
    return [whole[start:end] for start, end in pairwise(edges)]


@st.composite
def streams(draw: st.DrawFn, source: Wire) -> tuple[Answer, bytes]:
    """An answer, and how ``source`` streams it."""
    stops = ("end", "length")
    answer = draw(forms.answers(signed=SIGNED[source], stops=stops, cache_writes=False))
    asked = Request("some-model", (Turn("user", (Text("hola"),)),), stream=True)
    writer = DIALECTS[source].writer(asked, Notes())
    return answer, b"".join(map(writer.feed, draw(forms.events(answer))))


@QUICK
@given(st.data(), DIRECTIONS, st.lists(st.integers(0, 10**6), max_size=8))
def test_a_stream_cut_anywhere_is_the_same_stream_to_the_caller(
    data: st.DataObject, direction: tuple[Wire, Wire], places: list[int]
) -> None:
    source, target = direction
    answer, whole = data.draw(streams(source))
    told, end, ended = passed_on(source, target, [whole])
    assert (end, ended) == ("whole", True)
    assert passed_on(source, target, cut(whole, places)) == (told, end, ended)
    assert passed_on(source, target, [bytes([one]) for one in whole]) == (told, end, ended)
    sdk_types.check("stream", target, read("stream", told))
    assert said(heard(target, told)) == said(answer)


@QUICK
@given(st.data(), DIRECTIONS, st.floats(0, 1))
def test_a_stream_that_stops_too_early_has_no_end(
    data: st.DataObject, direction: tuple[Wire, Wire], where: float
) -> None:
    source, target = direction
    _, whole = data.draw(streams(source))
    events = whole.split(b"\n\n")[:-1]
    last = next(at for at, event in enumerate(events) if _ends(source, event))
    kept = b"".join(event + b"\n\n" for event in events[: int(where * last)])
    told, end, ended = passed_on(source, target, [kept])
    assert end != "whole"
    assert not ended
    assert b"message_stop" not in told
    assert b"[DONE]" not in told
    assert b"response.completed" not in told
    assert b"finishReason" not in told


def _ends(wire: Wire, event: bytes) -> bool:
    """Whether the answer is over with this event."""
    marks = {
        "anthropic": b"event: message_stop",
        "gemini": b'"finishReason"',
        "openai-chat": b'"finish_reason":"',
        "openai-responses": b"event: response.completed",
    }
    return marks[wire] in event or b"event: response.incomplete" in event


def heard(wire: Wire, stream: bytes) -> Answer:
    reader = DIALECTS[wire].reader(Notes())
    events = [event for name, data in events_of(stream) for event in reader.feed(name, data)]
    return forms.heard([*events, *reader.finish()]).answer()


def said(answer: Answer) -> Any:
    """Thoughts, words and calls as whole ones, why it ended, and the tokens."""
    words = "".join(part.text for part in answer.parts if isinstance(part, Text))
    thoughts = "".join(part.text for part in answer.parts if isinstance(part, Thinking))
    calls = [part for part in answer.parts if isinstance(part, ToolCall)]
    called = [(one.id, one.name, msgspec.json.decode(one.arguments)) for one in calls]
    used = answer.used
    tokens = used and (used.input_tokens, used.cached_input_tokens, used.output_tokens, used.reasoning_tokens)
    return (
        thoughts,
        words,
        called,
        answer.stop,
        tokens if tokens and any(tokens) else None,
    )  # Anthropic demands a number
