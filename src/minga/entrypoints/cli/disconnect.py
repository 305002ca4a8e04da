"""`minga disconnect`: a CLI's configuration as it was before `minga connect`."""

import click

from minga.entrypoints.cli.connecting import chosen, is_connected, plan_disconnecting
from minga.entrypoints.cli.connecting_end import Manner, end
from minga.entrypoints.cli.connecting_rules import rules_that_stay
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """Take Minga out of a CLI's configuration again.

A file that nothing else has changed since is restored byte for byte; of one that was changed, only what Minga wrote is
taken out. Sub-agents that Minga wrote go, unless you changed them. The rules of a project stay: they are shared with
it; minga rules remove takes them out.

\b
  minga disconnect claude
  minga disconnect all --yes
"""


@click.command(cls=Verb, name="disconnect", help=HELP)
@click.argument("clis", nargs=-1, required=True, metavar="CLI...")
@option("--dry-run", "dry", is_flag=True, help="Show the changes and end.")
@option("--yes", "-y", is_flag=True, help="Make them without asking.")
@option("--json", "as_json", is_flag=True, help="One CLI a line as JSON; needs --yes or --dry-run.")
@click.pass_obj
def command(desk: Desk, /, clis: tuple[str, ...], dry: bool, yes: bool, as_json: bool) -> int:
    found = chosen(desk, clis, of_all=lambda facts: is_connected(desk, facts))
    if not found:
        print(desk.say("No CLI is connected."))
    for one in found:
        plan_disconnecting(desk, one)
    stay = rules_that_stay([one.facts.agent for one in found]) if found else None
    return end(desk, found, stay, Manner(False, dry, yes, as_json))
