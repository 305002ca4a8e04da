"""The response cache: what is kept and for how long, and equal calls that are one call."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, KeyId
from minga.infrastructure.clock import FakeClock
from minga.providers.cache import ENTRY_MAX, OVERHEAD, TTL_S, Follower, Hit, Leader, ResponseCache, TooSlow

START = datetime(2026, 11, 25, tzinfo=UTC)
HEADERS = [("content-type", "text/event-stream")]
ENTRY = CallEntry(
    id="call",
    at=START,
    key_id=KeyId("key"),
    user="ana",
    team="",
    project="",
    provider="test",
    wire="openai-chat",
    usage=Usage("gpt-5.1", 60, 40, 0, 10),
    cost_micro_usd=7,
    source="provider",
    status=200,
    first_ms=1,
    took_ms=2,
)


def leading(cache: ResponseCache, digest: bytes = b"one") -> Leader:
    found = cache.lookup(digest)
    assert isinstance(found, Leader)
    return found


def following(cache: ResponseCache, digest: bytes = b"one") -> Follower:
    found = cache.lookup(digest)
    assert isinstance(found, Follower)
    return found


def filled(cache: ResponseCache, digest: bytes, *chunks: bytes) -> None:
    leader = leading(cache, digest)
    leader.begin(HEADERS)
    for chunk in chunks:
        leader.add(chunk)
    leader.finish(ENTRY)


def test_a_whole_answer_is_there_until_its_time_is_over() -> None:
    clock = FakeClock(START)
    cache = ResponseCache(clock)
    filled(cache, b"one", b"a", b"b")
    clock.advance(TTL_S - 1)
    assert cache.lookup(b"one") == Hit(HEADERS, (b"a", b"b"), ENTRY, TTL_S - 1)
    clock.advance(1)
    leading(cache)
    assert cache.size == 0


def test_what_was_asked_for_longest_ago_goes_first_and_the_bound_holds() -> None:
    cache = ResponseCache(FakeClock(START), bytes_max=3 * (OVERHEAD + 100))
    for digest in (b"one", b"two", b"three"):
        filled(cache, digest, b"x" * 100)
    assert isinstance(cache.lookup(b"one"), Hit)
    filled(cache, b"four", b"x" * 100)
    assert cache.size == 3 * (OVERHEAD + 100)
    leading(cache, b"two")
    assert all(isinstance(cache.lookup(one), Hit) for one in (b"one", b"three", b"four"))


def test_an_answer_that_is_too_large_or_failed_is_not_kept() -> None:
    cache = ResponseCache(FakeClock(START))
    filled(cache, b"large", b"x" * (ENTRY_MAX + 1))
    leading(cache, b"large")
    failed = leading(cache)
    failed.begin(HEADERS)
    failed.add(b"half")
    failed.fail(replace(ENTRY, status=502))
    leading(cache)
    assert cache.size == 0


def test_followers_get_the_chunks_as_they_come() -> None:
    async def work() -> None:
        cache = ResponseCache(FakeClock(START))
        leader = leading(cache)
        early, late = following(cache), following(cache)
        leader.begin(HEADERS)
        assert await early.begun()
        read = early.chunks()
        leader.add(b"a")
        assert await anext(read) == b"a"
        waiting = asyncio.ensure_future(anext(read))
        await asyncio.sleep(0)
        assert not waiting.done()
        leader.add(b"b")
        assert await waiting == b"b"
        leader.finish(ENTRY)
        with pytest.raises(StopAsyncIteration):
            await anext(read)
        assert [chunk async for chunk in late.chunks()] == [b"a", b"b"]
        assert late.flight.entry == ENTRY

    asyncio.run(work())


def test_when_a_leader_fails_one_of_those_who_wait_leads() -> None:
    async def work() -> None:
        cache = ResponseCache(FakeClock(START))
        leader = leading(cache)
        waiting = [following(cache) for _ in range(3)]
        told = [asyncio.ensure_future(one.begun()) for one in waiting]
        await asyncio.sleep(0)
        leader.fail()
        assert await asyncio.gather(*told) == [False, False, False]
        kinds = [type(cache.lookup(b"one")) for _ in range(3)]
        assert kinds == [Leader, Follower, Follower]

    asyncio.run(work())


def test_a_call_is_left_alone_only_when_its_last_reader_leaves_before_the_end() -> None:
    cache = ResponseCache(FakeClock(START))
    leader = leading(cache)
    left: list[str] = []
    leader.flight.left_alone = lambda: left.append("left")
    mine, other = leader.follow(), following(cache)
    mine.leave()
    mine.leave()
    assert left == []
    other.leave()
    assert left == ["left"]
    whole = leading(cache, b"two")
    whole.flight.left_alone = lambda: left.append("too late")
    reader = whole.follow()
    whole.begin(HEADERS)
    whole.finish(ENTRY)
    reader.leave()
    assert left == ["left"]


def test_a_reader_that_has_left_reads_no_more_though_the_call_goes_on() -> None:
    async def work() -> None:
        leader = leading(ResponseCache(FakeClock(START)))
        mine, other = leader.follow(), leader.follow()
        leader.begin(HEADERS)
        reading = asyncio.ensure_future(_all(mine))
        leader.add(b"a")
        await asyncio.sleep(0)
        mine.leave()
        leader.add(b"b")
        assert await reading == b"a"
        leader.finish(ENTRY)
        assert await _all(other) == b"ab"

    asyncio.run(work())


def test_an_endless_answer_waits_for_its_fastest_reader_and_forgets_the_slowest() -> None:
    piece = b"x" * (ENTRY_MAX // 4)

    async def work() -> None:
        cache = ResponseCache(FakeClock(START))
        leader = leading(cache)
        fast, slow = leader.follow(), leader.follow()
        leader.begin(HEADERS)
        for _ in range(4):
            leader.add(piece)
            await leader.room()
        leader.add(piece)
        full = asyncio.ensure_future(leader.room())
        await asyncio.sleep(0)
        assert not full.done(), "nobody has read anything"
        leading(cache), "nobody joins what is too large to be kept"
        read = fast.chunks()
        for _ in range(3):
            await anext(read)
        await full
        for _ in range(12):
            leader.add(piece)
            await anext(read)
            await leader.room()
        assert len(leader.flight.chunks) <= 11, "what everybody but the slowest has read is gone"
        with pytest.raises(TooSlow):
            await _all(slow)

    asyncio.run(work())


async def _all(reader: Follower) -> bytes:
    return b"".join([chunk async for chunk in reader.chunks()])
