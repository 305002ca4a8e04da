"""A `Balancer` in virtual time, for the tests of this folder."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from minga.infrastructure import virtual_time
from minga.infrastructure.clock import FakeClock
from minga.routing.balance import Balancer, Lease, TargetState
from minga.routing.permits import Outcome, Target

T = TypeVar("T")

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(slots=True)
class World:
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))
    balancer: Balancer = field(init=False)

    def __post_init__(self) -> None:
        self.balancer = Balancer(self.clock, random.Random(7))

    async def lease(self, *targets: Target, deadline_s: float = 30, **more: Any) -> Lease:
        return await self.balancer.acquire([targets], deadline_s=deadline_s, **more)

    async def ended(self, target: Target, outcome: Outcome, after_s: float = 0.0, times: int = 1) -> None:
        """Calls of ``target`` that end like that, one after the other."""
        for _ in range(times):
            lease = await self.lease(target)
            await asyncio.sleep(after_s)
            lease.end(outcome)

    def of(self, target: Target) -> TargetState:
        return next(one for one in self.balancer.state() if one.id == target.id)

    def now(self) -> float:
        return self.clock.monotonic()


def in_virtual_time(main: Callable[[World], Coroutine[Any, Any, T]]) -> T:
    world = World()
    return virtual_time.run(lambda: main(world), world.clock)
