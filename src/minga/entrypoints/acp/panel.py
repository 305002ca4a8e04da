"""A prompt that several agents answer side by side: one answer is selected, and becomes the turn of the session.

Each of them works in a session of its own, and in a working tree of its own where there is a repository.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.errors import BadInput, MingaError
from minga.domain.events import Event, Failed, Finished, Notice, Recorded, Terminal, Text
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName
from minga.domain.sessions import Turn
from minga.domain.task import Document, Permissions, Task
from minga.domain.transcript import ImagePart
from minga.domain.workspaces import Worktree
from minga.entrypoints.acp.saying import Say
from minga.entrypoints.acp.session import Session, begun, tell_info
from minga.entrypoints.acp.updates import Shown
from minga.entrypoints.acp.wire import text
from minga.infrastructure import git
from minga.infrastructure.jsonlines import Json
from minga.pipeline.panel import Decision, Member, decide, member, note, seats
from minga.pipeline.task import compose
from minga.sessions.brief import brief

NONE_STANDS = "No answer stands: every one was refuted, or failed."


@dataclass(frozen=True, slots=True)
class _Seat:
    member: Member
    tree: Worktree | None


async def answer_by_panel(minga: Minga, session: Session, stop: Stop, task: Task, say: Say) -> Terminal:
    """Raises BadInput where there are no two agents to ask, and StoreError; then there is no turn."""
    asked = seats(await minga.runner.route(task))
    if len(asked) < 2:
        raise BadInput(detail=say("a panel needs two agents with a model that are ready; see `minga doctor`"))
    pictures = [ImagePart(image.media_type, image.path.read_bytes()) for image in task.images]
    earlier = await minga.history.conversation(session.id) if task.session_id else []
    turn = await minga.sessions.open(task.session_id, compose(task), task.cwd, pictures, begins=task.begins)
    panel = _Panel(minga, session, stop, turn, say)
    await begun(minga, session)
    if earlier:
        record = Document("conversation so far", brief(earlier, ()))
        task = replace(task, documents=(*task.documents, record))
    try:
        end = await panel.answer(replace(task, session_id=None, begins=None), asked)
    except MingaError as wrong:
        end = Failed(Failure(FailureCode.UNCLASSIFIED, *say.error(wrong)))
    await panel.record(end)
    await tell_info(minga, session)
    return end


class _Panel:
    """One turn of ``session``."""

    def __init__(self, minga: Minga, session: Session, stop: Stop, turn: Turn, say: Say) -> None:
        self._minga = minga
        self._session = session
        self._stop = stop
        self._turn = turn
        self._say = say
        self._shown = Shown(turn.cwd, session.calls, say, live=True)

    async def record(self, event: Event) -> None:
        """Store an event of the turn, and show it."""
        for recorded in await self._minga.sessions.append(self._turn, None, [event]):
            for update in self._shown.of(recorded):
                await self._session.update(update)

    async def answer(self, task: Task, asked: Sequence[AgentName]) -> Terminal:
        """Two agents are asked, a third where they do not agree."""
        in_trees = False
        if task.permissions is not Permissions.READ_ONLY:
            in_trees = await git.find_repository(task.cwd) is not None
        if in_trees:
            await self._minga.worktrees.clear()
        elif task.permissions is not Permissions.READ_ONLY:
            task = replace(task, permissions=Permissions.READ_ONLY)
            await self.record(Notice("outside a git repository the agents of a panel only read"))
        taken: list[_Seat] = []
        for group in filter(None, (asked[:2], asked[2:])):
            taken += await self._ask(task, group, in_trees=in_trees)
            decision = decide([seat.member for seat in taken])
            if decision.selected is not None or self._stop.requested.is_set():
                break
        await note(self._minga.labels, [seat.member for seat in taken], decision)
        for seat in taken:
            await self._tell_tree(seat)
        return await self._end(decision, taken)

    async def _ask(self, task: Task, group: Sequence[AgentName], *, in_trees: bool) -> list[_Seat]:
        """Every turn is ended, also where one of them cannot begin."""
        sitting = (self._sit(task, agent, in_trees=in_trees) for agent in group)
        ends = await asyncio.gather(*sitting, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return [end for end in ends if isinstance(end, _Seat)]

    async def _sit(self, task: Task, agent: AgentName, *, in_trees: bool) -> _Seat:
        """One agent's work, shown as a call that ends with its answer."""
        tree = await self._minga.worktrees.add(task.cwd, agent) if in_trees else None
        its = replace(task, agents=(agent,), cwd=tree.cwd if tree else task.cwd)
        run = await self._minga.runner.start(its, self._stop)
        call: Json = {"toolCallId": self._session.calls.begin(f"panel-{agent}")}
        works = {"title": self._say("{agent} works …", agent=agent), "kind": "other", "status": "in_progress"}
        await self._session.update({"sessionUpdate": "tool_call", **call, **works})
        shown: list[Recorded] = [recorded async for recorded in run.events()]
        one = member(agent, run.turn.session_id, shown, run.receipt.cost_micro_usd if run.receipt else None)
        said = one.answer if one.answer is not None else _why(shown, self._say)
        done = {"status": "failed" if one.answer is None else "completed", "title": agent}
        content = [{"type": "content", "content": text(said)}]
        await self._session.update({"sessionUpdate": "tool_call_update", **call, **done, "content": content})
        return _Seat(one, tree)

    async def _tell_tree(self, seat: _Seat) -> None:
        """A tree in which nothing changed is taken away again."""
        if seat.tree is None:
            return
        if await self._minga.worktrees.diff(seat.tree):
            await self.record(
                Notice(f"the changes of {seat.member.agent}: minga worktrees merge {seat.tree.path.name}")
            )
        else:
            await self._minga.worktrees.remove(seat.tree)

    async def _end(self, decision: Decision, taken: Sequence[_Seat]) -> Terminal:
        if self._stop.requested.is_set():
            return self._stop.event
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
