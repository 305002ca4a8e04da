"""The HTTP server around the application: uvicorn's, with connections of ours and an end that breaks no answer."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import cast

import uvicorn

from minga.entrypoints.gateway.connection import Connection
from minga.entrypoints.gateway.front import Front
from minga.entrypoints.gateway.proxies import Proxies
from minga.entrypoints.gateway.rules import Rules

BACKLOG = 2048

LAST_WORDS_S = 2
"""So long calls that were cut may take to say so."""

_LOOK_EVERY = 5
"""Ticks of uvicorn, of which there are ten a second."""


class Server(uvicorn.Server):
    """Serves until `stop`. The person's signals are the business of whoever starts it."""

    def __init__(
        self, front: Front, rules: Rules, proxies: Proxies, context: ssl.SSLContext | None, drain_s: float
    ) -> None:
        config = uvicorn.Config(
            front,
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=LAST_WORDS_S,
        )
        super().__init__(config)
        self._front = front
        self._rules = rules
        self._proxies = proxies
        self._context = context
        self._drain_s = drain_s

    def stop(self, *, at_once: bool = False) -> None:
        self.should_exit = True
        self.force_exit = self.force_exit or at_once

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        limit_s = self._rules.head_s if self._context else None
        self.servers = [
            await loop.create_server(
                self._connection, sock=one, ssl=self._context, backlog=BACKLOG, ssl_handshake_timeout=limit_s
            )
            for one in sockets or []
        ]
        self.started = True

    def _connection(self) -> asyncio.Protocol:
        return cast(asyncio.Protocol, Connection(self._front, self.server_state, self._rules, self._proxies))

    async def on_tick(self, counter: int) -> bool:
        if counter % _LOOK_EVERY == 0:
            now_s = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.look(now_s)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever comes now is told that the gateway stops; what runs may go on for the time to drain."""
        self._front.draining = True
        loop = asyncio.get_running_loop()
        end_s, counter = loop.time() + self._drain_s, 0
        while self._front.running and not self.force_exit and loop.time() < end_s:
            await asyncio.sleep(0.1)
            counter += 1
            await self.on_tick(counter)
        running = list(self.server_state.tasks)
        if self._front.running:
            for task in running:
                task.cancel()
        if running:
            await asyncio.wait(running, timeout=LAST_WORDS_S)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own would raise the signal again at the end."""
        yield
