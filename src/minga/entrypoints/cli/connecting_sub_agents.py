"""Specialists as sub-agents in a person's own configuration of a CLI: written by `minga connect`, and taken away again.

They need no record: each file says whether it is as Minga wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from minga.bootstrap import shelf
from minga.domain.errors import BadSpecialist, ConfigChanged
from minga.domain.ids import AgentName
from minga.entrypoints.cli.specialists_native import WHAT, person_file, written
from minga.entrypoints.cli.verb import Desk
from minga.specialists import placing
from minga.specialists.native import natives, render
from minga.specialists.placing import File, Placed


@dataclass(frozen=True, slots=True)
class SubAgent:
    """``before`` is what stands in its file, ``text`` what is to; None: nothing. ``placed``: what becomes of it."""

    name: str
    file: File
    before: str | None
    text: str | None
    placed: Placed

    @property
    def changes(self) -> bool:
        return self.placed in (Placed.WRITTEN, Placed.REMOVED)

    @property
    def path(self) -> str:
        return str(self.file.place)

    @property
    def difference(self) -> str:
        """A unified diff; lines end in a newline."""
        names = [self.path if known is not None else "/dev/null" for known in (self.before, self.text)]
        before, after = ((known or "").splitlines() for known in (self.before, self.text))
        return "".join(f"{line}\n" for line in unified_diff(before, after, names[0], names[1], lineterm=""))


def plan_sub_agents(desk: Desk, agent: str) -> tuple[list[SubAgent], list[str]]:
    """Those to be written for the CLI, or that are there, and what there is to say of them. A project's specialists are
    not among them: somebody else's text does not get into the person's own folders."""
    found: list[SubAgent] = []
    notes: list[str] = []
    kinds: dict[str, None] = {}
    cli = AgentName(agent)
    for specialist in shelf(desk.settings).all_at(None) if cli in natives() else ():
        if isinstance(specialist, BadSpecialist):
            notes.append(" → ".join(desk.say.error(specialist)))
            continue
        made = render(specialist, cli, in_project=False)
        file = person_file(desk, cli, made.path)
        found.append(_sub_agent(specialist.name, file, made.text, placing.place(file, made.text, dry=True)))
        kinds |= dict.fromkeys(made.not_withheld if found[-1].changes else ())
    if kinds:
        said = desk.say("the CLI has no means to withhold tools of the kinds {kinds}", kinds=", ".join(kinds))
        notes.append(f"{desk.say('sub-agents')}: {said}")
    return found, [*notes, *_left(desk, found)]


def plan_sub_agents_end(desk: Desk, agent: str) -> tuple[list[SubAgent], list[str]]:
    """What of Minga's lies where the CLI looks for sub-agents; what is not Minga's is not spoken of."""
    cli = AgentName(agent)
    files = list(written(desk, cli, (), for_user=True)) if cli in natives() else []
    all_there = [_sub_agent(one.place.name.split(".")[0], one, None, placing.remove(one, dry=True)) for one in files]
    found = [one for one in all_there if one.placed is not Placed.FOREIGN]
    return found, _left(desk, found)


def write_sub_agents(planned: Sequence[SubAgent]) -> None:
    """Write them, or take them away. Raises ConfigChanged, SubAgentUnwritable."""
    for one in planned:
        if one.changes:
            now = placing.remove(one.file) if one.text is None else placing.place(one.file, one.text)
            if now.is_left:
                raise ConfigChanged(path=one.path)


def _sub_agent(name: str, file: File, text: str | None, placed: Placed) -> SubAgent:
    is_read = placed in (Placed.WRITTEN, Placed.REMOVED) and file.place.exists()
    return SubAgent(name, file, file.place.read_text("utf-8") if is_read else None, text, placed)


def _left(desk: Desk, found: Sequence[SubAgent]) -> list[str]:
    return [f"{one.path}: {desk.say(WHAT[one.placed])}" for one in found if one.placed.is_left]
