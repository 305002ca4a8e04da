"""Which budgets hold for a call: its key's own, and those of its user, team, project and the models that may answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from minga.domain.budgets import Budget, Span, span_of
from minga.domain.model_calls import VirtualKey
from minga.infrastructure.shared_counters import Name, name_of
from minga.policy.budgets import InForce

KNOWN_MAX = 10_000
"""Pairs of a key and models that are remembered."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A budget in one window of its time, and the name of its counters. From ``low_micro_usd`` left on it alerts."""

    budget: Budget
    span: Span
    name: Name
    low_micro_usd: int


@dataclass(frozen=True, slots=True)
class Applying:
    """To a call that one of ``models`` answers. ``names`` are those of the counters: of the key's limits, if it
    ``has_limits``, and then of each of ``bounds``."""

    models: tuple[str, ...]
    has_limits: bool
    bounds: tuple[Bound, ...]
    names: tuple[Name, ...]


class Bounds:
    """Remembers what applies for the day and the budgets that are in force."""

    def __init__(self) -> None:
        self._as_of: tuple[int, int] = (0, 0)
        self._known: dict[tuple[str, tuple[str, ...]], Applying] = {}

    def of(self, key: VirtualKey, models: tuple[str, ...], now: datetime, in_force: InForce) -> Applying:
        as_of = now.toordinal(), in_force.revision
        if as_of != self._as_of or len(self._known) >= KNOWN_MAX:
            self._as_of = as_of
            self._known.clear()
        found = self._known.get((key.id, models))
        if found is None:
            found = self._known[key.id, models] = _applying(key, models, now, in_force)
        return found


def _applying(key: VirtualKey, models: tuple[str, ...], now: datetime, in_force: InForce) -> Applying:
    has_limits = bool(key.requests_per_minute or key.tokens_per_minute or key.concurrent_max)
    bounds = tuple(_bound(budget, now) for budget in _budgets(key, models, in_force))
    names = [name_of("meter", key.id)] * has_limits + [bound.name for bound in bounds]
    return Applying(models, has_limits, bounds, tuple(names))


def _budgets(key: VirtualKey, models: tuple[str, ...], in_force: InForce) -> Iterator[Budget]:
    if key.budget_micro_usd is not None:
        yield Budget("key", key.name, key.id, key.budget_micro_usd, key.budget_window)
    owners = {"user": key.user, "team": key.team, "project": key.project}
    for budget in in_force.budgets:
        if budget.scope == "model":
            holds = any(fnmatchcase(model, budget.subject) for model in models)
        else:
            holds = owners[budget.scope] == budget.subject
        if holds:
            yield budget


def _bound(budget: Budget, now: datetime) -> Bound:
    span = span_of(budget.window, now)
    began = "" if span.began is None else f"{span.began:%Y-%m-%d}"
    name = name_of("budget", budget.scope, budget.subject, budget.window, began)
    return Bound(budget, span, name, budget.micro_usd * (100 - budget.alert_percent) // 100)
