"""The server of the gateway within a run. Imported when it is needed: the HTTP server and client take 0.2 s."""

import asyncio
import socket

import uvicorn

from minga.bootstrap import Minga
from minga.entrypoints.gateway.application import Application
from minga.gateway_wiring import Wired, gateway

DRAIN_S = 1.0
"""So long calls that a killed CLI has left may take to end."""

SETTLE_S = 0.1
"""So long a flush waits for calls that are being answered."""


async def serve(minga: Minga, listening: socket.socket) -> "Serving":
    """Raises BadSetting."""
    wired = await gateway(minga)
    config = uvicorn.Config(
        Application(wired.gateway),
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    return Serving(wired, server)


class Serving:
    """uvicorn without its own loop, which would look ten times a second whether it is time to end, and take signals."""

    def __init__(self, wired: Wired, server: uvicorn.Server) -> None:
        self._wired = wired
        self._server = server

    async def flush(self) -> None:
        await self._answered(SETTLE_S)
        await self._wired.gateway.gateway.books.book.flush()

    async def close(self) -> None:
        for one in self._server.servers:
            one.close()
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
        await self._answered(DRAIN_S)
        await self._wired.close()

    async def _answered(self, limit_s: float) -> None:
        if running := self._server.server_state.tasks:
            await asyncio.wait(running, timeout=limit_s)
