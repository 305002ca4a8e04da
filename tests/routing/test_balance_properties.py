"""What holds for the permit queue whatever callers and providers do, in whatever order, cancelled whenever."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from permitted import World, in_virtual_time

from minga.routing.balance import SHED_S, Lease, NoPermit
from minga.routing.permits import Outcome, Target

TARGETS = (
    Target("known", rpm=30, concurrent_max=2),
    Target("few", concurrent_max=1),
    Target("paced", rpm=120),
    Target("unknown"),
)
CONCURRENT_MAX = {target.id: target.concurrent_max for target in TARGETS if target.concurrent_max}
OUTCOMES: tuple[Outcome, ...] = ("ok", "ok", "ok", "rate-limited", "overloaded", "failed", "unreachable", "abandoned")
HEADERS = [
    ("x-ratelimit-limit-requests", "10"),
    ("x-ratelimit-remaining-requests", "1"),
    ("x-ratelimit-reset-requests", "4s"),
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Comes at ``at``, holds its lease for ``holds_s``; its task is cancelled at ``gone_at``, if at all."""

    at: float
    groups: tuple[tuple[Target, ...], ...]
    tenant: str
    deadline_s: float
    holds_s: float
    outcome: Outcome
    hears: bool
    avoid: frozenset[str]
    gone_at: float | None


instants = st.integers(0, 40).map(lambda quarter: quarter / 4)
groups = st.lists(
    st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3, unique=True).map(tuple), min_size=1, max_size=2
)
callers = st.builds(
    Caller,
    at=instants,
    groups=groups.map(tuple),
    tenant=st.sampled_from("xyz"),
    deadline_s=st.sampled_from([0.0, 1.0, 5.0, 100.0]),
    holds_s=st.sampled_from([0.0, 0.25, 3.0, 20.0]),
    outcome=st.sampled_from(OUTCOMES),
    hears=st.booleans(),
    avoid=st.sets(st.sampled_from([target.id for target in TARGETS]), max_size=2).map(frozenset),
    gone_at=st.none() | instants,
)


@dataclass(slots=True)
class Watch:
    """Looks at every lease as it is given, and at every state after each step."""

    world: World
    out: Counter[str] = field(default_factory=Counter)
    probes: Counter[str] = field(default_factory=Counter)
    opened_at: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        for state in self.world.balancer.state():
            assert state.tokens is None or state.tokens >= 0
            assert state.limit >= 1
            assert state.in_flight >= self.out[state.id]  # more, where a task has its lease and has not run yet
            assert state.in_flight <= CONCURRENT_MAX.get(state.id, state.in_flight)

    def given(self, lease: Lease) -> bool:
        """True if it is the probe of a half-open breaker."""
        name = lease.target.id
        self.out[name] += 1
        breaker = self.world.of(lease.target).breaker
        assert breaker != "open" or self.opened_at[name] == self.world.now(), "given while it was open"
        is_probe = breaker == "half-open"
        self.probes[name] += is_probe
        assert self.probes[name] <= 1
        return is_probe

    def end(self, lease: Lease, outcome: Outcome, *, is_probe: bool) -> None:
        name = lease.target.id
        self.out[name] -= 1
        self.probes[name] -= is_probe
        before = self.world.of(lease.target).breaker
        lease.end(outcome)
        lease.end("failed")
        if before != "open" and self.world.of(lease.target).breaker == "open":
            self.opened_at[name] = self.world.now()
        self.look()


async def call(world: World, watch: Watch, caller: Caller) -> None:
    await asyncio.sleep(caller.at)
    began = world.now()
    try:
        lease = await world.balancer.acquire(
            caller.groups, deadline_s=caller.deadline_s, tenant=caller.tenant, avoid=caller.avoid
        )
    except NoPermit:
        return
    finally:
        assert world.now() - began <= min(caller.deadline_s, SHED_S) + 0.002
    is_probe = watch.given(lease)
    try:
        await asyncio.sleep(caller.holds_s)
        lease.heard(200, HEADERS if caller.hears else ())
    finally:
        watch.end(lease, caller.outcome, is_probe=is_probe)


async def cancelled(task: asyncio.Task[None], at: float) -> None:
    await asyncio.sleep(at)
    task.cancel()


@settings(max_examples=100, deadline=None)
@given(st.lists(callers, max_size=25))
def test_whatever_happens_no_bound_is_passed_nobody_waits_too_long_and_nothing_is_lost(found: list[Caller]) -> None:
    async def main(world: World) -> None:
        watch = Watch(world)
        tasks = [asyncio.create_task(call(world, watch, caller)) for caller in found]
        ends = [
            asyncio.create_task(cancelled(task, one.gone_at))
            for task, one in zip(tasks, found, strict=True)
            if one.gone_at
        ]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*ends)
        for result in results:
            assert result is None or isinstance(result, asyncio.CancelledError), repr(result)
        assert world.balancer.waiting == 0
        assert all(state.in_flight == 0 for state in world.balancer.state())
        assert all(gate.waited_for == 0 for gate in world.balancer._gates.values())
        for target in TARGETS:  # nothing was lost: each can be had again, at the latest after its longest pause
            await asyncio.sleep(100)
            (await world.lease(target)).end("ok")

    in_virtual_time(main)
