"""Drives Claude Code over its stream-json input and output and the control protocol of its Agent SDK.

Source of the control protocol: types.py and _internal/query.py of github.com/anthropics/claude-agent-sdk-python (August
2026), proven with Claude Code 2.1.330. ``system/init`` comes only after the first prompt, so the session counts as open
when the CLI has answered ``initialize``.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import msgspec

from minga.agents.drivers.stream_json_messages import Translator
from minga.agents.facts import Facts
from minga.domain.agents import Broker, Launch, Prompt
from minga.domain.events import Event, Failed, Finished, PermissionAnswered, PermissionRequested
from minga.domain.task import Image, McpServer
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.jsonlines import Json, JsonLines
from minga.infrastructure.process import Process, ProcessEnded, start
from minga.infrastructure.scratch import scratch_folder
from minga.infrastructure.watchdog import Watchdog

_INITIALIZE = "minga-initialize"


class ToolQuestion(msgspec.Struct, frozen=True):
    """May this tool be used with this input?"""

    subtype: Literal["can_use_tool"]
    tool_name: str
    input: dict[str, Any]
    tool_use_id: str = ""


class StreamJsonDriver:
    """The driver for Claude Code."""

    def __init__(self, watchdog: Watchdog, facts: Facts) -> None:
        self._watchdog = watchdog
        self._facts = facts

    @asynccontextmanager
    async def open(self, launch: Launch, broker: Broker) -> AsyncIterator["StreamJsonConversation"]:
        """Start the CLI and shake hands.

        Raises ProcessEnded, OutputExceeded, OSError (also TimeoutError after the start limit of the facts). A session
        that cannot be resumed is no error here: the first prompt fails.
        """
        with _mcp_arguments(launch) as mcp_arguments:
            resume = ("--resume", launch.resume) if launch.resume else ()
            async with start(
                (*launch.command, *mcp_arguments, *resume),
                cwd=launch.cwd,
                environment=launch.environment,
                mark=launch.attempt_id,
                watchdog=self._watchdog,
                on_stderr=launch.on_stderr,
            ) as process:
                translator = Translator(launch, self._facts, SystemClock())
                conversation = StreamJsonConversation(JsonLines(process), translator, broker)
                async with asyncio.timeout(self._facts.limits.start_s):
                    await conversation.initialize()
                yield conversation


class StreamJsonConversation:
    """One process, several prompts. See `minga.domain.agents.Conversation`."""

    def __init__(self, lines: JsonLines[Process], translator: Translator, broker: Broker) -> None:
        self._lines = lines
        self._translator = translator
        self._broker = broker
        self._cancelled = asyncio.Event()
        self._requests = 0
        self._refusal: Json | None = None

    async def initialize(self) -> None:
        """Wait until the CLI takes requests. A CLI that does not know the session to resume says so with a ``result``
        instead, and ends."""
        await self._lines.send(_request(_INITIALIZE, {"subtype": "initialize", "hooks": None}))
        while True:
            message = await self._lines.receive()
            if message.get("type") == "result":
                self._refusal = message
                return
            if message.get("type") == "control_response" and _answers(message, _INITIALIZE):
                return
            if message.get("type") == "control_request":
                await self._refuse(message)

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        """Raises ProcessEnded, OutputExceeded; OSError if an image cannot be read."""
        self._translator.begin()
        self._cancelled.clear()
        if self._refusal is not None:
            for event in self._translator.events(self._refusal):
                yield event
            return
        said = await _user_message(prompt)
        with contextlib.suppress(ProcessEnded):  # its last words are read below, and then its end is raised
            await self._lines.send(said)
        while True:
            message = await self._lines.receive()
            if message.get("type") == "control_request":
                async for answered in self._answer(message):
                    yield answered
                continue
            for event in self._translator.events(message):
                yield event
                if isinstance(event, Finished | Failed):
                    return

    async def cancel(self) -> None:
        self._cancelled.set()
        self._requests += 1
        with contextlib.suppress(ProcessEnded):
            await self._lines.send(_request(f"minga-{self._requests}", {"subtype": "interrupt"}))

    async def _answer(self, message: Json) -> AsyncIterator[Event]:
        """Answer a control request; questions about tools go to the broker, all others are refused."""
        try:
            question = msgspec.convert(message.get("request"), ToolQuestion)
        except msgspec.ValidationError:
            await self._refuse(message)
            return
        request_id = str(message.get("request_id"))
        request = self._translator.request(request_id, question.tool_name, question.input, question.tool_use_id)
        yield request
        answer = await self._decide(request)
        if answer.allowed:
            decision: Json = {"behavior": "allow", "updatedInput": question.input}
        else:
            decision = {"behavior": "deny", "message": f"Permission refused: {answer.reason or 'no reason given'}"}
        await self._lines.send(_response({"subtype": "success", "request_id": request_id, "response": decision}))
        yield answer

    async def _decide(self, request: PermissionRequested) -> PermissionAnswered:
        """The broker's answer, unless the prompt is cancelled or the CLI dies while it is thought over."""
        deciding = asyncio.ensure_future(self._broker.decide(request))
        cancelling = asyncio.ensure_future(self._cancelled.wait())
        ending = asyncio.ensure_future(self._lines.process.wait())
        try:
            await asyncio.wait((deciding, cancelling, ending), return_when=asyncio.FIRST_COMPLETED)
            if deciding.done():
                return deciding.result()
            if ending.done():
                raise await self._lines.process.ended()
            return PermissionAnswered(request.request_id, False, "person", "the prompt was cancelled")
        finally:
            for waiting in (deciding, cancelling, ending):
                waiting.cancel()

    async def _refuse(self, message: Json) -> None:
        """Every request is answered: one without an answer would hold up the CLI for ever."""
        request = message.get("request")
        subtype = request.get("subtype") if isinstance(request, dict) else None
        error = f"Unsupported control request: {subtype}"
        await self._lines.send(_response({"subtype": "error", "request_id": message.get("request_id"), "error": error}))


def _request(request_id: str, request: Json) -> Json:
    return {"type": "control_request", "request_id": request_id, "request": request}


def _response(response: Json) -> Json:
    return {"type": "control_response", "response": response}


def _answers(message: Json, request_id: str) -> bool:
    response = message.get("response")
    return isinstance(response, dict) and response.get("request_id") == request_id


async def _user_message(prompt: Prompt) -> Json:
    pictures = [await asyncio.to_thread(_picture, image) for image in prompt.images]
    content = [*pictures, {"type": "text", "text": prompt.text}]
    return {"type": "user", "message": {"role": "user", "content": content}}


def _picture(image: Image) -> Json:
    data = base64.b64encode(image.path.read_bytes()).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": data}}


@contextmanager
def _mcp_arguments(launch: Launch) -> Iterator[tuple[str, ...]]:
    """The arguments that name the MCP servers of the run. They stand in a file, not on the command line, which every
    user of the machine can read. With a home of Minga's own they are the only servers."""
    strict = ("--strict-mcp-config",) if launch.home else ()
    if not launch.mcp_servers:
        yield strict
        return
    with scratch_folder("mcp") as folder:
        file = folder / "mcp.json"
        file.write_text(json.dumps({"mcpServers": {server.name: _server(server) for server in launch.mcp_servers}}))
        yield ("--mcp-config", str(file), *strict)


def _server(server: McpServer) -> Json:
    return {
        "type": "stdio",
        "command": server.command,
        "args": list(server.arguments),
        "env": dict(server.environment),
        "alwaysLoad": True,  # else the first request does not wait for it
    }
