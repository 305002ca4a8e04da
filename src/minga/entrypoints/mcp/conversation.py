"""A conversation over lines: requests run side by side, each ends, and nothing that the peer does ends the others."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from minga.domain.saying import Say
from minga.entrypoints.mcp.consent import elicitation
from minga.entrypoints.mcp.protocol import BUSY, Client, Json, client_of, id_of, is_modern, token_of
from minga.entrypoints.mcp.server import Server
from minga.infrastructure.jsonlines import Lines, read_object
from minga.infrastructure.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, Refused
from minga.infrastructure.standard_streams import LineTooLong, StreamsEnded

AT_ONCE_MAX = 16
"""Tools that work side by side; further calls wait for one to end."""

WAITING_MAX = 256
"""Requests that are taken in, those at work among them; more are refused until some have ended."""

HELD_BYTES_MAX = 64_000_000
"""Of the requests that are taken in; one alone may be longer."""

ASK_WAIT_S = 120.0
"""For a person's answer, where the setting says nothing else."""

END_S = 15.0
"""For what still runs when the peer has gone: an agent has 3 s to end its turn, and the turn's end is written down."""


class Conversation:
    """Use `run` once. ``lines`` are those of one client."""

    def __init__(self, server: Server, lines: Lines) -> None:
        self._server = server
        self._say = server.place.say
        self._lines = lines
        self._client: Client | None = None
        self._running: dict[int | str, asyncio.Task[None]] = {}
        self.room = asyncio.Semaphore(AT_ONCE_MAX)
        self._gone = asyncio.Event()
        self._held = 0
        self._asked: dict[str, asyncio.Future[Json]] = {}
        self._numbers = itertools.count(1)

    async def run(self, ended: asyncio.Event | None = None) -> None:
        """Until the peer closes one of its ends, or ``ended`` is set; every turn has ended then."""
        reading = asyncio.create_task(self._read())
        endings = [asyncio.create_task(one.wait()) for one in (self._gone, ended or asyncio.Event())]
        try:
            await asyncio.wait({reading, *endings}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
        finally:
            for one in (reading, *endings):
                one.cancel()
            await self._end()

    async def _read(self) -> None:
        with contextlib.suppress(StreamsEnded):
            while True:
                try:
                    line = await self._lines.read_line()
                except LineTooLong:
                    await self._refuse(None, Refused(INVALID_REQUEST, self._say("the message is too long")))
                    continue
                if line.strip():
                    await self._take(line)

    async def _end(self) -> None:
        left = list(self._running.values())
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=END_S)

    async def _take(self, line: bytes) -> None:
        message = read_object(line)
        if message is None:
            await self._refuse(None, _unread(line, self._say))
            return
        number, method, params = id_of(message.get("id")), message.get("method"), message.get("params", {})
        if not isinstance(method, str):
            await self._take_answer(message)
        elif "id" not in message:
            self._hear(method, params)
        elif number is None or not isinstance(params, dict):
            wrong = Refused(INVALID_REQUEST, self._say("id must be a string or a number, params an object"))
            await self._refuse(number, wrong)
        elif number in self._running:
            used = self._say("the id {number!r} is in use by a running request", number=number)
            await self._refuse(number, Refused(INVALID_REQUEST, used))
        elif method == "initialize" and not is_modern(params):
            await self._begin(number, params)
        elif self._running and (len(self._running) >= WAITING_MAX or self._held + len(line) > HELD_BYTES_MAX):
            await self._refuse(number, Refused(BUSY, self._say("too many requests at once; wait for some to end")))
        else:
            task = asyncio.create_task(self._answer(number, method, params))
            self._running[number] = task
            self._held += len(line)
            task.add_done_callback(lambda _: self._done(number, len(line)))

    def _done(self, number: int | str, size: int) -> None:
        del self._running[number]
        self._held -= size

    async def _begin(self, number: int | str, params: Json) -> None:
        try:
            self._client, result = self._server.begin(params)
        except Refused as wrong:
            await self._refuse(number, wrong)
        else:
            await self._send({"id": number, "result": result})

    async def _answer(self, number: int | str, method: str, params: Json) -> None:
        try:
            introduces = is_modern(params) or method == "server/discover"
            client = client_of(params, self._say) if introduces else self._introduced()
            caller = _Caller(self, client, token_of(params))
            result = await self._server.answer(method, params, caller)
            await self._send({"id": number, "result": result})
        except Refused as wrong:
            await self._refuse(number, wrong)
        except StreamsEnded:
            self._gone.set()
        except Exception as wrong:  # noqa: BLE001 - one request that fails must not end the others
            await self._refuse(number, Refused(INTERNAL_ERROR, f"{type(wrong).__name__}: {wrong}"))

    def _introduced(self) -> Client:
        """Whoever asks for a list before it introduced itself gets one: some do, and nothing is lost by it."""
        return self._client or Client("2025-03-26")

    def _hear(self, method: str, params: Any) -> None:
        if method == "notifications/cancelled" and isinstance(params, dict):
            number = params.get("requestId")
            task = self._running.get(number) if isinstance(number, int | str) else None
            if task is not None:
                task.cancel()

    async def _take_answer(self, message: Json) -> None:
        """Of a question that we put, or of nothing."""
        waiting = self._asked.pop(str(message.get("id")), None)
        if waiting is None or waiting.done():
            if "id" not in message or not ("result" in message or "error" in message):
                await self._refuse(None, Refused(INVALID_REQUEST, self._say("neither a request nor an answer")))
            return
        result = message.get("result")
        waiting.set_result(result if isinstance(result, dict) else {})

    async def ask(self, method: str, params: Json) -> Json:
        """Ask the client; an error of its, or none in time, is an empty answer."""
        number = f"minga-{next(self._numbers)}"
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        try:
            await self._send({"id": number, "method": method, "params": params})
            async with asyncio.timeout(self._server.place.settings.number("ask_wait_s", ASK_WAIT_S)):
                return await waiting
        except TimeoutError:
            return {}
        finally:
            self._asked.pop(number, None)

    async def notify(self, method: str, params: Json) -> None:
        await self._send({"method": method, "params": params})

    async def _refuse(self, number: int | str | None, wrong: Refused) -> None:
        with contextlib.suppress(StreamsEnded):
            await self._send({"id": number, "error": wrong.wire()})

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._lines.write(msgspec.json.encode({"jsonrpc": "2.0", **message}) + b"\n")


@dataclass(frozen=True, slots=True)
class _Caller:
    conversation: Conversation
    client: Client
    token: int | str | None

    @property
    def room(self) -> asyncio.Semaphore:
        return self.conversation.room

    async def told(self, done: float, total: float | None, says: str) -> None:
        if self.token is None:
            return
        params = {"progressToken": self.token, "progress": done, "message": says}
        params = params if total is None else {**params, "total": total}
        with contextlib.suppress(StreamsEnded):  # the end of its input ends the call
            await self.conversation.notify("notifications/progress", params)

    async def accepts(self, question: str) -> bool | None:
        if self.client.is_modern:
            return None
        answer = await self.conversation.ask("elicitation/create", elicitation(question))
        return answer.get("action") == "accept"


def _unread(line: bytes, say: Say) -> Refused:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError) as wrong:
        return Refused(PARSE_ERROR, say("no JSON: {wrong}", wrong=say.told(str(wrong))))
    return Refused(INVALID_REQUEST, say("one JSON object a line is expected; batches are not taken"))
