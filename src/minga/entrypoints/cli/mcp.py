"""`minga mcp`: what Minga knows and can do, as tools of an AI CLI, over standard input and output."""

import asyncio
import signal
from importlib.metadata import version
from pathlib import Path

import click

from minga.domain.errors import BadInput
from minga.domain.tax_documents import Language
from minga.entrypoints.cli.front import Front
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.mcp.consent import Consents
from minga.entrypoints.mcp.conversation import Conversation
from minga.entrypoints.mcp.offered import TOOLS, offered
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.prompts import Prompts
from minga.entrypoints.mcp.resources import Resources
from minga.entrypoints.mcp.server import Server
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.standard_streams import standard_streams

HELP = """Serve Minga's tools to an AI CLI (MCP over standard input and output).

A CLI starts it by itself once `minga connect` has told it to; there is nothing to type. With --list it shows the tools.

\b
  minga connect claude
  minga mcp --list
  minga mcp --tools "memory_*,dte_check"
"""


@click.command(cls=Verb, name="mcp", help=HELP)
@option(
    "--tools", multiple=True, metavar="NAMES", help="Offer these only, such as memory_*,dte_check; all if left out."
)
@option(
    "--cwd", "-C", type=click.Path(path_type=Path), help="The project's directory; where it is started if left out."
)
@option("--list", "lists", is_flag=True, help="Show the tools and end.")
@click.pass_obj
def command(front: Front, /, tools: tuple[str, ...], cwd: Path | None, lists: bool) -> None:
    chosen = offered([name for one in tools for name in one.split(",") if name])
    if lists:
        width = max(len(tool.name) for tool in TOOLS)
        print("\n".join(f"{tool.name:{width}}  {tool.description}" for tool in chosen))
        return
    folder = (cwd or Path.cwd()).absolute()
    if not folder.is_dir():
        raise BadInput(detail=front.say("--cwd {path!r} is no directory", path=str(cwd)))
    language: Language = "es" if front.say.language == "es" else "en"
    place = Place(front.settings, SystemClock(), language, folder, say=front.say)
    server = Server(place, chosen, version("minga"), Resources(place), Prompts(place), Consents(place))
    asyncio.run(_serve(server))


async def _serve(server: Server) -> None:
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    async with standard_streams() as streams:
        try:
            await Conversation(server, streams).run(ended)
        finally:
            await server.place.close()
