"""`minga connect`: Minga's tools, and its gateway, inside the CLIs that people use."""

import click

from minga.agents.connecting.facts import GatewayUse
from minga.domain.errors import BadInput
from minga.entrypoints.cli.connecting import add_sub_agents, chosen, is_installed, note_versions, plan_connecting
from minga.entrypoints.cli.connecting_end import Manner, end
from minga.entrypoints.cli.connecting_rules import plan_rules
from minga.entrypoints.cli.env import root_of
from minga.entrypoints.cli.given import split_agents
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

RULES, SUB_AGENTS = PARTS = ("rules", "specialists")
"""What --without may name."""

HELP = """Make Minga's tools known to a CLI, in the CLI's own configuration.

With them come the specialists as sub-agents, in your own configuration of the CLI, and the rules of the project that
you are in, as minga rules render writes them. Of these, what you changed by hand is never overwritten.

The CLI may be codex, claude, gemini, copilot, opencode or qwen; all means those that are installed. The changes are
shown first. Comments, order and everything else in the file stay; minga disconnect restores it byte for byte. Tools
that only read run without a question; the CLI asks about the others.

\b
  minga connect claude codex
  minga connect all --dry-run
  minga connect claude --without rules,specialists
  minga connect codex --gateway http://127.0.0.1:8484
"""


@click.command(cls=Verb, name="connect", help=HELP)
@click.argument("clis", nargs=-1, required=True, metavar="CLI...")
@option("--gateway", metavar="URL", help="Also send its calls of models to the gateway there.")
@option(
    "--key-env",
    default="",
    metavar="NAME",
    help="The variable in which the CLI finds its key of the gateway; MINGA_KEY if left out.",
)
@option("--model", default="", metavar="NAME", help="The model to ask the gateway for.")
@option("--without", multiple=True, metavar="A,B", help="Leave out: rules, specialists.")
@option("--dry-run", "dry", is_flag=True, help="Show the changes and end.")
@option("--yes", "-y", is_flag=True, help="Make them without asking.")
@option("--json", "as_json", is_flag=True, help="One CLI a line as JSON; needs --yes or --dry-run.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    clis: tuple[str, ...],
    gateway: str | None,
    key_env: str,
    model: str,
    without: tuple[str, ...],
    dry: bool,
    yes: bool,
    as_json: bool,
) -> int:
    if key_env and not key_env.isidentifier():
        raise BadInput(detail=desk.say("--key-env {name!r} is no name of a variable", name=key_env))
    left_out = _left_out(desk, without)
    url = "" if gateway is None else root_of(desk, "--gateway", gateway)
    found = chosen(desk, clis, of_all=lambda facts: is_installed(desk, facts))
    if not found:
        raise BadInput(detail="no agent CLI is installed; minga agents install --all")
    note_versions(desk, found)
    for one in found:
        plan_connecting(desk, one, GatewayUse(url, key_env, model))
        if SUB_AGENTS not in left_out:
            add_sub_agents(desk, one)
    agents = [one.facts.agent for one in found if one.error is None]
    rules = plan_rules(desk, agents) if agents and RULES not in left_out else None
    return end(desk, found, rules, Manner(True, dry, yes, as_json))


def _left_out(desk: Desk, given: tuple[str, ...]) -> tuple[str, ...]:
    named = split_agents(given)
    for name in named:
        if name not in PARTS:
            raise BadInput(detail=desk.say("--without {name!r} is none of {known}", name=name, known=", ".join(PARTS)))
    return named
