"""`minga serve`: the gateway, until it is stopped."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator

import click
import uvicorn
import uvloop

from minga.bootstrap import Minga
from minga.domain.errors import PortInUse
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.gateway.application import Application
from minga.gateway_wiring import gateway

BACKLOG = 2048

DRAIN_S = 30
"""So long streams may go on after SIGTERM."""

HELP = """Run the gateway: model endpoints that know who pays, what it cost, and what is left.

It speaks what the CLIs speak: OpenAI Responses, Chat and Embeddings, Anthropic Messages, Gemini; each to the providers
of the same form whose keys stand in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY …), and to model
servers on this machine. Callers show a virtual key, never a provider's.

\b
  minga virtual-keys add ana --budget-usd 20      a key with a budget for each month
  minga serve                                     on http://127.0.0.1:8484
  eval "$(minga env --key-env MY_KEY)"            points the CLIs of this shell at it

SIGTERM and Ctrl-C let running answers end first.
"""


@click.command(cls=Verb, name="serve", help=HELP)
@option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on; 127.0.0.1 if left out.")
@option("--port", type=click.IntRange(0, 65535), default=8484, metavar="N", help="Port; 8484 if left out, 0 for any.")
@click.pass_obj
def command(desk: Desk, /, host: str, port: int) -> None:
    listening = _listen(host, port)
    desk.run(lambda minga: _serve(desk, minga, listening), uvloop.run)


def _listen(host: str, port: int) -> socket.socket:
    """Raises PortInUse."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as wrong:
        made.close()
        raise PortInUse(host=host, port=port, detail=wrong.strerror or str(wrong)) from wrong
    return made


async def _serve(desk: Desk, minga: Minga, listening: socket.socket) -> None:
    serving = await gateway(minga)
    host, port = listening.getsockname()[:2]
    names = ", ".join(serving.deployments.names()) or desk.say("none: set OPENAI_API_KEY or another provider's key")
    print(desk.say("Gateway: {url}", url=f"http://{host}:{port}"), flush=True)
    print(desk.say("Providers: {names}", names=names), file=sys.stderr, flush=True)
    config = uvicorn.Config(
        Application(serving),
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    try:
        await _Server(config).serve(sockets=[listening])
    finally:
        await serving.ways.client.close()
        await serving.books.book.close()
        await serving.limits.close()


class _Server(uvicorn.Server):
    """Stops at a signal, and lets whoever started it go on: uvicorn's own would raise the signal again."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = signal.SIGINT, signal.SIGTERM
        for one in signals:
            loop.add_signal_handler(one, self.handle_exit, one, None)
        try:
            yield
        finally:
            for one in signals:
                loop.remove_signal_handler(one)
