"""What tests of limits share: keys, a ledger in memory or in a file, and limits on a folder of counters."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from minga.domain.budgets import Budget, BudgetAlert, Span
from minga.domain.model_calls import KeyId, VirtualKey
from minga.infrastructure.clock import Clock
from minga.infrastructure.shared_counters import SharedCounters
from minga.policy.budgets import InForce
from minga.policy.limits import Limits, Spent

START = datetime(2026, 11, 25, 23, 59, 50, tzinfo=UTC)

KEY = VirtualKey(
    id=KeyId("k"),
    name="k",
    user="ana",
    team="",
    project="",
    models=(),
    created_at=START,
    expires_at=None,
    revoked_at=None,
    requests_per_minute=None,
    concurrent_max=None,
    budget_micro_usd=None,
    budget_window="day",
)


class Book:
    """What the ledger would say."""

    def __init__(self, spent: int = 0) -> None:
        self.spent = spent
        self.asked: list[datetime | None] = []

    async def __call__(self, budget: Budget, span: Span, told: Callable[[int], None]) -> None:
        self.asked.append(span.began)
        await asyncio.sleep(0)
        told(self.spent)


class Shelf:
    """The budgets in force, and the alerts that were given."""

    def __init__(self, *budgets: Budget) -> None:
        self.in_force = InForce(1, budgets)
        self.alerts: list[BudgetAlert] = []

    def set(self, *budgets: Budget) -> None:
        self.in_force = InForce(self.in_force.revision + 1, budgets)

    async def current(self) -> InForce:
        return self.in_force

    async def alerted(self, alert: BudgetAlert) -> None:
        self.alerts.append(alert)


def limits_in(folder: Path, clock: Clock, spent: Spent, shelf: Shelf | None = None) -> Limits:
    shelf = shelf or Shelf()
    return Limits(clock, SharedCounters(folder), spent, shelf.current, shelf.alerted)


def budget(scope: str, name: str, micro_usd: int, window: str = "day", **more: object) -> Budget:
    return Budget(scope, name, name, micro_usd, window, **more)  # type: ignore[arg-type]
