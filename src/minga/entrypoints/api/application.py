"""The API as an ASGI application, in front of another one that gets what is not the API's."""

import traceback
from collections.abc import Awaitable
from functools import cache
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec

from minga.domain.errors import MingaError
from minga.domain.model_calls import Refused, VirtualKey
from minga.entrypoints.api.document import document
from minga.entrypoints.api.operations import OPERATIONS, ROOT, Operation
from minga.entrypoints.api.page import page
from minga.entrypoints.api.plane import Asked, Plane
from minga.entrypoints.api.problems import UNEXPECTED, Rejected, of_error, stranger
from minga.entrypoints.api.reading import read_body, read_query
from minga.entrypoints.api.records import Problem
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
from minga.telemetry.exposition import CONTENT_TYPE

BODY_MAX = 1024 * 1024

JSON = "application/json"


Answer: TypeAlias = tuple[int, dict[str, str], bytes]


class Api:
    """``otherwise`` gets every request that is not for the API."""

    def __init__(self, plane: Plane, otherwise: Asgi) -> None:
        self._plane = plane
        self._otherwise = otherwise

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """What is not the API's costs one call of a function."""
        path = scope.get("path", "")
        if scope["type"] == "http" and (path.startswith("/api/v") or path in _PAGES):
            return self._tell(scope, receive, send)
        return self._otherwise(scope, receive, send)

    async def _tell(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, headers, body = await self._answer(scope, receive)
        except Rejected as rejected:
            status, headers, body = _told(rejected.problem, rejected.headers)
        except MingaError as error:
            status, headers, body = _told(of_error(error), {})
        except Gone:
            return
        except Exception:  # noqa: BLE001 - a caller gets an answer that its program can read
            traceback.print_exc()
            status, headers, body = _told(UNEXPECTED, {})
        encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        encoded.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """Raises Rejected, Gone, errors under `MingaError`."""
        method, path = scope["method"], scope["path"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if path in _PAGES:
            _need(method, ("GET", "HEAD"))
            return await self._page(path, headers)
        operation, id = _found(method, scope)
        caller = await self._admit(headers)
        query = read_query(scope["query_string"].decode("latin-1"), operation.query)
        read = None
        if operation.body is not None:
            read = read_body(headers.get("content-type", ""), await _body(receive), operation.body)
        answer = await operation.run(self._plane, Asked(caller, id, query, read))
        return operation.status, _headers(JSON), msgspec.json.encode(answer)

    async def _page(self, path: str, headers: dict[str, str]) -> Answer:
        if path == "/openapi.json":
            return 200, _headers(JSON), _document()
        if path == "/docs":
            policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
            return 200, _headers("text/html; charset=utf-8") | policy, _docs()
        await self._admit(headers)
        return 200, _headers(CONTENT_TYPE), self._plane.metrics.text().encode()

    async def _admit(self, headers: dict[str, str]) -> VirtualKey:
        """Raises Rejected."""
        try:
            key = await self._plane.gateway.keys.admit(bearer(headers))
        except Refused as refused:
            raise stranger(refused) from refused
        if "admin" not in key.scopes:
            told = f"the key {key.name!r} has not the scope admin"
            raise Rejected(403, "forbidden-scope", told, "Use a key that was made with the scope admin.")
        return key


_PAGES = {"/metrics", "/openapi.json", "/docs"}


@cache
def _document() -> bytes:
    return msgspec.json.encode(document())


@cache
def _docs() -> bytes:
    return page(document()).encode()


def _found(method: str, scope: Scope) -> tuple[Operation, str]:
    """The operation, and the ``{id}`` of its path. Raises Rejected."""
    raw = scope.get("raw_path") or scope["path"].encode()
    parts = raw.partition(b"?")[0].split(b"/")
    at_path: dict[str, tuple[Operation, str]] = {}
    for one in OPERATIONS:
        wanted = f"{ROOT}{one.path}".split("/")
        if len(wanted) == len(parts) and all(
            word in ("{id}", part.decode("latin-1")) for word, part in zip(wanted, parts, strict=True)
        ):
            id = unquote_to_bytes(parts[-1]).decode("utf-8", "replace") if wanted[-1] == "{id}" else ""
            at_path[one.method] = one, id
    if not at_path:
        raise Rejected(404, "unknown-path", f"there is no {scope['path']!r} here", "/docs lists every operation.")
    _need(method, tuple(at_path))
    return at_path[method]


def _need(method: str, allowed: tuple[str, ...]) -> None:
    if method not in allowed:
        told = f"{method} is not done here"
        raise Rejected(405, "unknown-method", told, "/docs lists every operation.", {"allow": ", ".join(allowed)})


async def _body(receive: Receive) -> bytes:
    """Raises Rejected, Gone."""
    try:
        return await whole_body(receive, BODY_MAX)
    except TooLong:
        raise Rejected(413, "too-large", f"a request may have {BODY_MAX} bytes", "Send less.") from None
    except TooSlow:
        told = f"the request was not whole within {BODY_LIMIT_S:g} s"
        raise Rejected(400, "bad-body", told, "Send it again, without a pause.") from None


def _told(problem: Problem, headers: dict[str, str]) -> Answer:
    return problem.status, _headers("application/problem+json") | headers, msgspec.json.encode(problem)


def _headers(content_type: str) -> dict[str, str]:
    return {"content-type": content_type, "cache-control": "no-store", "x-content-type-options": "nosniff"}
