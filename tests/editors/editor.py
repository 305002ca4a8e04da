"""An editor for tests: the official ACP library as a client, which reads everything we send with its own schema."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import acp
from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse

LIMIT_S = 60


@dataclass
class Editor(acp.Client):
    """``answers`` says what is chosen of a question's options, by its title; None cancels it."""

    answers: Callable[[str], str | None] = lambda _: "allow"
    updates: list[tuple[str, Any]] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    connection: Any = None
    process: Any = None
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
        return [u for s, u in self.updates if u.session_update == kind and session_id in ("", s)]

    def said(self, kind: str = "agent_message_chunk", session_id: str = "") -> str:
        return "".join(update.content.text for update in self.of(kind, session_id))

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
async def opened(
    program: Any, *arguments: str, answers: Callable[[str], str | None] | None = None
) -> AsyncIterator[Editor]:
    """An editor that has greeted ``minga acp``."""
    editor = Editor(**({"answers": answers} if answers else {}))
    async with acp.spawn_agent_process(
        editor, sys.executable, "-m", "minga", "acp", *arguments, env=program.environment, cwd=str(program.work)
    ) as (connection, process):
        editor.connection, editor.process = connection, process
        async with asyncio.timeout(LIMIT_S):
            await connection.initialize(protocol_version=acp.PROTOCOL_VERSION)
        yield editor


async def new(editor: Editor, cwd: Path, **given: Any) -> Any:
    async with asyncio.timeout(LIMIT_S):
        return await editor.connection.new_session(cwd=str(cwd), mcp_servers=given.pop("mcp_servers", []), **given)
