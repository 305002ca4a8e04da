"""Streams from each format to each other one, in any order of their parts, and disturbed on their way.

What the caller gets is in the order that its format demands, and has exactly one last event, or none at all where the
stream broke: then the gateway says so."""

import json
import random
import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from minga.domain.events import Usage
from minga.domain.model_calls import ModelCall, Wire
from minga.infrastructure.http import Incoming
from minga.pipeline.attempts import Begun
from minga.providers.deployments import Deployment
from minga.providers.message_start import MessageStart
from minga.providers.translation.calls import Translation, translate
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Opened,
    Refusal,
    Signed,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.notes import Notes
from minga.providers.usage import StreamReader
from minga.routing.balance import Lease
from stream_order import told

WIRES: tuple[Wire, ...] = tuple(DIALECTS)
PAIRS = [(source, target) for source in WIRES for target in WIRES if source != target]

ASKED: dict[Wire, dict[str, Any]] = {
    "openai-chat": {
        "model": "m",
        "messages": [{"role": "user", "content": "hola"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    "openai-responses": {"model": "m", "input": "hola", "stream": True},
    "anthropic": {"model": "m", "max_tokens": 99, "stream": True, "messages": [{"role": "user", "content": "hola"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]},
}

END = Ended("end", "", Usage("model", 10, 2, 0, 5, 1))


def translation(source: Wire, target: Wire) -> Translation:
    path = "/models/m:streamGenerateContent" if source == "gemini" else "/any"
    body = json.dumps(ASKED[source]).encode()
    call = ModelCall(source, "POST", path, "", "m", True, False, None, (), body)
    return translate(call, target, "model", "provider", 1)


TRANSLATIONS = {pair: translation(*pair) for pair in PAIRS}


def upstream(target: Wire, events: list[Event]) -> list[bytes]:
    """The stream of a provider, event by event."""
    asked = next(one.asked for (source, _), one in TRANSLATIONS.items() if source == target)
    writer = DIALECTS[target].writer(asked, Notes())
    return re.findall(rb".*?\n\n", b"".join(map(writer.feed, events)), re.DOTALL)


def begin(pair: tuple[Wire, Wire]) -> Begun:
    nobody = (cast("Deployment", None), (), cast("Incoming", None), cast("Any", None))
    reader = StreamReader(pair[1], "model")
    return Begun(*nobody, reader, b"", cast("Lease", None), TRANSLATIONS[pair].stream())


def heard(pair: tuple[Wire, Wire], stream: bytes, cut: Callable[[], int]) -> tuple[bytes, Begun]:
    """What the caller gets, and what the gateway knows then."""
    begun = begin(pair)
    passed, at = b"", 0
    while at < len(stream):
        size = cut()
        passed += begun.feed(stream[at : at + size])
        at += size
        if begun.reader.end == "broken":
            return passed, begun
    return passed + begun.finish(), begun


def parts(chance: random.Random) -> list[list[Event]]:
    """The events of each part."""
    found: list[list[Event]] = []
    for index in range(chance.randint(0, 6)):
        texts = [chance.choice(("a", "ñ🦤", "b\n\nx", " ", '"\\', "\r")) for _ in range(chance.randint(0, 3))]
        part: Text | Thinking | Refusal | ToolCall
        match chance.choice(("text", "thinking", "call", "call", "refusal")):
            case "text":
                part = Text("")
            case "thinking":
                part = Thinking()
            case "refusal":
                part = Refusal("")
            case _:
                part = ToolCall(f"call_{index}", "tool", "")
                whole = chance.choice(('{"a":"ñ🦤","b":[1,2]}', "{}", "", '{"x":"\\u00f1"}'))
                cut = chance.randint(0, len(whole))
                texts = [whole[:cut], whole[cut:]]
        events: list[Event] = [Opened(index, part), *(Added(index, text) for text in texts if text)]
        if isinstance(part, Thinking) and chance.random() < 0.5:
            events.append(Signed(index, "anthropic:c2ln"))
        found.append([*events, Closed(index)])
    return found


def interleaved(chance: random.Random, waiting: list[list[Event]]) -> list[Event]:
    events: list[Event] = []
    opened: list[list[Event]] = []
    while waiting or opened:
        if waiting and (not opened or chance.random() < 0.4):
            opened.append(waiting.pop(0))
            events.append(opened[-1].pop(0))
            continue
        one = chance.choice(opened)
        events.append(one.pop(0))
        if not one:
            opened.remove(one)
    return events


def answer(chance: random.Random) -> list[Event]:
    """Parts one after the other, or in each other."""
    some = parts(chance)
    middle = interleaved(chance, some) if chance.random() < 0.5 else [event for part in some for event in part]
    return [Began("a1", "model", None, 123), *middle, END]


STRANGE = (
    b": a comment\n\n",
    b"event: ping\ndata: {}\n\n",
    b'event: \x00\xff"}\ndata: {"type":"ping"}\n\n',
    b"data: [DONE]\n\n",
    b"event: x\r\ndata: {}\r\n\r\n",
    b"data: null\n\n",
    b"data: 3\n\n",
    b"data: []\n\n",
    b"data:\n\n",
    b"retry: 10\n\n",
    b'data: {"error":null}\n\n',
    b'data: {"error":"flat"}\n\n',
    b'data: {"error":{"message":"no","code":500}}\n\n',
    b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
    b'event: error\ndata: {"message":"no"}\n\n',
)


def disturb(chance: random.Random, events: list[bytes]) -> None:
    if not events:
        return
    at = chance.randrange(len(events))
    match chance.choice(("left out", "twice", "elsewhere", "cut", "strange", "strange", "short", "empty", "number")):
        case "left out":
            del events[at]
        case "twice":
            events.insert(chance.randrange(len(events)), events[at])
        case "elsewhere":
            events.insert(chance.randrange(len(events)), events.pop(at))
        case "cut":
            del events[at:]
        case "strange":
            events.insert(at, chance.choice(STRANGE))
        case "short":
            events[at] = events[at][: chance.randrange(len(events[at]))]
        case "empty":
            if names := re.findall(rb'"(\w+)":', events[at]):
                name, value = chance.choice(names), chance.choice((b"null", b'""', b"0", b"{}", b"[]"))
                field = rb'"' + name + rb'":("[^"]*"|\d+|\{\}|\[\])'
                events[at] = re.sub(field, b'"%b":%b' % (name, value), events[at])
        case _:
            events[at] = re.sub(rb'index":\d', b'index":%d' % chance.randint(0, 4), events[at])


def calls(given: list[list[str]]) -> list[tuple[str, str, Any]]:
    return sorted((id_, name, json.loads(arguments or "{}")) for id_, name, arguments in given)


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_parts_in_any_order_and_in_any_pieces_arrive_whole(pair: tuple[Wire, Wire]) -> None:
    for seed in range(40):
        chance = random.Random(seed)
        stream = b"".join(upstream(pair[1], answer(chance)))
        passed, begun = heard(pair, stream, lambda: chance.choice((1, 7, 50, 5000)))  # noqa: B023 - called at once
        said, given = told(pair[0], passed), told(pair[1], stream)
        assert (said.last, begun.reader.end) == ("whole", "whole")
        assert (sorted(said.text), sorted(said.thought)) == (sorted(given.text), sorted(given.thought))
        assert calls(said.calls) == calls(given.calls)
        assert begun.reader.used(Usage("", 0, 0, 0, 0)) == (END.used, True)


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_a_disturbed_stream_ends_once_or_is_known_to_be_broken(pair: tuple[Wire, Wire]) -> None:
    for seed in range(150):
        chance = random.Random(seed)
        events = upstream(pair[1], answer(chance))
        for _ in range(chance.randint(1, 3)):
            disturb(chance, events)
        stream = b"".join(events)
        stream = stream.replace(b"\n", b"\r\n") if chance.random() < 0.2 else stream
        passed, begun = heard(pair, stream, lambda: chance.choice((9, 500, 5000)))  # noqa: B023 - called at once
        last = told(pair[0], passed).last
        assert (last == "cut") == (begun.reader.end in ("", "broken")), (seed, last, begun.reader.end)
        assert last in ("cut", begun.reader.end), seed


@pytest.mark.parametrize("source", [wire for wire in WIRES if wire != "openai-responses"])
def test_a_response_that_was_not_announced_begins_with_its_first_part(source: Wire) -> None:
    events = upstream("openai-responses", [Began("a", "m"), Opened(0, Text("")), Added(0, "hola"), Closed(0), END])
    passed, begun = heard((source, "openai-responses"), b"".join(events[2:]), lambda: 5000)
    assert (told(source, passed).text, begun.reader.end) == ("hola", "whole")


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[1] != "openai-chat"], ids=" ".join)
def test_two_calls_of_one_id_get_ids_of_their_own(pair: tuple[Wire, Wire]) -> None:
    """In chat a second call of one id is the first one gone on with."""
    some = [event for at in (0, 1) for event in (Opened(at, ToolCall("c", "t", "")), Added(at, "{}"), Closed(at))]
    stream = b"".join(upstream(pair[1], [Began("a", "m"), *some, END]))
    passed, _ = heard(pair, stream, lambda: 5000)
    assert [call[0] for call in told(pair[0], passed).calls] == ["c", "c_2"]


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_hundreds_of_calls_within_each_other_arrive(pair: tuple[Wire, Wire]) -> None:
    indices = range(600)
    some: list[Event] = [Opened(at, ToolCall(f"c{at}", "t", "")) for at in indices]
    some += [Added(at, piece) for piece in ('{"a"', ":1", "}") for at in indices]
    some += map(Closed, reversed(indices))
    passed, begun = heard(pair, b"".join(upstream(pair[1], [Began("a", "m"), *some, END])), lambda: 65536)
    assert (begun.reader.end, len(told(pair[0], passed).calls)) == ("whole", 600)


def test_the_start_of_a_message_is_completed_whenever_it_comes() -> None:
    """After comments of a model that thinks for long, say."""
    events = upstream("openai-chat", [Began("a", "m"), Opened(0, Text("")), Added(0, "hola"), Closed(0), END])
    begun = begin(("anthropic", "openai-chat"))
    begun.start = MessageStart(lambda: 33)
    passed = b"".join(map(begun.feed, (b": still thinking\n\n", *events))) + begun.finish()
    assert b'"usage":{"output_tokens":0,"input_tokens":33}' in passed
    assert (told("anthropic", passed).last, begun.reader.end) == ("whole", "whole")
