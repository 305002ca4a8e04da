"""`minga specialists`: as whom a run can be done; and each as a sub-agent of the CLIs."""

import sys
from pathlib import Path

import click
import msgspec

from minga.bootstrap import shelf
from minga.domain.errors import BadInput, BadSpecialist, FileInTheWay, UnknownSpecialist
from minga.domain.events import ToolKind
from minga.domain.task import Specialist
from minga.entrypoints.cli.assigned import withheld
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.request import PATH
from minga.entrypoints.cli.specialists_native import remove, render
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.infrastructure.files import place_new
from minga.specialists.reading import NAME, read
from minga.specialists.shelf import IN_PROJECT, template

HELP = """Specialists: as whom a run is done. Each is a file with purpose, rules, limits and the checks it must pass.

Those of Minga come with it; yours lie in the configuration directory, those of a project in .minga/specialists.

\b
  minga run --as reviewer "review the last commit"
  minga specialists list
  minga specialists new migrations
  minga specialists render --for claude,opencode
"""


@click.group(cls=Verbs, name="specialists", help=HELP)
def command() -> None:
    """A verb each."""


command.add_command(render)
command.add_command(remove)


@command.command("list", cls=Verb, help="Show every specialist, where it is from, and what its answers must pass.")
@option("--json", "as_json", is_flag=True, help="One specialist a line as JSON.")
@click.pass_obj
def list_specialists(desk: Desk, /, as_json: bool) -> int:
    broken = False
    for found in shelf(desk.settings).all_at(Path.cwd()):
        if isinstance(found, BadSpecialist):
            broken = True
            message, remedy = desk.say.error(found)
            click.echo(f"{message}\n  → {remedy}", err=True)
        else:
            print(_json(found) if as_json else _row(desk, found))
    return int(broken)


@command.command("show", cls=Verb, help="Show one specialist with its rules.")
@click.argument("name")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def show(desk: Desk, /, name: str, as_json: bool) -> None:
    found = shelf(desk.settings).get(name, Path.cwd())
    print(_json(found) if as_json else f"{_row(desk, found)}\n\n{visible(found.rules)}")


@command.command("check", cls=Verb, help="Read a specialist's file as strictly as a run does, and say what is wrong.")
@click.argument("file", type=PATH)
@click.pass_obj
def check(desk: Desk, /, file: Path) -> None:
    found = read(file, str(file), shelf(desk.settings).agents)
    print(_row(desk, found))


@command.command("new", cls=Verb, help="Write the file of a new specialist, with every key explained.")
@click.argument("name")
@option("--project", "in_project", is_flag=True, help="For this project, in .minga/specialists; else for you.")
@click.pass_obj
def new(desk: Desk, /, name: str, in_project: bool) -> None:
    if not NAME.fullmatch(name):
        detail = "{name!r} is no name: small letters, digits and hyphens, a letter first, at most 40"
        raise BadInput(detail=desk.say(detail, name=name))
    folder = Path.cwd() / IN_PROJECT if in_project else shelf(desk.settings).own
    path = folder / f"{name}.md"
    below = _below(desk, name, in_project=in_project)
    try:
        place_new(path, template(name).encode(), 0o644)
    except FileExistsError:
        raise FileInTheWay(path=str(path)) from None
    except OSError as wrong:
        raise BadInput(detail=f"{str(path)!r}: {wrong.strerror}") from wrong
    print(visible(str(path)))
    if below:
        print(visible(_instead_of(desk, below, in_project=in_project)), file=sys.stderr)


def _below(desk: Desk, name: str, *, in_project: bool) -> Specialist | None:
    """The one whose place a new file will take."""
    try:
        return shelf(desk.settings).get(name, Path.cwd() if in_project else None)
    except (UnknownSpecialist, BadSpecialist):
        return None


def _instead_of(desk: Desk, below: Specialist, *, in_project: bool) -> str:
    if in_project:
        return desk.say(
            "It takes the place of that from {source}: its text counts; the limits and checks of that one stay.",
            source=below.source,
        )
    return desk.say(
        "It takes the place of that from {source}: its rules, limits and checks ({checks}) count no more.",
        source=below.source,
        checks=", ".join(below.checks) or "-",
    )


def _row(desk: Desk, one: Specialist) -> str:
    say = desk.say
    limits = [say("permissions {permissions}", permissions=one.permissions), *withheld(one.tools, say)]
    if one.budget_micro_usd is not None:
        limits.append(say("at most ${usd:.2f}", usd=one.budget_micro_usd / 1e6))
    if one.checks:
        limits.append(say("must pass {checks}", checks=", ".join(one.checks)))
    if one.agents:
        limits.append(say("first {agents}", agents=", ".join(one.agents)))
    source = say("from {source}", source=visible(one.source))
    if one.instead_of:
        source += ", " + say("instead of that from {source}", source=visible(", ".join(one.instead_of)))
    return f"{one.name}  {visible(one.title)}\n    {visible(one.purpose)}\n    {'; '.join(limits)}\n    {source}"


def _json(one: Specialist) -> str:
    kinds = [kind for kind in one.tools if kind is not ToolKind.OTHER]
    return msgspec.json.encode({**msgspec.to_builtins(one), "tools": kinds}).decode()
