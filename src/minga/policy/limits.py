"""Limits and budgets of virtual keys, exact among all calls of this process.

A call reserves the most that it may cost before it begins, and settles what it did cost at its end: calls that run side
by side cannot overspend together.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from minga.domain.model_calls import KeyId, Refused, VirtualKey
from minga.infrastructure.clock import Clock

Spent = Callable[[KeyId, datetime | None], Awaitable[int]]
"""What a key has spent since an instant (None: ever), in micro-USD, as the ledger says."""

MINUTE_S = 60.0

SOFT = 0.8
"""Share of a budget from which on the answer says how much is left."""


@dataclass(slots=True)
class _Counted:
    """``tokens`` of the bucket of requests, as of ``filled_at``; ``spent`` in the window that began at ``window``."""

    tokens: float
    filled_at: datetime
    in_flight: int = 0
    window: datetime | None = None
    spent: int = 0
    reserved: int = 0
    is_read: bool = False


@dataclass(slots=True)
class Permit:
    """The right to make one call. `settle` must be called once, whatever came of it."""

    _counted: _Counted
    _reserved: int
    left_micro_usd: int | None
    _settled: bool = False

    def settle(self, cost_micro_usd: int) -> None:
        if not self._settled:
            self._settled = True
            self._counted.in_flight -= 1
            self._counted.reserved -= self._reserved
            self._counted.spent += cost_micro_usd


class Limits:
    def __init__(self, clock: Clock, spent: Spent) -> None:
        self._clock = clock
        self._spent = spent
        self._keys: dict[KeyId, _Counted] = {}

    async def begin(self, key: VirtualKey, most_micro_usd: int) -> Permit:
        """Let a call of ``key`` begin that costs ``most_micro_usd`` at most. Raises Refused."""
        now = self._clock.now()
        counted = self._keys.setdefault(key.id, _Counted(float(key.requests_per_minute or 0), now))
        if key.budget_micro_usd is not None:
            await self._open_window(key, counted, now)
        if key.concurrent_max is not None and counted.in_flight >= key.concurrent_max:
            raise Refused("rate-limit", f"{key.concurrent_max} calls of the key {key.name!r} run already", 1.0)
        self._take_token(key, counted, now)
        left = _left(key, counted)
        if left is not None and most_micro_usd > left:
            budget = f"${(key.budget_micro_usd or 0) / 1e6:.2f} ({key.budget_window})"
            told = f"of the budget of the key {key.name!r}, {budget}, ${max(left, 0) / 1e6:.4f} are left"
            may_fit_later_s = 1.0 if most_micro_usd <= left + counted.reserved else None
            raise Refused("budget", f"{told}; this call may cost ${most_micro_usd / 1e6:.4f}", may_fit_later_s)
        counted.in_flight += 1
        counted.reserved += most_micro_usd
        return Permit(counted, most_micro_usd, None if left is None else left - most_micro_usd)

    async def _open_window(self, key: VirtualKey, counted: _Counted, now: datetime) -> None:
        window = _begin_of(key.budget_window, now)
        if counted.is_read and counted.window == window:
            return
        spent = await self._spent(key.id, window)
        if not counted.is_read or counted.window != window:  # another call may have been faster
            counted.window, counted.spent, counted.is_read = window, spent, True

    def _take_token(self, key: VirtualKey, counted: _Counted, now: datetime) -> None:
        if key.requests_per_minute is None:
            return
        a_second = key.requests_per_minute / MINUTE_S
        gained = max((now - counted.filled_at).total_seconds(), 0) * a_second
        counted.tokens = min(counted.tokens + gained, float(key.requests_per_minute))
        counted.filled_at = now
        if counted.tokens < 1:
            wait_s = (1 - counted.tokens) / a_second
            told = f"{key.requests_per_minute} requests a minute are allowed to the key {key.name!r}"
            raise Refused("rate-limit", told, wait_s)
        counted.tokens -= 1


def _left(key: VirtualKey, counted: _Counted) -> int | None:
    return None if key.budget_micro_usd is None else key.budget_micro_usd - counted.spent - counted.reserved


def _begin_of(window: str, now: datetime) -> datetime | None:
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"day": day, "month": day.replace(day=1)}.get(window)
