"""One agent asks others: a task for one of them, or a panel, each as a run of its own that ends with whoever asked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from minga.agents.attempt import Stop
from minga.domain.errors import BadInput
from minga.domain.events import AttemptStarted, Cancelled, Event, Failed, HandedOver, Recorded, ToolCall
from minga.domain.ids import AgentName, SessionId
from minga.domain.ledger import Receipt
from minga.domain.task import Permissions, Strategy, Task
from minga.infrastructure.process import marks_above
from minga.pipeline.allowance import Allowance, Question
from minga.pipeline.panel import Decision, Member, decide, member, seats
from minga.pipeline.task import Runner

DEPTH_MAX = 2
"""Runs within runs: a person's CLI asks an agent, and that one may ask another, which asks none."""

NOBODY = AgentName("")
"""Answered, where no agent was named and none began."""

Hears = Callable[[str], Awaitable[None]]
"""What is going on, in a few words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``member`` holds the answer, if there is one, and what its checks say. ``ended`` as in a receipt; ``why`` where
    there is no answer."""

    member: Member
    session_id: SessionId
    ended: str
    why: str
    receipt: Receipt | None


def refuse_depth(depth_max: int = DEPTH_MAX) -> None:
    """Raises BadInput where whoever asks was asked itself too often: agents must not ask each other without end."""
    depth = marks_above()
    if depth >= depth_max:
        raise BadInput(
            detail=f"this agent was asked by an agent itself ({depth} runs within each other): do it yourself"
        )


async def ask(runner: Runner, task: Task, hears: Hears, allowance: Allowance) -> Outcome:
    """Run ``task`` to its end. Where the caller is cancelled, the turn is ended as cancelled first. Raises BadInput
    where nobody may be asked any more, and what `Runner.start` raises."""
    refuse_depth()
    with allowance.question(task.budget_micro_usd) as question:
        return await _ask(runner, task, hears, question)


async def _ask(runner: Runner, task: Task, hears: Hears, question: Question) -> Outcome:
    stop = Stop()
    run = await runner.start(task, stop)
    shown: list[Recorded] = []

    async def follow() -> None:
        async with aclosing(run.events()) as events:
            async for recorded in events:
                shown.append(recorded)
                if says := _in_words(recorded.event):
                    await hears(says)

    following = asyncio.create_task(follow())
    try:
        await asyncio.shield(following)
    except asyncio.CancelledError:
        stop.stop(Cancelled("whoever asked has gone, or asks no more"))
        await _end_of(following)
        raise
    finally:
        question.add(_cost(run.receipt), task.budget_micro_usd)
    agent = next((one.event.agent for one in reversed(shown) if isinstance(one.event, AttemptStarted)), None)
    answered = member(agent or next(iter(task.agents), NOBODY), run.turn.session_id, shown, _cost(run.receipt))
    return Outcome(answered, run.turn.session_id, _ended(run.receipt), _why(shown[-1].event), run.receipt)


async def ask_panel(
    runner: Runner, task: Task, hears: Hears, allowance: Allowance
) -> tuple[Decision, Sequence[Outcome]]:
    """Two agents of different families answer side by side, a third where they do not agree; all of them only read.
    A budget is divided among them. Raises BadInput where there are not two, and as `ask`."""
    refuse_depth()
    with allowance.question(task.budget_micro_usd) as question:
        return await _ask_panel(runner, task, hears, question)


async def _ask_panel(
    runner: Runner, task: Task, hears: Hears, question: Question
) -> tuple[Decision, Sequence[Outcome]]:
    task = replace(task, strategy=Strategy.PANEL, permissions=Permissions.READ_ONLY)
    asked = seats(await runner.route(task))
    if len(asked) < 2:
        raise BadInput(detail="a panel needs two agents with a model that are ready; see `minga doctor`")
    if task.budget_micro_usd is not None:
        task = replace(task, budget_micro_usd=max(task.budget_micro_usd // len(asked), 1))
    taken: list[Outcome] = []
    for group in filter(None, (asked[:2], asked[2:])):
        taken += await asyncio.gather(*(_ask(runner, replace(task, agents=(one,)), hears, question) for one in group))
        decision = decide([one.member for one in taken])
        if decision.selected is not None:
            break
    return decision, taken


async def _end_of(following: "asyncio.Task[None]") -> None:
    """Wait for the end of a run that is being stopped, also where whoever waits is cancelled once more: the run ends by
    itself, and its turn must be written down as ended."""
    while not following.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({following})


def _in_words(event: Event) -> str:
    match event:
        case AttemptStarted():
            return f"{event.agent} works"
        case ToolCall():
            return event.title or event.name
        case HandedOver():
            return "another agent takes over"
        case _:
            return ""


def _cost(receipt: Receipt | None) -> int | None:
    return receipt.cost_micro_usd if receipt else None


def _ended(receipt: Receipt | None) -> str:
    return receipt.ended if receipt else "failed"


def _why(last: Event) -> str:
    match last:
        case Failed():
            return last.failure.message
        case Cancelled():
            return last.reason
        case _:
            return ""
