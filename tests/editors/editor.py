"""An editor for tests: the official ACP library as a client, which reads everything we send with its own schema."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import acp
from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse

from minga.entrypoints.acp.server import serve
from minga.entrypoints.cli import acp_opening
from minga.entrypoints.cli.front import Front
from minga.entrypoints.cli.words import load
from minga.infrastructure.standard_streams import StandardStreams
from minga.settings import read

LIMIT_S = 60

OPTIONS = {"agent": (), "model": "", "permissions": None, "endpoint": None, "api_key_env": None, "direct": False}


@dataclass
class Editor(acp.Client):
    """``answers`` says what is chosen of a question's options, by its title; None cancels it."""

    answers: Callable[[str], str | None] = lambda _: "allow"
    updates: list[tuple[str, Any]] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    connection: Any = None
    writer: Any = None
    served: Any = None
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        self.updates.append((session_id, update))
        self.told.set()

    async def request_permission(
        self, session_id: str, tool_call: Any, options: list[Any], **_: Any
    ) -> RequestPermissionResponse:
        self.asked.append((session_id, tool_call, options))
        chosen = self.answers(tool_call.title)
        if chosen is None:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=chosen))

    def on_connect(self, conn: Any) -> None:
        pass

    def of(self, kind: str, session_id: str = "") -> list[Any]:
        """The updates of one kind."""
        return [update for of, update in self.updates if update.session_update == kind and session_id in ("", of)]

    def said(self, kind: str = "agent_message_chunk", session_id: str = "") -> str:
        return "".join(update.content.text for update in self.of(kind, session_id))

    async def new(self, cwd: Path, mcp_servers: Any = (), mode: str = "") -> str:
        async with asyncio.timeout(LIMIT_S):
            session = await self.connection.new_session(cwd=str(cwd), mcp_servers=list(mcp_servers))
            if mode:
                await self.connection.set_session_mode(session_id=session.session_id, mode_id=mode)
        return str(session.session_id)

    async def ask(self, session_id: str, *blocks: Any) -> Any:
        prompt = [acp.text_block(block) if isinstance(block, str) else block for block in blocks]
        async with asyncio.timeout(LIMIT_S):
            return await self.connection.prompt(session_id=session_id, prompt=prompt)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until what was told makes it true."""
        async with asyncio.timeout(LIMIT_S):
            while not holds():
                self.told.clear()
                await self.told.wait()


@asynccontextmanager
async def opened(environment: dict[str, str], **options: Any) -> AsyncIterator[Editor]:
    """An editor that has greeted a server of this process; ``options`` as on the command line of `minga acp`."""
    editor = Editor()
    async with serving(environment, **options) as (reader, writer, served):
        editor.writer, editor.served = writer, served
        editor.connection = acp.connect_to_agent(editor, writer, reader)
        try:
            async with asyncio.timeout(LIMIT_S):
                await editor.connection.initialize(protocol_version=acp.PROTOCOL_VERSION)
            yield editor
        finally:
            await editor.connection.close()


@asynccontextmanager
async def serving(environment: dict[str, str], **options: Any) -> AsyncIterator[Any]:
    """What a client reads from and writes to, and the server's task; it has ended afterwards."""
    to_us, from_client = os.pipe()
    to_client, from_us = os.pipe()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64_000_000)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(to_client, "rb"))
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop), os.fdopen(from_client, "wb")
    )
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    front = Front(read(environment), load("en"))
    opening = partial(acp_opening.opened, front, {**OPTIONS, **options})
    served = asyncio.create_task(serve(StandardStreams(to_us, from_us), opening, asyncio.Event()))
    try:
        yield reader, writer, served
    finally:
        transport.close()
        async with asyncio.timeout(LIMIT_S):
            await served
        os.close(from_us)
        os.close(to_us)


@asynccontextmanager
async def program(environment: dict[str, str], cwd: Path, *arguments: str) -> AsyncIterator[Editor]:
    """The same with `minga acp` as a process of its own."""
    editor = Editor()
    command = (sys.executable, "-m", "minga", "acp", *arguments)
    async with acp.spawn_agent_process(editor, *command, env=environment, cwd=str(cwd)) as (connection, process):
        editor.connection, editor.served = connection, process
        async with asyncio.timeout(LIMIT_S):
            await connection.initialize(protocol_version=acp.PROTOCOL_VERSION)
        yield editor
