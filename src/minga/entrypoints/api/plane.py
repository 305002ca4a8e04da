"""What the operations work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from minga.domain.model_calls import VirtualKey
from minga.identity.virtual_keys import VirtualKeys
from minga.ledger.prices import PriceTable
from minga.providers.deployments import Deployments
from minga.reports.calls import Calls
from minga.reports.costs import Costs
from minga.telemetry.metrics import Metrics

Query = TypeVar("Query")
Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Plane:
    """``health`` of a provider by its name: a word for people."""

    keys: VirtualKeys
    costs: Costs
    calls: Calls
    deployments: Deployments
    prices: PriceTable
    metrics: Metrics
    health: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Asked(Generic[Query, Body]):
    """A request that was read: who asks, ``id`` of its path (or empty), its query and its body."""

    caller: VirtualKey
    id: str
    query: Query
    body: Body
