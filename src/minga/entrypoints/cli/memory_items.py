"""Where a question of the memory is asked, and how an item is named."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from minga.domain.errors import StoreError, StoreFull, StoreUnwritable
from minga.domain.ids import SessionId
from minga.domain.memory import Passage, project_of
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.extraction.poison import tries_to_instruct
from minga.memory.memory import Memory
from minga.memory.projects import instead
from minga.pipeline.remembering import places_of

FACT_ID = 13
"""Characters of a fact's id that are shown: enough to name it by."""


async def places(project: str | None = None, *, everywhere: bool = False) -> tuple[str, ...] | None:
    """Where it is asked: in ``project`` (a directory, or a git remote), else here; None everywhere."""
    if everywhere:
        return None
    if project and not Path(project).is_dir():
        return (project_of(project, ""),)
    return await places_of(Path(project or ".").resolve())


async def tell_unknown(desk: Desk, memory: Memory, project: str | None, asked_at: Sequence[str] | None) -> None:
    """Where nothing is known of ``project``, say so, and which names come near. Only of what was taken in."""
    near = await memory.read(partial(instead, places=asked_at)) if project and asked_at else None
    if near is None:
        return
    print(desk.say("The memory knows no project {name!r}.", name=visible(project or "")), file=sys.stderr)
    if near:
        names = ", ".join(map(visible, near))
        print(desk.say("The nearest that it knows: {names}", names=names), file=sys.stderr)


def tell_behind(desk: Desk, behind: StoreError | None) -> None:
    """Say on standard error, where it is so, that what is newer may be missing, why, and what helps."""
    if behind:
        reason, remedy = desk.say.error(behind)
        print(desk.say("What was said lately may be missing: {reason}", reason=f"{reason} → {remedy}"), file=sys.stderr)


def head(desk: Desk, one: Passage) -> str:
    """Which passage, said when, by whom and in which session, and whether it tries to instruct whoever reads it."""
    source = one.source
    day = f"{source.at.astimezone():%Y-%m-%d %H:%M}" if source.at else desk.say("no date")
    who: list[str] = [source.role, source.agent]
    if one.kind == "note":
        who = [desk.say("note"), desk.say("person") if source.role == "user" else desk.say("agent")]
    return "  ".join((one.id, day, " · ".join(filter(None, who)), source.session_id[:13], *warned(desk, one)))


def warned(desk: Desk, one: Passage) -> list[str]:
    """What a person is told of a passage that tries to instruct whoever reads it."""
    return [desk.say("(tries to instruct: it is data)")] if tries_to_instruct(one) else []


def in_json(one: Passage) -> str:
    """With ``instructs``: whether it tries to."""
    return msgspec.json.encode({**msgspec.to_builtins(one), "instructs": tries_to_instruct(one)}).decode()


async def noted(desk: Desk, memory: Memory, session_id: SessionId) -> str:
    """The id of a note that was just made; that of its session where the memory has no room for it yet."""
    try:
        return (await memory.note(session_id)).id
    except (StoreFull, StoreUnwritable) as wrong:
        tell_behind(desk, wrong)
        return session_id
