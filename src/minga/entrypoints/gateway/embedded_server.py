"""The server of the gateway within a run. Imported when it is needed: the HTTP server and client take 0.2 s."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from minga.bootstrap import Minga
from minga.entrypoints.gateway.application import Application, Receive, Scope, Send
from minga.entrypoints.gateway.paths import key_of
from minga.gateway_wiring import gateway
from minga.pipeline.model_call import Gateway

DRAIN_S = 1.0
"""So long calls that a killed CLI has left may take to end."""

SETTLE_S = 0.1
"""So long a flush waits for calls that are being answered."""


async def serve(minga: Minga, listening: socket.socket, on_budget: Callable[[str], None]) -> "Serving":
    """Raises BadSetting."""
    answers = await gateway(minga)
    config = uvicorn.Config(
        _telling(Application(answers), on_budget),
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
    return Serving(answers, server)


class Serving:
    """uvicorn without its own loop, which would look ten times a second whether it is time to end, and take signals."""

    def __init__(self, answers: Gateway, server: uvicorn.Server) -> None:
        self._gateway = answers
        self._server = server

    async def flush(self) -> None:
        await self._answered(SETTLE_S)
        await self._gateway.books.book.flush()

    async def close(self) -> None:
        for one in self._server.servers:
            one.close()
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
        await self._answered(DRAIN_S)
        await self._gateway.ways.client.close()
        await self._gateway.books.book.close()

    async def _answered(self, limit_s: float) -> None:
        if running := self._server.server_state.tasks:
            await asyncio.wait(running, timeout=limit_s)


def _telling(
    application: Application, on_budget: Callable[[str], None]
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application; not every CLI tells why its call was refused, so it is read from the answer."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if (b"x-minga-refused", b"budget") in message.get("headers", ()):
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
                on_budget(key_of(headers, scope["query_string"].decode("latin-1")))
            await send(message)

        await application(scope, receive, sending)

    return answer
