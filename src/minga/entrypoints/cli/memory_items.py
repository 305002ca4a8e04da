"""Items of the memory, by what a person typed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from minga.bootstrap import Minga
from minga.domain.digests import Episode
from minga.domain.errors import AmbiguousItem, UnknownItem
from minga.domain.memory import Fact, Habit, Passage, Rule, project_of
from minga.entrypoints.cli.verb import Desk
from minga.memory.evidence import Item, id_of
from minga.pipeline.remembering import places_of

Known = TypeVar("Known", Passage, Rule, Fact, Habit, Episode)

FACT_ID = 13
"""Characters of a fact's id that are shown: enough to name it by."""


async def find_passage(minga: Minga, prefix: str) -> Passage:
    """The one passage whose id begins so. Raises UnknownItem, AmbiguousItem."""
    await minga.memory.catch_up()
    return _only(prefix, await minga.memory.passages(prefix.lower()) if prefix.isalnum() else [])


async def find_item(minga: Minga, prefix: str) -> Item:
    """The one passage, rule (r…), fact (f…), habit (h…) or session in short (d…) whose id begins so. Raises
    UnknownItem, AmbiguousItem."""
    await minga.memory.catch_up()
    match prefix[:1].lower():
        case "r":
            return _only(prefix, await minga.memory.rules())
        case "f":
            return _only(prefix, await minga.memory.facts())
        case "h":
            return _only(prefix, await minga.memory.habits(None, datetime.now(UTC)))
        case "d":
            return _only(prefix, list((await minga.memory.episodes(prefix.lower())).values()))
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


def _only(prefix: str, known: Sequence[Known]) -> Known:
    found = [one for one in known if prefix and id_of(one).startswith(prefix.lower())]
    if not found:
        raise UnknownItem(item=prefix)
    if len(found) > 1:
        raise AmbiguousItem(item=prefix, candidates=", ".join(id_of(one) for one in found[:5]))
    return found[0]
