"""Budgets: what may be spent, by whom or on what, in which window of time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

BudgetScope: TypeAlias = Literal["key", "user", "team", "project", "model"]

BudgetWindow: TypeAlias = Literal["day", "month", "total"]
"""A calendar day or month (UTC), or for ever."""

ALERT_PERCENT = 80
"""Of a budget, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``name`` is for people; ``subject`` is what the ledger calls it: the id of a key, a pattern of models, else the
    name. A budget that ``is_hard`` stops calls that do not fit; another one only alerts, from ``alert_percent`` on."""

    scope: BudgetScope
    name: str
    subject: str
    micro_usd: int
    window: BudgetWindow
    alert_percent: int = ALERT_PERCENT
    is_hard: bool = True

    def __str__(self) -> str:
        return f"the {self.scope} {self.name!r}"


@dataclass(frozen=True, slots=True)
class Span:
    """From ``began`` on and before ``ends``; None has no bound."""

    began: datetime | None
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class BudgetAlert:
    """``spent_micro_usd`` in the window has reached the budget's alert share. Told once for each window and amount."""

    budget: Budget
    span: Span
    spent_micro_usd: int
    at: datetime


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """What is left of a budget once everything that runs has cost the most it may."""

    budget: Budget
    left_micro_usd: int


def span_of(window: BudgetWindow, at: datetime) -> Span:
    """The window that holds ``at``."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match window:
        case "day":
            return Span(day, day + timedelta(days=1))
        case "month":
            first = day.replace(day=1)
            return Span(first, (first + timedelta(days=32)).replace(day=1))
        case "total":
            return Span(None, None)
