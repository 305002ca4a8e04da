"""The scripted model server: HTTP on 127.0.0.1, in a thread of its own."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from minga.testing.answer import Answer
from minga.testing.anthropic import ANTHROPIC
from minga.testing.chat import CHAT
from minga.testing.conversation import Json, ModelRequest
from minga.testing.embeddings import embedded
from minga.testing.gemini import GEMINI
from minga.testing.models import model_list
from minga.testing.play import Play
from minga.testing.responses import RESPONSES
from minga.testing.script import Fail, Script, Wire
from minga.testing.wire import WireFormat

FORMATS: Mapping[Wire, WireFormat] = {
    "responses": RESPONSES,
    "chat": CHAT,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
}
BODY_BYTES_MAX = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One HTTP request that the server got.

    ``wire`` and ``model_request`` are None where the request asks for no answer of a model. ``headers`` have lower-case
    names. ``answered_by`` says which turn answered (``turn 0``, ``rule 1 turn 0``, ``default``), ``status`` with which
    HTTP status. ``aborted``: the client went away before its answer was complete. ``finished``: the answer is over.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    at: datetime
    wire: Wire | None = None
    model_request: ModelRequest | None = None
    answered_by: str = ""
    status: int | None = None
    aborted: bool = False
    finished: bool = False


class ScriptedServer:
    """A model server that follows a script. Use as a context manager, in synchronous or asynchronous code.

    ``script`` may be replaced at any time; that starts the new script from its first turn. An exception inside the
    server thread is answered with status 500 by aiohttp and printed by its logger.
    """

    def __init__(
        self, script: Script | None = None, port: int = 0, on_answered: Callable[[Received], None] | None = None
    ) -> None:
        """``port`` 0 takes a free one. ``on_answered`` is called in the server's thread after each answer."""
        self._play = Play(script or Script())
        self._port = port
        self._on_answered = on_answered
        self._lock = threading.Lock()
        self._received: dict[int, Received] = {}
        self._count = itertools.count()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: OSError | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted-server", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """The root, without ``/v1``: for Claude Code and Gemini CLI as it is, for the others with ``/v1``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def script(self) -> Script:
        return self._play.script

    @script.setter
    def script(self, script: Script) -> None:
        with self._lock:
            self._play = Play(script)

    @property
    def requests(self) -> tuple[Received, ...]:
        """All requests so far, oldest first; a snapshot."""
        with self._lock:
            return tuple(self._received.values())

    @property
    def conversation(self) -> tuple[ModelRequest, ...]:
        """The model requests that are no side calls, oldest first."""
        asked = (received.model_request for received in self.requests)
        return tuple(request for request in asked if request is not None and not request.is_side_call)

    def forget(self) -> None:
        """Drop the recorded requests and start the script again."""
        with self._lock:
            self._received.clear()
            self._play = Play(self._play.script)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self._port)
            await site.start()
            self._port = runner.addresses[0][1]
            self._ready.set()
            await self._stop.wait()
        except OSError as error:
            self._failure = error
            self._ready.set()
        finally:
            await runner.cleanup()

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        body = _parsed(await http.read())
        headers = {name.lower(): value for name, value in http.headers.items()}
        received = Received(http.method, http.path_qs, headers, body or {}, datetime.now(UTC), _wire(http))
        number = next(self._count)
        if received.wire is None:
            return self._closed(number, received, _plain(http, received.body))
        if body is None:
            return self._closed(number, received, _unreadable(FORMATS[received.wire]))
        return await self._act(http, number, received, FORMATS[received.wire])

    async def _act(self, http: web.Request, number: int, received: Received, wire: WireFormat) -> web.StreamResponse:
        asked = wire.read(http.path, received.body)
        with self._lock:
            cue = self._play.answer(asked)
            received = replace(received, model_request=asked, answered_by=cue.source)
            self._received[number] = received
        answer = Answer(http, wire, wire.write(asked, number), stream=asked.stream)
        try:
            response = await answer.play(cue.steps)
        except (ConnectionError, asyncio.CancelledError):
            self._close(number, replace(received, status=answer.status, aborted=not answer.complete))
            raise
        self._close(number, replace(received, status=answer.status))
        return response

    def _closed(self, number: int, received: Received, answer: web.Response) -> web.Response:
        with self._lock:
            self._received[number] = received
        self._close(number, replace(received, status=answer.status))
        return answer

    def _close(self, number: int, received: Received) -> None:
        finished = replace(received, finished=True)
        with self._lock:
            if number in self._received:
                self._received[number] = finished
        if self._on_answered is not None:
            self._on_answered(finished)


def _parsed(data: bytes) -> Json | None:
    """The body as an object, None where it is something else."""
    try:
        value = json.loads(data or b"{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _unreadable(wire: WireFormat) -> web.Response:
    message = "We could not parse the JSON body of your request."
    refusal = wire.refuse(Fail(400, message=message, error_type=wire.bad_request), time.time())
    return web.json_response(refusal.body, status=400)


def _wire(http: web.Request) -> Wire | None:
    if http.method != "POST":
        return None
    path = http.path.rstrip("/")
    if path.endswith("/responses"):
        return "responses"
    if path.endswith("/chat/completions"):
        return "chat"
    if path.endswith("/messages"):
        return "anthropic"
    if path.endswith((":generateContent", ":streamGenerateContent")):
        return "gemini"
    return None


def _plain(http: web.Request, body: Json) -> web.Response:
    """Everything that no conversation is: embeddings, counts, model lists, the root."""
    path = http.path.rstrip("/")
    if http.method == "POST" and (vectors := embedded(path, body)) is not None:
        return web.json_response(vectors)
    if path.endswith("/messages/count_tokens"):
        return web.json_response({"input_tokens": 100})
    if path.endswith(":countTokens"):
        return web.json_response({"totalTokens": 100})
    if http.method in ("GET", "HEAD") and "/models" in path:
        return web.json_response(model_list(path, for_anthropic="anthropic-version" in http.headers))
    if http.method in ("GET", "HEAD") and path in ("", "/api/hello"):  # Claude Code asks the second
        return web.json_response({"scripted": True})
    refusal = CHAT.refuse(Fail(404, message=f"No such path: {path}", error_type="not_found"), time.time())
    return web.json_response(refusal.body, status=404)
