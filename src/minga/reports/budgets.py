"""Budgets as they stand: what is spent of each in its window, and what is left."""

from dataclasses import dataclass

from minga.domain.budgets import Budget, Span, span_of
from minga.infrastructure.clock import Clock
from minga.ledger.calls import CallBook
from minga.policy.budgets import Budgets


@dataclass(frozen=True, slots=True)
class BudgetState:
    """``spent_micro_usd`` of the calls that are booked; those that run are not in it."""

    budget: Budget
    span: Span
    spent_micro_usd: int

    @property
    def left_micro_usd(self) -> int:
        return self.budget.micro_usd - self.spent_micro_usd


class BudgetStates:
    def __init__(self, budgets: Budgets, book: CallBook, clock: Clock) -> None:
        self._budgets = budgets
        self._book = book
        self._clock = clock

    async def all(self) -> list[BudgetState]:
        now = self._clock.now()
        found = [(budget, span_of(budget.window, now)) for budget in await self._budgets.all()]
        return [BudgetState(budget, span, await self._book.booked(budget, span)) for budget, span in found]
