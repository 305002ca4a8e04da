"""What was translated a moment ago changes nothing of what comes out: neither the body, nor what is told as lost, nor
the names and ids, in whatever order requests come."""

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from random import Random
from typing import Any

import msgspec
import pytest

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.providers.translation.calls import Translation
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.earlier import KEPT_BYTES_MAX, Earlier, Into
from minga.providers.translation.form import (
    Media,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from minga.providers.translation.notes import Notes

MODELS: dict[Wire, tuple[str, ...]] = {
    "openai-chat": ("gpt-4.1", "deepseek-chat"),
    "openai-responses": ("gpt-5.1",),
    "anthropic": ("claude-sonnet-4-5", "claude-opus-5-5"),
    "gemini": ("gemini-2.5-pro", "gemini-3-pro-preview"),
}

PAIRS = [*permutations(MODELS, 2)]

ARRAYS = {"anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents"}

PICTURE = Media("image", "image/png", "aGk=")


def call(wire: Wire, body: bytes) -> ModelCall:
    return ModelCall(wire, "POST", "/", "", "m", False, False, None, (("anthropic-beta", "x"),), body)


def same(earlier: Earlier, one: ModelCall, target: Wire, model: str) -> None:
    into = Into(target, model, "p", 0)
    assert outcome(lambda: earlier.translate(one, into, "ana")) == outcome(lambda: into.translated(one))


def outcome(translated: Callable[[], Translation]) -> tuple[object, ...]:
    try:
        made = translated()
    except Refused as wrong:
        return (str(wrong),)
    return made.call, made.asked, made.notes.found.keys(), made.restore.given


def plain_round(number: int) -> tuple[Turn, Turn]:
    """As nearly all of a CLI's are."""
    id_ = f"call_{number:08d}"
    return (
        Turn("assistant", (Text(f"step {number}"), ToolCall(id_, "read", f'{{"n":{number}}}'))),
        Turn("user", (ToolResult(id_, (Text(f"línea {number}"),)),)),
    )


def odd_round(chance: Random, wire: Wire, number: int) -> tuple[Turn, ...]:
    """Whatever may stand in a history: thoughts of any family, several calls, pictures, refusals, calls that no tool is
    offered for, ids that come twice or are odd, missing results, and words of the system."""
    id_ = chance.choice((f"call_{number:08d}", f"odd id {number}", "call_00000001", f"x{number}" * 20))
    signature = chance.choice(("", f"{wire}:c2lnbmVk", "gemini:c2ln", "anthropic:c2ln", "openai-responses:c2ln"))
    said: list[Part] = []
    if chance.random() < 0.4:
        said.append(Thinking(chance.choice(("", "hm")), signature))
    if chance.random() < 0.5:
        said.append(Text(chance.choice(("well", " ", ""))))
    if chance.random() < 0.1 and wire.startswith("openai"):
        said.append(Refusal("no"))
    arguments = chance.choice(('{"a":1}', "{}", "", "{"))
    called = [chance.choice(("read", "write", "gone")) for _ in range(chance.randrange(3))]
    made = [ToolCall(f"{id_}{at}", name, arguments) for at, name in enumerate(called)]
    results: list[Part] = [ToolResult(one.id, chance.choice(((Text("r"),), (Text("r"), PICTURE), ()))) for one in made]
    if results and chance.random() < 0.1:
        results.pop()
    if chance.random() < 0.3 or not results:
        results.append(chance.choice((Text("go on"), PICTURE, Text("b", "5m" if wire == "anthropic" else ""))))
    turns = [Turn("assistant", (*said, *made)), Turn("user", tuple(results))]
    if chance.random() < 0.1:
        turns.append(Turn("system", (Text("now in short"),)))
    return tuple(turns)


def body(wire: Wire, turns: list[Turn], chance: Random | None = None) -> bytes:
    asked = Request(
        "m",
        (Turn("user", (Text("begin " * 400),)), *turns),
        (Text("be brief " * 300),),
        (Tool("read"), Tool("write"), Tool("odd.name", namespace="s" if wire == "openai-responses" else "")),
        answer_max=3000,
    )
    if chance is not None and chance.random() < 0.2:
        asked = msgspec.structs.replace(asked, temperature=0.5, reasoning=Reasoning("low"), top_k=3)
    written = DIALECTS[wire].write_request(asked, Notes())
    if chance is None:
        return written
    told: dict[str, Any] = json.loads(written)
    if chance.random() < 0.1:
        told[ARRAYS[wire]].append({"role": "user", "novelty": 1, "content": "x"})
    if chance.random() < 0.3:
        told["zorp"] = chance.randrange(2)
    order = list(told)
    if chance.random() < 0.5:
        chance.shuffle(order)
    return json.dumps({name: told[name] for name in order}, ensure_ascii=chance.random() < 0.5).encode()


@pytest.mark.parametrize(("wire", "target"), PAIRS)
def test_a_conversation_that_grows_is_continued(wire: Wire, target: Wire) -> None:
    model = MODELS[target][0]
    earlier = Earlier(least=0, grows_at=600)
    turns: list[Turn] = []
    for number in range(12):
        turns += plain_round(number)
        same(earlier, call(wire, body(wire, turns)), target, model)
    assert earlier.hits >= 8


@pytest.mark.parametrize(("wire", "target"), PAIRS)
def test_any_requests_in_any_order_become_what_they_become_without_a_memory(wire: Wire, target: Wire) -> None:
    hits = 0
    for seed in range(25):
        chance = Random(f"{seed} {wire} {target}")
        earlier = Earlier(least=0, grows_at=chance.choice((300, 1000, 100_000)))
        model = chance.choice(MODELS[target])
        for asked in requests(chance, wire):
            same(earlier, call(wire, asked), target, model)
        hits += earlier.hits
    assert hits > 10


def requests(chance: Random, wire: Wire) -> Iterator[bytes]:
    turns: list[Turn] = []
    head = Random(chance.random())
    state = head.getstate()
    for number in range(10):
        turns += odd_round(chance, wire, number) if chance.random() < 0.3 else plain_round(number)
        if chance.random() < 0.1:
            turns = turns[: chance.randrange(len(turns))]
        if chance.random() < 0.8:  # as before
            head.setstate(state)
        try:
            yield body(wire, turns, head)
        except Refused:  # the caller's own format cannot say it
            turns = turns[:2]


def test_no_more_is_kept_than_there_is_room_for() -> None:
    earlier = Earlier()
    into = Into("openai-chat", "gpt-4.1", "p", 0)
    large = "x" * 400_000
    for number in range(60):
        turns = [Turn("user", (Text(f"{number} {large}"),)), *(turn for at in range(3) for turn in plain_round(at))]
        for _ in range(2):
            earlier.translate(call("anthropic", body("anthropic", turns)), into, "ana")
    kept = [one for some in earlier.kept.values() for one in some]
    assert 0 < earlier.size <= KEPT_BYTES_MAX
    assert earlier.size == sum(one.size for one in kept)
    assert len(kept) < 60


def test_of_a_body_that_would_take_the_room_of_many_nothing_is_kept() -> None:
    earlier = Earlier()
    turns = [Turn("user", (Text("x" * 3_000_000),)), *(turn for at in range(4) for turn in plain_round(at))]
    for _ in range(3):
        earlier.translate(call("anthropic", body("anthropic", turns)), Into("openai-chat", "gpt-4.1", "p", 0), "ana")
    assert (earlier.size, earlier.seen) == (0, {})


def test_tenants_share_nothing() -> None:
    earlier = Earlier(least=0)
    one = call("anthropic", body("anthropic", [turn for number in range(4) for turn in plain_round(number)]))
    for tenant in ("ana", "ana", "benja"):
        earlier.translate(one, Into("openai-chat", "gpt-4.1", "p", 0), tenant)
    assert earlier.hits == 0
    earlier.translate(one, Into("openai-chat", "gpt-4.1", "p", 0), "ana")
    assert earlier.hits == 1
