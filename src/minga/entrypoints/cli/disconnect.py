"""`minga disconnect`: a CLI's configuration as it was before `minga connect`."""

import click

from minga.domain.errors import MingaError
from minga.entrypoints.cli.connecting import Manner, chosen, connections_of, end
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """Take Minga out of a CLI's configuration again.

A file that nothing else has changed since is restored byte for byte; of one that was changed, only what Minga wrote is
taken out.

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
    found = chosen(desk, clis, of_all=lambda facts: connections_of(desk).known(facts) is not None)
    if not found:
        print(desk.say("No CLI is connected."))
    for one in found:
        try:
            one.plan = connections_of(desk).plan_end(one.facts)
        except MingaError as wrong:
            one.error = wrong
    return end(desk, found, Manner(False, dry, yes, as_json))
