"""The gateway within the process of a run: on this machine only, as long as the run, for the run's own keys."""

import asyncio
import importlib
import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

from minga.bootstrap import Minga
from minga.domain.errors import MingaError

BACKLOG = 128


class Serving(Protocol):
    async def flush(self) -> None: ...
    async def close(self) -> None: ...


class EmbeddedGateway:
    """Its address is there at once, so that a CLI can be started; it answers when its server has been imported, which
    takes no longer than a CLI takes to ask."""

    def __init__(self, minga: Minga) -> None:
        listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._serving = asyncio.create_task(_serve(minga, listening))

    async def problem(self) -> str:
        """Why it cannot serve, once that is known; empty if it can."""
        try:
            await self._serving
        except MingaError as wrong:
            return wrong.message
        except Exception as wrong:  # noqa: BLE001 - whatever it is ends attempts, and not the run without a receipt
            return f"{type(wrong).__name__}: {wrong}"
        return ""

    async def flush(self) -> None:
        """What was asked for and has been answered is in the store then."""
        if not await self.problem():
            await self._serving.result().flush()

    async def close(self) -> None:
        """No more calls; what was booked is in the store then."""
        if not await self.problem():
            await self._serving.result().close()


async def _serve(minga: Minga, listening: socket.socket) -> Serving:
    """The import goes on beside the conversation with the CLI. Whoever asks is refused if it fails."""
    try:
        module = await asyncio.to_thread(importlib.import_module, "minga.entrypoints.gateway.embedded_server")
        serve: Callable[[Minga, socket.socket], Awaitable[Serving]] = module.serve
        return await serve(minga, listening)
    except BaseException:
        listening.close()
        raise
