"""What the operations work with."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from minga.bootstrap import Minga
from minga.domain.model_calls import VirtualKey
from minga.entrypoints.api.records import Health
from minga.gateway_wiring import budget_states
from minga.pipeline.model_call import Gateway
from minga.reports.budgets import BudgetStates
from minga.reports.calls import Calls
from minga.reports.costs import Costs
from minga.telemetry.metrics import Metrics

Query = TypeVar("Query")
Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Plane:
    gateway: Gateway
    costs: Costs
    budgets: BudgetStates
    calls: Calls
    metrics: Metrics

    def health(self, provider: str) -> Health:
        """Of what this process has called: resting where none of it may be called now."""
        states = [one for one in self.gateway.ways.balancer.state() if one.id.startswith(f"{provider}:")]
        if not states:
            return "unknown"
        return "ready" if any(one.breaker != "open" and one.cool_s <= 0 for one in states) else "resting"


def plane_of(minga: Minga, gateway: Gateway, metrics: Metrics) -> Plane:
    return Plane(gateway, Costs(minga.database), budget_states(minga), Calls(minga.database), metrics)


@dataclass(frozen=True, slots=True)
class Asked(Generic[Query, Body]):
    """A request that was read: who asks, ``id`` of its path (or empty), its query and its body."""

    caller: VirtualKey
    id: str
    query: Query
    body: Body
