"""One HTTP/1.1 connection of the thin client, and one answer on it (RFC 9112).

A connection carries one exchange at a time. The answer outlives the connection's part in it: as soon as its last byte
has come, the connection is free for another, whether the answer has been read or not.
"""

import asyncio
import math
import socket
from collections.abc import AsyncIterator
from typing import Protocol, cast

import httptools

from minga.infrastructure.gathered_writes import GatheredWrites, turn_of
from minga.infrastructure.http import Outgoing, Unreachable
from minga.infrastructure.unread import Unread

BUFFER_MAX = 256 * 1024
"""Bytes of a body that wait for their reader; with that many the peer is no longer read from."""

HEADERS_MAX = 64 * 1024
"""Bytes of an answer's headers; also of everything else that is no body: interim answers, chunk sizes, trailers."""

SLICE = 256 * 1024
"""Bytes of a large request that are given to the transport at once."""

IDLE_S = 45.0
"""After that an idle connection is closed: usual servers and balancers do it after 60 s or more."""


class Stale(Exception):
    """The peer had closed the connection before it sent a byte of an answer."""


class Keeper(Protocol):
    def free(self, connection: "Connection") -> None:
        """It may be used again."""
        ...

    def lost(self, connection: "Connection") -> None:
        """It is closed."""
        ...


class Connection(asyncio.Protocol):
    """``made`` is the socket below the transport. ``is_reused``: an answer has come on it before."""

    def __init__(self, keeper: Keeper, made: socket.socket, idle_s: float) -> None:
        self.is_open = True
        self.is_reused = False
        self.has_room = True
        self.loop = asyncio.get_running_loop()
        self._keeper = keeper
        self._unread = Unread(made)
        self._idle_s = idle_s
        self._answer: Answer | None = None
        self._is_written = True
        self._is_paused = False
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = math.inf

    async def ask(self, head: bytes, request: Outgoing) -> "Answer":
        """Send a request and wait for the headers of its answer. Raises Unreachable; Stale on a reused connection."""
        if not self._is_alive() or (self.is_reused and self._has_bytes()):
            self.drop()
            raise Stale
        self._answer = answer = Answer(self, request)
        due = self.loop.time() + request.first_limit_s
        try:
            if len(request.body) <= SLICE:
                self._transport.writelines((head, request.body))
            else:
                await self._write(head, memoryview(request.body), answer)
                due = self.loop.time() + request.first_limit_s
            while not answer.begun:
                await answer.wait(due, request.first_limit_s)
        except BaseException:
            answer.close()
            raise
        return answer

    async def _write(self, head: bytes, body: memoryview, answer: "Answer") -> None:
        """A large request, as quickly as the peer takes it. An error that comes early ends it."""
        limit_s = answer.silence_limit_s
        self._is_written = False
        self._transport.write(head + body[:SLICE])
        for begin in range(SLICE, len(body), SLICE):
            while not self.has_room and not answer.has_refused:
                await answer.wait(self.loop.time() + limit_s, limit_s)
            if answer.has_refused or not self._is_alive():
                return
            self._transport.write(body[begin : begin + SLICE])
        self._is_written = True

    def _is_alive(self) -> bool:
        """A transport that has failed says so before it tells its protocol."""
        return self.is_open and not self._transport.is_closing()

    def _has_bytes(self) -> bool:
        """Whether the peer has sent something that nobody asked for, or has closed: what is read next would be taken
        for the answer to the next request. (TLS may also have sent a session ticket; then a connection is lost.)"""
        return self._unread.is_there()

    def finished(self, *, keeps: bool) -> None:
        """The answer is whole."""
        if self._answer is not None:
            self._answer.let_go()
            self._answer = None
        if not (keeps and self._is_written and self.is_open):
            self.drop()
            return
        self.resume()
        self.is_reused = True
        self.watch(self.loop.time() + self._idle_s)
        self._keeper.free(self)

    def drop(self) -> None:
        """Close it at once."""
        if self.is_open:
            self._leave()
            self._transport.abort()

    def pause(self) -> None:
        if not self._is_paused and self._is_alive():
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and self._is_alive():
            self._is_paused = False
            self._transport.resume_reading()

    def watch(self, due: float) -> None:
        """Give up at ``due``, of the loop's time, unless it is moved before. A timer that is early is kept, and looks
        again: a timer for each piece would cost more than the piece."""
        self._due = due
        if self._timer_due > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_due = due
            self._timer = self.loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer, self._timer_due = None, math.inf
        if self.loop.time() < self._due:
            if self._due < math.inf:
                self.watch(self._due)
        elif self._answer is not None:
            self._answer.fail(self._answer.silence)
        else:
            self.drop()

    def _leave(self) -> None:
        self.is_open = False
        if self._answer is not None:
            self._answer.let_go()
            self._answer = None
        if self._timer is not None:
            self._timer.cancel()
        self._keeper.lost(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        whole = cast(asyncio.Transport, transport)  # uvloop's does not inherit from it
        self._transport = GatheredWrites(whole, turn_of(self.loop))

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.drop()  # nobody asked
        else:
            self._answer.feed(data)

    def eof_received(self) -> None:
        self.connection_lost(None)
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.is_open:
            answer = self._answer
            self._leave()
            if answer is not None:
                answer.ended(exc)

    def pause_writing(self) -> None:
        self.has_room = False

    def resume_writing(self) -> None:
        self.has_room = True
        if self._answer is not None:
            self._answer.wake()


class Answer:
    """``begun``: its headers have come."""

    __slots__ = (
        "_beside",
        "_connection",
        "_error",
        "_is_head",
        "_is_interim",
        "_is_stale",
        "_is_whole",
        "_keeps",
        "_limit_s",
        "_loop",
        "_parser",
        "_pieces",
        "_raw",
        "_size",
        "_told",
        "_waiter",
        "begun",
        "headers",
        "silence_limit_s",
        "status",
    )

    def __init__(self, connection: Connection, request: Outgoing) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.begun = False
        self._limit_s = 0.0
        self.silence_limit_s = request.silence_limit_s
        self._connection = connection
        self._is_head = request.method == "HEAD"
        self._loop = connection.loop
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._raw: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._size = 0  # of the pieces
        self._told = 0  # bytes of headers, trailers too
        self._beside = 0  # bytes since the last piece of the body that were none
        self._is_interim = False
        self._is_stale = False
        self._is_whole = False
        self._keeps = False
        self._error = ""
        self._waiter: asyncio.Future[None] | None = None

    @property
    def silence(self) -> str:
        """What is told where nothing comes any more."""
        return f"no byte came for {self._limit_s:g} s"

    @property
    def has_refused(self) -> bool:
        """Nothing more of the request need be sent."""
        return bool(self._error) or self._is_whole or self.status >= 400

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> "Answer":
        return self

    async def __anext__(self) -> bytes:
        """What has come of the body since the last time."""
        try:
            while not self._pieces:
                if self._is_whole:
                    raise StopAsyncIteration
                await self.wait(self._loop.time() + self.silence_limit_s, self.silence_limit_s)
        except BaseException:
            self.close()
            raise
        pieces, self._pieces, self._size = self._pieces, [], 0
        self._connection.resume()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def aclose(self) -> None:
        """As an asynchronous generator is left."""
        self.close()

    def whole(self) -> bytes | None:
        if not self._is_whole:
            return None
        pieces, self._pieces, self._size = self._pieces, [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        if not self._is_whole:
            self.fail("it was closed here")

    async def wait(self, due: float, limit_s: float) -> None:
        """Until something has changed. Raises Unreachable, Stale."""
        if not self._error:
            self._limit_s = limit_s
            self._connection.watch(due)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
                if not self._is_whole:
                    self._connection.watch(math.inf)
        if self._is_stale:
            raise Stale
        if self._error and not self._pieces:
            raise Unreachable(self._error)

    def let_go(self) -> None:
        """Nothing more comes. The parser knows the answer, so they would keep each other in memory."""
        self._parser = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, how: str) -> None:
        if not self._error:
            self._error = how
            self._connection.drop()
            self.wake()

    def feed(self, data: bytes) -> None:
        """Bytes came. The connection is free for others once the answer is whole."""
        before, parser = self._size, self._parser
        if parser is None:
            return
        try:
            parser.feed_data(data)
        except httptools.HttpParserError as wrong:
            if not self._is_whole:
                self.fail(f"the answer is no HTTP: {wrong.__context__ or wrong}")
                return
            self._keeps = False
        if self._is_whole:
            self._connection.finished(keeps=self._keeps)
        elif self._size > before:
            self._beside = 0
            if self._size > BUFFER_MAX:
                self._connection.pause()
        else:
            self._beside += len(data)
            if self._beside > HEADERS_MAX:
                self.fail(f"more than {HEADERS_MAX} bytes came that are no content")
        self.wake()

    def ended(self, wrong: Exception | None) -> None:
        """The peer closed the connection. Where it told no length, that is how an answer ends."""
        if self.begun and wrong is None and self._is_until_close():
            self._is_whole = True
        elif self._beside == 0 and not self.begun and self._connection.is_reused:
            self._is_stale, self._error = True, "it closed the connection"
        else:
            self._error = f"it closed the connection{f' ({wrong})' if wrong else ''}"
        self.wake()

    def _is_until_close(self) -> bool:
        return not any(name in ("content-length", "transfer-encoding") for name, _ in self.headers)

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self._is_whole:
            self._keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._told += len(name) + len(value)
        if self._told > HEADERS_MAX:
            raise ValueError(f"its headers have more than {HEADERS_MAX} bytes")
        if not self.begun:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        if self._is_whole:
            return
        status = self._parser.get_status_code() if self._parser is not None else 0
        if status == 101 or status < 100:
            raise ValueError(f"the status {status} was not asked for")
        if status < 200:
            self._is_interim = True
            self._raw = []
            return
        self.headers = [(name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in self._raw]
        for name, value in self.headers:
            if name == "transfer-encoding" and value.lower() != "chunked":
                raise ValueError(f"the transfer encoding {value!r} is not known")
        self.status = status
        self.begun = True
        if self._is_head:
            self.on_message_complete()

    def on_body(self, body: bytes) -> None:
        if self._is_whole:
            self._keeps = False
        else:
            self._pieces.append(body)
            self._size += len(body)

    def on_message_complete(self) -> None:
        if self._is_interim:
            self._is_interim = False
        elif not self._is_whole:
            self._is_whole = True
            self._keeps = self._parser is not None and self._parser.should_keep_alive()
