"""Ways of choosing a provider that others use, for the comparison in `balancing`: nine that send at once, three of
them with a memory of failures, and the permit queue as it was first measured (fixed slots, asked again four times a
second)."""

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.providers import Server
from minga.infrastructure.clock import FakeClock
from minga.routing.balance import SHED_S
from minga.routing.retry_budget import RetryBudget, backoff_s

ATTEMPTS = 4
ASKED_AGAIN_S = 0.25
SMOOTH = 0.2


@dataclass(slots=True)
class Seen:
    """What a policy remembers of a server. ``limit`` of calls at once; ``quickest_s`` is the best latency so far."""

    server: Server
    latency_s: float = 1.0
    failures: int = 0
    cool_until: float = 0.0
    limit: float = math.inf
    quickest_s: float = math.inf

    def load(self) -> float:
        slots = self.server.provider.slots if self.limit == math.inf else self.limit
        return self.latency_s * (self.server.in_flight + 1) / slots

    def has_slot(self) -> bool:
        return self.server.in_flight < math.floor(self.limit)


@dataclass(slots=True)
class Choice:
    """``now`` is virtual; ``turn`` counts calls."""

    seen: Sequence[Seen]
    clock: FakeClock
    chance: random.Random
    turn: int = 0

    def two(self, among: Sequence[Seen]) -> Seen | None:
        """The less loaded of two that are drawn."""
        return min(self.chance.sample(among, min(2, len(among))), key=Seen.load) if among else None

    def cool(self) -> list[Seen]:
        return [one for one in self.seen if one.cool_until <= self.clock.monotonic()]


Pick = Callable[[Choice], Seen | None]


def round_robin(choice: Choice) -> Seen | None:
    choice.turn += 1
    return choice.seen[choice.turn % len(choice.seen)]


def at_random(choice: Choice) -> Seen | None:
    return choice.chance.choice(choice.seen)


def by_rate(choice: Choice) -> Seen | None:
    return choice.chance.choices(choice.seen, [one.server.provider.rpm for one in choice.seen])[0]


def least_in_flight(choice: Choice) -> Seen | None:
    return min(choice.seen, key=lambda one: (one.server.in_flight, choice.chance.random()))


def quickest(choice: Choice) -> Seen | None:
    return min(choice.seen, key=lambda one: one.latency_s)


def two(choice: Choice) -> Seen | None:
    return choice.two(choice.seen)


def two_that_are_cool(choice: Choice) -> Seen | None:
    return choice.two(choice.cool() or choice.seen)


def two_with_headers(choice: Choice) -> Seen | None:
    return choice.two([one for one in choice.cool() if one.server.left() >= 1] or choice.cool() or choice.seen)


def permitted(choice: Choice) -> Seen | None:
    return choice.two([one for one in choice.cool() if one.server.left() >= 1 and one.has_slot()])


@dataclass(frozen=True, slots=True)
class Policy:
    """``earlier``: good60 and 429 in the earlier table, at 2.5 and at 4 requests a second. ``waits``: where nothing
    may be had, it asks again. ``gradient``: the limit follows the latency, naively."""

    title: str
    pick: Pick
    earlier: tuple[str, str]
    cools: bool = False
    waits: bool = False
    gradient: bool = False


POLICIES = (
    Policy("round robin", round_robin, (".939 / 1.0 %", ".816 / 16 %")),
    Policy("random", at_random, (".931 / 3.0 %", ".808 / 17 %")),
    Policy("weighted by rate", by_rate, (".810 / 0 %", ".772 / 4 %")),
    Policy("least in flight", least_in_flight, (".951 / 33 %", ".650 / 62 %")),
    Policy("lowest latency", quickest, (".531 / 70 %", ".338 / 82 %")),
    Policy("better of two", two, (".982 / 10 %", ".858 / 37 %")),
    Policy("better of two, cooldown", two_that_are_cool, (".992 / 2.6 %", ".827 / 12 %"), cools=True),
    Policy("better of two, cooldown, headers", two_with_headers, (".990 / 0 %", ".827 / 2 %"), cools=True),
    Policy("permit queue, polled", permitted, (".991 / 0 %", ".918 / 0 %"), cools=True, waits=True),
    Policy(
        "the same, latency gradient", permitted, (".780 / 0 %", ".518 / 0 %"), cools=True, waits=True, gradient=True
    ),
)


@dataclass(slots=True)
class Simple:
    """A `Policy` at work."""

    policy: Policy
    choice: Choice
    retries: RetryBudget = field(default_factory=RetryBudget)
    passed_on: int = 0

    async def call(self) -> bool:
        """Send one call until it is answered; False if it was given up."""
        began = self.choice.clock.monotonic()
        self.retries.request()
        for attempt in range(1, ATTEMPTS + 1):
            seen = self.policy.pick(self.choice)
            while seen is None and self.policy.waits:
                if self.choice.clock.monotonic() - began > SHED_S:
                    return False
                await asyncio.sleep(ASKED_AGAIN_S)
                seen = self.policy.pick(self.choice)
            if seen is None:
                return False
            sent = self.choice.clock.monotonic()
            status, _ = await seen.server.answer()
            self._note(seen, status, self.choice.clock.monotonic() - sent)
            if status == 200:
                return True
            if status == 429 and (attempt == ATTEMPTS or not self.retries.take()):
                self.passed_on += 1
                return False
            await asyncio.sleep(backoff_s(attempt, self.choice.chance))
        return False

    def _note(self, seen: Seen, status: int, took_s: float) -> None:
        now = self.choice.clock.monotonic()
        if status == 429:
            if self.policy.cools:
                seen.cool_until = now + 2 * 60 / seen.server.provider.rpm
        elif status == 200:
            seen.failures = 0
            slower = took_s > seen.latency_s
            seen.latency_s = took_s if slower else (1 - SMOOTH) * seen.latency_s + SMOOTH * took_s
            if self.policy.gradient:
                seen.quickest_s = min(seen.quickest_s, took_s)
                seen.limit = max(1.0, min(seen.limit * min(1.0, seen.quickest_s / took_s * 2) + 1, 200.0))
        else:
            seen.failures += 1
            seen.latency_s *= 1.3
            if self.policy.cools and seen.failures >= 3:
                seen.cool_until = now + min(60.0, 2.0**seen.failures)
