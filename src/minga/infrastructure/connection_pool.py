"""The connections to one destination: a bounded number, and whoever waits for one is served in order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from minga.infrastructure.http import Unreachable
from minga.infrastructure.thin_connection import Connection, Keeper

LIMIT = 4096
"""Connections to one destination."""

Dial = Callable[[Keeper], Awaitable[Connection]]


class ConnectionPool:
    """Each connection has a slot, from before it is dialled until it is lost. There are idle connections only while
    nobody waits. The one that was used last is used first, so that the others may grow old and be closed."""

    def __init__(self, dial: Dial, limit: int = LIMIT) -> None:
        self._dial = dial
        self._limit = limit
        self._slots = 0
        self._open: set[Connection] = set()
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    async def take(self, *, fresh: bool = False) -> Connection:
        """A connection for one exchange, which gives it back by itself. ``fresh``: one that was never used. Raises
        Unreachable."""
        if self._idle and not fresh:
            return self._idle.pop()
        if self._slots < self._limit:
            self._slots += 1
        elif self._idle:
            self._replace(self._idle.pop(0))
        else:
            given = await self._turn()
            if given is not None and not fresh:
                return given
            if given is not None:
                self._replace(given)
        try:
            connection = await self._dial(self)
            if not connection.is_open:
                raise Unreachable("it closed the connection at once")
        except BaseException:
            self._pass_slot()
            raise
        self._open.add(connection)
        return connection

    def close(self) -> None:
        for connection in list(self._open):
            connection.drop()

    def free(self, connection: Connection) -> None:
        if connection not in self._open:
            return
        waiter = self._next()
        if waiter is None:
            self._idle.append(connection)
        else:
            waiter.set_result(connection)

    def lost(self, connection: Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        if connection in self._open:
            self._open.remove(connection)
            self._pass_slot()

    def _replace(self, connection: Connection) -> None:
        """Close it and keep its slot."""
        if connection in self._open:
            self._open.remove(connection)
        else:
            self._slots += 1  # it was lost on its way here, and its slot given back
        connection.drop()

    async def _turn(self) -> Connection | None:
        """Wait for a connection, or for a slot (None)."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except BaseException:
            if waiter.cancelled() or not waiter.done():
                waiter.cancel()
            elif (given := waiter.result()) is None:
                self._pass_slot()
            else:
                self.free(given)
            raise

    def _pass_slot(self) -> None:
        waiter = self._next()
        if waiter is None:
            self._slots -= 1
        else:
            waiter.set_result(None)

    def _next(self) -> "asyncio.Future[Connection | None] | None":
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None
