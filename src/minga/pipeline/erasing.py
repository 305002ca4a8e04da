"""Takes away what the CLIs have of a session that is deleted, as far as it is Minga's."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minga.agents.roster import Roster
from minga.domain.errors import MigrationFailed
from minga.domain.ids import AgentName
from minga.domain.task import Task
from minga.infrastructure.clock import Clock
from minga.pipeline.migration import target_at
from minga.sessions.formats.format import Format, Placed, Target
from minga.sessions.natives import Trace


@dataclass(frozen=True, slots=True)
class Eraser:
    """``formats`` gives the native format of an agent, None where there is none."""

    formats: Callable[[AgentName], Format | None]
    roster: Roster
    clock: Clock

    async def erase(self, traces: Sequence[Trace]) -> list[str]:
        """Take away the native sessions of one that is deleted; say, for a person, which are left and why.

        In homes of Minga's own all of them go; in the person's own home those that Minga wrote and in which the CLI has
        not gone on. What a CLI made there is the person's.
        """
        left: list[str] = []
        for trace in traces:
            try:
                if kept := await self._erase(trace):
                    left.append(kept)
            except MigrationFailed as failed:
                left.append(failed.values.get("detail", failed.message))
            except OSError as wrong:
                left.append(f"{trace.path or trace.native_id}: {wrong}")
        return list(dict.fromkeys(left))

    async def _erase(self, trace: Trace) -> str:
        native, facts = self.formats(trace.agent), self.roster.registry.facts.get(trace.agent)
        if native is None or facts is None or (trace.home and not Path(trace.home).is_dir()):
            return ""
        own = bool(trace.home)
        if not own and trace.origin != "written":
            return f"{facts.title}: {trace.path or trace.native_id}"
        target = await self._target(trace)
        if own:
            await native.erase(trace.native_id, target)
        elif await asyncio.to_thread(_is_there, native, target, trace):
            await native.remove(Placed(trace.native_id, Path(trace.path), trace.sha256), target)
        return ""

    async def _target(self, trace: Trace) -> Target:
        """A home of Minga's lies below the folder of homes in which it was made."""
        task = Task("", Path("/"), agents=(trace.agent,), isolated=bool(trace.home))
        examined = await self.roster.examine(self.roster.registry.get(trace.agent), task)
        homes = Path(trace.home).parent if trace.home else None
        target = target_at(self.roster, examined, task, trace.native_id, self.clock, homes)
        return replace(target, home=Path(trace.home)) if trace.home else target


def _is_there(native: Format, target: Target, trace: Trace) -> bool:
    return any(file.native_id == trace.native_id for file in native.find(target.home))
