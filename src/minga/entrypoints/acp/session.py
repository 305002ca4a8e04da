"""One session of the client."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.ids import SessionId
from minga.domain.saying import Say
from minga.domain.task import McpServer
from minga.entrypoints.acp.asking import ClientAsker
from minga.entrypoints.acp.choices import Choices
from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.acp.updates import Calls
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import INVALID_REQUEST, Refused


class Session:
    """``is_new`` until its first turn is stored. ``stop`` ends the prompt that runs; None where none does."""

    def __init__(
        self,
        session_id: SessionId,
        cwd: Path,
        servers: Sequence[McpServer],
        choices: Choices,
        peer: Peer,
        say: Say,
        *,
        is_new: bool,
    ) -> None:
        self.id = session_id
        self.cwd = cwd
        self.servers = tuple(servers)
        self.choices = choices
        self.is_new = is_new
        self.stop: Stop | None = None
        self.idle = asyncio.Event()
        self.idle.set()
        self.has_changed = False
        """Another choice was made while a prompt ran: its CLI is not used again."""
        self.calls = Calls()
        self.peer = peer
        self.asker = ClientAsker(peer, session_id, self.calls, say)

    def begin(self) -> None:
        """Raises Refused while a prompt runs."""
        if self.stop is not None:
            text = f"the session {self.id} is answering a prompt; wait for its end, or cancel it first"
            raise Refused(INVALID_REQUEST, text)
        self.stop = Stop()
        self.idle.clear()

    def end(self) -> None:
        self.stop = None
        self.asker.forget()
        self.idle.set()

    async def update(self, update: Json) -> None:
        await self.peer.update(self.id, update)


async def begun(minga: Minga, session: Session) -> None:
    """Its first turn is stored: from now on it can be listed, and it has a title."""
    if session.is_new:
        session.is_new = False
        await tell_info(minga, session)


async def tell_info(minga: Minga, session: Session) -> None:
    found = await minga.history.summary(session.id)
    update = {"sessionUpdate": "session_info_update", "title": found.title, "updatedAt": found.updated_at.isoformat()}
    await session.update(update)
