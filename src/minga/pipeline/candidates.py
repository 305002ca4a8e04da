"""Gathers the facts that the router decides on."""

import asyncio
from dataclasses import dataclass

from minga.agents.registry import BUILTIN
from minga.agents.roster import Examined, Roster
from minga.domain.ids import AgentName
from minga.domain.routing import AgentState, Needs, Plan
from minga.domain.task import Task
from minga.infrastructure.clock import Clock
from minga.ledger.prices import PriceTable, typical_usage
from minga.routing.health import Health
from minga.routing.plan import plan


@dataclass(frozen=True, slots=True)
class Route:
    """The plan, and each agent as it was examined for it."""

    plan: Plan
    examined: dict[AgentName, Examined]


async def choose(
    task: Task, roster: Roster, health: Health, prices: PriceTable, clock: Clock, began: AgentName | None
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
    needs = Needs(explicit, images=bool(task.images), mcp=bool(task.mcp_servers), now=clock.now(), began=began)
    return Route(plan(states, needs), {one.agent: one for one in examined})


def _expected(one: Examined, task: Task, prices: PriceTable) -> int | None:
    if one.facts is None:
        return 0
    model = task.model or (task.endpoint.model if task.endpoint else "") or one.facts.model
    return prices.cost_micro_usd(model, typical_usage(task.prompt))
