"""A panel that cannot sit as planned leaves nothing behind; what it may spend is divided."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipeline_bench import Bench, all_gone

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.errors import StoreUnreachable
from minga.domain.events import Recorded
from minga.domain.ids import AgentName
from minga.domain.task import Permissions, Task
from minga.pipeline.sitting import Panels
from minga.pipeline.task import Runner, TaskRun

Starts = Callable[[Task, Stop], Awaitable[TaskRun]]


def with_start(minga: Minga, start: Starts) -> Panels:
    runner = cast(Runner, SimpleNamespace(route=minga.runner.route, start=start))
    return Panels(runner, minga.worktrees, minga.labels)


async def followed(_: AgentName, run: TaskRun) -> Sequence[Recorded]:
    return [recorded async for recorded in run.events()]


def test_where_one_agent_cannot_begin_the_other_is_stopped_and_no_tree_is_left(bench: Bench) -> None:
    subprocess.run(["git", "init", "-q"], cwd=bench.work, check=True)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "1", "--allow-empty"],
        cwd=bench.work,
        check=True,
    )
    bench.agent("alpha", [["spawn", "group"], ["say", "working"], ["stream", 10_000, 0.05]])
    bench.agent("beta", [["say", "never"]])

    async def work(minga: Minga) -> tuple[list[str], Any]:
        async def start(task: Task, stop: Stop) -> TaskRun:
            if task.agents == ("alpha",):
                return await minga.runner.start(task, stop)
            while not bench.logged("alpha", "child"):  # noqa: ASYNC110 (another process)
                await asyncio.sleep(0.02)
            raise StoreUnreachable(store="far", detail="gone")

        panels = with_start(minga, start)
        panel = await panels.convene(bench.task("wait", "alpha", "beta", permissions=Permissions.ALL))
        assert panel.in_trees
        with pytest.raises(StoreUnreachable):
            await panels.sit(panel, Stop(), followed)
        latest = await minga.history.latest(10)
        states = [past.state for one in latest for past in await minga.history.conversation(one.id)]
        return states, await minga.worktrees.all()

    assert bench.use(work) == (["cancelled"], [])
    assert all_gone([entry["child"] for entry in bench.logged("alpha", "child")])


def test_a_budget_is_divided_among_those_who_may_be_asked(bench: Bench) -> None:
    for name in ("alpha", "beta", "gamma"):
        bench.agent(name, [["say", "8 days"]])

    async def work(minga: Minga) -> list[int | None]:
        budgets: list[int | None] = []

        async def start(task: Task, stop: Stop) -> TaskRun:
            budgets.append(task.budget_micro_usd)
            return await minga.runner.start(task, stop)

        panels = with_start(minga, start)
        task = replace(bench.task("how long?", "alpha", "beta", "gamma"), budget_micro_usd=300_000)
        decision, taken = await panels.sit(await panels.convene(task), Stop(), followed)
        assert decision.standing == "agreed"
        assert [seat.tree for seat in taken] == [None, None]
        return budgets

    assert bench.use(work) == [100_000, 100_000]
