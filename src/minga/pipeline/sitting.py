"""How a panel sits: its agents work side by side, each in a session of its own, until one answer is selected."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from minga.agents.attempt import Stop
from minga.domain.errors import BadInput, MingaError
from minga.domain.events import Cancelled, Recorded
from minga.domain.ids import AgentName
from minga.domain.ledger import Receipt
from minga.domain.task import Permissions, Strategy, Task
from minga.domain.workspaces import Worktree
from minga.infrastructure import git
from minga.pipeline.panel import Decision, Member, decide, member, note, seats
from minga.pipeline.task import Runner, TaskRun
from minga.verification.labels import Labels
from minga.workspaces.worktrees import Worktrees

FIRST = 2
"""Asked at once; the third one only where these do not agree."""

Follows = Callable[[AgentName, TaskRun], Awaitable[Sequence[Recorded]]]
"""Shows the run of an agent to its end, and returns what was recorded of it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Who is asked what. ``in_trees``: each works in a worktree of its own. ``only_reads``: though ``task`` might have
    changed files, outside a repository. ``one_family``: that they agree says less."""

    task: Task
    asked: tuple[AgentName, ...]
    in_trees: bool
    only_reads: bool
    one_family: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """What came of one agent. ``tree`` holds its changes; None where there are none."""

    member: Member
    shown: Sequence[Recorded]
    receipt: Receipt | None
    tree: Worktree | None


@dataclass(frozen=True, slots=True)
class Panels:
    runner: Runner
    worktrees: Worktrees
    labels: Labels

    async def convene(self, task: Task) -> Panel:
        """Who would answer ``task``, whose budget is divided among them. Raises BadInput where there are not two."""
        task = replace(task, strategy=Strategy.PANEL)
        route = await self.runner.route(task)
        asked = tuple(seats(route))
        if len(asked) < FIRST:
            raise BadInput(detail="a panel needs two agents with a model that are ready; see `minga doctor`")
        if task.budget_micro_usd is not None:
            task = replace(task, budget_micro_usd=max(task.budget_micro_usd // len(asked), 1))
        changes = task.permissions is not Permissions.READ_ONLY
        in_trees = changes and await git.find_repository(task.cwd) is not None
        if not in_trees:
            task = replace(task, permissions=Permissions.READ_ONLY)
        families = {facts.model_family for agent in asked if (facts := route.examined[agent].facts)}
        return Panel(task, asked, in_trees, changes and not in_trees, len(families) == 1)

    async def sit(self, panel: Panel, stop: Stop, follows: Follows) -> tuple[Decision, Sequence[Seat]]:
        """Ask two, and a third where they do not agree; `minga feedback` finds what is selected. Where one of them
        cannot begin, the turns of the others are ended before that is raised."""
        if panel.in_trees:
            await self.worktrees.clear()
        taken: list[Seat] = []
        for group in filter(None, (panel.asked[:FIRST], panel.asked[FIRST:])):
            sitting = (self._sit(panel, agent, stop, follows) for agent in group)
            ends = await asyncio.gather(*sitting, return_exceptions=True)
            for end in ends:
                if isinstance(end, BaseException):
                    raise end
                taken.append(end)
            decision = decide([seat.member for seat in taken])
            if decision.selected is not None or stop.requested.is_set():
                break
        await note(self.labels, [seat.member for seat in taken], decision)
        return decision, taken

    async def _sit(self, panel: Panel, agent: AgentName, stop: Stop, follows: Follows) -> Seat:
        tree: Worktree | None = None
        try:
            tree = await self.worktrees.add(panel.task.cwd, agent) if panel.in_trees else None
            its = replace(panel.task, agents=(agent,), cwd=tree.cwd if tree else panel.task.cwd)
            run = await self.runner.start(its, stop)
            shown = await follows(agent, run)
        except (MingaError, OSError):
            stop.stop(Cancelled("another agent of the panel could not go on"))
            raise
        finally:
            if tree and not await self.worktrees.diff(tree):
                await self.worktrees.remove(tree)
                tree = None
        cost = run.receipt.cost_micro_usd if run.receipt else None
        return Seat(member(agent, run.turn.session_id, shown, cost), shown, run.receipt, tree)
