"""A prompt that several agents answer side by side: one answer is selected, and becomes the turn of the session.

Each of them works in a session of its own, and in a working tree of its own where there is a repository.
"""

from collections.abc import Sequence
from dataclasses import replace

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.errors import MingaError
from minga.domain.events import Event, Failed, Finished, Notice, Recorded, Terminal, Text
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName
from minga.domain.saying import Say
from minga.domain.sessions import Turn
from minga.domain.task import Document, Task
from minga.domain.transcript import ImagePart
from minga.entrypoints.acp.session import Session, begun, tell_info
from minga.entrypoints.acp.updates import Shown
from minga.entrypoints.acp.wire import text
from minga.infrastructure.jsonlines import Json
from minga.pipeline.panel import Decision
from minga.pipeline.sitting import Panel, Panels, Seat
from minga.pipeline.task import TaskRun, compose
from minga.sessions.brief import brief

NONE_STANDS = "No answer stands: every one was refuted, or failed."


async def answer_by_panel(minga: Minga, session: Session, stop: Stop, task: Task, say: Say) -> Terminal:
    """Raises BadInput where there are no two agents to ask, and StoreError; then there is no turn."""
    panels = Panels(minga.runner, minga.worktrees, minga.labels)
    panel = await panels.convene(task)
    pictures = [ImagePart(image.media_type, image.path.read_bytes()) for image in task.images]
    earlier = await minga.history.conversation(session.id) if task.session_id else []
    turn = await minga.sessions.open(task.session_id, compose(task), task.cwd, pictures, begins=task.begins)
    shows = _Shows(minga, session, turn, say)
    await begun(minga, session)
    if earlier:
        record = Document("conversation so far", brief(earlier, ()))
        panel = replace(panel, task=replace(panel.task, documents=(*panel.task.documents, record)))
    panel = replace(panel, task=replace(panel.task, session_id=None, begins=None))
    try:
        end = await shows.sit(panels, panel, stop)
    except MingaError as wrong:
        end = Failed(Failure(FailureCode.UNCLASSIFIED, *say.error(wrong)))
    await shows.record(end)
    await tell_info(minga, session)
    return end


class _Shows:
    """One turn of ``session``."""

    def __init__(self, minga: Minga, session: Session, turn: Turn, say: Say) -> None:
        self._minga = minga
        self._session = session
        self._turn = turn
        self._say = say
        self._shown = Shown(turn.cwd, session.calls, say, live=True)

    async def record(self, event: Event) -> None:
        """Store an event of the turn, and show it."""
        for recorded in await self._minga.sessions.append(self._turn, None, [event]):
            for update in self._shown.of(recorded):
                await self._session.update(update)

    async def sit(self, panels: Panels, panel: Panel, stop: Stop) -> Terminal:
        if panel.only_reads:
            await self.record(Notice("outside a git repository the agents of a panel only read"))
        decision, taken = await panels.sit(panel, stop, self._follow)
        for seat in taken:
            if seat.tree:
                await self.record(
                    Notice(f"the changes of {seat.member.agent}: minga worktrees merge {seat.tree.path.name}")
                )
        return stop.event if stop.requested.is_set() else await self._selected(decision, taken)

    async def _follow(self, agent: AgentName, run: TaskRun) -> Sequence[Recorded]:
        """One agent's work, shown as a call that ends with its answer."""
        call: Json = {"toolCallId": self._session.calls.begin(f"panel-{agent}")}
        works = {"title": self._say("{agent} works …", agent=agent), "kind": "other", "status": "in_progress"}
        await self._session.update({"sessionUpdate": "tool_call", **call, **works})
        shown = [recorded async for recorded in run.events()]
        answer = next((one.event.answer for one in shown if isinstance(one.event, Finished)), None)
        said = answer if answer is not None else _why(shown, self._say)
        done = {"status": "failed" if answer is None else "completed", "title": agent}
        content = [{"type": "content", "content": text(said)}]
        await self._session.update({"sessionUpdate": "tool_call_update", **call, **done, "content": content})
        return shown

    async def _selected(self, decision: Decision, taken: Sequence[Seat]) -> Terminal:
        if decision.selected is not None and decision.selected.answer is not None:
            await self.record(Notice(f"the answer of {decision.selected.agent} was selected"))
            said = decision.selected.answer
        else:
            standing = [seat.member for seat in taken if seat.member.stands]
            if not standing:
                return Failed(Failure(FailureCode.UNCLASSIFIED, self._say(NONE_STANDS)))
            answers = (f"## {one.agent}\n\n{one.answer}" for one in standing)
            said = "\n\n".join([self._say("The answers do not agree: you decide."), *answers])
        await self.record(Text(said))
        return Finished(said)


def _why(shown: Sequence[Recorded], say: Say) -> str:
    failures = [one.event.failure.message for one in shown if isinstance(one.event, Failed)]
    return say.told(failures[-1]) if failures else say("(no answer)")
