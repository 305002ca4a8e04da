"""Answers that came before, kept in memory, and those that are just coming: equal calls at once are one call.

Which calls are equal says `cache_keys`. Nothing of it is written anywhere: it ends with the process, and each process
has its own.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from minga.domain.model_calls import CallEntry
from minga.infrastructure.clock import Clock

TTL_S = 3600.0
BYTES_MAX = 64 * 1024 * 1024
ENTRY_MAX = 1024 * 1024
"""Bytes of one answer that is kept; also how far one reader may be behind another."""

OVERHEAD = 1024
"""Bytes that an entry counts for beside its answer."""

Headers: TypeAlias = list[tuple[str, str]]


class TooSlow(Exception):
    """A reader is so far behind that what it has not read is gone."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An answer that is there. ``chunks`` are the events of a stream, or one body; ``entry`` is how it was booked."""

    headers: Headers
    chunks: tuple[bytes, ...]
    entry: CallEntry
    age_s: float


@dataclass(slots=True)
class Flight:
    """An answer on its way. ``chunks`` are those that somebody may still read, after ``dropped`` others."""

    headers: Headers | None = None
    chunks: deque[bytes] = field(default_factory=deque)
    dropped: int = 0
    dropped_bytes: int = 0
    size: int = 0
    ended: bool = False
    entry: CallEntry | None = None
    readers: list["Follower"] = field(default_factory=list)
    left_alone: Callable[[], object] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def news(self) -> None:
        await self._news.wait()


class Follower:
    """One reader of an answer on its way. `leave` must be called, whatever comes."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.passed = 0
        self._next = 0
        self._left = False
        flight.readers.append(self)

    async def begun(self) -> bool:
        """Whether an answer comes; False where the leader failed before, and the caller must look anew."""
        while self.flight.headers is None and not self.flight.ended:
            await self.flight.news()
        return self.flight.headers is not None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises TooSlow."""
        flight = self.flight
        while True:
            while self._next < flight.dropped + len(flight.chunks) and not self._left:
                if self._next < flight.dropped:
                    raise TooSlow
                chunk = flight.chunks[self._next - flight.dropped]
                self._next += 1
                yield chunk
                self.passed += len(chunk)
                flight.tell()
            if flight.ended or self._left:
                return
            await flight.news()

    def leave(self) -> None:
        """Once nobody reads any more, the call at the provider may end."""
        flight = self.flight
        if self._left:
            return
        self._left = True
        flight.readers.remove(self)
        flight.tell()
        if not flight.readers and not flight.ended and flight.left_alone is not None:
            flight.left_alone()


class Leader:
    """The one that makes the call. Must end with `finish` or `fail`."""

    def __init__(self, cache: "ResponseCache", digest: bytes) -> None:
        self.flight = Flight()
        self._cache = cache
        self._digest = digest

    def follow(self) -> Follower:
        """The leader's own caller reads as all others do: when it goes away, they read on."""
        return Follower(self.flight)

    def begin(self, headers: Headers) -> None:
        self.flight.headers = headers
        self.flight.tell()

    def add(self, chunk: bytes) -> None:
        flight = self.flight
        flight.chunks.append(chunk)
        flight.size += len(chunk)
        if flight.size > ENTRY_MAX:
            self._cache.forget(self._digest, flight)  # nobody can join any more: its beginning is dropped
            self._drop()
        flight.tell()

    async def room(self) -> None:
        """Wait until the fastest reader is no further behind than one entry's size."""
        flight = self.flight
        while flight.readers and flight.size - max(one.passed for one in flight.readers) > ENTRY_MAX:
            await flight.news()

    def finish(self, entry: CallEntry, chunks: tuple[bytes, ...] | None = None) -> None:
        """The answer is whole. ``chunks`` are how it is kept, where not as it came."""
        flight = self.flight
        if flight.ended:
            return
        self._cache.forget(self._digest, flight)
        if flight.size <= ENTRY_MAX and flight.headers is not None:
            self._cache.keep(self._digest, flight.headers, chunks or tuple(flight.chunks), entry)
        flight.entry = entry
        self._end()

    def fail(self, entry: CallEntry | None = None) -> None:
        """The answer never came, is not whole, or is not to be kept."""
        self._cache.forget(self._digest, self.flight)
        self.flight.entry = entry
        self._end()

    def _end(self) -> None:
        self.flight.ended = True
        self.flight.tell()

    def _drop(self) -> None:
        flight = self.flight
        fastest = max((one.passed for one in flight.readers), default=flight.size)
        while flight.chunks and flight.dropped_bytes + len(flight.chunks[0]) < fastest - ENTRY_MAX:
            flight.dropped_bytes += len(flight.chunks.popleft())
            flight.dropped += 1


@dataclass(frozen=True, slots=True)
class _Kept:
    headers: Headers
    chunks: tuple[bytes, ...]
    entry: CallEntry
    at_s: float
    size: int


class ResponseCache:
    """At most ``bytes_max`` of answers, each for ``ttl_s``; those that were asked for longest ago go first."""

    def __init__(self, clock: Clock, ttl_s: float = TTL_S, bytes_max: int = BYTES_MAX) -> None:
        self.size = 0
        self._clock = clock
        self._ttl_s = ttl_s
        self._bytes_max = bytes_max
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._flights: dict[bytes, Flight] = {}

    def lookup(self, digest: bytes) -> Hit | Leader | Follower:
        """A leader must make the call, a follower waits for one that is being made."""
        kept = self._kept.get(digest)
        if kept is not None:
            age_s = self._clock.monotonic() - kept.at_s
            if age_s < self._ttl_s:
                self._kept.move_to_end(digest)
                return Hit(kept.headers, kept.chunks, kept.entry, age_s)
            self._remove(digest)
        if digest in self._flights:
            return Follower(self._flights[digest])
        leader = Leader(self, digest)
        self._flights[digest] = leader.flight
        return leader

    def keep(self, digest: bytes, headers: Headers, chunks: tuple[bytes, ...], entry: CallEntry) -> None:
        size = sum(map(len, chunks)) + OVERHEAD
        self._remove(digest)
        self._kept[digest] = _Kept(headers, chunks, entry, self._clock.monotonic(), size)
        self.size += size
        while self.size > self._bytes_max:
            self._remove(next(iter(self._kept)))

    def forget(self, digest: bytes, flight: Flight) -> None:
        """Nobody can join this flight any more."""
        if self._flights.get(digest) is flight:
            del self._flights[digest]

    def _remove(self, digest: bytes) -> None:
        if (kept := self._kept.pop(digest, None)) is not None:
            self.size -= kept.size
