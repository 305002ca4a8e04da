"""Answers that no provider was asked for: how they are told to their caller, and how they are booked.

Apart from `cached_call`, which every call passes: what yields as it goes is not compiled.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from minga.domain.model_calls import CallEntry, CallSeen, ModelCall, Refused, VirtualKey, Wire
from minga.pipeline.model_call import Gateway
from minga.pipeline.running_call import GONE
from minga.providers import cache_keys, refusals, usage
from minga.providers.cache import Flight, Follower, Headers, TooSlow


@dataclass(slots=True)
class Booking:
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


def booking_of(gateway: Gateway, key: VirtualKey, call: ModelCall, entry: CallEntry) -> Booking:
    return Booking(
        gateway, key, call, entry, gateway.new_id(), gateway.books.clock.now(), gateway.books.clock.monotonic()
    )


@dataclass(slots=True)
class Replay:
    """A stream from memory, event by event."""

    events: tuple[bytes, ...]
    booking: Booking
    ended: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        for event in self.events:
            self.booking.passed()
            yield event
        self.ended = True

    def close(self, *, gone: bool) -> None:
        self.booking.book(GONE if gone and not self.ended else 200)


@dataclass(slots=True)
class Reading:
    """A stream that others read too. The leader's own caller has no ``booking``: its call is booked as any."""

    follower: Follower
    wire: Wire
    booking: Booking | None = None

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


def unfinished(call: ModelCall, model: str, provider: str, key: VirtualKey) -> CallEntry:
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
