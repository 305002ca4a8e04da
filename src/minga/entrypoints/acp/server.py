"""Reads what the client sends, answers ``initialize`` at once, and gives the rest to the agent."""

import asyncio
import sys
import traceback
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from importlib.metadata import version
from typing import Any, Protocol

from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.acp.refusals import REQUEST_CANCELLED
from minga.entrypoints.acp.wire import CancelRequest, Initialize, OneSession, read
from minga.infrastructure.jsonlines import Json, JsonLines
from minga.infrastructure.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    Connection,
    Incoming,
    Notification,
    Refused,
    Request,
    connect,
)
from minga.infrastructure.standard_streams import LINE_BYTES_MAX, LineTooLong, StandardStreams, StreamsEnded

PROTOCOL_VERSION = 1

REQUESTS_MAX = 256
"""At work at once; more are refused. A client has one prompt a session."""

ID_MAX = 2**63 - 1

ENDING_S = 10.0
"""For running turns, once the client is gone, to end in order; then they are broken off."""


class Agent(Protocol):
    """What `agent.Agent` is to the server, which answers before that can be imported."""

    async def answer(self, method: str, params: Any) -> Json:
        """Raises Refused."""
        ...

    def cancel(self, session_id: str) -> None: ...

    def stop(self, *, client_is_gone: bool) -> None:
        """End every running turn."""
        ...


OpenAgent = Callable[[Peer], AbstractAsyncContextManager[Agent]]


class Lines:
    """The lines of the client; one that is too long is told and passed over."""

    def __init__(self, streams: StandardStreams) -> None:
        self._streams = streams
        self.write = streams.write

    async def read_line(self) -> bytes:
        while True:
            try:
                return await self._streams.read_line()
            except LineTooLong:
                print(f"minga acp: a message of more than {LINE_BYTES_MAX} bytes was passed over", file=sys.stderr)


async def serve(streams: StandardStreams, open_agent: OpenAgent, ended: asyncio.Event) -> None:
    """Serve the client until it closes its end or ``ended`` is set; every turn has ended then."""
    async with connect(JsonLines(Lines(streams))) as connection:
        await _Server(connection, open_agent, ended).run()


class _Server:
    def __init__(self, connection: Connection, open_agent: OpenAgent, ended: asyncio.Event) -> None:
        self._connection = connection
        self._open_agent = open_agent
        self._ended = ended
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[Agent] | None = None
        self._at_work: dict[int | str, tuple[Request, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        async with self._stack:
            ended = asyncio.create_task(self._ended.wait())
            while True:
                coming = asyncio.create_task(self._connection.incoming())
                await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done() or coming.exception():
                    break
                await self._take(coming.result())
            coming.cancel()
            ended.cancel()
            await self._end()

    async def _take(self, incoming: Incoming) -> None:
        if not isinstance(incoming, Request):
            with suppress(Refused):  # nobody waits for the answer to a notification
                self._hear(incoming)
        elif (why := self._unfit(incoming)) is not None:
            await self._refuse(incoming, Refused(INVALID_REQUEST, why))
        elif incoming.method == "initialize":
            await self._answer(incoming, _greet(incoming.params))
            self._agent()
        else:
            self._at_work[incoming.id] = incoming, asyncio.create_task(self._work(incoming))

    def _hear(self, told: Notification) -> None:
        if told.method == "session/cancel":
            self._cancel(read(told.params, OneSession, told.method).session_id)
        elif told.method == "$/cancel_request":
            request, task = self._at_work.get(read(told.params, CancelRequest, told.method).request_id or "", _NONE)
            if request and request.method == "session/prompt":  # it ends as a turn does, with all that it has said
                self._cancel(read(request.params, OneSession, request.method).session_id)
            elif task:
                task.cancel()

    def _cancel(self, session_id: str) -> None:
        if (agent := self._opened()) is not None:
            agent.cancel(session_id)

    def _unfit(self, request: Request) -> str | None:
        if isinstance(request.id, bool) or not isinstance(request.id, int | str):
            return "the id of a request is a whole number or a text"
        if isinstance(request.id, int) and abs(request.id) > ID_MAX:
            return f"the id of a request is at most {ID_MAX}"
        if request.id in self._at_work:
            return f"a request with the id {request.id!r} is at work"
        return f"{REQUESTS_MAX} requests are at work; wait" if len(self._at_work) >= REQUESTS_MAX else None

    async def _work(self, request: Request) -> None:
        try:
            await self._answer(request, self._ask(request))
        finally:
            del self._at_work[request.id]

    async def _ask(self, request: Request) -> Json:
        agent = await asyncio.shield(self._agent())
        return await agent.answer(request.method, request.params)

    async def _answer(self, request: Request, answering: Coroutine[Any, Any, Json]) -> None:
        """Every request is answered, whatever happens to it."""
        try:
            result = await answering
        except Refused as refused:
            await self._refuse(request, refused)
        except asyncio.CancelledError:
            await self._refuse(request, Refused(REQUEST_CANCELLED, "the request was cancelled"))
        except Exception as wrong:  # noqa: BLE001 - the client must not wait for ever; what is wrong stands in its log
            traceback.print_exc()
            await self._refuse(request, Refused(INTERNAL_ERROR, f"{type(wrong).__name__}: {wrong}"))
        else:
            with suppress(StreamsEnded):
                await self._connection.reply(request, result)

    async def _refuse(self, request: Request, refused: Refused) -> None:
        with suppress(StreamsEnded, OverflowError):  # of an id that is too large, which cannot be written
            await self._connection.refuse(request, refused.message, refused.code, refused.data)

    def _agent(self) -> "asyncio.Task[Agent]":
        """The agent, opened for whoever asks first."""
        if self._opening is None:
            self._opening = asyncio.create_task(
                self._stack.enter_async_context(self._open_agent(Peer(self._connection)))
            )
        return self._opening

    def _opened(self) -> Agent | None:
        opening = self._opening
        return opening.result() if opening and opening.done() and not opening.exception() else None

    async def _end(self) -> None:
        """Stop what runs and wait for it; what does not end by then is broken off."""
        if (agent := self._opened()) is not None:
            agent.stop(client_is_gone=not self._ended.is_set())
        tasks = {task for _, task in self._at_work.values()}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=ENDING_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._opening:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)


_NONE = (None, None)


async def _greet(params: Any) -> Json:
    """We speak one version; a client that speaks another learns it here, and goes away."""
    read(params, Initialize, "initialize")
    return {
        "protocolVersion": PROTOCOL_VERSION,
        "agentInfo": {"name": "minga", "title": "Minga", "version": version("minga")},
        "agentCapabilities": {
            "loadSession": True,
            "promptCapabilities": {"image": True, "audio": False, "embeddedContext": True},
            "mcpCapabilities": {"http": False, "sse": False},
            "sessionCapabilities": {"list": {}, "resume": {}, "close": {}},
        },
        "authMethods": [],
    }
