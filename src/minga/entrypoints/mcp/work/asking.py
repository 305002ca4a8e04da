"""Other agents: ask one, go on with a session in one, ask a panel."""

import itertools
from dataclasses import replace

import msgspec

from minga.asking_wiring import asked_task
from minga.domain.errors import BadInput
from minga.domain.ids import AgentName, SessionId
from minga.domain.task import Permissions, Task
from minga.entrypoints.mcp.itself import for_runs
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import DATA, Told
from minga.entrypoints.mcp.tools.asking import Agreed, Answered, Ask, AskPanel, GoOn
from minga.pipeline import asking
from minga.pipeline.asking import Hears, Outcome
from minga.pipeline.sitting import Panels

MILLION = 1_000_000


async def ask(place: Place, asked: Ask, told: Told) -> Answered:
    return await _run(place, _task(place, asked), told)


async def go_on(place: Place, asked: GoOn, told: Told) -> Answered:
    minga = await place.minga()
    return await _run(place, _task(place, asked, await minga.history.resolve(asked.session)), told)


async def ask_panel(place: Place, asked: AskPanel, told: Told) -> Agreed:
    minga = await place.minga()
    panels = Panels(minga.runner, minga.worktrees, minga.labels)
    decision, taken = await asking.ask_panel(panels, _bounded(place, asked), _hears(told), place.allowance())
    selected = decision.selected
    answer, agent = (selected.answer or "", selected.agent) if selected else ("", "")
    return Agreed(decision.standing, DATA, answer, agent, [_answered(one) for one in taken])


async def _run(place: Place, task: Task, told: Told) -> Answered:
    minga = await place.minga()
    return _answered(await asking.ask(minga.runner, task, _hears(told), place.allowance()))


def _task(place: Place, asked: Ask | GoOn, session_id: SessionId | None = None) -> Task:
    """Permissions are never more than the person's own setting allows."""
    may = Permissions(asked.may)
    if may is Permissions.EDITS and place.settings.text("permissions") == Permissions.READ_ONLY:
        raise BadInput(detail="the person's setting `permissions` is read-only: no agent changes files")
    task = _bounded(place, asked)
    agents = tuple(map(AgentName, asked.agents)) or task.agents
    return replace(task, agents=agents, permissions=may, session_id=session_id)


def _bounded(place: Place, asked: Ask | GoOn | AskPanel) -> Task:
    if place.cwd is None:
        raise BadInput(detail="agents work in a directory; this server has none")
    budget_usd = None if asked.budget_usd is msgspec.UNSET else asked.budget_usd
    return replace(asked_task(place.settings, place.cwd, asked.task, budget_usd), tools=for_runs(place.settings))


def _hears(told: Told) -> Hears:
    heard = itertools.count(1)

    async def hear(says: str) -> None:
        await told(next(heard), None, says)

    return hear


def _answered(one: Outcome) -> Answered:
    answered, receipt = one.member, one.receipt
    verified = answered.verified
    cost = answered.cost_micro_usd
    return Answered(
        ended=one.ended,
        about=DATA,
        answer=answered.answer or one.why,
        agent=answered.agent,
        session=one.session_id,
        checks="" if verified is None else answered.judgement.value,
        reasons=[] if verified is None else [*verified.verdict.reasons, *verified.verdict.unproven],
        cost_usd=None if cost is None else cost / MILLION,
        files_changed=list(receipt.files_changed) if receipt else [],
    )
