"""`minga dte claim`: what the SII's register of claims answers."""

import sys
from datetime import UTC, datetime

import click
import msgspec
from rich.table import Table

from minga.dte.deadlines import ACTIONS, Recorded, Reply, Request, Standing, assignable, manual, record
from minga.dte.deadlines.claims import Event
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.dte_times import MOMENT
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """What the SII's register answers to an acceptance, a receipt or a claim, given what stands in it already.

\b
  minga dte claim --received 2026-11-20T10:00
  minga dte claim --received 2026-11-20T10:00 --recorded ACD --at 2026-11-22T09:00

Every action is told with the code and the words of the SII's manual of 2017-08-07, and whether the document may be
assigned (cedido). Where the manual leaves the code open, both are told. Nothing is sent.
"""

EVENTS = ("ACD", "RCD", "ERM", "RFP", "RFT", "NCA", "ENC")

ISSUER = "60803000-K"
"""Who issued it changes nothing: any RUT."""


@click.command(cls=Verb, name="claim", help=HELP)
@option("--received", type=MOMENT, required=True, metavar="TIME", help="When the SII received it.")
@option(
    "--recorded", multiple=True, type=click.Choice(EVENTS), help="Stands in the register; may be given several times."
)
@option("--type", "kind", type=int, default=33, metavar="TYPE", help="The type of document; 33 if left out.")
@option("--at", type=MOMENT, metavar="TIME", help="The instant of the action; now if left out.")
@option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_obj
def command(
    desk: Desk, /, received: datetime, recorded: tuple[Event, ...], kind: int, at: datetime | None, as_json: bool
) -> None:
    now = at or datetime.now(UTC)
    standing = Standing(received, tuple(Recorded(each, received) for each in recorded))
    replies = {
        action: record(Request(issuer=ISSUER, kind=kind, folio=1, action=action, at=now), standing)
        for action in ACTIONS
    }
    cession = assignable(kind, standing, now)
    if as_json:
        told = {action: _fields(reply) for action, reply in replies.items()} | {"assignable": _fields(cession)}
        print(msgspec.json.encode(told).decode())
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Action", "Code", "What the SII answers"):
        table.add_column(desk.say(title), overflow="fold")
    for action, reply in replies.items():
        table.add_row(f"{action}  {manual().events[action]}", *_cells(reply))
    table.add_row(desk.say("Assignment"), *_cells(cession))
    console = Console() if sys.stdout.isatty() else Console(width=400)
    console.print(table, markup=False)


def _cells(reply: Reply) -> tuple[str, str]:
    return " / ".join(map(str, reply.codes)), " / ".join(reply.messages)


def _fields(reply: Reply) -> dict[str, object]:
    return {"codes": reply.codes, "messages": reply.messages}
