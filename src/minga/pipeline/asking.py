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
from minga.domain.task import Permissions, Task
from minga.infrastructure.process import marks_above
from minga.pipeline.allowance import Allowance
from minga.pipeline.panel import Decision, Member, member
from minga.pipeline.sitting import Panels
from minga.pipeline.task import Runner, TaskRun

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


async def ask(
    runner: Runner,
    task: Task,
    hears: Hears,
    allowance: Allowance,
    costs: Callable[[int | None], None] = lambda _: None,
) -> Outcome:
    """Run ``task`` to its end; ``costs`` hears what it cost, also where it was cancelled. Where the caller is
    cancelled, the turn is ended as cancelled first. Raises BadInput where nobody may be asked any more, and what
    `Runner.start` raises."""
    refuse_depth()
    stop = Stop()
    with allowance.question(task.budget_micro_usd) as question:
        run = await runner.start(task, stop)
        try:
            shown = await _followed(run, stop, hears)
        finally:
            question.add(_cost(run.receipt), task.budget_micro_usd)
            costs(_cost(run.receipt))
    agent = next((one.event.agent for one in reversed(shown) if isinstance(one.event, AttemptStarted)), None)
    answered = member(agent or next(iter(task.agents), NOBODY), run.turn.session_id, shown, _cost(run.receipt))
    return _outcome(answered, shown, run.receipt)


async def ask_panel(
    panels: Panels, task: Task, hears: Hears, allowance: Allowance
) -> tuple[Decision, Sequence[Outcome]]:
    """Agents of different families answer side by side; all of them only read. Where the caller is cancelled, as `ask`.
    Raises as `ask`, and what `Panels` raises."""
    refuse_depth()
    stop = Stop()
    with allowance.question(task.budget_micro_usd) as question:
        panel = await panels.convene(replace(task, permissions=Permissions.READ_ONLY))

        async def follow(_: AgentName, run: TaskRun) -> Sequence[Recorded]:
            try:
                return await _followed(run, stop, hears)
            finally:
                question.add(_cost(run.receipt), panel.task.budget_micro_usd)

        decision, taken = await panels.sit(panel, stop, follow)
    return decision, [_outcome(seat.member, seat.shown, seat.receipt) for seat in taken]


async def _followed(run: TaskRun, stop: Stop, hears: Hears) -> Sequence[Recorded]:
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
    return shown


async def _end_of(following: "asyncio.Task[None]") -> None:
    """Wait for the end of a run that is being stopped, also where whoever waits is cancelled once more: the run ends by
    itself, and its turn must be written down as ended."""
    while not following.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({following})


def _outcome(answered: Member, shown: Sequence[Recorded], receipt: Receipt | None) -> Outcome:
    return Outcome(answered, answered.session_id, _ended(receipt), _why(shown[-1].event), receipt)


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


def _cost(receipt: Receipt | None) -> int | None:
    return receipt.cost_micro_usd if receipt else None
