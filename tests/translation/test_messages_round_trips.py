"""What Messages can say comes back as it was; and whatever bytes come, a reader only fails in its own way."""

import contextlib
import json
from collections.abc import Sequence

import msgspec
from forms import answers, arguments, conversations, events, heard, tools, words
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from messages_examples import ANSWER, CODING, STREAM

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached, Refused
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Answer,
    Ended,
    Event,
    Fault,
    Media,
    OutputForm,
    Part,
    Reasoning,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    own_signature,
)
from minga.providers.translation.messages import DIALECT
from minga.providers.translation.notes import Notes
from minga.providers.translation.sse import events_of

ASKED = Request("claude-x", (Turn("user", (Text("Hello"),)),))

thinking = st.sampled_from(
    (
        None,
        Reasoning("none"),
        Reasoning("high"),
        Reasoning("max", None, shown=False),
        Reasoning("", -1, shown=True),
        Reasoning("low", 2000),
    )
)


def sayable(turn: Turn) -> Turn:
    """Without what the format has no place for: names of results, signatures of calls, types of what has an address;
    and without what Anthropic refuses: blank texts, thoughts that are not its own."""
    parts = [_sayable(part) for part in turn.parts]
    return Turn(turn.role, tuple(part for part in parts if part is not None))


def _sayable(part: Part) -> Part | None:
    match part:
        case Text(text):
            return part if text.strip() else None
        case Thinking(signature=signature):
            return part if own_signature(signature, "anthropic") else None
        case ToolCall():
            return msgspec.structs.replace(part, signature="")
        case ToolResult(parts=parts):
            kept = tuple(_media(one) for one in parts if isinstance(one, Media) or one.text.strip())
            return msgspec.structs.replace(part, parts=kept, name="")
        case Media():
            return _media(part)
        case _:
            return part


def _media(part: Text | Media) -> Text | Media:
    is_linked_image = isinstance(part, Media) and part.url and part.kind == "image"
    return msgspec.structs.replace(part, media_type="") if is_linked_image else part


@st.composite
def requests(draw: st.DrawFn) -> Request:
    turns = [sayable(turn) for turn in draw(conversations(signed="anthropic"))]
    assume(all(turn.parts for turn in turns))
    given_tools = tuple(_with_type(tool) for tool in draw(tools()))
    modes = st.sampled_from((None, ToolChoice("auto"), ToolChoice("any"), ToolChoice("none")))
    choice = draw(modes) if given_tools else None
    is_forced = choice is not None and choice.mode == "any"
    reasoning = None if is_forced else draw(thinking)
    if reasoning is not None and reasoning.budget_tokens == 2000:
        assume(not any(isinstance(part, ToolResult) for part in turns[-1].parts))
    return Request(
        "claude-x",
        tuple(turns),
        system=tuple(Text(text, "1h") for text in draw(st.lists(words.filter(str.strip), max_size=2))),
        tools=given_tools,
        tool_choice=choice,
        parallel=draw(st.none() | st.booleans()) if choice and choice.mode != "none" else None,
        answer_max=draw(st.integers(2500, 9000)),
        temperature=draw(st.none() | st.floats(0, 1)) if reasoning in (None, Reasoning("none")) else None,
        stop=tuple(draw(st.lists(words.filter(str.strip), max_size=2))),
        reasoning=reasoning,
        output=draw(st.sampled_from((None, OutputForm(b'{"type":"object"}', strict=True)))),
        stream=draw(st.booleans()),
        person=draw(st.sampled_from(("", "someone"))),
    )


def _with_type(tool: Tool) -> Tool:
    return msgspec.structs.replace(tool, schema=b'{"type":"object"}') if tool.schema == b"{}" else tool


def told(answer: Answer) -> Answer:
    """Without what a whole message has no place for, and with zeros where it must tell something."""
    parts = tuple(
        msgspec.structs.replace(one, signature="") if isinstance(one, ToolCall) else one for one in answer.parts
    )
    used = answer.used or Usage(answer.model, 0, 0, 0, 0)
    return msgspec.structs.replace(answer, parts=parts, used=used, created_s=0)


@settings(max_examples=25)
@given(requests())
def test_a_request_comes_back_as_it_was(request: Request) -> None:
    notes = Notes()
    assert DIALECT.read_request(DIALECT.write_request(request, notes), notes) == request
    assert not notes.found


@settings(max_examples=25)
@given(answers(signed="anthropic", stops=("end", "length", "refusal", "pause")))
def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    notes = Notes()
    answer = told(answer)
    assert DIALECT.read_answer(DIALECT.write_answer(answer, ASKED, notes), notes) == answer
    assert not notes.found


@settings(max_examples=25)
@given(st.data(), answers(signed="anthropic", stops=("end", "length", "refusal", "pause")))
def test_a_stream_comes_back_as_it_was(data: st.DataObject, answer: Answer) -> None:
    answer = told(answer)
    assert heard(_reread(data.draw(events(answer)))).answer() == answer


@settings(max_examples=25)
@given(st.data(), answers(signed="anthropic"))
def test_parts_that_overlap_come_back_in_their_order(data: st.DataObject, answer: Answer) -> None:
    answer = told(answer)
    began, *parts, ended = data.draw(events(answer))
    queues: list[list[Event]] = [[one for one in parts if one.index == at] for at in range(len(answer.parts))]  # type: ignore[union-attr]
    mixed: list[Event] = [queue.pop(0) for queue in queues]  # opened in their order, then anyhow
    while any(queues):
        mixed.append(data.draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    assert heard(_reread((began, *mixed, ended))).answer() == msgspec.structs.replace(
        answer, stop=answer.stop if answer.stop != "filter" else "refusal"
    )


@settings(max_examples=25)
@given(answers(signed="gemini", signed_text="gemini"))
def test_signatures_of_another_dialect_come_back_with_the_history(answer: Answer) -> None:
    written = json.loads(DIALECT.write_answer(answer, ASKED, Notes()))
    history = [{"role": "user", "content": "?"}, {"role": "assistant", "content": written["content"]}]
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": [*history, {"role": "user", "content": "!"}]})
    turns = DIALECT.read_request(body.encode(), Notes()).turns
    kept = turns[1].parts if len(turns) == 3 else ()
    assert [_compact(part) for part in kept] == [_compact(part) for part in answer.parts]


def test_tokens_that_are_kept_for_an_hour_come_back() -> None:
    answer = Answer("a", "m", (), "end", used=LongCached("m", 1, 2, 30, 4, cache_write_1h_tokens=20))
    assert DIALECT.read_answer(DIALECT.write_answer(answer, ASKED, Notes()), Notes()) == answer


@settings(max_examples=150)
@given(st.data())
def test_a_request_with_any_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    body = _changed(data, json.dumps(CODING).encode())
    with contextlib.suppress(Refused):
        DIALECT.read_request(body, Notes())


@given(st.data())
def test_an_answer_with_any_bytes_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    body = _changed(data, json.dumps(ANSWER).encode())
    with contextlib.suppress(Unreadable):
        DIALECT.read_answer(body, Notes())


@given(st.data())
def test_a_stream_with_any_bytes_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    reader = DIALECT.reader(Notes())
    found: list[Event] = []
    with contextlib.suppress(Unreadable):
        for name, one in events_of(_changed(data, b"".join(b"data: %b\n\n" % line for line in STREAM))):
            found += reader.feed(name, one)
    whole = [event for event in found if isinstance(event, Ended | Fault)]
    assert len(whole) <= 1
    assert not whole or found[-1] is whole[0]


@given(st.binary(max_size=60) | arguments.map(str.encode))
def test_any_body_of_an_error_is_one(body: bytes) -> None:
    fault = DIALECT.read_fault(500, body)
    assert fault.message
    assert json.loads(DIALECT.write_fault(fault))["type"] == "error"


def _reread(told_: Sequence[Event]) -> list[Event]:
    writer, reader = DIALECT.writer(ASKED, Notes()), DIALECT.reader(Notes())
    stream = b"".join(writer.feed(event) for event in told_)
    read: list[Event] = [event for name, one in events_of(stream) for event in reader.feed(name, one)]
    assert not reader.finish()
    return read


def _compact(part: Part) -> Part:
    """Arguments are an object: how it is spaced tells nothing."""
    if not isinstance(part, ToolCall):
        return part
    return msgspec.structs.replace(part, arguments=json.dumps(json.loads(part.arguments)))


def _changed(data: st.DataObject, body: bytes) -> bytes:
    at = data.draw(st.integers(0, len(body)))
    taken = data.draw(st.integers(0, 3))
    put = data.draw(st.binary(max_size=3) | st.sampled_from((b'"', b"{", b"null", b"[]", b"-1", b"1e999")))
    return body[:at] + put + body[at + taken :]
