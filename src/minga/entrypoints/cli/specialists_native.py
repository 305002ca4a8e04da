"""`minga specialists render` and `remove`: specialists as sub-agents in the folders of CLIs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from minga.agents import registry
from minga.agents.login import person_place
from minga.bootstrap import shelf
from minga.domain.errors import BadInput, BadSpecialist
from minga.domain.ids import AgentName
from minga.domain.task import Specialist
from minga.entrypoints.cli.given import split_agents
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.specialists import placing
from minga.specialists.native import Rendered, natives
from minga.specialists.native import render as rendered
from minga.specialists.placing import File, Placed

WHAT = {
    Placed.WRITTEN: "written",
    Placed.UNCHANGED: "unchanged",
    Placed.REMOVED: "removed",
    Placed.ABSENT: "not there",
    Placed.CHANGED_BY_HAND: "changed by hand: left as it is",
    Placed.FOREIGN: "not Minga's: left as it is",
}
"""What is said of a file."""

CLIS = option("--for", "clis", required=True, metavar="A,B", help="For these CLIs; all: every one that has sub-agents.")
USER = option(
    "--user", "for_user", is_flag=True, help="In your own configuration of the CLI; else in the directory you are in."
)


@click.command(cls=Verb, help="Write specialists as sub-agents of CLIs; files of yours are never overwritten.")
@click.argument("names", nargs=-1)
@CLIS
@USER
@option("--dry-run", is_flag=True, help="Only say what would be written.")
@click.pass_obj
def render(desk: Desk, /, names: tuple[str, ...], clis: str, for_user: bool, dry_run: bool) -> int:
    left = False
    specialists = _chosen(desk, names, for_user=for_user)
    for cli in _clis(desk, clis):
        for specialist in specialists:
            made = rendered(specialist, cli, in_project=not for_user)
            file = _file(desk, cli, made.path, for_user=for_user)
            placed = placing.place(file, made.text, dry=dry_run)
            left |= _tell(desk, file, placed, made, dry=dry_run)
    return int(left)


@click.command(cls=Verb, help="Take away the sub-agents that Minga wrote; those changed by hand stay.")
@click.argument("names", nargs=-1)
@CLIS
@USER
@click.pass_obj
def remove(desk: Desk, /, names: tuple[str, ...], clis: str, for_user: bool) -> int:
    left = False
    for cli in _clis(desk, clis):
        for file in written(desk, cli, names, for_user=for_user):
            placed = placing.remove(file)
            if names or placed is not Placed.FOREIGN:
                left |= _tell(desk, file, placed, None)
    return int(left)


def person_file(desk: Desk, cli: AgentName, path: str) -> File:
    """Where ``path``, relative to the CLI's configuration home, lies for the person."""
    facts = registry.load(desk.settings.config / "agents").get(cli)
    return File(*person_place(facts, desk.settings.environment, path))


def written(desk: Desk, cli: AgentName, names: Sequence[str], *, for_user: bool) -> Iterator[File]:
    """The named files, or all that lie where Minga writes: also of a specialist that is no more."""
    pattern = natives()[cli].home if for_user else natives()[cli].project
    for name in names:
        yield _file(desk, cli, pattern.format(name=name), for_user=for_user)
    if not names:
        every = _file(desk, cli, pattern.format(name="*"), for_user=for_user)
        for path in sorted(every.root.glob(every.path)):
            yield File(every.root, str(path.relative_to(every.root)))


def _tell(desk: Desk, file: File, placed: Placed, made: Rendered | None, *, dry: bool = False) -> bool:
    """Print what became of ``file``; return whether it was left as it is against what was asked for."""
    what = desk.say("would be written") if dry and placed is Placed.WRITTEN else desk.say(WHAT[placed])
    line = f"{visible(str(file.place))}: {what}"
    if made and made.not_withheld and not placed.is_left:
        kinds = ", ".join(made.not_withheld)
        line += "; " + desk.say("the CLI has no means to withhold tools of the kinds {kinds}", kinds=kinds)
    print(line)
    return placed.is_left


def _chosen(desk: Desk, names: Sequence[str], *, for_user: bool) -> list[Specialist]:
    """For the person's own folders without a project's: somebody else's text does not get there."""
    shelved, cwd = shelf(desk.settings), None if for_user else Path.cwd()
    if names:
        return [shelved.get(name, cwd) for name in names]
    found = []
    for one in shelved.all_at(cwd):
        if isinstance(one, BadSpecialist):
            raise one
        found.append(one)
    return found


def _clis(desk: Desk, given: str) -> list[AgentName]:
    known = natives()
    wanted = list(known) if given == "all" else [AgentName(name) for name in split_agents((given,)) or [given]]
    for name in wanted:
        if name not in known:
            detail = "--for {name!r}: that CLI has no sub-agents that Minga knows; known: {known}"
            raise BadInput(detail=desk.say(detail, name=name, known=", ".join(known)))
    return wanted


def _file(desk: Desk, cli: AgentName, path: str, *, for_user: bool) -> File:
    return person_file(desk, cli, path) if for_user else File(Path.cwd(), path)
