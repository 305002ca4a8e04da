"""A call of a model that may be answered from memory, or by an equal call that is on its way already."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from minga.domain.model_calls import CallEntry, ModelCall, VirtualKey, Wire
from minga.identity.virtual_keys import VirtualKeys
from minga.pipeline import answered_here, model_lists
from minga.pipeline.cached_replies import Reading, Replay, booking_of, unfinished
from minga.pipeline.model_call import Gateway, Reply
from minga.providers import cache_keys, counting, message_start
from minga.providers.cache import Follower, Headers, Hit, Leader, ResponseCache
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
        booking = booking_of(self.gateway, key, call, hit.entry)
        headers = [*hit.headers, *booking.headers(hit.age_s)]
        if not call.stream:
            booking.book(200)
            return Reply(200, headers, b"".join(hit.chunks))
        return Reply(200, headers, None, Replay(hit.chunks, booking))

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
        return Reply(reply.status, reply.headers, None, Reading(mine, call.wire))

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
            booking = booking_of(self.gateway, key, call, unfinished(call, model, provider, key))
            headers += booking.headers(0)
            if call.stream:
                return Reply(200, headers, None, Reading(follower, call.wire, booking))
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
