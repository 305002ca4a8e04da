"""`minga acp`: the agent of an editor, over standard input and output."""

import asyncio
import importlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import click

from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.acp.server import Agent, serve
from minga.entrypoints.cli.agent_options import agent_options
from minga.entrypoints.cli.front import Front
from minga.entrypoints.cli.pages import Verb
from minga.infrastructure.standard_streams import standard_streams

HELP = """Be the agent of an editor that speaks ACP, with any CLI behind it.

An editor starts this, not a person: it speaks the Agent Client Protocol on standard input and output. How Zed,
JetBrains IDEs and Neovim are told to: docs/howto/editors.md.

In the editor a session has modes: the router's choice with fallback, the cheapest agent first, a panel, or one CLI.
The options here say how sessions begin. They are sessions like all others: `minga sessions list` shows them, and every
verb goes on with them.
"""


@click.command(cls=Verb, name="acp", help=HELP)
@agent_options
@click.pass_obj
def command(front: Front, /, **given: Any) -> int:
    asyncio.run(_serve(front, given))
    return 0


async def _serve(front: Front, given: dict[str, Any]) -> None:
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    async with standard_streams() as streams:
        await serve(streams, partial(_open, front, given), ended)


@asynccontextmanager
async def _open(front: Front, given: dict[str, Any], peer: Peer) -> AsyncIterator[Agent]:
    """Everything else of Minga, imported once the client is greeted; in a thread, so that it can be answered."""
    opening = await asyncio.to_thread(importlib.import_module, "minga.entrypoints.cli.acp_opening")
    async with opening.opened(front, given, peer) as agent:
        yield agent
