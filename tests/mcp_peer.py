"""A client of Minga's MCP server in the same process: over lines like `minga mcp`'s, over HTTP as in `minga serve`."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minga.bootstrap import Minga
from minga.domain.model_calls import KeyId, Scope, VirtualKey
from minga.domain.model_calls import Refused as RefusedCall
from minga.domain.tax_documents import Language
from minga.entrypoints.cli.words import load
from minga.entrypoints.mcp.consent import Consents
from minga.entrypoints.mcp.conversation import Conversation
from minga.entrypoints.mcp.offered import offered
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.prompts import Prompts
from minga.entrypoints.mcp.protocol import CAPABILITIES_KEY, CLIENT_KEY, MODERN, VERSION_KEY
from minga.entrypoints.mcp.resources import Resources
from minga.entrypoints.mcp.server import Server
from minga.entrypoints.mcp.tool import Tool
from minga.entrypoints.mcp.web import Web
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.standard_streams import StreamsEnded
from minga.settings import Settings, read

Json = dict[str, Any]

FORMS = {"elicitation": {"form": {}}}
"""The capabilities of a client that puts questions to its user."""


def server(
    settings: Settings | None = None,
    cwd: Path | None = None,
    tools: Sequence[Tool] | None = None,
    minga: Minga | None = None,
    language: Language = "en",
) -> Server:
    """``minga``: one that the test closes; else it is built at the first use, and closed with `close`."""
    opened = None if minga is None else lambda: minga
    place = Place(settings or read({}), SystemClock(), language, cwd, opened, say=load(language))
    chosen = offered(here=cwd is not None) if tools is None else tools
    return Server(place, chosen, "1.2.3", Resources(place), Prompts(place), Consents(place, b"the same in all workers"))


def modern(params: Json | None = None, capabilities: Mapping[str, Any] | None = None, **meta: Any) -> Json:
    """``params`` with what a request of the newest version says of its caller."""
    said = {VERSION_KEY: MODERN, CAPABILITIES_KEY: dict(capabilities or {}), CLIENT_KEY: {"name": "t", "version": "1"}}
    return {**(params or {}), "_meta": {**said, **meta}}


class Pipe:
    """Lines without a process; ``write_limit``: bytes that the client takes before it reads no more."""

    def __init__(self, write_limit: int | None = None) -> None:
        self.incoming: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Json] = asyncio.Queue()
        self.room = asyncio.Event()
        self.room.set()
        self.is_closed = False

    async def read_line(self) -> bytes:
        line = await self.incoming.get()
        if isinstance(line, Exception):
            raise line
        return line

    async def write(self, data: bytes) -> None:
        await self.room.wait()
        if self.is_closed:
            raise StreamsEnded
        assert data.endswith(b"\n")
        assert data.count(b"\n") == 1, "one message a line"
        self.outgoing.put_nowait(json.loads(data))


@dataclass
class Peer:
    """``heard``: what came that answers no call, in order."""

    pipe: Pipe
    heard: list[Json] = field(default_factory=list)
    answers: dict[Any, Json] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def send(self, message: Json | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.pipe.incoming.put_nowait(line)

    def ask(self, method: str, params: Json | None = None) -> int:
        number = next(self.numbers)
        self.send({"id": number, "method": method, "params": params or {}})
        return number

    async def answer(self, number: Any, within_s: float = 30) -> Json:
        """The answer to a request, whatever comes before it."""
        while number not in self.answers:
            await self._next(within_s)
        return self.answers.pop(number)

    async def next_heard(self, within_s: float = 30) -> Json:
        """What the server sends of its own accord, or says of what was no request."""
        while not self.heard:
            await self._next(within_s)
        return self.heard.pop(0)

    async def call(self, method: str, params: Json | None = None) -> Json:
        return await self.answer(self.ask(method, params))

    async def result(self, method: str, params: Json | None = None) -> Json:
        answer = await self.call(method, params)
        assert "result" in answer, answer
        result: Json = answer["result"]
        return result

    async def tool(self, name: str, **arguments: Any) -> Json:
        return await self.result("tools/call", {"name": name, "arguments": arguments})

    async def begin(self, version: str = "2025-11-25", capabilities: Json | None = None) -> Json:
        client = {"name": "test", "version": "1"}
        params = {"protocolVersion": version, "capabilities": capabilities or {}, "clientInfo": client}
        result = await self.result("initialize", params)
        self.send({"method": "notifications/initialized"})
        return result

    async def _next(self, within_s: float) -> None:
        message = await asyncio.wait_for(self.pipe.outgoing.get(), within_s)
        assert message["jsonrpc"] == "2.0"
        if "method" not in message and message["id"] is not None:
            self.answers[message["id"]] = message
        else:
            self.heard.append(message)


@asynccontextmanager
async def talking(to: Server) -> AsyncIterator[Peer]:
    """The conversation must have ended when the client has gone."""
    pipe = Pipe()
    running = asyncio.create_task(Conversation(to, pipe).run())
    try:
        yield Peer(pipe)
    finally:
        pipe.is_closed = True
        pipe.room.set()
        pipe.incoming.put_nowait(StreamsEnded())
        await asyncio.wait_for(running, 30)
        await to.place.close()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    def events(self) -> list[Json]:
        lines = self.body.decode().splitlines()
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


KEYS: dict[str, tuple[Scope, ...]] = {
    "good": ("models", "tools"),
    "plain": ("models",),
    "partner": ("tasks",),
    "busy": ("tools",),
    "admin": ("tools", "admin"),
}
"""Keys by their text, and what each may do."""


def web(to: Server) -> Web:
    return Web(lambda: to, admit, counted, elsewhere)


@asynccontextmanager
async def counted(key: VirtualKey) -> AsyncIterator[None]:
    """One key has made all the requests that it may."""
    if key.name == "busy":
        raise RefusedCall("rate-limit", "1 requests a minute are allowed to the key 'busy'", 12.3)
    yield


async def admit(shown: str) -> VirtualKey:
    if shown not in KEYS:
        raise RefusedCall("wrong-key", "no such key")
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return VirtualKey(KeyId("1"), shown, "ana", "", "", (), made, None, None, None, None, None, "month", KEYS[shown])


async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"elsewhere"})


@dataclass
class Http:
    """Calls ``application`` as an ASGI server does."""

    application: Web
    key: str = "good"

    async def post(
        self,
        body: Json | bytes,
        *,
        method: str = "POST",
        path: str = "/mcp",
        gone: asyncio.Event | None = None,
        pieces: Sequence[Any] = (),
        **headers: str,
    ) -> Answer:
        """``gone``: set when the client goes away. ``pieces``: messages of ASGI in the place of the body."""
        given = {"accept": "application/json, text/event-stream", "host": "127.0.0.1:8080"}
        given |= {"authorization": f"Bearer {self.key}"} if self.key else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = body if isinstance(body, bytes) else json.dumps({"jsonrpc": "2.0", **body}).encode()
        waiting = list(pieces) or [{"type": "http.request", "body": sent, "more_body": False}]
        answer = Answer(0, {}, b"")

        async def receive() -> Any:
            if waiting:
                return waiting.pop(0)
            await (gone.wait() if gone else asyncio.Event().wait())
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            answer.body += message.get("body", b"")

        named = [(name.encode(), value.encode()) for name, value in given.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": named}
        await asyncio.wait_for(self.application(scope, receive, send), 60)
        return answer

    async def call(self, method: str, params: Json | None = None, /, **headers: str) -> Answer:
        """A request of the newest version, with the headers that it needs."""
        given = params or {}
        needed = {"mcp_protocol_version": MODERN, "mcp_method": method}
        if (name := given.get("name", given.get("uri"))) is not None:
            needed["mcp_name"] = str(name)
        whole = given if "_meta" in given else modern(given)
        return await self.post({"id": 1, "method": method, "params": whole}, **{**needed, **headers})
