"""Limits and budgets, exact among all calls of all processes that share one data directory.

A call reserves the most that it may cost in every budget that holds for it, or in none, before it begins; it settles
what it did cost at its end; and once the ledger has it for good, it is no longer this process's to remember. At every
moment a budget's sum is what the ledger says and what processes hold, no call twice and none left out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial

from minga.domain.budgets import Budget, BudgetAlert, BudgetLeft, Span
from minga.domain.model_calls import Refused, VirtualKey
from minga.infrastructure.clock import Clock
from minga.infrastructure.shared_counters import CELL, TOTAL, Full, SharedCounters
from minga.policy.bounds import Applying, Bound, Bounds
from minga.policy.budgets import InForce
from minga.policy.rates import MINUTE, lasts, taken

Spent = Callable[[Budget, Span, Callable[[int], None]], Awaitable[None]]
"""Tells what was spent of a budget in a span, in micro-USD, as the ledger says; nobody books until that returns."""

CurrentBudgets = Callable[[], Awaitable[InForce]]

Alerted = Callable[[BudgetAlert], Awaitable[None]]
"""Called when a budget reaches its alert share; for one window and amount perhaps again after a restart."""

_HELD, _RUNNING = 0, 1
"""What a process has in a slot: micro-USD that are reserved, or settled and not yet in the ledger; calls."""

_SPENT, _REQUESTS, _TOKENS, _ALERTED = CELL, CELL + 1, CELL + 2, CELL + 3
"""Cells of a slot: micro-USD in the ledger; when the buckets are full again; for which amount the alert was given."""

_REVISION = 0
"""Word of the counters: the newest revision of the budgets that any process has seen."""

_COST_MAX = 2**48
"""Micro-USD that one call counts with at most: what thousands of them hold side by side fits a cell."""

_FULL_MAX = 2**62
"""The last moment at which a bucket can be full again."""

_OLD = -1
"""Revision of a call that the counters have lost: once it is booked, all of them are read again."""


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class Asked:
    """What a call may use at most, of whichever of ``models`` answers, as the ledger will name them. ``cost_micro_usd``
    None: no price is known. ``unlimited``: tokens that it may answer with as the caller sets no limit, or 0."""

    models: tuple[str, ...]
    cost_micro_usd: int | None
    tokens: int
    unlimited: int = 0


@dataclass(slots=True)
class Permit:
    """The right to make one call, which counts in the windows of ``began``. `settle` must be called once, whatever came
    of it, and `booked` once its cost is in the ledger. ``low``: of the budgets that have reached their alert share, the
    one of which the least is left. ``meter`` is the slot of the key's limits, or 0; ``budgets`` are those of the bounds
    that apply, in their order."""

    began: datetime
    key: VirtualKey
    applying: Applying
    revision: int
    reserved: int
    tokens: int
    limits: "Limits" = field(repr=False)
    meter: int = 0
    budgets: list[int] = field(default_factory=list)
    low: BudgetLeft | None = None
    cost: int | None = None
    model: str = ""
    unlimited: int = 0

    def settle(self, cost_micro_usd: int, tokens: int, model: str) -> None:
        """``model`` is the one under which the ledger books all of it."""
        if self.cost is None:
            self.cost, self.model = min(cost_micro_usd, _COST_MAX), model
            self.limits.settle(self, tokens)

    def booked(self) -> None:
        self.limits.booked(self)
        self.cost = 0


class Limits:
    """To be used from one event loop."""

    def __init__(
        self, clock: Clock, counters: SharedCounters, spent: Spent, in_force: CurrentBudgets, alerted: Alerted
    ) -> None:
        self._clock = clock
        self._counters = counters
        self._spent = spent
        self._in_force = in_force
        self._alerted = alerted
        self._bounds = Bounds()
        self._noted = 0
        self._reading = asyncio.Lock()
        self._alerts: set[asyncio.Future[None]] = set()

    async def begin(self, key: VirtualKey, asked: Asked) -> Permit:
        """Let a call of ``key`` begin. Raises Refused, and errors under `StoreError`."""
        now = self._clock.now()
        in_force = await self._in_force()
        applying = self._bounds.of(key, asked.models, now, in_force)
        tokens = min(asked.tokens, key.tokens_per_minute or 0)  # a larger call takes the whole minute
        permit = Permit(now, key, applying, in_force.revision, _most(asked, applying), tokens, self)
        permit.unlimited = asked.unlimited
        while unread := self._try(permit):
            await self._read(unread)
        return permit

    async def must_be_priced(self, key: VirtualKey, models: tuple[str, ...]) -> bool:
        """Whether a budget that stops calls holds for a call of ``key`` that one of ``models`` answers."""
        applying = self._bounds.of(key, models, self._clock.now(), await self._in_force())
        return any(bound.budget.is_hard for bound in applying.bounds)

    def settle(self, permit: Permit, tokens: int) -> None:
        if not permit.applying.names:
            return
        try:
            with self._counters as counters:
                if not permit.reserved:  # nothing held the slots
                    self._find(permit, self._now())
                if meter := permit.meter:
                    counters.add((meter,), _RUNNING, -1)
                    if a_minute := permit.key.tokens_per_minute:
                        full_at = counters.cells[meter + _TOKENS] + lasts(tokens - permit.tokens, a_minute)
                        counters.cells[meter + _TOKENS] = min(full_at, _FULL_MAX)
                for number, bound in enumerate(permit.applying.bounds):
                    counters.add((permit.budgets[number],), _HELD, _cost_in(bound, permit) - permit.reserved)
        except Full:
            permit.revision, permit.cost = _OLD, 0

    def booked(self, permit: Permit) -> None:
        with self._counters as counters:
            if permit.cost:
                for number, bound in enumerate(permit.applying.bounds):
                    slot = permit.budgets[number]
                    if cost := _cost_in(bound, permit):
                        counters.cells[slot + _SPENT] += cost
                        counters.add((slot,), _HELD, -cost)
                        self._look_at(bound, slot)
            if permit.revision != counters.word(_REVISION):  # a budget may hold for it that it reserved nothing in
                counters.forget()

    async def close(self) -> None:
        """Give back what this process holds, once the alerts are given."""
        await asyncio.gather(*self._alerts)
        self._counters.close()

    def _try(self, permit: Permit) -> list[Bound]:
        """Reserve; or return what must be read first. Raises Refused."""
        applying = permit.applying
        if not applying.names:
            return []
        with self._counters as counters:
            self._note_revision(permit.revision)
            while True:
                now = self._now()
                try:
                    slots = self._find(permit, now)
                except Full:
                    raise Refused("rate-limit", "too many keys and budgets are in use at once", 1.0) from None
                if unread := counters.unread(permit.budgets):
                    return [one for one, at in zip(applying.bounds, permit.budgets, strict=True) if at in unread]
                buckets: list[tuple[int, int]] = []
                refused = self._refused_rate(permit, now, buckets) or self._refused_budget(permit)
                if refused is None:
                    self._reserve(permit, buckets)
                    return []
                if not counters.bury(slots):
                    raise refused

    def _find(self, permit: Permit, now: int) -> list[int]:
        """Raises Full."""
        slots = self._counters.find(permit.applying.names, now)
        permit.meter, permit.budgets = (slots[0], slots[1:]) if permit.applying.has_limits else (0, slots)
        return slots

    def _note_revision(self, revision: int) -> None:
        """The newest of any process, as far as this one knows."""
        if revision > self._noted:
            self._noted = revision
            if revision > self._counters.word(_REVISION):
                self._counters.set_word(_REVISION, revision)

    def _now(self) -> int:
        """Microseconds of the clock that the processes of a machine share and that nobody sets."""
        return int(self._clock.monotonic() * 1e6)

    def _refused_rate(self, permit: Permit, now: int, buckets: list[tuple[int, int]]) -> Refused | None:
        """Adds to ``buckets`` where they stand and when they are full again, should the call begin."""
        key, meter, cells = permit.key, permit.meter, self._counters.cells
        if not meter:
            return None
        if key.concurrent_max is not None and cells[meter + TOTAL + _RUNNING] >= key.concurrent_max:
            return Refused("rate-limit", f"{key.concurrent_max} calls of the key {key.name!r} run already", 1.0)
        if a_minute := key.requests_per_minute:
            buckets.append((meter + _REQUESTS, taken(cells[meter + _REQUESTS], 1, a_minute, now)))
        if a_minute := key.tokens_per_minute:
            buckets.append((meter + _TOKENS, taken(cells[meter + _TOKENS], permit.tokens, a_minute, now)))
        for cell, full_at in buckets:
            if full_at > now + MINUTE:
                told = f"{key.requests_per_minute} requests"
                if cell == meter + _TOKENS:
                    told = f"{key.tokens_per_minute} tokens"
                told += f" a minute are allowed to the key {key.name!r}"
                return Refused("rate-limit", told, (full_at - now - MINUTE) / 1e6)
        return None

    def _refused_budget(self, permit: Permit) -> Refused | None:
        cells = self._counters.cells
        for number, bound in enumerate(permit.applying.bounds):
            slot = permit.budgets[number]
            left = bound.budget.micro_usd - cells[slot + _SPENT] - cells[slot + TOTAL + _HELD]
            if permit.reserved > left and bound.budget.is_hard:
                return _spent(bound, left, permit)
            if left - permit.reserved <= bound.low_micro_usd:
                self._look_at(bound, slot)
                if permit.low is None or left - permit.reserved < permit.low.left_micro_usd:
                    permit.low = BudgetLeft(bound.budget, left - permit.reserved)
        return None

    def _reserve(self, permit: Permit, buckets: list[tuple[int, int]]) -> None:
        counters, meter = self._counters, permit.meter
        for cell, full_at in buckets:
            counters.cells[cell] = full_at
        if buckets:
            counters.keep(meter, max(full_at for _, full_at in buckets))
        counters.add(permit.budgets, _HELD, permit.reserved)
        if meter:
            counters.add((meter,), _RUNNING, 1)

    async def _read(self, bounds: list[Bound]) -> None:
        """Take from the ledger what was spent. What processes hold is not in it, and nothing goes over meanwhile."""
        async with self._reading:
            for bound in bounds:
                with self._counters as counters:
                    epoch, unread = counters.epoch, counters.unread(counters.find((bound.name,), self._now()))
                if unread:
                    await self._spent(bound.budget, bound.span, partial(self._set, bound, epoch))

    def _set(self, bound: Bound, epoch: int, spent: int) -> None:
        with self._counters as counters:
            slot = counters.find((bound.name,), self._now())[0]
            counters.cells[slot + _SPENT] = spent
            counters.mark_read(slot, epoch)
            self._look_at(bound, slot)

    def _look_at(self, bound: Bound, slot: int) -> None:
        """Give the alert of a budget once."""
        cells, budget = self._counters.cells, bound.budget
        spent = cells[slot + _SPENT]
        if budget.micro_usd - spent > bound.low_micro_usd or cells[slot + _ALERTED] == budget.micro_usd:
            return
        cells[slot + _ALERTED] = budget.micro_usd
        alert = BudgetAlert(budget, bound.span, spent, self._clock.now())
        given = asyncio.ensure_future(self._alerted(alert))
        self._alerts.add(given)
        given.add_done_callback(self._alerts.discard)


def _cost_in(bound: Bound, permit: Permit) -> int:
    """What the call costs in a budget: nothing in that of a model which did not answer in the end."""
    budget = bound.budget
    if (
        budget.scope != "model"
        or permit.applying.models == (permit.model,)
        or fnmatchcase(permit.model, budget.subject)
    ):
        return permit.cost or 0
    return 0


def _most(asked: Asked, applying: Applying) -> int:
    """What is reserved. Raises Refused for a model without a price where a budget must hold."""
    if asked.cost_micro_usd is not None:
        return min(asked.cost_micro_usd, _COST_MAX)
    hard = next((bound.budget for bound in applying.bounds if bound.budget.is_hard), None)
    if hard is not None:
        raise Refused(
            "forbidden-model", f"no list price is known for {', '.join(asked.models)}, and {hard} has a budget"
        )
    return 0


def _dollars(micro_usd: int) -> str:
    """In cents, or with as many digits as it has."""
    return f"{micro_usd / 1e6:.6f}".rstrip("0") if micro_usd % 10_000 else f"{micro_usd / 1e6:.2f}"


def _spent(bound: Bound, left: int, permit: Permit) -> Refused:
    budget, ends = bound.budget, bound.span.ends
    amount = f"${_dollars(budget.micro_usd)} ({budget.window})"
    told = f"of the budget of {budget}, {amount}, ${max(left, 0) / 1e6:.4f} are left"
    told += f"; this call may cost ${permit.reserved / 1e6:.4f}"
    if permit.unlimited:
        told += f", as it may answer with {permit.unlimited:,} tokens: set max_tokens (or what its API calls that)"
    if ends is None:
        return Refused("budget", told)
    wait_s = (ends - permit.began).total_seconds()
    return Refused("budget", f"{told}; it begins anew at {ends:%Y-%m-%d %H:%M} UTC", wait_s)
