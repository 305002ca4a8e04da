"""Proves that a CLI takes a written session over: it is started in a home of its own against a model server that only
records, resumes the session, and the history in its request is compared with what was written.

What is not proved: that the vendor's own server accepts such a history.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.agents import attempt
from minga.agents.attempt import Stop
from minga.agents.facts import Facts
from minga.agents.launch import Installed
from minga.agents.permissions import PolicyBroker
from minga.agents.roster import Roster
from minga.domain.agents import Prompt
from minga.domain.errors import MigrationFailed, NoRoomToMigrate
from minga.domain.events import Event, Failed
from minga.domain.ids import AgentName, AttemptId, NativeId
from minga.domain.task import Endpoint, Permissions, Task
from minga.domain.transcript import Item
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.infrastructure.scratch import MEMORY, scratch_folder
from minga.pipeline.compared import differences
from minga.pipeline.migration import target_at
from minga.sessions.formats.format import Format
from minga.sessions.formats.placing import NO_ROOM
from minga.testing import Received, Say, Script, ScriptedServer

MARKER = "minga replay: say ok"


@dataclass(frozen=True, slots=True)
class Replay:
    """``roster_at`` makes a roster whose homes lie in the given folder."""

    roster_at: Callable[[Path], Roster]
    clock: Clock
    new_id: NewId

    async def differences(self, native: Format, facts: Facts, installed: Installed, items: Sequence[Item]) -> list[str]:
        """What of ``items`` does not reach the model, in words; empty: all of it does. Raises MigrationFailed if the
        CLI could not be asked at all. The copy of the conversation lies in memory where that can be had."""
        try:
            with scratch_folder("replay") as folder, ScriptedServer(Script(default=Say("ok"))) as server:
                end = await self._resume(native, facts, installed, items, folder, server.url)
                asked = [received for received in server.requests if _asks(received)]
        except OSError as wrong:
            if wrong.errno in NO_ROOM:
                raise NoRoomToMigrate(agent=facts.name, path=str(MEMORY)) from wrong
            raise MigrationFailed(agent=facts.name, detail=f"it cannot be tried out here: {wrong}") from wrong
        if not asked:
            why = end.failure.message if isinstance(end, Failed) else "it did not ask its model"
            raise MigrationFailed(agent=facts.name, detail=f"the written session could not be resumed: {why}")
        newest = max(asked, key=lambda received: len(received.model_request.messages) if received.model_request else 0)
        assert newest.model_request is not None
        return differences(items, newest.model_request.messages, MARKER)

    async def _resume(
        self, native: Format, facts: Facts, installed: Installed, items: Sequence[Item], folder: Path, url: str
    ) -> Event:
        cwd = folder / "work"
        cwd.mkdir()
        roster = self.roster_at(folder / "homes")
        task = Task(
            prompt=MARKER,
            cwd=cwd,
            agents=(AgentName(facts.name),),
            permissions=Permissions.READ_ONLY,
            endpoint=Endpoint(url, "replay-needs-no-key", facts.model),
        )
        examined = await roster.examine(facts, task)
        attempt_id = AttemptId(self.new_id())
        native_id = NativeId(self.new_id())
        target = target_at(roster, examined, task, native_id, self.clock)
        placed = await native.place(native.draft(items, target), target)
        launch = roster.launch(examined, task, attempt_id, placed.native_id)
        opener = roster.opener(examined, launch, PolicyBroker(task.permissions, None, 1.0), "")
        end: Event | None = None
        async for batch in attempt.run(opener, Prompt(MARKER), roster.bounds(examined), Stop()):
            end = batch[-1]
        assert end is not None
        return end


def _asks(received: Received) -> bool:
    request = received.model_request
    return request is not None and MARKER in request.last_user_text and not request.is_side_call
