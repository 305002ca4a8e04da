"""`minga memory rules`: standing rules, proposed from what you said, and in every brief once you accept them."""

from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import AmbiguousItem, BadInput, UnknownItem
from minga.domain.memory import Note, NoteKind, Rule, checked_rule
from minga.entrypoints.cli.memory_items import tell_behind
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.pipeline.remembering import place_of, places_of

HELP = """Standing rules: instructions that are meant for always.

They are found in what you say ("never touch migrations"), proposed here, and told to every agent once you accept them.

\b
  minga memory rules list
  minga memory rules accept ITEM
  minga memory rules add "Respóndeme siempre en español."
"""

STATES = {"proposed": "proposed", "accepted": "accepted", "rejected": "turned down"}


@click.group(cls=Verbs, name="rules", help=HELP)
def rules() -> None:
    """A verb each."""


@rules.command("list", cls=Verb, help="Show the rules: proposed, accepted, rejected.")
@option("--everywhere", is_flag=True, help="Of all your projects, not only of this directory's.")
@option("--json", "as_json", is_flag=True, help="One rule a line as JSON.")
@click.pass_obj
def list_rules(desk: Desk, /, everywhere: bool, as_json: bool) -> None:
    async def work(minga: Minga) -> list[Rule]:
        return await _rules(desk, minga, everywhere=everywhere)

    for rule in desk.run(work):
        print(msgspec.json.encode(rule).decode() if as_json else _row(desk, rule))


@rules.command("add", cls=Verb, help="Add a rule, accepted at once.")
@click.argument("text", nargs=-1)
@option("--everywhere", is_flag=True, help="For all your projects, not only this directory's.")
@click.pass_obj
def add_rule(desk: Desk, /, text: tuple[str, ...], everywhere: bool) -> None:
    said = " ".join(text).strip()
    if not said:
        raise BadInput(detail=desk.say("say what is to be remembered"))
    rule = Note(NoteKind.RULE, checked_rule(said), "user" if everywhere else "project")
    desk.run(lambda minga: _note(minga, rule))
    print(desk.say("Every run is told so from now on."))


@rules.command("accept", cls=Verb, help="Accept a proposed rule: every run is told so from now on.")
@click.argument("item")
@click.pass_obj
def accept(desk: Desk, /, item: str) -> None:
    rule = desk.run(lambda minga: _decide(desk, minga, item, NoteKind.ACCEPTANCE))
    print(desk.say("Every run is told so from now on.") + f" {visible(rule.text)}")


@rules.command("reject", cls=Verb, help="Reject a rule: no run is told so, and it is not proposed again.")
@click.argument("item")
@click.pass_obj
def reject(desk: Desk, /, item: str) -> None:
    rule = desk.run(lambda minga: _decide(desk, minga, item, NoteKind.REJECTION))
    print(desk.say("No run is told so.") + f" {visible(rule.text)}")


async def _rules(desk: Desk, minga: Minga, *, everywhere: bool) -> list[Rule]:
    tell_behind(desk, await minga.memory.caught_up())
    return await minga.memory.rules(None if everywhere else await places_of(Path.cwd()))


async def _decide(desk: Desk, minga: Minga, prefix: str, kind: NoteKind) -> Rule:
    found = [rule for rule in await _rules(desk, minga, everywhere=True) if rule.id.startswith(prefix.lower())]
    if not found or not prefix:
        raise UnknownItem(item=prefix)
    if len(found) > 1:
        raise AmbiguousItem(item=prefix, candidates=", ".join(rule.id for rule in found))
    [rule] = found
    await minga.notes.add(Note(kind, rule.text, "project" if rule.project else "user", rule.id), rule.project, "")
    return rule


async def _note(minga: Minga, note: Note) -> None:
    await minga.notes.add(note, *await place_of(Path.cwd()))


def _row(desk: Desk, rule: Rule) -> str:
    day = f"{rule.first_said.astimezone():%Y-%m-%d}" if rule.first_said else desk.say("no date")
    where = visible(rule.project) if rule.project else desk.say("everywhere")
    return f"{rule.id}  {desk.say(STATES[rule.state])}  {day}  {where}\n    {visible(rule.text)}"
