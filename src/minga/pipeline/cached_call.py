"""A call of a model that may be answered from memory, or by an equal call that is on its way already."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from minga.domain.model_calls import CallEntry, CallSeen, ModelCall, Refused, VirtualKey, Wire
from minga.identity.virtual_keys import VirtualKeys
from minga.pipeline import answered_here, model_lists
from minga.pipeline.model_call import Gateway, Reply
from minga.pipeline.running_call import GONE
from minga.providers import cache_keys, counting, message_start, refusals, usage
from minga.providers.cache import Flight, Follower, Headers, Hit, Leader, ResponseCache, TooSlow
from minga.providers.deployments import Deployment
from minga.providers.translation.calls import TRANSLATION_HEADERS

LOOKS = 2
"""So often a call waits for another one like it; if those fail it asks by itself, and gets no failure of another's."""

_TOLD = frozenset({"content-type", "x-minga-provider", message_start.HEADER, counting.HEADER, *TRANSLATION_HEADERS})
"""Headers that are as true for the next caller as for the first."""


@dataclass(frozen=True, slots=True)
class CachedGateway:
    """Answers as `Gateway` does. An answer of the cache costs its caller nothing and takes nothing of its limits."""

    gateway: Gateway
    cache: ResponseCache
    running: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def keys(self) -> VirtualKeys:
        return self.gateway.keys

    @property
    def agents(self) -> Mapping[str, str]:
        return self.gateway.agents

    async def answer(self, call: ModelCall, key: VirtualKey) -> Reply:
        """``key`` has been admitted. Raises Refused."""
        self.gateway.check(call, key)
        if model_lists.wanted(call):
            return await model_lists.answer(self.gateway, call, key)
        if (elsewhere := answered_here.counted_for(self.gateway, call)) is not None:
            return await answered_here.count(self.gateway, call, key, elsewhere)
        if not cache_keys.wanted(key, call):
            return await self.gateway.answer(call, key)
        first = self.gateway.configuration().deployments.candidates(call.wire, call.model, embeds=call.embeds)[0][0]
        place = (first.base_url, first.headers)
        digest = cache_keys.digest(key, call, f"{first.provider}/{first.model}", place)
        if digest is None:
            return await self.gateway.answer(call, key)
        for _ in range(LOOKS):
            match self.cache.lookup(digest):
                case Hit() as hit:
                    return self._from_memory(key, call, hit)
                case Leader() as leader:
                    return await self._lead(call, key, leader, first)
                case Follower() as follower:
                    if (reply := await self._follow(key, call, first.model, follower)) is not None:
                        return reply
        return await self.gateway.answer(call, key)

    def _from_memory(self, key: VirtualKey, call: ModelCall, hit: Hit) -> Reply:
        booking = _booking(self.gateway, key, call, hit.entry)
        headers = [*hit.headers, *booking.headers(hit.age_s)]
        if not call.stream:
            booking.book(200)
            return Reply(200, headers, b"".join(hit.chunks))
        return Reply(200, headers, None, _Replay(hit.chunks, booking))

    async def _lead(self, call: ModelCall, key: VirtualKey, leader: Leader, first: Deployment) -> Reply:
        """The call belongs to all who wait for it, not to the one who came first."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Reply] = loop.create_future()
        fetching = loop.create_task(self._fetch(call, key, leader, first, answered))
        self.running.add(fetching)
        fetching.add_done_callback(self.running.discard)
        mine = leader.follow()
        leader.flight.left_alone = partial(_end, leader, fetching)
        try:
            reply = await answered
        except BaseException:
            mine.leave()
            raise
        if reply.stream is None:
            mine.leave()
            return reply
        return Reply(reply.status, reply.headers, None, _Reading(mine, call.wire))

    async def _fetch(
        self, call: ModelCall, key: VirtualKey, leader: Leader, first: Deployment, answered: "asyncio.Future[Reply]"
    ) -> None:
        """``answered`` is done already where the one who came first has gone away."""
        try:
            reply = await self.gateway.answer(call, key, "miss")
        except BaseException as failed:  # it is of the one who came first; the others look anew
            leader.fail()
            if not answered.done():
                answered.set_exception(failed)
            if not isinstance(failed, Exception):
                raise
            return
        told = [header for header in reply.headers if header[0] in _TOLD]
        reply.headers.append((cache_keys.SWITCH, "miss"))
        if reply.stream is None:
            _pass_on(leader, reply, told, call.wire, first)
        else:
            leader.begin(told)
        if not answered.done():
            answered.set_result(reply)
        if reply.stream is not None:
            await _pump(leader, reply, first)

    async def _follow(self, key: VirtualKey, call: ModelCall, model: str, follower: Follower) -> Reply | None:
        """None where the call that was waited for came to nothing."""
        try:
            if not await follower.begun():
                follower.leave()
                return None
            headers = list(follower.flight.headers or ())
            provider = dict(headers).get("x-minga-provider", "")
            booking = _booking(self.gateway, key, call, _unfinished(call, model, provider, key))
            headers += booking.headers(0)
            if call.stream:
                return Reply(200, headers, None, _Reading(follower, call.wire, booking))
            body = b"".join([chunk async for chunk in follower.chunks()])
        except BaseException:
            follower.leave()
            raise
        follower.leave()
        booking.settle(follower.flight, gone=False)
        return Reply(200, headers, body)


def _end(leader: Leader, fetching: "asyncio.Task[None]") -> None:
    """Nobody is left; who comes now must not join."""
    leader.fail()
    fetching.cancel()


def _pass_on(leader: Leader, reply: Reply, told: Headers, wire: Wire, first: Deployment) -> None:
    if not (reply.body and reply.booked and reply.status == 200 and cache_keys.is_whole(wire, reply.body)):
        leader.fail()
        return
    leader.begin(told)
    leader.add(reply.body)
    if _is_of(reply.booked, first):
        leader.finish(reply.booked)
    else:
        leader.fail(reply.booked)


def _is_of(entry: CallEntry, first: Deployment) -> bool:
    """Whether it came from where the call goes first. What another one says in its place is not kept under its name."""
    return (entry.provider, entry.usage.model) == (first.provider, first.model)


async def _pump(leader: Leader, reply: Reply, first: Deployment) -> None:
    """Take the answer in as fast as the quickest of its readers; when all have left, the call is closed at once."""
    assert reply.stream is not None
    gone = True
    try:
        async for chunk in reply.stream.chunks():
            leader.add(chunk)
            await leader.room()
        gone = False
    finally:
        reply.stream.close(gone=gone)
        entry = reply.booked
        if entry and not gone and entry.status == 200 and not reply.continued and _is_of(entry, first):
            leader.finish(entry, cache_keys.events(b"".join(leader.flight.chunks)))
        else:
            leader.fail(entry)


@dataclass(slots=True)
class _Booking:
    """The entry of a call that no provider was asked for, booked once. ``entry`` is that of the call whose answer it
    got."""

    gateway: Gateway
    key: VirtualKey
    call: ModelCall
    entry: CallEntry
    id: str
    began: datetime
    began_s: float
    first_s: float | None = None
    booked: bool = False

    def headers(self, age_s: float) -> Headers:
        return [("x-minga-call", self.id), (cache_keys.SWITCH, "hit"), ("age", str(int(age_s)))]

    def passed(self) -> None:
        if self.first_s is None:
            self.first_s = self.gateway.books.clock.monotonic()

    def settle(self, flight: Flight, *, gone: bool) -> None:
        """As it went: whole, broken, or left before its end."""
        if flight.entry is not None:
            self.entry = flight.entry
        self.book(self.entry.status if flight.ended else GONE if gone else 200)

    def book(self, status: int) -> None:
        if self.booked:
            return
        self.booked = True
        now_s = self.gateway.books.clock.monotonic()
        entry = replace(
            self.entry,
            id=self.id,
            at=self.began,
            key_id=self.key.id,
            user=self.key.user,
            team=self.key.team,
            project=self.key.project,
            run_id=self.key.run_id,
            agent=self.call.agent,
            cost_micro_usd=0,
            saved_micro_usd=(self.entry.cost_micro_usd or 0) if status == 200 else 0,
            cache="hit",
            attempts=0,
            status=status,
            first_ms=round(1000 * ((self.first_s or now_s) - self.began_s)),
            took_ms=round(1000 * (now_s - self.began_s)),
        )
        self.gateway.books.book.add(entry)
        self.gateway.books.seen(
            CallSeen(entry, self.key.name, (), self.call.trace, False, self.call.client, self.call.stream)
        )


def _booking(gateway: Gateway, key: VirtualKey, call: ModelCall, entry: CallEntry) -> _Booking:
    return _Booking(
        gateway, key, call, entry, gateway.new_id(), gateway.books.clock.now(), gateway.books.clock.monotonic()
    )


@dataclass(slots=True)
class _Replay:
    """A stream from memory, event by event."""

    events: tuple[bytes, ...]
    booking: _Booking
    ended: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        for event in self.events:
            self.booking.passed()
            yield event
        self.ended = True

    def close(self, *, gone: bool) -> None:
        self.booking.book(GONE if gone and not self.ended else 200)


@dataclass(slots=True)
class _Reading:
    """A stream that others read too. The leader's own caller has no ``booking``: its call is booked as any."""

    follower: Follower
    wire: Wire
    booking: _Booking | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.follower.chunks():
                if self.booking is not None:
                    self.booking.passed()
                yield chunk
        except TooSlow:
            yield refusals.event(self.wire, Refused("broken", "the answer was read too slowly to be kept for it"))

    def close(self, *, gone: bool) -> None:
        self.follower.leave()
        if self.booking is not None:
            self.booking.settle(self.follower.flight, gone=gone)


def _unfinished(call: ModelCall, model: str, provider: str, key: VirtualKey) -> CallEntry:
    """For a caller that leaves before what it reads along has been booked."""
    return CallEntry(
        id="",
        at=datetime.min,
        key_id=key.id,
        user=key.user,
        team=key.team,
        project=key.project,
        provider=provider,
        wire=call.wire,
        usage=usage.estimated(model, 0, 0),
        cost_micro_usd=0,
        source="estimate",
        status=GONE,
        first_ms=0,
        took_ms=0,
    )
