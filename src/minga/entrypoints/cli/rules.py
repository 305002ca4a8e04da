"""`minga rules`: the standing rules of this project, and the files in which agent CLIs read them."""

import asyncio
import re
import sys
from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, ChangedMeanwhile
from minga.domain.memory import checked_rule
from minga.domain.rules import StandingRule
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.rules_writing import NONE_YET, import_rules, lock_of, note, remove, render, shown
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.pipeline.rules_files import added, rendering_of, write
from minga.pipeline.standing import in_force
from minga.rules.documents import Change

TRIES = 5

_BULLET = re.compile(r"^\s*[-*+](?:\s+|$)")

HELP = """Standing rules of this project, in one place.

They stand in .minga/rules.md: each item of a list is a rule, and each paragraph. Without a verb, the rules in force
here are shown, each with where it stands; those that you accepted in the memory are among them.

\b
  minga rules add "Never touch migrations."
  minga rules render             into AGENTS.md, CLAUDE.md, GEMINI.md …, between marks
  minga rules diff               exit code 1 where a file is not as the rules say
  minga rules import             take over what stands in these files already

Of .minga/skills/NAME.md a skill is made in the same way: its first paragraph says when it is used.
"""


@click.group(cls=Verbs, name="rules", help=HELP, invoke_without_command=True)
@option("--json", "as_json", is_flag=True, help="One rule a line as JSON.")
@click.pass_context
def command(ctx: click.Context, /, as_json: bool) -> None:
    """A verb each; without one, the rules in force."""
    if ctx.invoked_subcommand:
        return
    desk: Desk = ctx.obj

    async def work(minga: Minga) -> list[StandingRule]:
        return await in_force(minga.memory, Path.cwd())

    found = desk.run(work)
    for rule in found:
        print(msgspec.json.encode(rule).decode() if as_json else _row(desk, rule))
    if not (found or as_json):
        print(desk.say(NONE_YET), file=sys.stderr)


command.add_command(render)
command.add_command(import_rules)
command.add_command(remove)


class _Add(Verb):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """An item of a list is no option."""
        return super().parse_args(ctx, [*(_BULLET.sub("", one) for one in args[:1]), *args[1:]])


@command.command("add", cls=_Add, help="Add a rule to .minga/rules.md.")
@click.argument("text", nargs=-1)
@click.pass_obj
def add_rule(desk: Desk, /, text: tuple[str, ...]) -> None:
    said = _BULLET.sub("", " ".join(text)).strip()
    if not said:
        raise BadInput(detail=desk.say("say which rule is to be added"))
    change = _added(desk, checked_rule(said))
    if change is None:
        print(desk.say("It stands there already."))
        return
    print(desk.say("It stands in {file}. Your CLIs know it after: minga rules render", file=change.document.name))


@command.command("diff", cls=Verb, help="Show what minga rules render would change; exit code 1 if anything.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def diff_rules(desk: Desk, /, as_json: bool) -> int:
    found = rendering_of(Path.cwd())
    if as_json:
        print(msgspec.json.encode(shown(found, is_written=False)).decode())
    else:
        for one in shown(found, is_written=False).changes:
            print(visible(one.diff))
        note(desk, found)
    return 1 if found.changes else 0


def _added(desk: Desk, text: str) -> Change | None:
    """Others may add to the file at the same time. Raises ChangedMeanwhile where they never stop."""
    for last in (*[False] * TRIES, True):
        change = added(Path.cwd(), text)
        try:
            asyncio.run(write(lock_of(desk), [change] if change else []))
        except ChangedMeanwhile:
            if last:
                raise
        else:
            break
    return change


def _row(desk: Desk, rule: StandingRule) -> str:
    places = [f"{rule.file}:{rule.line}"] if rule.file else []
    places += [rule.item] if rule.item else []
    places += [desk.say("everywhere")] if rule.scope == "user" else []
    return f"{'  '.join(places)}\n    {visible(rule.told)}"
