"""Before the application: whether the gateway is alive and ready, and how calls end when it stops."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec

from minga.domain.model_calls import Refused
from minga.domain.readiness import Readiness
from minga.entrypoints.gateway.application import ALIVE, Receive, Scope, Send
from minga.entrypoints.gateway.paths import form_of
from minga.providers import refusals

READY = "/readyz"


Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class Front:
    """``running`` counts calls. Once ``draining``, those that run go on and no other begins."""

    def __init__(self, application: Asgi, readiness: Callable[[], Coroutine[Any, Any, Readiness]]) -> None:
        self.draining = False
        self.running = 0
        self._application = application
        self._readiness = readiness
        self._asking: asyncio.Task[Readiness] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["method"] in ("GET", "HEAD")
        if asks and scope["path"] == READY:
            await self._tell_readiness(send)
            return
        if self.draining and not (asks and scope["path"] in ALIVE):
            await _cut(scope, send)
            return
        self.running += 1
        try:
            await self._application(scope, receive, send)
        except asyncio.CancelledError:  # the time to end is over; whoever cancelled waits for this task
            await _cut(scope, send)
        finally:
            self.running -= 1

    async def _tell_readiness(self, send: Send) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._readiness())
        found = await asyncio.shield(self._asking)  # of many who ask at once, one reaches the store
        reasons = ["the gateway is stopping"] if self.draining else list(found.reasons)
        told: dict[str, object] = {"status": "not ready" if reasons else "ok"}
        if reasons:
            told["reasons"] = reasons
        if found.warnings:
            told["warnings"] = list(found.warnings)
        await _json(send, 503 if reasons else 200, told)


async def _cut(scope: Scope, send: Send) -> None:
    """End a call whose time is over: with a refusal, or, if a stream has begun, with an error event of its wire."""
    wire, refused = form_of(scope["path"]), Refused("stopping", "the gateway is stopping", 1.0)
    with suppress(RuntimeError):  # an answer has begun
        headers = [(b"retry-after", b"1"), (b"x-minga-refused", b"stopping"), (b"connection", b"close")]
        await _answer(send, refusals.STATUS["stopping"], refusals.body(wire, refused), headers)
        return
    with suppress(RuntimeError):  # it was no stream, or is whole
        await send({"type": "http.response.body", "body": refusals.event(wire, refused)})


async def _json(send: Send, status: int, told: dict[str, object]) -> None:
    await _answer(send, status, msgspec.json.encode(told), [(b"cache-control", b"no-store")])


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    told = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
