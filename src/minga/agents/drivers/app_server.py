"""Drives `codex app-server`: JSON-RPC on standard input and output, one thread, a turn for each prompt.

Source of the shapes: the schemas that `codex app-server generate-json-schema --experimental` writes (0.169.0).
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from minga.agents.drivers.app_server_approvals import Approvals
from minga.agents.drivers.app_server_turn import Account, Reading, Turn
from minga.agents.facts import Facts
from minga.agents.login import how_to_log_in_for
from minga.domain.agents import Broker, Conversation, Launch, Prompt
from minga.domain.events import Event, Failed, Finished, NativeSession
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import NativeId
from minga.domain.task import McpServer, Permissions
from minga.infrastructure.jsonlines import Json, JsonLines
from minga.infrastructure.jsonrpc import Connection, Request, RpcError, connect
from minga.infrastructure.process import MARK, ProcessEnded, start
from minga.infrastructure.watchdog import Watchdog


class AppServerDriver:
    """The Codex driver.

    `open` raises only what ends a process or keeps it from starting (`ProcessEnded`, `OutputExceeded`, `OSError`).
    Whatever else keeps the session from opening (no login, an unknown thread to resume, an MCP server that does not
    start, no answer within ``facts.limits.start_s``) is the `Failed` that the first prompt yields.
    """

    def __init__(self, watchdog: Watchdog, facts: Facts) -> None:
        self._watchdog = watchdog
        self._facts = facts

    @asynccontextmanager
    async def open(self, launch: Launch, broker: Broker) -> AsyncIterator[Conversation]:
        async with (
            start(
                launch.command,
                cwd=launch.cwd,
                environment=launch.environment,
                mark=launch.attempt_id,
                watchdog=self._watchdog,
                on_stderr=launch.on_stderr,
            ) as process,
            connect(JsonLines(process)) as connection,
        ):
            yield await self._begin(connection, launch, broker)

    async def _begin(self, connection: Connection, launch: Launch, broker: Broker) -> Conversation:
        limit_s = self._facts.limits.start_s
        try:
            async with asyncio.timeout(limit_s):
                await _shake_hands(connection)
                if not launch.uses_endpoint and await _login_missing(connection):
                    remedy = f"Log in with `{how_to_log_in_for(launch, self._facts)}`."
                    return Unopened(Failure(FailureCode.NOT_LOGGED_IN, "Codex has no login.", remedy))
                thread = await self._open_thread(connection, launch)
        except TimeoutError:
            return Unopened(Failure(FailureCode.CRASHED, f"Codex did not open a session within {limit_s:g} s."))
        except RpcError as refused:
            return Unopened(_refusal(refused, launch))
        except (KeyError, TypeError) as wrong:
            return Unopened(_broken(wrong))
        thread_id, model = thread
        if launch.resume not in (None, thread_id):
            asked = launch.resume
            return Unopened(
                Failure(FailureCode.SESSION_UNKNOWN, f"Codex began a new session instead of resuming {asked!r}.")
            )
        reading = self._reading(launch, thread_id)
        return AppServerConversation(connection, reading, Account(model), broker)

    async def _open_thread(self, connection: Connection, launch: Launch) -> tuple[str, str]:
        """Return the id of the thread and the name of its model."""
        options = self._facts.options
        params: Json = msgspec.json.decode(options[f"thread_{launch.permissions.name.lower()}"])
        params["cwd"] = str(launch.cwd)
        if launch.model:
            params["model"] = launch.model
        if launch.mcp_servers:
            params["config"] = {
                "mcp_servers": {server.name: _mcp(server, launch) for server in launch.mcp_servers},
                # Otherwise GPT-6 models, the default among them, must write a program that looks for the tools.
                "features.code_mode.direct_only_tool_namespaces": [f"mcp__{one.name}" for one in launch.mcp_servers],
            }
        if launch.resume is None:
            opened = await connection.call("thread/start", params)
        else:
            opened = await connection.call("thread/resume", {**params, "threadId": launch.resume, "excludeTurns": True})
        return str(opened["thread"]["id"]), str(opened["model"])

    def _reading(self, launch: Launch, thread_id: str) -> Reading:
        options = self._facts.options
        login_remedy = f"Log in with `{how_to_log_in_for(launch, self._facts)}`."
        return Reading(
            thread_id=thread_id,
            cwd=launch.cwd,
            only_reads=launch.only_reads,
            tool_kinds=self._facts.tool_kinds,
            failures_max=int(options["failures_max"]),
            quiet=re.compile(options["quiet"]),
            login_remedy="Check the key of the model endpoint." if launch.uses_endpoint else login_remedy,
        )


class Unopened:
    """A conversation that could not begin: its only event is why."""

    def __init__(self, failure: Failure) -> None:
        self._failure = failure

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        yield Failed(self._failure)

    async def cancel(self) -> None:
        """Nothing runs."""


class AppServerConversation:
    """One open thread of a running app-server."""

    def __init__(self, connection: Connection, reading: Reading, account: Account, broker: Broker) -> None:
        self._connection = connection
        self._reading = reading
        self._account = account
        self._approvals = Approvals(connection, broker, reading)
        self._turn: Turn | None = None
        self._cancelled = False

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        yield NativeSession(NativeId(self._reading.thread_id), self._account.model)
        self._cancelled = False
        try:
            started = await self._connection.call(
                "turn/start", {"threadId": self._reading.thread_id, "input": _input(prompt)}
            )
            turn = Turn(str(started["turn"]["id"]), self._reading, self._account)
        except RpcError as refused:
            yield Failed(_untaken(refused))
            return
        except (KeyError, TypeError) as wrong:
            yield Failed(_broken(wrong))
            return
        self._turn = turn
        try:
            if self._cancelled:
                await self.cancel()
            async with contextlib.aclosing(self._follow(turn)) as events:
                async for event in events:
                    yield event
        finally:
            if not turn.ended:
                with contextlib.suppress(ProcessEnded):
                    await self.cancel()
            self._turn = None

    async def _follow(self, turn: Turn) -> AsyncGenerator[Event, None]:
        """Yield events until the turn's terminal one, answering what Codex asks on the way."""
        while True:
            incoming = await self._connection.incoming()
            try:
                if isinstance(incoming, Request):
                    events: tuple[Event, ...] = ()
                    question = self._approvals.question(incoming, turn.open_items)
                else:
                    events = tuple(turn.read(incoming.method, incoming.params))
            except (msgspec.ValidationError, KeyError, TypeError) as wrong:
                yield Failed(_broken(wrong))
                return
            if isinstance(incoming, Request):
                async for event in self._approvals.answer(incoming, question):
                    yield event
            for event in events:
                yield event
            if events and isinstance(events[-1], Finished | Failed):
                return

    async def cancel(self) -> None:
        """Interrupt the running turn; the answer to this call is not awaited."""
        self._cancelled = True
        if self._turn is not None:
            params = {"threadId": self._reading.thread_id, "turnId": self._turn.turn_id}
            call: Json = {"jsonrpc": "2.0", "id": "interrupt", "method": "turn/interrupt", "params": params}
            await self._connection.lines.send(call)


async def _shake_hands(connection: Connection) -> None:
    client = {"name": "minga", "title": "Minga", "version": "1"}
    capabilities = {"experimentalApi": True, "requestAttestation": False}
    await connection.call("initialize", {"clientInfo": client, "capabilities": capabilities})
    await connection.notify("initialized")


async def _login_missing(connection: Connection) -> bool:
    """Whether the model provider in use wants an OpenAI login and there is none."""
    state = await connection.call("account/read", {})
    return bool(state["requiresOpenaiAuth"]) and state["account"] is None


def _mcp(server: McpServer, launch: Launch) -> Json:
    """The server in Codex's words. ``required``: without it the first prompt goes out before the server is ready.
    The mark is given because Codex starts servers with a short environment of its own making."""
    return {
        "command": server.command,
        "args": list(server.arguments),
        "env": {**dict(server.environment), MARK: launch.attempt_id},
        "required": True,
        "default_tools_approval_mode": "approve" if launch.permissions is Permissions.ALL else "prompt",
    }


def _input(prompt: Prompt) -> list[Json]:
    images: list[Json] = [{"type": "localImage", "path": str(image.path.absolute())} for image in prompt.images]
    return [{"type": "text", "text": prompt.text, "text_elements": []}, *images]


def _refusal(refused: RpcError, launch: Launch) -> Failure:
    """Why the thread did not open. Codex gives one code (-32600) to every thread it cannot resume, whether there is no
    such thread, its id is no id, or (only the words tell) another process has it open."""
    if launch.resume is None or refused.code != -32600:
        remedy = "Check the command of the MCP server." if "MCP server" in refused.text else ""
        return Failure(FailureCode.UNCLASSIFIED, f"Codex did not open a session: {refused.text}", remedy)
    if "active writer" in refused.text:
        remedy = "End the other Codex process that has this session open."
        return Failure(FailureCode.UNCLASSIFIED, f"The session {launch.resume!r} is in use: {refused.text}", remedy)
    return Failure(FailureCode.SESSION_UNKNOWN, f"Codex does not know the session {launch.resume!r}: {refused.text}")


def _untaken(refused: RpcError) -> Failure:
    too_long = isinstance(refused.data, dict) and refused.data.get("input_error_code") == "input_too_large"
    code = FailureCode.CONTEXT_TOO_LONG if too_long else FailureCode.UNCLASSIFIED
    return Failure(code, f"Codex did not take the prompt: {refused.text}")


def _broken(wrong: Exception) -> Failure:
    return Failure(FailureCode.CRASHED, f"Codex broke its protocol: {type(wrong).__name__}: {wrong}")
