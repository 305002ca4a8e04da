"""What the operations work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from minga.bootstrap import Minga
from minga.domain.model_calls import VirtualKey
from minga.entrypoints.api.records import Health
from minga.identity.virtual_keys import VirtualKeys
from minga.ledger.prices import PriceTable
from minga.pipeline.model_call import Gateway
from minga.providers.deployments import Deployments
from minga.reports.calls import Calls
from minga.reports.costs import Costs
from minga.routing.balance import Balancer
from minga.telemetry.metrics import Metrics

Query = TypeVar("Query")
Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Plane:
    """``health`` of a provider by its name, as the balancer sees it."""

    keys: VirtualKeys
    costs: Costs
    calls: Calls
    deployments: Deployments
    prices: PriceTable
    metrics: Metrics
    health: Callable[[str], Health]


def plane_of(minga: Minga, gateway: Gateway, metrics: Metrics) -> Plane:
    """Wire it."""
    return Plane(
        keys=gateway.keys,
        costs=Costs(minga.database),
        calls=Calls(minga.database),
        deployments=gateway.deployments,
        prices=gateway.books.prices,
        metrics=metrics,
        health=lambda provider: _health(gateway.ways.balancer, provider),
    )


def _health(balancer: Balancer, provider: str) -> Health:
    """Of what has been called: resting where none of it may be called now."""
    found = [one for one in balancer.state() if one.id.startswith(f"{provider}:")]
    if not found:
        return "unknown"
    return "ready" if any(one.breaker != "open" and one.cool_s <= 0 for one in found) else "resting"


@dataclass(frozen=True, slots=True)
class Asked(Generic[Query, Body]):
    """A request that was read: who asks, ``id`` of its path (or empty), its query and its body."""

    caller: VirtualKey
    id: str
    query: Query
    body: Body
