"""The gateway within the process of a run: on this machine only, as long as the run, for the run's own keys."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn

from minga.bootstrap import Minga
from minga.entrypoints.gateway.application import Application, Receive, Scope, Send
from minga.entrypoints.gateway.paths import key_of
from minga.gateway_wiring import gateway
from minga.pipeline.model_call import Gateway

BACKLOG = 128

DRAIN_S = 1
"""So long calls that a killed CLI has left may take to end."""


class EmbeddedGateway:
    """``url`` once it is started."""

    def __init__(self, answers: Gateway, server: "_Server", listening: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._gateway = answers
        self._server = server
        self._serving = asyncio.create_task(server.serve(sockets=[listening]))

    async def flush(self) -> None:
        await self._gateway.books.book.flush()

    async def close(self) -> None:
        """No more calls; what was booked is in the store then."""
        self._server.should_exit = True
        await self._serving
        await self._gateway.ways.client.close()
        await self._gateway.books.book.close()


async def start(minga: Minga, on_budget: Callable[[str], None]) -> EmbeddedGateway:
    """Start it; ``on_budget`` is told of keys whose call was refused for their budget. Raises BadSetting."""
    answers = await gateway(minga)
    listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    config = uvicorn.Config(
        _telling(Application(answers), on_budget),
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    return EmbeddedGateway(answers, _Server(config), listening)


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


class _Server(uvicorn.Server):
    """Signals stay with the run."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
