"""What `minga acp` needs once it has greeted its client."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from minga.domain.errors import MingaError
from minga.entrypoints.acp.agent import Agent
from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.front import Front
from minga.entrypoints.cli.request import Request, read_task
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure.jsonrpc import INTERNAL_ERROR, Refused


@asynccontextmanager
async def opened(front: Front, given: dict[str, Any], peer: Peer) -> AsyncIterator[Agent]:
    """Raises Refused, which every request gets, where the options or the store cannot be used."""
    desk = Desk(front.settings, front.say)
    async with AsyncExitStack() as stack:
        try:
            base = read_task(desk, Request(**given, cwd=Path("/")), with_stdin=False)
            minga = await stack.enter_async_context(desk.opened())
        except MingaError as wrong:
            message, remedy = desk.say.error(wrong)
            complain(message, remedy)
            raise Refused(INTERNAL_ERROR, f"{message} {remedy}") from wrong
        yield Agent(minga, base, peer, desk.say)
