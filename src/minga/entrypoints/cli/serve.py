"""`minga serve`: the gateway, until it is stopped."""

import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import uvloop

from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.serving import Wanted, serve, work
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.gateway.proxies import Network, Proxies, networks_of
from minga.entrypoints.gateway.rules import Rules
from minga.infrastructure.listening import listen
from minga.infrastructure.open_files import allow_many
from minga.infrastructure.tls import Certificate
from minga.infrastructure.workers import Died, Place, Workers
from minga.telemetry_wiring import LogFormat

FILES_A_CONNECTION = 2
"""The caller's and the provider's."""

WORKERS_MAX = 64

DRAIN_MAX_S = 86_400
"""A day."""

AFTER_DRAIN_S = 15
"""For a worker to say its last words and to book, before it is killed."""

HELP = """Run the gateway: model endpoints that know who pays, what it cost, and what is left.

It speaks what the CLIs speak: OpenAI Responses, Chat and Embeddings, Anthropic Messages, Gemini; to the providers whose
keys stand in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY …), and to model servers on this
machine. A model of another form than the caller's gets the call translated. Callers show a virtual key, never a
provider's.

\b
  minga virtual-keys add ana --budget-usd 20      a key with a budget for each month
  minga serve                                     on http://127.0.0.1:8484
  eval "$(minga env --key-env MY_KEY)"            points the CLIs of this shell at it

--workers N answers with N processes on one port, for machines with several processors: one that dies is replaced.
--tls-cert and --tls-key make it https (TLS 1.2 and 1.3); without them callers' keys travel in plain text. Behind a
reverse proxy, --trusted-proxies 10.0.0.0/8 names the networks whose X-Forwarded-For and Forwarded are believed.

Files of providers are read anew when they change; SIGHUP does it at once, and reads the certificate anew too. SIGTERM
and Ctrl-C let running answers end first (--drain); a second Ctrl-C does not.
"""


class _Networks(click.ParamType[tuple[Network, ...]]):
    """``10.0.0.0/8,::1``."""

    name = "networks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Network, ...]:
        try:
            return networks_of(value) if isinstance(value, str) else value
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


@click.command(cls=Verb, name="serve", help=HELP)
@option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on; 127.0.0.1 if left out.")
@option("--port", type=click.IntRange(0, 65535), default=8484, metavar="N", help="Port; 8484 if left out, 0 for any.")
@option(
    "--workers",
    type=click.IntRange(1, WORKERS_MAX),
    default=1,
    metavar="N",
    help="Processes that answer; 1 if left out.",
)
@option(
    "--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Certificate for https, PEM, with its chain."
)
@option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, PEM, without a passphrase.")
@option(
    "--trusted-proxies",
    type=_Networks(),
    default="",
    metavar="NETWORKS",
    help="Reverse proxies that are believed whom they speak for: 10.0.0.0/8,::1.",
)
@option(
    "--connections-max",
    type=click.IntRange(1),
    default=Rules().connections_max,
    metavar="N",
    help="Connections of one worker at once; 4096 if left out. More are answered 503.",
)
@option(
    "--drain",
    "drain_s",
    type=click.FloatRange(0),
    default=30.0,
    metavar="SECONDS",
    help="So long running answers may go on after SIGTERM; 30 if left out.",
)
@option(
    "--log-format",
    type=click.Choice(["json", "text", "none"]),
    help="A line for each call: JSON, text or none; text at a terminal and JSON elsewhere if left out.",
)
@option(
    "--log", metavar="FILE", type=click.Path(path_type=Path), help="Write these lines there, not to standard error."
)
@click.pass_obj
def command(desk: Desk, /, **given: Any) -> int:
    wanted = _wanted(desk, **given)
    sockets = listen(wanted.host, wanted.port, wanted.workers)
    _warn(desk, wanted)
    if wanted.workers == 1:
        alone = Place(1, is_first=True, lifeline=None, ready=lambda: None)
        return desk.run(lambda minga: serve(desk, minga, wanted, sockets[0], alone), uvloop.run)
    with TemporaryDirectory(prefix="minga-") as share:
        working = partial(work, desk, replace(wanted, share=Path(share)), sockets)
        chance = random.Random()  # noqa: S311 - spreads restarts
        limit_s = wanted.drain_s + AFTER_DRAIN_S
        return Workers(wanted.workers, working, partial(_tell_death, desk), limit_s, chance).run()


def _wanted(
    desk: Desk,
    tls_cert: Path | None,
    tls_key: Path | None,
    trusted_proxies: Any,
    log_format: LogFormat | None,
    **others: Any,
) -> Wanted:
    """Raises click.UsageError, BadCertificate."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError(desk.say("Give --tls-cert and --tls-key together."))
    if not 0 <= others["drain_s"] <= DRAIN_MAX_S:  # nan is neither
        raise click.UsageError(desk.say("Give --drain at most {most} seconds.", most=DRAIN_MAX_S))
    certificate = Certificate(tls_cert, tls_key) if tls_cert and tls_key else None
    if certificate:
        certificate.read(datetime.now(UTC))
    form = log_format or ("text" if others["log"] is None and sys.stderr.isatty() else "json")
    return Wanted(log_format=form, certificate=certificate, proxies=Proxies(trusted_proxies), **others)


def _warn(desk: Desk, wanted: Wanted) -> None:
    if wanted.certificate is None and not _is_loopback(wanted.host):
        complain(
            desk.say("On {host}, callers' keys and all they say travel in plain text.", host=wanted.host),
            desk.say("Give --tls-cert and --tls-key, or let only a server with TLS reach it."),
        )
    if wanted.certificate and wanted.certificate.key_is_open_to_others:
        path = str(wanted.certificate.key)
        complain(desk.say("Others on this machine can read the key {path!r}.", path=path), f"chmod 600 {path}")
    files = allow_many()
    if files < wanted.connections_max * FILES_A_CONNECTION:
        complain(
            desk.say("This process may have {count} files open: fewer connections fit.", count=files),
            desk.say("Raise the limit (ulimit -n), or give a lower --connections-max."),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tell_death(desk: Desk, died: Died) -> None:
    how = f"signal {-died.status}" if died.status < 0 else f"exit code {died.status}"
    complain(
        desk.say(
            "Worker {number} ended ({how}); another begins in {pause_s:.1f} s.",
            number=died.number,
            how=how,
            pause_s=died.pause_s,
        )
    )
