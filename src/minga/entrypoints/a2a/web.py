"""The card and the endpoint, in front of an application that gets the rest."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import msgspec
from a2a.server.context import ServerCallContext
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import Task
from starlette.applications import Starlette
from starlette.authentication import SimpleUser

from minga.domain.model_calls import Refused, VirtualKey
from minga.entrypoints.a2a.card import card
from minga.entrypoints.a2a.executor import Ask, Executor, Shown
from minga.infrastructure.asgi import (
    BODY_LIMIT_S,
    Asgi,
    Gone,
    Receive,
    Scope,
    Send,
    TooLong,
    TooSlow,
    bearer,
    whole_body,
)

Counted: TypeAlias = Callable[[VirtualKey], AbstractAsyncContextManager[None]]

PATH = "/a2a"

CARD = "/.well-known/agent-card.json"

BODY_MAX = 4_000_000

TASKS_MAX = 10_000
"""Tasks whose state can be asked for; then the oldest is forgotten. Their sessions stay in the store."""


_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


class A2a:
    """``admit`` knows the keys; those with the scope ``tasks`` may give some. ``url`` is this server's where a caller
    does not name it. ``counted`` lets a request of a key begin, or raises Refused, as the key's limits say. Anybody may
    read the card."""

    def __init__(
        self,
        ask: Ask,
        url: str,
        version: str,
        admit: Callable[[str], Awaitable[VirtualKey]],
        counted: Counted,
        otherwise: Asgi,
    ) -> None:
        handler = DefaultRequestHandler(Executor(ask), _Tasks(), card(f"{url}{PATH}", version))
        self._inner: Asgi = Starlette(routes=create_jsonrpc_routes(handler, PATH))
        self._url = url
        self._version = version
        self._admit = admit
        self._counted = counted
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path not in (PATH, CARD):
            await self._otherwise(scope, receive, send)
        elif path == CARD:
            described = card(f"{self._url_for(scope)}{PATH}", self._version)
            shown: Asgi = Starlette(routes=create_agent_card_routes(described, card_url=CARD))
            await shown(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)

    def _url_for(self, scope: Scope) -> str:
        """As the caller reaches this server: it may listen on all addresses, or stand behind a proxy."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        return f"{scope['scheme']}://{host}" if _HOST.fullmatch(host) else self._url

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            key = await self._admit(bearer(headers))
        except Refused as refused:
            await _refuse(send, 401, refused.message)
            return
        if "tasks" not in key.scopes:
            await _refuse(
                send, 403, f"the key {key.name!r} has not the scope tasks: minga virtual-keys add NAME --tasks"
            )
            return
        if "origin" in headers:
            await _refuse(send, 403, "requests of web pages are not taken")
            return
        asks = {**scope, "user": SimpleUser(key.id), "auth": Shown(key)}
        try:
            async with self._counted(key):
                body = await whole_body(receive, BODY_MAX)
                await self._inner(asks, _given(body, receive), send)
        except TooLong:
            await _refuse(send, 413, f"a request may have {BODY_MAX} bytes")
        except TooSlow:
            await _refuse(send, 408, f"the request was not whole within {BODY_LIMIT_S:g} s")
        except Gone:
            return
        except Refused as refused:
            await _refuse(send, 429, refused.message)


class _Tasks(InMemoryTaskStore):
    """The SDK's, with an end."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: OrderedDict[str, ServerCallContext] = OrderedDict()

    async def save(self, task: Task, context: ServerCallContext) -> None:
        await super().save(task, context)
        self._kept[task.id] = context
        if len(self._kept) > TASKS_MAX:
            await self.delete(*self._kept.popitem(last=False))


def _given(body: bytes, receive: Receive) -> Receive:
    """``receive`` of an application, for a body that has been read."""
    waiting = [body]

    async def give() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": waiting.pop()} if waiting else await receive()

    return give


async def _refuse(send: Send, status: int, says: str) -> None:
    body = msgspec.json.encode({"error": says})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"www-authenticate", b'Bearer realm="minga"')] if status == 401 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
