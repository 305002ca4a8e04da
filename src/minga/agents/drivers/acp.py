"""The Agent Client Protocol, version 1, spoken by Gemini CLI, Copilot CLI, OpenCode, Qwen Code and others.

Source: agentclientprotocol.com, schema v1. Minga offers the agent no file system and no terminal: an agent that needs
them uses its own, after asking for permission.

Options read here: ``mcp`` says how MCP servers reach the agent: ``session`` (the default) in ``session/new``, or
``argument`` as a configuration file named after the argument ``mcp_argument``. ``model_option`` is the id of the
session's configuration option that chooses the model, for agents without an argument for it. ``model_pattern`` is a
regular expression whose group is the model's name, for agents that name their models in a way of their own.
"""

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from minga.agents.drivers.acp_failures import AUTH_REQUIRED, Classifier
from minga.agents.drivers.acp_records import is_spoiled_by_load, open_record, save_from_load, seconds_before_load
from minga.agents.drivers.acp_turn import Session, Turn
from minga.agents.drivers.acp_usage import Meter
from minga.agents.drivers.first_start import alone_at_first
from minga.agents.facts import Facts
from minga.agents.login import how_to_log_in_for
from minga.domain.agents import Broker, Conversation, Launch, Prompt
from minga.domain.events import Event, Failed, NativeSession, Notice
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import NativeId
from minga.domain.task import McpServer
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.jsonlines import Json, JsonLines
from minga.infrastructure.jsonrpc import Connection, Request, RpcError, connect
from minga.infrastructure.process import ProcessEnded, start
from minga.infrastructure.scratch import scratch_folder
from minga.infrastructure.watchdog import Watchdog

PROTOCOL_VERSION = 1
QUIET_S = 0.3
"""Silence after which the replay of a loaded session is over: Gemini CLI goes on with it after its reply."""
REPLAY_S_MAX = 10.0


class AcpDriver:
    """Drives any agent that speaks ACP over standard input and output; its facts say what it does in its own way."""

    def __init__(self, watchdog: Watchdog, facts: Facts) -> None:
        self._watchdog = watchdog
        self._facts = facts

    @asynccontextmanager
    async def open(self, launch: Launch, broker: Broker) -> AsyncIterator[Conversation]:
        """Start the agent and its session. Raises FileNotFoundError or PermissionError where it cannot be started, and
        what ended the process; a session that it refuses to open is told as `Failed` by the first prompt."""
        save_from_load(self._facts, launch)
        with _mcp_arguments(self._facts, launch) as arguments:
            async with (
                alone_at_first(launch, self._facts) as is_over,
                start(
                    (*launch.command, *arguments),
                    cwd=launch.cwd,
                    environment=launch.environment,
                    mark=launch.attempt_id,
                    watchdog=self._watchdog,
                    on_stderr=launch.on_stderr,
                ) as process,
                connect(JsonLines(process)) as connection,
            ):
                conversation = await AcpConversation.begin(connection, launch, self._facts, broker)
                is_over()
                yield conversation


class AcpConversation:
    """A running agent with one session, or with the failure to open it."""

    def __init__(self, session: Session | Failure, model: str, takes_images: bool, spoils: str = "") -> None:
        """``spoils``: the name of a CLI that will remove the file of this session because it is resumed."""
        self._session = session
        self._model = model
        self._takes_images = takes_images
        self._spoils = spoils
        self._turn: Turn | None = None

    @classmethod
    async def begin(cls, connection: Connection, launch: Launch, facts: Facts, broker: Broker) -> "AcpConversation":
        clock = SystemClock()
        classifier = Classifier(facts, clock, how_to_log_in_for(launch, facts))
        opened: Json = {}
        spoiled = is_spoiled_by_load(facts, launch)
        try:
            async with asyncio.timeout(facts.limits.start_s):
                abilities = await _initialize(connection)
                opened = await _open_session(connection, launch, facts, abilities)
                await _choose_model(connection, launch, facts, opened)
        except TimeoutError:
            text = f"The agent opened no session within {facts.limits.start_s:g} s."
            return cls(Failure(FailureCode.CRASHED, text), "", False)
        except RpcError as refusal:
            if launch.resume and not opened and refusal.code != AUTH_REQUIRED:
                text = f"The agent does not know its session {launch.resume!r}: {refusal.text} {refusal.data or ''}"
                return cls(Failure(FailureCode.SESSION_UNKNOWN, text), "", False)
            return cls(classifier.of_error(refusal), "", False)
        except ProcessEnded as end:
            failure = classifier.recognise(end.stderr)
            if failure is None:
                raise
            return cls(failure, "", False)
        model = launch.model or _plain_name(facts, _model(opened))
        usage = facts.options.get("usage", "turn")
        session = Session(
            id=str(opened["sessionId"]),
            connection=connection,
            launch=launch,
            facts=facts,
            broker=broker,
            meter=Meter(facts.options.get("usage_fallback", "turn") if usage == "record" else usage, model),
            record=open_record(facts, launch, str(opened["sessionId"]), clock),
            classifier=classifier,
            clock=clock,
        )
        return cls(
            session,
            model,
            bool((abilities.get("promptCapabilities") or {}).get("image")),
            spoils=facts.title if spoiled else "",
        )

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        if isinstance(self._session, Failure):
            yield Failed(self._session)
            return
        yield NativeSession(NativeId(self._session.id), self._model)
        if self._spoils:
            yield Notice(
                f"{self._spoils} itself will remove its file of this session at a later start, as of every one that it"
                " resumes; Minga keeps the conversation and writes it anew then, without the model's reasoning"
            )
            self._spoils = ""
        blocks: list[Json] = [{"type": "text", "text": prompt.text}]
        if prompt.images and not self._takes_images:
            yield Notice("The agent takes no images; they were left out.")
        elif prompt.images:
            blocks += [_image(image.path, image.media_type) for image in prompt.images]
        self._turn = Turn(self._session)
        try:
            async for event in self._turn.run(blocks):
                yield event
        finally:
            self._turn = None

    async def cancel(self) -> None:
        if self._turn is None or isinstance(self._session, Failure):
            return
        self._turn.cancelled.set()
        with contextlib.suppress(ProcessEnded):
            await self._session.connection.notify("session/cancel", {"sessionId": self._session.id})


async def _initialize(connection: Connection) -> Json:
    """Introduce ourselves; the agent's capabilities."""
    hello = await _ask(
        connection,
        "initialize",
        {
            "protocolVersion": PROTOCOL_VERSION,
            "clientCapabilities": {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False},
            "clientInfo": {"name": "minga", "version": "1"},
        },
    )
    return hello.get("agentCapabilities") or {}


async def _open_session(connection: Connection, launch: Launch, facts: Facts, abilities: Json) -> Json:
    """A new session, or the one to go on with. The answer always has ``sessionId``."""
    by_session = facts.options.get("mcp", "session") == "session"
    servers = [_mcp_server(server) for server in launch.mcp_servers] if by_session else []
    params: Json = {"cwd": str(launch.cwd), "mcpServers": servers}
    if launch.resume is None:
        return await _ask(connection, "session/new", params)
    params["sessionId"] = launch.resume
    if "resume" in (abilities.get("sessionCapabilities") or {}):
        return {**await _ask(connection, "session/resume", params), "sessionId": launch.resume}
    await asyncio.sleep(seconds_before_load(facts, launch, launch.resume, SystemClock()))
    answer = await _ask(connection, "session/load", params)
    await _drop_replay(connection)
    return {**answer, "sessionId": launch.resume}


async def _choose_model(connection: Connection, launch: Launch, facts: Facts, opened: Json) -> None:
    option = facts.options.get("model_option")
    if option and launch.model and not launch.uses_endpoint and launch.model != _model(opened):
        choice = {"sessionId": opened["sessionId"], "configId": option, "value": launch.model}
        await _ask(connection, "session/set_config_option", choice)


async def _ask(connection: Connection, method: str, params: Json) -> Json:
    """Call while nothing else is expected: what the agent asks meanwhile is refused, what it tells is dropped."""
    call = asyncio.create_task(connection.call(method, params))
    refuser = asyncio.create_task(_refuse_all(connection))
    try:
        await asyncio.wait({call, refuser}, return_when=asyncio.FIRST_COMPLETED)
        return await call or {}
    finally:
        for task in (call, refuser):
            task.cancel()
        await asyncio.gather(call, refuser, return_exceptions=True)


async def _refuse_all(connection: Connection) -> None:
    while True:
        incoming = await connection.incoming()
        if isinstance(incoming, Request):
            await connection.refuse(incoming, "no prompt is running")


async def _drop_replay(connection: Connection) -> None:
    """Drop the updates by which a loaded session is shown again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REPLAY_S_MAX):
            while True:
                async with asyncio.timeout(QUIET_S):
                    await connection.incoming()


def _model(opened: Json) -> str:
    """The model that the session uses, as the agent names it, or empty."""
    current = (opened.get("models") or {}).get("currentModelId")
    choices = (option for option in opened.get("configOptions") or () if option.get("category") == "model")
    return str(current or next((choice.get("currentValue") for choice in choices), "") or "")


def _plain_name(facts: Facts, model: str) -> str:
    found = re.search(facts.options.get("model_pattern", "(.*)"), model, re.DOTALL)
    return found[1] if found else model


def _image(path: Path, media_type: str) -> Json:
    return {"type": "image", "mimeType": media_type, "data": base64.b64encode(path.read_bytes()).decode("ascii")}


def _mcp_server(server: McpServer) -> dict[str, Any]:
    return {
        "name": server.name,
        "command": server.command,
        "args": list(server.arguments),
        "env": [{"name": name, "value": value} for name, value in server.environment],
    }


@contextmanager
def _mcp_arguments(facts: Facts, launch: Launch) -> Iterator[tuple[str, ...]]:
    """The arguments that name the MCP servers of the run, and the file behind them; a file, because command lines can
    be read by every user of the machine and the servers' variables may be secret."""
    if facts.options.get("mcp", "session") != "argument" or not launch.mcp_servers:
        yield ()
        return
    servers = {
        server.name: {
            "type": "local",
            "command": server.command,
            "args": list(server.arguments),
            "env": dict(server.environment),
            "tools": ["*"],
        }
        for server in launch.mcp_servers
    }
    with scratch_folder("mcp") as folder:
        file = folder / "mcp.json"
        file.touch(0o600)
        file.write_bytes(msgspec.json.encode({"mcpServers": servers}))
        yield (facts.options["mcp_argument"], f"@{file}")
