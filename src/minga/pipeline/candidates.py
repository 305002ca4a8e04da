"""Gathers the facts that the router decides on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from minga.agents.registry import BUILTIN
from minga.agents.roster import Examined, Roster
from minga.domain.ids import AgentName
from minga.domain.routing import AgentState, Needs, Plan
from minga.domain.task import Strategy, Task
from minga.infrastructure.clock import Clock
from minga.ledger.prices import PriceTable, typical_usage
from minga.routing.health import Health
from minga.routing.plan import plan


@dataclass(frozen=True, slots=True)
class Route:
    """The plan, and each agent as it was examined for it. ``expected``: what the task may cost with it, by list price
    (None: unknown); ``propensity``: how probable it was that the first agent would be the first."""

    plan: Plan
    examined: dict[AgentName, Examined]
    expected: dict[AgentName, int | None] = field(default_factory=dict)
    propensity: float = 1.0


@dataclass(frozen=True, slots=True)
class Exploration:
    """Some cascades begin with an agent drawn by lot, so that what others would have done is known without bias:
    ``share`` of them, from 0 to 1; ``draw`` gives a number from 0 to 1, 1 excluded."""

    share: float
    draw: Callable[[], float]


async def choose(
    task: Task,
    roster: Roster,
    health: Health,
    prices: PriceTable,
    clock: Clock,
    began: AgentName | None,
    exploration: Exploration,
) -> Route:
    """Examine the agents and plan; ``began`` the session, None for a new one. Raises UnknownAgent for a named agent
    that is not in the catalogue."""
    explicit = tuple(roster.registry.check(name) for name in task.agents)
    examined, limits, failures = await asyncio.gather(
        roster.examine_all(task), health.limits(), health.recent_failures()
    )
    states = [
        AgentState(
            agent=one.agent,
            ready=one.obstacle,
            images=one.facts is not None and one.facts.capabilities.images,
            mcp=one.facts is not None and one.facts.capabilities.mcp,
            deterministic=one.agent == BUILTIN,
            limited_until=limits.get((one.account, one.model_family)),
            recent_failures=failures.get(one.agent, 0),
            expected_micro_usd=_expected(one, task, prices),
            start_ms=0 if one.facts is None else one.facts.start_ms,
            on_key=one.on_key,
        )
        for one in examined
    ]
    needs = Needs(
        explicit,
        images=bool(task.images),
        mcp=bool(task.mcp_servers),
        now=clock.now(),
        began=began,
        cheapest_first=task.strategy is Strategy.CASCADE,
        preferred=task.specialist.agents if task.specialist else (),
    )
    chosen = plan(states, needs)
    expected = {state.agent: state.expected_micro_usd for state in states}
    route = Route(chosen, {one.agent: one for one in examined}, expected)
    return explore(route, exploration) if task.strategy is Strategy.CASCADE and not explicit else route


def explore(route: Route, exploration: Exploration) -> Route:
    """Let the lot say who begins, in ``exploration.share`` of the cases; note how probable the choice was."""
    able = [one for one in route.plan.candidates if one.agent != BUILTIN]
    if exploration.share <= 0 or len(able) < 2:
        return route
    even = exploration.share / len(able)
    lot = exploration.draw()
    place = int(lot / even) if lot < exploration.share else 0
    first = able[min(place, len(able) - 1)]
    rest = [one for one in route.plan.candidates if one is not first]
    propensity = even + (1 - exploration.share if first is able[0] else 0.0)
    reason = first.reason if first is able[0] else f"{first.reason}, drawn by lot to learn from it"
    drawn = replace(route.plan, candidates=(replace(first, reason=reason), *rest))
    return replace(route, plan=drawn, propensity=propensity)


def model_of(one: Examined, task: Task) -> str:
    """What it would ask for; empty for the agent without a model."""
    if one.facts is None:
        return ""
    return task.model or (task.endpoint.model if task.endpoint else "") or one.facts.model


def _expected(one: Examined, task: Task, prices: PriceTable) -> int | None:
    return prices.cost_micro_usd(model_of(one, task), typical_usage(task.prompt)) if one.facts else 0
