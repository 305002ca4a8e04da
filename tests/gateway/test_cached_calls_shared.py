"""Equal calls that are one call, step by step: who may leave, and what is kept of the answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from serving import PLAIN

from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, ModelCall, VirtualKey
from minga.infrastructure.clock import FakeClock
from minga.ledger.calls import CallBook
from minga.pipeline.cached_call import CachedGateway
from minga.pipeline.model_call import Gateway, Reply
from minga.pipeline.running_call import Books, Running
from minga.providers.cache import ResponseCache
from minga.providers.catalog import Rate
from minga.providers.deployments import Deployment

CLOCK = FakeClock(datetime(2026, 11, 25, tzinfo=UTC))
KEY = replace(PLAIN, caches=True)
HERE = Deployment("1", "here", "", "openai-chat", "https://here.example/v1", "gpt-5.1", (), Rate())
BODY = b'{"choices": [{"message": {"content": "hola"}}]}'
WHOLE = ModelCall(
    wire="openai-chat",
    method="POST",
    path="/chat/completions",
    query="",
    model="gpt-5.1",
    stream=False,
    counts=False,
    answer_max=None,
    headers=(),
    body=b'{"model": "gpt-5.1", "messages": []}',
)
BOTH = pytest.mark.parametrize("call", [WHOLE, replace(WHOLE, stream=True)], ids=["whole", "stream"])


def booked(provider: str, model: str) -> CallEntry:
    return CallEntry(
        id="call",
        at=CLOCK.now(),
        key_id=KEY.id,
        user="ana",
        team="",
        project="",
        provider=provider,
        wire="openai-chat",
        usage=Usage(model, 1, 0, 0, 1),
        cost_micro_usd=7,
        source="provider",
        status=200,
        first_ms=1,
        took_ms=2,
    )


class Once:
    """A stream of one event."""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"data: {}\n\n"

    def close(self, *, gone: bool) -> None: ...


@dataclass
class Upstream:
    """In the place of the gateway that makes the calls: it answers once it may. ``entry``: how that is booked."""

    may: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    cancelled: int = 0
    first: Deployment = HERE
    entry: CallEntry = field(default_factory=lambda: booked("here", "gpt-5.1"))
    books: Books = field(
        default_factory=lambda: Books(CLOCK, cast(CallBook, SimpleNamespace(add=lambda *_: None)), lambda _: None)
    )

    def check(self, call: ModelCall, key: VirtualKey) -> None: ...

    def new_id(self) -> str:
        return "id"

    def configuration(self) -> Any:
        return SimpleNamespace(deployments=self)

    def candidates(self, wire: str, model: str, *, embeds: bool) -> tuple[tuple[Deployment, ...], ...]:
        return ((self.first,),)

    async def answer(self, call: ModelCall, key: VirtualKey, cache: str = "") -> Reply:
        self.asked += 1
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        running = cast(Running, SimpleNamespace(entry=self.entry, continued=False))
        stream = Once() if call.stream else None
        return Reply(200, [("x-minga-provider", self.entry.provider)], None if stream else BODY, stream, running)


def cached(upstream: Upstream) -> CachedGateway:
    return CachedGateway(cast(Gateway, upstream), ResponseCache(CLOCK))


async def read(reply: Reply) -> tuple[str, bytes]:
    """Hit or miss, and the answer."""
    headers: Mapping[str, str] = dict(reply.headers)
    body = reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream.chunks()])
    reply.close(gone=False)
    return headers["x-minga-cache"], body or b""


async def joined(gateway: CachedGateway, call: ModelCall) -> "asyncio.Task[Reply]":
    """A caller that waits for the answer."""
    task = asyncio.create_task(gateway.answer(call, KEY))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    return task


async def left(caller: "asyncio.Task[Reply]") -> None:
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()


@BOTH
def test_the_one_who_asked_first_may_go_away_before_the_answer_begins(call: ModelCall) -> None:
    async def run() -> None:
        upstream = Upstream()
        gateway = cached(upstream)
        first, second = await joined(gateway, call), await joined(gateway, call)
        await left(first)
        third = await joined(gateway, call)
        upstream.may.set()
        answers = [await read(await one) for one in (second, third)]
        assert [one[0] for one in answers] == ["hit", "hit"]
        assert answers[0][1] == answers[1][1] != b""
        assert (upstream.asked, upstream.cancelled) == (1, 0)

    asyncio.run(run())


@BOTH
def test_once_all_have_left_before_the_answer_begins_the_call_ends_and_the_next_asks_anew(call: ModelCall) -> None:
    async def run() -> None:
        upstream = Upstream()
        gateway = cached(upstream)
        for caller in [await joined(gateway, call) for _ in range(3)]:
            await left(caller)
        late = await joined(gateway, call)
        assert (upstream.asked, upstream.cancelled) == (2, 1)
        upstream.may.set()
        assert (await read(await late))[0] == "miss"

    asyncio.run(run())


@BOTH
@pytest.mark.parametrize(
    ("entry", "told"),
    [(("here", "gpt-5.1"), "hit"), (("there", "gpt-5.1"), "miss"), (("here", "gpt-5.1-mini"), "miss")],
    ids=["the first", "another provider", "another model"],
)
def test_only_an_answer_of_the_one_that_is_asked_first_is_kept(
    call: ModelCall, entry: tuple[str, str], told: str
) -> None:
    async def run() -> None:
        upstream = Upstream(entry=booked(*entry))
        upstream.may.set()
        gateway = cached(upstream)
        answers = [await read(await gateway.answer(call, KEY)) for _ in range(2)]
        assert [one[0] for one in answers] == ["miss", told]
        assert answers[0][1] == answers[1][1] != b""

    asyncio.run(run())


@BOTH
def test_a_provider_that_has_moved_is_asked_anew_though_the_answer_was_kept(call: ModelCall) -> None:
    async def run() -> None:
        upstream = Upstream()
        upstream.may.set()
        gateway = cached(upstream)
        told = [(await read(await gateway.answer(call, KEY)))[0] for _ in range(2)]
        upstream.first = replace(HERE, base_url="https://moved.example/v1")
        told.append((await read(await gateway.answer(call, KEY)))[0])
        assert told == ["miss", "hit", "miss"]

    asyncio.run(run())
