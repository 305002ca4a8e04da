"""JSON-RPC 2.0 over JSON lines, both ways: we call, the peer calls back (Codex app-server, ACP).

One task reads; replies wake their callers, everything else lands in one ordered inbox.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from minga.infrastructure.jsonlines import Json, JsonLines, Lines


class RpcError(Exception):
    """The peer answered a call with an error. ``data`` is whatever it added."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        self.code = code
        self.text = message
        self.data = data
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class Notification:
    method: str
    params: Json


@dataclass(frozen=True, slots=True)
class Request:
    """The peer asks; it waits until `Connection.reply` or `Connection.refuse` is called with this."""

    id: int | str
    method: str
    params: Json


Incoming = Notification | Request

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
"""https://www.jsonrpc.org/specification#error_object"""


class Refused(Exception):
    """A request of the peer gets this error. ``data`` as the protocol in use says."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        self.code = code
        self.message = message
        self.data = data
        super().__init__(message)

    def wire(self) -> Json:
        return {"code": self.code, "message": self.message} | ({} if self.data is None else {"data": self.data})


INBOX_LENGTH = 1000
"""From here on reading slows down, so that a flood of messages does not pile up faster than they are taken. It never
stops: a reply that is waited for may come behind them."""


class Connection:
    """One JSON-RPC peer. Use `connect`. ``inbox`` holds what the peer sent of its own accord, in order, and ends with
    the exception that ended the reading (`ProcessEnded`, `OutputExceeded`)."""

    def __init__(self, lines: JsonLines[Lines]) -> None:
        self.lines = lines
        self.inbox: asyncio.Queue[Incoming | Exception] = asyncio.Queue()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._ids = itertools.count(1)
        self._end: Exception | None = None

    async def call(self, method: str, params: Json) -> Any:
        """Call ``method`` and return its result. Raises RpcError, or what ended the process."""
        if self._end:
            raise self._end
        number = next(self._ids)
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        try:
            await self.lines.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            return await reply
        finally:
            del self._waiting[number]

    async def notify(self, method: str, params: Json | None = None) -> None:
        await self.lines.send({"jsonrpc": "2.0", "method": method, **({} if params is None else {"params": params})})

    async def reply(self, request: Request, result: Any) -> None:
        await self.lines.send({"jsonrpc": "2.0", "id": request.id, "result": result})

    async def refuse(
        self, request: Request, message: str, code: int = METHOD_NOT_FOUND, data: Json | None = None
    ) -> None:
        error = {"code": code, "message": message, **({} if data is None else {"data": data})}
        await self.lines.send({"jsonrpc": "2.0", "id": request.id, "error": error})

    async def incoming(self) -> Incoming:
        """Return the next thing the peer sent of its own accord. Raises what ended the process."""
        item = await self.inbox.get()
        if isinstance(item, Exception):
            self.inbox.put_nowait(item)
            raise item
        return item

    async def read(self) -> None:
        try:
            while True:
                self._take(await self.lines.receive())
                if self.inbox.qsize() > INBOX_LENGTH:
                    await asyncio.sleep(0.001)
        except Exception as end:  # noqa: BLE001 - whatever ends the reading must wake everyone who waits
            self._end = end
            for reply in self._waiting.values():
                if not reply.done():
                    reply.set_exception(end)
            self.inbox.put_nowait(end)

    def _take(self, message: Json) -> None:
        method = message.get("method")
        if isinstance(method, str):
            params = message.get("params") or {}
            self.inbox.put_nowait(
                Request(message["id"], method, params) if "id" in message else Notification(method, params)
            )
            return
        number = message.get("id")
        reply = self._waiting.get(number) if isinstance(number, int) else None
        if reply is None or reply.done():
            return
        if error := message.get("error"):
            reply.set_exception(_error(error))
        else:
            reply.set_result(message.get("result"))


def _error(given: Any) -> RpcError:
    """Of whatever shape: what a peer sends must not end the reading."""
    fields = given if isinstance(given, dict) else {"message": given}
    code = fields.get("code", 0)
    return RpcError(code if isinstance(code, int) else 0, str(fields.get("message", "")), fields.get("data"))


@asynccontextmanager
async def connect(lines: JsonLines[Lines]) -> AsyncIterator[Connection]:
    """Read from ``lines`` in the background until the block is left."""
    connection = Connection(lines)
    reader = asyncio.create_task(connection.read())
    try:
        yield connection
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
