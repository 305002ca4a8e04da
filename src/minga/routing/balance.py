"""The permit queue: a call goes out only where it may, to the better of two, and waits in a fair queue until then.

One event loop's; nothing here sends anything. A worker has one of its own, with its ``share`` of the known rates.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from minga.infrastructure.clock import Clock
from minga.routing import retry_budget
from minga.routing.breaker import BreakerState
from minga.routing.choice import PATIENCE_S, Groups, Want, choose
from minga.routing.permits import Gate, Outcome, Target
from minga.routing.rate_headers import RateHeaders
from minga.routing.retry_budget import RetryBudget
from minga.routing.waiting import NEVER, Line, Waiter

SHED_S = 45.0
"""A call that has waited so long waits no more."""

TICK_S = 0.001
"""A timer may fire so much before its time: uvloop's count whole milliseconds."""

GATES_MAX = 4096
"""Targets that are remembered; callers name models as they like."""


class NoPermit(Exception):
    """No target may be called before the deadline; in ``retry_after_s`` seconds one may."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"no target may be called within the time; one may in {retry_after_s:.1f} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class TargetState:
    """For metrics and readiness. ``tokens`` are requests that may go at once, None where no rate is known; ``cool_s``
    seconds until its pause ends."""

    id: str
    in_flight: int
    limit: int
    tokens: float | None
    rpm: float | None
    breaker: BreakerState
    cool_s: float
    latency_s: float


@dataclass(slots=True)
class Lease:
    """The right to make one call of ``target``. `end` must be called once, whatever came of it."""

    target: Target
    _balancer: "Balancer"
    _gate: Gate
    _began: float
    _sent: int
    _probe: bool
    _first_s: float | None = None
    _retry_after_s: float | None = None
    _ended: bool = False

    def heard(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """The head of the answer, whatever its status: what it tells of rates."""
        balancer = self._balancer
        if not balancer.rate_headers.tell(headers):
            return
        now = balancer.clock.monotonic()
        heard = balancer.rate_headers.read(headers, balancer.clock.now())
        if status >= 400:
            self._retry_after_s = heard.retry_after_s
        for told in heard.budgets:
            self._gate.hear(told, now, self._sent)

    def first_byte(self) -> None:
        """The answer itself begins (of a success only)."""
        if self._first_s is None and not self._ended:
            self._first_s = self._balancer.clock.monotonic() - self._began
            self._gate.breaker.answered(probe=self._probe)
            self._gate.answered()
            self._balancer.dispatch()

    def end(self, outcome: Outcome, retry_after_s: float | None = None) -> None:
        """``retry_after_s`` where the body told it; headers count by themselves."""
        if self._ended:
            return
        self._ended = True
        balancer, gate = self._balancer, self._gate
        now = balancer.clock.monotonic()
        latency_s = now - self._began if self._first_s is None else self._first_s
        answered = self._first_s is not None
        gate.end(outcome, now, balancer.chance, probe=self._probe, latency_s=latency_s, answered=answered)
        if outcome in ("rate-limited", "overloaded"):
            wait_s = self._retry_after_s if retry_after_s is None else retry_after_s
            gate.pause(outcome, now, wait_s, balancer.chance)
        balancer.dispatch()

    def give_back(self) -> None:
        """The call was never sent."""
        if not self._ended:
            self._ended = True
            self._gate.undo(self._balancer.clock.monotonic(), probe=self._probe)
            self._balancer.dispatch()


@dataclass(slots=True)
class Balancer:
    """``share`` of the known rates and limits that is this worker's. Its timers are those of the running loop, whose
    time ``clock`` must tell."""

    clock: Clock
    chance: random.Random
    share: float = 1.0
    rate_headers: RateHeaders = field(default_factory=RateHeaders)
    _retries: RetryBudget = field(default_factory=RetryBudget)
    _gates: dict[str, Gate] = field(default_factory=dict)
    _lines: OrderedDict[tuple[tuple[str, ...], ...], Line[Lease]] = field(default_factory=OrderedDict)
    _wake: asyncio.TimerHandle | None = None
    _wake_at: float = 0.0

    async def acquire(
        self,
        groups: Sequence[Sequence[Target]],
        *,
        deadline_s: float,
        avoid: Collection[str] = (),
        sticky: str | None = None,
        tenant: str = "",
    ) -> Lease:
        """The right to call one of ``groups``, by priority; there must be a target. ``avoid``: ids that this call has
        tried; they are used again only where nothing else is permitted. ``sticky``: the id of the one that holds the
        prompt cache. ``deadline_s``: seconds from
        now within which it must be let go. Where something is permitted at once, it does not yield. Raises NoPermit."""
        now = self.clock.monotonic()
        if not avoid:
            self._retries.request()
        found = [[self._gate(target, now) for target in targets] for targets in groups]
        only = found[0][0] if len(found) == 1 and len(found[0]) == 1 and not avoid else None
        if only is not None and not only.waited_for and only.permits(now):  # nothing to choose
            return self._begin(only, now)
        want = Want(avoid, sticky)
        if not self._lines or not any(gate.waited_for for gates in found for gate in gates):
            gate = choose(found, want, now, 0.0, self.chance)
            if gate is not None:
                return self._begin(gate, now)
        until = now + min(deadline_s, SHED_S)
        future: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
        return await self._wait(found, Waiter(future, tenant, now, until, want))

    def retry_allowed(self) -> bool:
        """Whether one more retry fits into a fifth of all calls; it is counted. A new call is one without ``avoid``."""
        return self._retries.take()

    def backoff_s(self, attempt: int) -> float:
        """Seconds to wait after the ``attempt``-th try, the first being 1, before `acquire` is asked again."""
        return retry_budget.backoff_s(attempt, self.chance)

    @property
    def waiting(self) -> int:
        return sum(len(of_tenant) for line in self._lines.values() for of_tenant in line.tenants.values())

    def state(self) -> list[TargetState]:
        now = self.clock.monotonic()
        return [_state(gate, now) for gate in self._gates.values()]

    def dispatch(self) -> None:
        """Serve whoever can be served now, and set the timer for the next who may. Lines take turns, too."""
        if not self._lines:
            return
        now = self.clock.monotonic()
        for line in self._lines.values():
            _tell_late(line, now)
        served = True
        while served:
            served = False
            for key, line in list(self._lines.items()):
                if self._serve(line, now):
                    served = True
                    self._lines.move_to_end(key)
        for key in [key for key, line in self._lines.items() if not line.tenants]:
            del self._lines[key]
        self._set_wake(min((_next(line, now) for line in self._lines.values()), default=NEVER), now)

    async def _wait(self, groups: Groups, waiter: Waiter[Lease]) -> Lease:
        key = tuple([tuple([gate.target.id for gate in gates]) for gates in groups])
        line = self._lines.setdefault(key, Line(groups))
        late = _call_later(waiter.until - waiter.since, lambda: self._expire(line, waiter))
        line.add(waiter)
        try:
            soonest = line.soonest(waiter.since)
            if soonest > waiter.until:
                raise NoPermit(soonest - waiter.since)
            self.dispatch()
            return waiter.future.result() if waiter.future.done() else await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                waiter.future.result().give_back()
            raise
        finally:
            late.cancel()
            if line.remove(waiter):
                self.dispatch()

    def _expire(self, line: Line[Lease], waiter: Waiter[Lease]) -> None:
        now = self.clock.monotonic()
        if line.remove(waiter) and not waiter.future.done():
            waiter.future.set_exception(NoPermit(max(line.soonest(now) - now, PATIENCE_S)))
        self.dispatch()

    def _serve(self, line: Line[Lease], now: float) -> bool:
        """Serve one of ``line``; False if none of it can be."""
        if not any(gate.permits(now) for gates in line.groups for gate in gates):
            return False
        for waiter in line.heads():
            gate = choose(line.groups, waiter.want, now, now - waiter.since, self.chance)
            if gate is not None:
                line.served(waiter)
                if not waiter.future.done():  # else its task is being cancelled
                    waiter.future.set_result(self._begin(gate, now))
                return True
        return False

    def _set_wake(self, wake_at: float, now: float) -> None:
        if self._wake is not None:
            if self._wake_at == wake_at:
                return
            self._wake.cancel()
            self._wake = None
        if wake_at < NEVER:
            self._wake, self._wake_at = _call_later(wake_at - now, self._woken), wake_at

    def _woken(self) -> None:
        self._wake = None
        self.dispatch()

    def _begin(self, gate: Gate, now: float) -> Lease:
        probe = gate.begin(now)
        return Lease(gate.target, self, gate, now, gate.sent, probe)

    def _gate(self, target: Target, now: float) -> Gate:
        gate = self._gates.get(target.id)
        if gate is None:
            if len(self._gates) >= GATES_MAX:
                self._forget(now)
            gate = self._gates[target.id] = Gate(target, self.share, now, now)
            gate.configure(target)
        elif gate.target is not target and gate.target != target:
            gate.configure(target)
        return gate

    def _forget(self, now: float) -> None:
        """Half of the targets that nothing hangs on, those that were not used for longest."""
        idle = [gate for gate in self._gates.values() if not gate.in_flight and not gate.waited_for]
        idle.sort(key=lambda gate: (gate.cool_until > now, gate.used_at))
        for gate in idle[: max(1, len(idle) // 2)]:
            del self._gates[gate.target.id]


def _call_later(delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(max(delay_s, 0.0) + TICK_S, callback)


def _tell_late(line: Line[Lease], now: float) -> None:
    """Whoever cannot get a permit any more is told at once."""
    soonest = line.soonest(now)
    if soonest <= max(line.told, now + PATIENCE_S):  # else each waiter's own timer tells it
        return
    line.told = soonest
    for waiter in line.waiters():
        if waiter.until < soonest and line.remove(waiter) and not waiter.future.done():
            waiter.future.set_exception(NoPermit(soonest - now))


def _next(line: Line[Lease], now: float) -> float:
    """When something may change for ``line`` by time alone."""
    instants = [gate.soonest(now) for gates in line.groups for gate in gates]
    if len(line.groups) > 1:
        instants += [waiter.since + PATIENCE_S for waiter in line.heads()]
    return min((one for one in instants if one > now), default=NEVER)


def _state(gate: Gate, now: float) -> TargetState:
    buckets = [bucket for bucket in (gate.pace, gate.told) if bucket is not None]
    return TargetState(
        id=gate.target.id,
        in_flight=gate.in_flight,
        limit=int(gate.limit),
        tokens=min((bucket.fill(now) for bucket in buckets), default=None),
        rpm=min((bucket.rate * 60 for bucket in buckets), default=None),
        breaker=gate.breaker.state(now),
        cool_s=max(gate.cool_until - now, 0.0),
        latency_s=gate.latency_s,
    )
