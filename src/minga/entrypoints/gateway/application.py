"""The gateway as an ASGI application (asgi.readthedocs.io, HTTP 2.3)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache, partial
from typing import Any, TypeAlias

from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.gateway.body import ANSWER, GONE, WHOLE, Gone, read_body
from minga.entrypoints.gateway.heads import Head, read_head
from minga.entrypoints.gateway.paths import WrongMethod, call_of, form_of, key_of, wire_of
from minga.entrypoints.gateway.rules import BODY_RULES, BodyRules
from minga.pipeline.cached_call import CachedGateway
from minga.pipeline.model_call import Reply
from minga.providers import refusals

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADS_MAX = 128
"""Heads that are remembered. One may have 64 kB."""

_LENGTH = b"content-length"
"""Differs from request to request, and is for nobody but the reader of the body."""

ALIVE = {"/", "/healthz", "/api/hello"}
"""Asked by load balancers; the last, and the root, by Claude Code."""


class Application:
    """``gateway`` answers every call; all of the state is its own, but for how many requests are ``in_flight``."""

    def __init__(
        self,
        gateway: CachedGateway,
        rules: BodyRules = BODY_RULES,
        refused: Callable[[Refused], None] = lambda refused: None,
    ) -> None:
        """``refused`` is told of each call that the gateway itself says no to."""
        self._gateway = gateway
        self._rules = rules
        self._refused = refused
        self.in_flight = 0
        self._read = lru_cache(HEADS_MAX)(partial(_read, gateway.agents))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.in_flight += 1
        try:
            await self._take(scope, receive, send)
        finally:
            self.in_flight -= 1

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD") and path in ALIVE:
            await _answer(send, 200, [("content-type", "application/json")], b'{"status":"ok"}')
            return
        head: Head | None = None
        try:
            raw = tuple([one for one in scope["headers"] if one[0] != _LENGTH])
            head, shown = self._read(method, path, scope["query_string"], raw)
            await self._call(head, shown, scope, receive, send)
        except Refused as refused:
            self._refused(refused)
            await _refuse(send, head.wire if head else form_of(path), refused)
        except Gone:
            return

    async def _call(
        self,
        head: Head,
        shown: str,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        key = await self._gateway.keys.admit(shown)  # before the body: a stranger uploads nothing
        whole = scope.get("extensions", {}).get(WHOLE, lambda: None)
        length = 0
        for name, value in scope["headers"]:
            if name == _LENGTH:
                length = int(value)
        encoding = head.given.get("content-encoding", "identity")
        body = await read_body(receive, encoding, length, self._rules, whole)
        call = call_of(head, body, (scope.get("client") or ("",))[0])
        reply = await self._gateway.answer(call, key)
        if reply.stream is None:
            whole_body = reply.body or b""
            answer = scope.get("extensions", {}).get(ANSWER)
            if answer is None or not answer(reply.status, reply.headers, whole_body):
                await _answer(send, reply.status, reply.headers, whole_body)
            return
        await _stream(reply, scope, receive, send)


def _read(
    agents: Mapping[str, str], method: str, path: str, query: bytes, raw: tuple[tuple[bytes, bytes], ...]
) -> tuple[Head, str]:
    """A head, and the key that it shows. Raises Refused, which is not remembered."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
    given, asked = dict(headers), query.decode("latin-1")
    return read_head(wire_of(method, path, given), method, path, asked, headers, agents), key_of(given, asked)


async def _stream(reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    """Pass chunks on as they come. When the caller goes away, the provider's connection is closed at once."""
    assert reply.stream is not None
    leave = partial(reply.close, gone=True)
    watcher: asyncio.Task[None] | None = None
    if when_gone := scope.get("extensions", {}).get(GONE):
        when_gone(leave)
    else:
        watcher = asyncio.create_task(_watch(receive, leave))
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": _encoded(reply.headers)})
        async for chunk in reply.stream.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        if watcher is not None:
            watcher.cancel()
        reply.close(gone=False)  # of several times the first counts


async def _watch(receive: Receive, leave: Callable[[], None]) -> None:
    """Until the caller goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    leave()


async def _refuse(send: Send, wire: Wire, refused: Refused) -> None:
    headers = [("content-type", "application/json"), ("x-minga-refused", refused.reason)]
    if isinstance(refused, WrongMethod):
        headers.append(("allow", refused.allow))
    if refused.retry_after_s is not None:
        headers.append(("retry-after", str(max(1, round(refused.retry_after_s)))))
    await _answer(send, refusals.STATUS[refused.reason], headers, refusals.body(wire, refused))


async def _answer(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    encoded = [*_encoded(headers), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
