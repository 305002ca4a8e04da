"""The server over HTTP (streamable HTTP, one request a POST): ``/mcp`` in front of an application that gets the rest.

Nothing is kept between requests, so any worker answers any of them; older clients get no session id, and need none.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
"""

import asyncio
import base64
import binascii
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import msgspec

from minga.domain.model_calls import Refused as RefusedCall
from minga.domain.model_calls import VirtualKey
from minga.domain.saying import Say
from minga.entrypoints.mcp.protocol import (
    HANDSHAKES,
    HEADER_MISMATCH,
    MISSING_CAPABILITY,
    MODERN,
    UNSUPPORTED_VERSION,
    Client,
    Json,
    client_of,
    id_of,
    is_modern,
    token_of,
    unsupported,
)
from minga.entrypoints.mcp.server import Server
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
from minga.infrastructure.jsonlines import read_object
from minga.infrastructure.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, Refused

Counted: TypeAlias = Callable[[VirtualKey], contextlib.AbstractAsyncContextManager[None]]

PATH = "/mcp"

BODY_MAX = 16_000_000

AT_ONCE_MAX = 16
"""Tools that work side by side, of all clients; further calls wait for one to end."""

QUIET_S = 5.0
"""An answer that takes longer, or tells how far it is, comes as a stream of events, where the client takes one."""

PING_S = 15.0
"""Between signs of life of a stream: proxies close what is silent."""

STATUS: Mapping[int, int] = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
"""Of JSON-RPC errors of the newest version; others, and those of earlier versions, have 200."""

_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods whose parameter stands in a header too, so that proxies can read it."""

_HERE = ("localhost", "127.0.0.1", "::1")


class Halted(Exception):
    """The request is answered without its body's being looked at."""

    def __init__(self, status: int, says: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.says = says
        self.headers = dict(headers or {})
        super().__init__(says)


class Web:
    """``admit`` knows the keys; those with the scope ``tools`` may come in. ``counted`` lets a request of one begin, or
    raises Refused, as the key's limits say. ``server`` is made at the first request."""

    def __init__(
        self,
        server: Callable[[], Server],
        admit: Callable[[str], Awaitable[VirtualKey]],
        counted: Counted,
        otherwise: Asgi,
    ) -> None:
        self._make = server
        self._server: Server | None = None
        self._admit = admit
        self._counted = counted
        self._otherwise = otherwise
        self._room = asyncio.Semaphore(AT_ONCE_MAX)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"] == PATH:
            return self._take(scope, receive, send)
        return self._otherwise(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1").strip() for name, value in scope["headers"]}
        try:
            key = await self._let_in(scope["method"], headers)
            async with self._counted(key):
                body = await whole_body(receive, BODY_MAX)
                message = read_object(body)
                server = self._server = self._server or self._make()
                if message is None:
                    code = INVALID_REQUEST if _is_json(body) else PARSE_ERROR
                    raise Refused(code, server.place.say("one JSON-RPC object is expected"))
                await _serve(server.asked_by(key), message, headers, self._room, receive, send)
        except RefusedCall as refused:
            retry = {"retry-after": str(math.ceil(refused.retry_after_s))} if refused.retry_after_s else {}
            await _answer(send, 429, msgspec.json.encode({"error": refused.message}), retry)
        except Halted as halted:
            await _answer(send, halted.status, msgspec.json.encode({"error": halted.says}), halted.headers)
        except Refused as wrong:
            await _reply(send, {"id": None, "error": wrong.wire()}, STATUS.get(wrong.code, 400))
        except TooLong:
            await _answer(send, 413, msgspec.json.encode({"error": f"a request may have {BODY_MAX} bytes"}), {})
        except TooSlow:
            says = f"the request was not whole within {BODY_LIMIT_S:g} s"
            await _answer(send, 408, msgspec.json.encode({"error": says}), {})
        except Gone:
            return

    async def _let_in(self, method: str, headers: Mapping[str, str]) -> VirtualKey:
        """Raises Halted: pages of other sites (DNS rebinding), strangers, keys without the scope."""
        origin = headers.get("origin")
        if origin is not None and not _is_here(origin, headers.get("host", "")):
            raise Halted(403, "requests of web pages are not taken")
        try:
            key = await self._admit(bearer(headers))
        except RefusedCall as refused:
            raise Halted(401, refused.message, {"www-authenticate": 'Bearer realm="minga"'}) from refused
        if "tools" not in key.scopes:
            told = {"www-authenticate": 'Bearer error="insufficient_scope", scope="tools"'}
            raise Halted(
                403, f"the key {key.name!r} has not the scope tools: minga virtual-keys add NAME --tools", told
            )
        if method != "POST":
            raise Halted(405, "only POST is done here", {"allow": "POST"})
        return key


async def _serve(
    server: Server, message: Json, headers: Mapping[str, str], room: asyncio.Semaphore, receive: Receive, send: Send
) -> None:
    say = server.place.say
    number, method, params = message.get("id"), message.get("method"), message.get("params", {})
    if "id" not in message:
        await _answer(send, 202, b"", {})
        return
    if not isinstance(method, str) or id_of(number) is None or not isinstance(params, dict):
        raise Refused(INVALID_REQUEST, say("a request has a method, an id (string or number) and params (an object)"))
    modern = is_modern(params) or headers.get("mcp-protocol-version") == MODERN
    if method == "initialize" and not modern:
        await _reply(send, await _result(number, _begun(server, params)))
        return
    try:
        client = _agreed(method, params, headers, say) if modern else _earlier(headers, say)
    except Refused as wrong:
        await _reply(send, {"id": number, "error": wrong.wire()}, STATUS.get(wrong.code, 400))
        return
    takes_events = "text/event-stream" in headers.get("accept", "")
    caller = _Caller(client, token_of(params) if takes_events else None, room)
    work = asyncio.create_task(_result(number, server.answer(method, params, caller)))
    await _wait(work, caller, receive, send, takes_events=takes_events)


@dataclass(frozen=True, slots=True)
class _Caller:
    """``token`` None: it hears of no progress, so that ``events`` stay empty."""

    client: Client
    token: int | str | None
    room: asyncio.Semaphore
    events: "asyncio.Queue[Json]" = field(default_factory=asyncio.Queue)

    async def told(self, done: float, total: float | None, says: str) -> None:
        if self.token is None:
            return
        params = {"progressToken": self.token, "progress": done, "message": says}
        params = params if total is None else {**params, "total": total}
        self.events.put_nowait({"method": "notifications/progress", "params": params})

    async def accepts(self, question: str) -> bool | None:
        """There is no way back to the client but its next request."""
        return None


async def _wait(
    work: "asyncio.Task[Json]", caller: _Caller, receive: Receive, send: Send, *, takes_events: bool
) -> None:
    """Send the result, and what is told meanwhile. A client that goes away ends the work."""
    leaving = asyncio.create_task(_left(receive))
    heard = asyncio.create_task(caller.events.get())
    began = False
    try:
        while not work.done():
            limit = PING_S if began else QUIET_S
            await asyncio.wait({work, leaving, heard}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise Gone
            if not takes_events or (work.done() and not heard.done()):
                continue
            if not began:
                await _begin_events(send)
                began = True
            if heard.done():
                await _event(send, heard.result())
                while not caller.events.empty():
                    await _event(send, caller.events.get_nowait())
                heard = asyncio.create_task(caller.events.get())
            else:
                await send({"type": "http.response.body", "body": b": still at work\n\n", "more_body": True})
        result = work.result()
        if not began:
            code = result.get("error", {}).get("code", 0)
            await _reply(send, result, STATUS.get(code, 200) if caller.client.is_modern else 200)
            return
        await _event(send, result)
        await send({"type": "http.response.body", "body": b""})
    finally:
        for task in (work, leaving, heard):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({work})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _result(number: Any, work: Awaitable[Json]) -> Json:
    try:
        return {"id": number, "result": await work}
    except Refused as wrong:
        return {"id": number, "error": wrong.wire()}
    except Exception as wrong:  # noqa: BLE001 - the client gets an answer that its program can read
        return {"id": number, "error": Refused(INTERNAL_ERROR, f"{type(wrong).__name__}: {wrong}").wire()}


async def _begun(server: Server, params: Json) -> Json:
    return server.begin(params)[1]


def _earlier(headers: Mapping[str, str], say: Say) -> Client:
    """A client of the versions with a handshake: what it can do was said in another request, and is not kept."""
    version = headers.get("mcp-protocol-version", "2025-03-26")
    if version not in HANDSHAKES:
        raise unsupported(version, say)
    return Client(version)


def _agreed(method: str, params: Json, headers: Mapping[str, str], say: Say) -> Client:
    """A client whose headers say what its request says. Raises Refused."""
    meta = params.get("_meta")
    said = meta.get("io.modelcontextprotocol/protocolVersion") if isinstance(meta, dict) else None
    if said is not None and headers.get("mcp-protocol-version") != said:
        raise _differ("mcp-protocol-version", say)
    if said is not None and headers.get("mcp-method") != method:
        raise _differ("mcp-method", say)
    named = params.get(_NAMED.get(method, ""))
    if said is not None and named is not None and _unwrapped(headers.get("mcp-name", "")) != named:
        raise _differ("mcp-name", say)
    return client_of(params, say)


def _differ(header: str, say: Say) -> Refused:
    return Refused(HEADER_MISMATCH, say("the header {header} and the request differ", header=header))


def _unwrapped(value: str) -> str | None:
    """What is no plain text comes as ``=?base64?…?=``."""
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[9:-2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _is_here(origin: str, host: str) -> bool:
    """Whether a page of this very server asks, under a name that only this machine has."""
    try:
        asked, shown = urlsplit(origin), urlsplit(f"//{host}")
        return asked.hostname in _HERE and (asked.hostname, asked.port) == (shown.hostname, shown.port)
    except ValueError:
        return False


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


async def _reply(send: Send, message: Json, status: int = 200) -> None:
    await _answer(send, status, msgspec.json.encode({"jsonrpc": "2.0", **message}), {})


async def _answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    sent = {"content-length": str(len(body)), **({"content-type": "application/json"} if body else {}), **headers}
    encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _begin_events(send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache, no-transform")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _event(send: Send, message: Json) -> None:
    data = msgspec.json.encode({"jsonrpc": "2.0", **message})
    await send({"type": "http.response.body", "body": b"event: message\ndata: " + data + b"\n\n", "more_body": True})
