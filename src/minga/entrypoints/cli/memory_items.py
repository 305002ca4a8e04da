"""Items of the memory, by what a person typed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from minga.bootstrap import Minga
from minga.domain.errors import AmbiguousItem, UnknownItem
from minga.domain.memory import Fact, Passage, Rule, project_of
from minga.entrypoints.cli.verb import Desk
from minga.pipeline.remembering import places_of

Item = TypeVar("Item", Passage, Rule, Fact)

FACT_ID = 13
"""Characters of a fact's id that are shown: enough to name it by."""


async def find_passage(minga: Minga, prefix: str) -> Passage:
    """The one passage whose id begins so. Raises UnknownItem, AmbiguousItem."""
    await minga.memory.catch_up()
    return _only(prefix, await minga.memory.passages(prefix.lower()) if prefix.isalnum() else [])


async def find_item(minga: Minga, prefix: str) -> Passage | Rule | Fact:
    """The one passage, rule (r…) or fact (f…) whose id begins so. Raises UnknownItem, AmbiguousItem."""
    await minga.memory.catch_up()
    match prefix[:1].lower():
        case "r":
            return _only(prefix, await minga.memory.rules())
        case "f":
            return _only(prefix, await minga.memory.facts())
        case _:
            return await find_passage(minga, prefix)


async def places(project: str | None = None, *, everywhere: bool = False) -> tuple[str, ...] | None:
    """Where it is asked: in ``project`` (a directory, or a git remote), else here; None everywhere."""
    if everywhere:
        return None
    if project and not Path(project).is_dir():
        return (project_of(project, ""),)
    return await places_of(Path(project or ".").resolve())


def head(desk: Desk, one: Passage) -> str:
    """Which passage, said when, by whom and in which session."""
    source = one.source
    day = f"{source.at.astimezone():%Y-%m-%d %H:%M}" if source.at else desk.say("no date")
    who = desk.say("note") if one.kind == "note" else " · ".join(filter(None, (source.role, source.agent)))
    return f"{one.id}  {day}  {who}  {source.session_id[:13]}"


def _only(prefix: str, known: Sequence[Item]) -> Item:
    found = [one for one in known if prefix and one.id.startswith(prefix.lower())]
    if not found:
        raise UnknownItem(item=prefix)
    if len(found) > 1:
        raise AmbiguousItem(item=prefix, candidates=", ".join(one.id for one in found[:5]))
    return found[0]
