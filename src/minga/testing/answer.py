"""Plays the steps of one turn onto one HTTP connection, as a stream or as one document."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence

from aiohttp import web

from minga.testing.script import CutStream, Drip, Endless, Fail, Garbage, Say, Slow, Step, Think, Tokens
from minga.testing.tools import Call
from minga.testing.wire import WireFormat, Writer

SAY_CHARACTERS = 24
"""Size of the pieces in which `Say` streams its text, so that a client sees several deltas."""

WHOLE_CHARACTERS_MAX = 4_000_000
"""Length of an `Endless` answer without a limit where the request wants no stream."""
ERROR_APART_S = 0.05
"""Pause before an error in a stream: google/genai only sees one that arrives in a packet of its own."""
NOT_SPOKEN = (Fail, Garbage, Slow, Tokens)
"""Steps that as the first of a turn do not begin a well-formed answer."""


class Answer:
    """One answer on its way out. ``status`` is the HTTP status sent so far; ``complete``: nothing is left to send."""

    def __init__(self, http: web.Request, wire: WireFormat, writer: Writer, *, stream: bool) -> None:
        self.status: int | None = None
        self.complete = False
        self._http = http
        self._wire = wire
        self._writer = writer
        self._stream = stream
        self._tokens = Tokens()
        self._response: web.StreamResponse | None = None

    async def play(self, steps: Sequence[Step | Call]) -> web.StreamResponse:
        """Play all steps and end the answer.

        Raises:
            ConnectionError: the client went away.
        """
        for step in steps:
            if not isinstance(step, NOT_SPOKEN):
                await self._open()
            ended = await self._step(step)
            if ended is not None:
                return ended
        if self._stream:
            await self._open()
            await self._send(self._writer.closing(self._tokens))
            return await self._end()
        return self._whole(json.dumps(self._writer.document(self._tokens)).encode(), {})

    async def _step(self, step: Step | Call) -> web.StreamResponse | None:
        """Play one step. A response means that the answer ends with it."""
        match step:
            case Slow(seconds=seconds):
                await asyncio.sleep(seconds)
            case Tokens():
                self._tokens = step
            case Think(text=text):
                await self._send(self._writer.thought(text))
            case Say(text=text):
                await self._texts(_sliced(text), 0)
            case Drip(pieces=pieces, pause_s=pause_s):
                await self._texts(pieces, pause_s)
            case Endless():
                await self._endless(step)
            case Call():
                await self._send(self._writer.call(step))
            case Fail():
                return await self._fail(step)
            case CutStream():
                return await self._cut(step)
            case Garbage(data=data):
                return await self._garbage(data)
        return None

    async def _texts(self, pieces: Sequence[str], pause_s: float) -> None:
        for piece in pieces:
            await self._send(self._writer.text(piece))
            if pause_s:
                await asyncio.sleep(pause_s)

    async def _endless(self, step: Endless) -> None:
        sent = 0
        limit = step.characters
        if limit is None and not self._stream:
            limit = WHOLE_CHARACTERS_MAX
        while limit is None or sent < limit:
            piece = step.piece if limit is None else step.piece[: limit - sent]
            await self._send(self._writer.text(piece))
            sent += len(piece)
            await asyncio.sleep(step.pause_s)

    async def _fail(self, fail: Fail) -> web.StreamResponse:
        if self._response is not None:
            await asyncio.sleep(ERROR_APART_S)
            await self._send(self._writer.failure(fail))
            return await self._end()
        refusal = self._wire.refuse(fail, time.time())
        return self._whole(json.dumps(refusal.body).encode(), refusal.headers, refusal.status)

    async def _cut(self, step: CutStream) -> web.StreamResponse:
        await self._texts(_sliced(step.after_text), 0)
        if step.clean:
            return await self._end() if self._stream else self._whole(b'{"id":', {})
        response = self._response
        if response is None:
            response = await self._begin("application/json", length=1_000_000)
            await response.write(b'{"id":')
        if self._http.transport is not None:
            self._http.transport.close()
        return response

    async def _garbage(self, data: bytes) -> web.StreamResponse:
        if self._stream:
            response = self._response or await self._begin("text/event-stream")
            await response.write(data)
            return await self._end()
        return self._whole(data, {})

    async def _open(self) -> None:
        if self._stream and self._response is None:
            await self._begin("text/event-stream")
            await self._send(self._writer.opening())

    async def _send(self, data: bytes) -> None:
        if self._response is not None and data:
            await self._response.write(data)

    async def _begin(self, content_type: str, length: int | None = None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"cache-control": "no-cache"})
        response.content_type = content_type
        if length is not None:
            response.content_length = length
        await response.prepare(self._http)
        self._response, self.status = response, 200
        return response

    async def _end(self) -> web.StreamResponse:
        if self._response is None:
            self._response = await self._begin("text/event-stream")
        self.complete = True
        await self._response.write_eof()
        return self._response

    def _whole(self, data: bytes, headers: Mapping[str, str], status: int = 200) -> web.Response:
        self.status = status
        return web.Response(body=data, status=status, headers=headers, content_type="application/json")


def _sliced(text: str) -> list[str]:
    return [text[at : at + SAY_CHARACTERS] for at in range(0, len(text), SAY_CHARACTERS)]
