"""The gateway as an ASGI application (asgi.readthedocs.io, HTTP 2.3)."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.gateway.paths import key_of, read_call, wire_of
from minga.pipeline.model_call import Gateway, Reply
from minga.providers import refusals

BODY_MAX = 64 * 1024 * 1024
"""Bytes of a request: a turn of a coding CLI has some 200 kB, pictures make it larger."""

BODY_SILENCE_S = 30.0
"""So long a caller may be silent within its request."""

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PROBES = {"/", "/healthz", "/readyz", "/api/hello"}
"""Asked by load balancers; the last, and the root, by Claude Code."""


class Gone(Exception):
    """The caller went away before its request was whole."""


class Application:
    """``gateway`` answers every call; all of the state is its own."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD") and path in _PROBES:
            await _answer(send, 200, [("content-type", "application/json")], b'{"status":"ok"}')
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        wire: Wire = "openai-chat"
        try:
            wire = wire_of(method, path, dict(headers))
            await self._call(wire, scope, headers, receive, send)
        except Refused as refused:
            await _refuse(send, wire, refused)
        except Gone:
            return

    async def _call(
        self, wire: Wire, scope: Scope, headers: list[tuple[str, str]], receive: Receive, send: Send
    ) -> None:
        query = scope["query_string"].decode("latin-1")
        key = key_of(dict(headers), query)
        await self._gateway.keys.admit(key)  # before the body: a stranger uploads nothing
        body = await _body(receive)
        call = read_call(wire, scope["method"], scope["path"], query, headers, body, self._gateway.agents)
        reply = await self._gateway.answer(call, key)
        if reply.stream is None:
            await _answer(send, reply.status, reply.headers, reply.body or b"")
            return
        await _stream(reply, receive, send)


async def _body(receive: Receive) -> bytes:
    """The whole request. Raises Refused, Gone."""
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), BODY_SILENCE_S)
        except TimeoutError:
            raise Refused("malformed", f"no byte of the request came for {BODY_SILENCE_S:g} s") from None
        if message["type"] == "http.disconnect":
            raise Gone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > BODY_MAX:
            raise Refused("too-large", f"a request may have {BODY_MAX} bytes")
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _stream(reply: Reply, receive: Receive, send: Send) -> None:
    """Pass chunks on as they come. When the caller goes away, the provider's connection is closed at once."""
    assert reply.stream is not None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        reply.close(gone=True)

    watcher = asyncio.create_task(watch())
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": _encoded(reply.headers)})
        async for chunk in reply.stream.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        watcher.cancel()
        reply.close(gone=gone)


async def _refuse(send: Send, wire: Wire, refused: Refused) -> None:
    headers = [("content-type", "application/json"), ("x-minga-refused", refused.reason)]
    if refused.retry_after_s is not None:
        headers.append(("retry-after", str(max(1, round(refused.retry_after_s)))))
    await _answer(send, refusals.STATUS[refused.reason], headers, refusals.body(wire, refused))


async def _answer(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    encoded = [*_encoded(headers), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
