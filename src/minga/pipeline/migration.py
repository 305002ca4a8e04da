"""Takes a session over into another CLI: writes a native session there that its own resume carries whole."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from minga.agents.facts import Facts
from minga.agents.launch import Installed
from minga.agents.registry import BUILTIN, is_proven
from minga.agents.roster import Examined, Roster
from minga.domain.errors import MigrationFailed, UndoFailed
from minga.domain.events import UNTOLD
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId
from minga.domain.task import Task
from minga.domain.transcript import Called, Item, Message, Said
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.sessions.begun import Beginnings, Begun
from minga.sessions.crossing import crossing
from minga.sessions.formats.format import Format, Level, Placed, Target
from minga.sessions.formats.placing import unwritten
from minga.sessions.history import History
from minga.sessions.natives import Native, Natives
from minga.sessions.own_turns import UNTOLD_INPUT, last_turn
from minga.sessions.store import Sessions

FLATTENED = "tool calls and their results, told as text"


@dataclass(frozen=True, slots=True)
class Migrated:
    """A session as it stands in another CLI now. ``verified``: the CLI, in its installed version, was seen to send it
    to the model whole; else the version is one that the tests have proven. ``lost`` names what did not cross;
    ``program`` is the CLI's executable."""

    agent: AgentName
    native_id: NativeId
    path: Path
    level: Level
    verified: bool
    version: str
    lost: tuple[str, ...]
    program: str


class Verifier(Protocol):
    """Sees what of a written session its CLI sends to the model: `replay.Replay`."""

    async def differences(
        self, native: Format, facts: Facts, installed: Installed, items: Sequence[Item]
    ) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Migrator:
    """``formats`` gives the native format of an agent, None where there is none; ``replay`` makes what verifies."""

    formats: Callable[[AgentName], Format | None]
    roster: Roster
    replay: Callable[[], Verifier]
    natives: Natives
    beginnings: Beginnings
    sessions: Sessions
    history: History
    clock: Clock
    new_id: NewId

    def can(self, examined: Examined) -> bool:
        return (
            examined.facts is not None and examined.installed is not None and self.formats(examined.agent) is not None
        )

    async def into(self, session_id: SessionId, task: Task) -> Migrated:
        """Take a session over into the one agent of ``task``, verified.

        Raises MigrationFailed, UnknownSession; SessionBusy while a turn runs in it, which would be missing; with a
        task also ReadOnlySession.
        """
        await self.sessions.check(session_id, writing=bool(task.prompt.strip()))
        examined = await self._examine(task)
        if task.prompt.strip() and examined.obstacle:
            raise MigrationFailed(agent=examined.agent, detail=examined.obstacle)
        await self.sessions.tell(session_id)
        lineage = (await self.history.transcript(session_id)).lineage()
        return await self.migrate(session_id, lineage, examined, task, verify=True)

    async def undo(self, session_id: SessionId, task: Task) -> AsyncGenerator[str]:
        """Take away what was written of a session for the agent of ``task``; yield what, each as a path and an id.

        What the CLI has gone on in is no longer Minga's: it is kept, and UndoFailed raised when the rest is gone. A CLI
        that is no longer installed is needed only where its sessions lie in a database.
        """
        examined = await self._look(task)
        native = self.formats(examined.agent)
        if native is None:
            return
        kept: list[str] = []
        for one in await self.natives.written(session_id, examined.agent, examined.home):
            target = target_at(self.roster, examined, task, one.native_id, self.clock)
            try:
                if await asyncio.to_thread(_is_there, native, target.home, one.native_id):
                    await native.remove(Placed(one.native_id, Path(one.path), one.sha256), target)
            except MigrationFailed as failed:
                kept.append(failed.values.get("detail", failed.message))
                continue
            await self.natives.forget(one)
            yield f"{one.path} ({one.native_id})"
        if kept:
            raise UndoFailed(agent=examined.agent, detail="; ".join(kept))

    async def clear(self, is_alive: Callable[[str], bool]) -> None:
        """Take away what processes that were killed had begun to write and had not noted; what cannot be taken away now
        is tried again at the next start. A session in which the CLI has gone on stays, and can be imported."""
        for begun in await self.beginnings.left(is_alive):
            if not await self.natives.is_noted(begun.agent, begun.planned.native_id, begun.home):
                try:
                    await self._clear(begun)
                except (MigrationFailed, OSError):
                    continue
            await self.beginnings.settle(begun)

    async def _clear(self, begun: Begun) -> None:
        native, facts = self.formats(begun.agent), self.roster.registry.facts.get(begun.agent)
        if native is None or facts is None or (begun.home and not Path(begun.home).is_dir()):
            return
        task = Task("", Path("/"), agents=(begun.agent,), isolated=bool(begun.home))
        examined = await self.roster.examine(facts, task)
        if examined.installed is None:
            raise MigrationFailed(agent=begun.agent, detail=examined.obstacle)
        homes = Path(begun.home).parent if begun.home else None
        target = target_at(self.roster, examined, task, begun.planned.native_id, self.clock, homes)
        await native.clear(begun.planned, target)

    async def _examine(self, task: Task) -> Examined:
        """As `_look`; raises MigrationFailed also where the agent is not installed."""
        examined = await self._look(task)
        if examined.installed is None:
            raise MigrationFailed(agent=examined.agent, detail=examined.obstacle)
        return examined

    async def _look(self, task: Task) -> Examined:
        """Look at the one agent of ``task``. Raises MigrationFailed where it is one that keeps no sessions."""
        [agent] = task.agents
        if agent == BUILTIN:
            raise MigrationFailed(agent=agent, detail="the built-in agent keeps no sessions of its own")
        return await self.roster.examine(self.roster.registry.get(agent), task)

    async def migrate(
        self, session_id: SessionId, lineage: Sequence[Message], examined: Examined, task: Task, *, verify: bool
    ) -> Migrated:
        """Write ``lineage`` for ``examined``, into the home that it would use for ``task``.

        With ``verify``, and always where the installed version is not proven, it is first replayed: what does not
        arrive natively is told as text, and that is replayed too. Raises MigrationFailed; nothing is left then.
        """
        native = self.formats(examined.agent)
        facts, installed = examined.facts, examined.installed
        if native is None or facts is None or installed is None:
            raise MigrationFailed(agent=examined.agent, detail="Minga has no writer for it, or it is not installed")
        items = crossing(lineage)
        if not items:
            raise MigrationFailed(agent=examined.agent, detail="the session holds nothing that can cross")
        level: Level = "native"
        lost = _untold(items)
        verified = verify or not is_proven(facts, installed.version)
        if verified and (wrong := await self.replay().differences(native, facts, installed, items)):
            level, items = "text", flattened(items)
            lost = (*lost, *wrong, FLATTENED)
            if still := await self.replay().differences(native, facts, installed, items):
                raise MigrationFailed(agent=examined.agent, detail=f"its replay does not show the history: {still[0]}")
        migrated = Migrated(
            examined.agent, NativeId(""), Path(), level, verified, installed.version, lost, installed.path
        )
        try:
            return await self._place(session_id, lineage, items, examined, task, migrated)
        except OSError as wrong:  # of its home, or of what a command needs beside it
            raise unwritten(examined.agent, Path(wrong.filename or examined.home), wrong) from wrong

    async def _place(
        self,
        session_id: SessionId,
        lineage: Sequence[Message],
        items: Sequence[Item],
        examined: Examined,
        task: Task,
        migrated: Migrated,
    ) -> Migrated:
        native = self.formats(examined.agent)
        assert native is not None
        target = target_at(self.roster, examined, task, NativeId(self.new_id()), self.clock)
        draft = native.draft(items, target)
        begun = Begun(examined.agent, examined.home, native.planned(draft, target))
        await self.beginnings.note(begun)
        try:
            placed = await native.place(draft, target)
            kept = _native(session_id, lineage, examined, placed, migrated)
            await self.natives.note(replace(kept, **await asyncio.to_thread(_stamp, native, placed, target.home)))
        except MigrationFailed:
            raise  # it was not placed
        except BaseException:  # also Ctrl-C: what the store does not know of must not lie in the home
            await native.clear(begun.planned, target)
            raise
        finally:
            await self.beginnings.settle(begun)
        lost = tuple(dict.fromkeys((*migrated.lost, *draft.lost)))
        return replace(migrated, native_id=placed.native_id, path=placed.path, lost=lost)


def _is_there(native: Format, home: Path, native_id: NativeId) -> bool:
    """Raises MigrationFailed where that cannot be seen."""
    try:
        return any(file.native_id == native_id for file in native.find(home))
    except OSError as wrong:
        raise MigrationFailed(agent=native.agent, detail=wrong.strerror or str(wrong)) from wrong


def _stamp(native: Format, placed: Placed, home: Path) -> dict[str, Any]:
    """The last message of what was written, and how the file looks: what comes later is the CLI's."""
    file = next((file for file in native.find(home) if file.native_id == placed.native_id), None)
    if file is None:
        return {}
    ids = [read.id for read in native.read(file) if isinstance(read, Message) and not read.chain]
    return {"seam": ids[-1] if ids else "", "size": file.size, "modified_ns": file.modified_ns}


def flattened(items: Sequence[Item]) -> list[Item]:
    """Tool calls and results as words of the assistant, for a CLI that does not take them over as what they are."""
    return [_told(item) if isinstance(item, Called) else item for item in items]


def _untold(items: Sequence[Item]) -> tuple[str, ...]:
    """What of tool calls cannot cross because the CLI that made them did not tell it, as words for a person."""
    lost: list[str] = []
    for item in items:
        if isinstance(item, Called) and item.call.arguments == UNTOLD_INPUT:
            lost.append(f"the arguments of tool call {item.call.name}: not told by its CLI")
        if isinstance(item, Called) and item.result.output == UNTOLD:
            lost.append(f"the result of tool call {item.call.name}: not told by its CLI")
    return tuple(dict.fromkeys(lost))


def _told(item: Called) -> Said:
    state = "" if item.result.ok else " (failed)"
    text = (
        f"[I called the tool {item.call.name} with {item.call.arguments}]\n[Its result{state}:]\n{item.result.output}"
    )
    return Said("assistant", text, item.at, item.model)


def _native(
    session_id: SessionId, lineage: Sequence[Message], examined: Examined, placed: Placed, migrated: Migrated
) -> Native:
    return Native(
        agent=examined.agent,
        native_id=placed.native_id,
        home=examined.home,
        session_id=session_id,
        origin="written",
        path=str(placed.path),
        sha256=placed.sha256,
        cli_version=migrated.version,
        level=migrated.level,
        through=last_turn(lineage),
        anchor=lineage[-1].id,
    )


def target_at(
    roster: Roster, examined: Examined, task: Task, native_id: NativeId, clock: Clock, homes: Path | None = None
) -> Target:
    """Where ``examined`` would look for a session of ``task``: in the home that it would use for it, below ``homes``
    where that is given. ``program`` is empty where it is not installed."""
    launch = roster.launch(examined, task, AttemptId(""), None, homes=homes)
    assert examined.facts is not None
    return Target(
        native_id=native_id,
        home=launch.home or (Path(examined.home) if examined.home else roster.person_home(examined.facts)),
        cwd=task.cwd,
        program=launch.command[0] if launch.command else "",
        version=launch.version,
        model=launch.model or examined.facts.model,
        at=clock.now(),
        uses_endpoint=launch.uses_endpoint,
        environment=launch.environment,
    )
