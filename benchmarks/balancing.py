"""Which share of calls is answered in time when providers limit, slow down and fail: Minga's permit queue beside ten
other policies, in virtual time.

Ours is the class that `minga serve` uses. It is measured three times: knowing each provider's rate and slots, learning
both from the headers of OpenAI's form, and learning both from 429s alone.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rich.console import Console
from rich.table import Table

from benchmarks.policies import ATTEMPTS, POLICIES, Choice, Policy, Seen, Simple
from benchmarks.providers import PROVIDERS, Server
from minga.infrastructure import virtual_time
from minga.infrastructure.clock import FakeClock, SystemClock
from minga.pipeline.attempts import LIMITED_MAX
from minga.routing.balance import SHED_S, Balancer, Lease, NoPermit
from minga.routing.permits import Outcome, Target

LENGTH_S = 1800.0
RATES = (2.5, 4.0)
GOOD_S = 60.0

PERMITS = 20_000
IN_FLIGHT = 20

Knows = Literal["rates", "headers", "429s"]
OURS: dict[Knows, str] = {
    "rates": "Minga, rates known",
    "headers": "Minga, learned from headers",
    "429s": "Minga, learned from 429s",
}

Call = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Run:
    """``times_s`` of the calls that were answered; ``refused`` are 429s of ``attempts``, ``passed_on`` those that a
    caller got to see."""

    calls: int
    times_s: tuple[float, ...]
    attempts: int
    refused: int
    passed_on: int

    def good(self) -> float:
        """Share of all calls that were answered within a minute."""
        return sum(time_s <= GOOD_S for time_s in self.times_s) / self.calls

    def limited(self) -> float:
        return self.refused / self.attempts

    def unanswered(self) -> float:
        return 1 - len(self.times_s) / self.calls

    def p50(self) -> float:
        return _percentile(self.times_s, 0.5)

    def p95(self) -> float:
        return _percentile(self.times_s, 0.95)

    def p99(self) -> float:
        return _percentile(self.times_s, 0.99)


@dataclass(frozen=True, slots=True)
class Row:
    """One policy at one rate; ``runs`` one for each seed."""

    title: str
    rate: float
    earlier: str
    runs: tuple[Run, ...]

    def mean(self, of: Callable[[Run], float]) -> float:
        return sum(map(of, self.runs)) / len(self.runs)

    def cells(self) -> tuple[str, str, str, str]:
        times = [self.mean(Run.p50), self.mean(Run.p95), self.mean(Run.p99)]
        good, limited, given_up = (self.mean(of) for of in (Run.good, Run.limited, Run.unanswered))
        return f"{good:.3f}", f"{limited:.1%}", f"{given_up:.1%}", " / ".join(f"{time_s:.1f}" for time_s in times)

    def fields(self) -> dict[str, object]:
        return {
            "policy": self.title,
            "requests_per_second": self.rate,
            "good60": round(self.mean(Run.good), 4),
            "rate_limited": round(self.mean(Run.limited), 4),
            "passed_on": sum(run.passed_on for run in self.runs),
            "given_up": round(self.mean(Run.unanswered), 4),
            "p50_s": round(self.mean(Run.p50), 1),
            "p95_s": round(self.mean(Run.p95), 1),
            "p99_s": round(self.mean(Run.p99), 1),
            "runs": len(self.runs),
        }


def _percentile(times_s: Sequence[float], share: float) -> float:
    ordered = sorted(times_s)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Ours:
    """A call as the gateway makes it: a permit, an answer, another target where it failed."""

    def __init__(self, servers: Sequence[Server], clock: FakeClock, chance: random.Random, knows: Knows) -> None:
        self.balancer = Balancer(clock, chance)
        self.passed_on = 0
        self._clock = clock
        self._knows = knows
        self._servers = {server.provider.name: server for server in servers}
        known = knows == "rates"
        self._targets = [
            Target(one.provider.name, one.provider.rpm if known else None, one.provider.slots if known else None)
            for one in servers
        ]

    async def call(self) -> bool:
        until = self._clock.monotonic() + SHED_S
        tried: set[str] = set()
        attempt = limited = 0
        while attempt < ATTEMPTS:
            try:
                lease = await self.balancer.acquire(
                    [self._targets], deadline_s=until - self._clock.monotonic(), avoid=tried
                )
            except NoPermit:
                return False
            status = await self._send(lease)
            if status == 200:
                return True
            tried.add(lease.target.id)
            if status == 429:
                limited += 1
                if limited == LIMITED_MAX:
                    self.passed_on += 1
                    return False
                continue
            attempt += 1
            await asyncio.sleep(self.balancer.backoff_s(attempt))
        return False

    async def _send(self, lease: Lease) -> int:
        status, headers = await self._servers[lease.target.id].answer()
        lease.heard(status, headers if self._knows == "headers" else ())
        outcome: Outcome = "ok" if status == 200 else "rate-limited" if status == 429 else "failed"
        lease.end(outcome)
        return status


def simulate(how: Policy | Knows, rate: float, seed: int, length_s: float = LENGTH_S) -> Run:
    """Let calls come at random, ``rate`` a second on average, for ``length_s`` of virtual time."""
    clock, chance = FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), random.Random(seed)
    servers = [Server(one, clock, random.Random(chance.random()), length_s) for one in PROVIDERS]
    if isinstance(how, Policy):
        seen = [Seen(one, limit=one.provider.slots if how.waits else float("inf")) for one in servers]
        caller: Simple | Ours = Simple(how, Choice(seen, clock, random.Random(chance.random())))
    else:
        caller = Ours(servers, clock, random.Random(chance.random()), how)
    times = virtual_time.run(
        lambda: _arrivals(caller.call, clock, random.Random(chance.random()), rate, length_s), clock
    )
    answered = tuple(time_s for time_s in times if time_s is not None)
    return Run(
        calls=len(times),
        times_s=answered,
        attempts=sum(one.attempts for one in servers),
        refused=sum(one.refused for one in servers),
        passed_on=caller.passed_on,
    )


async def _arrivals(
    call: Call, clock: FakeClock, chance: random.Random, rate: float, length_s: float
) -> list[float | None]:
    """The time that each call took, None if it was given up."""

    async def timed() -> float | None:
        began = clock.monotonic()
        return clock.monotonic() - began if await call() else None

    tasks: list[asyncio.Task[float | None]] = []
    while True:
        await asyncio.sleep(chance.expovariate(rate))
        if clock.monotonic() >= length_s:
            return list(await asyncio.gather(*tasks))
        tasks.append(asyncio.create_task(timed()))


def measure(seeds: int, say: Callable[[str], None]) -> list[Row]:
    """Every policy at every rate, with ``seeds`` runs each."""
    rows = []
    for index, rate in enumerate(RATES):
        for policy in POLICIES:
            say(f"balance: {policy.title} at {rate}/s")
            runs = tuple(simulate(policy, rate, seed) for seed in range(seeds))
            rows.append(Row(policy.title, rate, policy.earlier[index], runs))
        for knows, title in OURS.items():
            say(f"balance: {title} at {rate}/s")
            rows.append(Row(title, rate, "", tuple(simulate(knows, rate, seed) for seed in range(seeds))))
    return rows


def permit_us() -> float:
    """Processor time of `Balancer.acquire` where one of two targets may be called at once; the best of ten rounds."""

    async def spent_s() -> float:
        balancer = Balancer(SystemClock(), random.Random(1))
        groups = [[Target("one", 1e9), Target("two", 1e9)]]
        spent = 0.0
        for _ in range(PERMITS // IN_FLIGHT):
            began = time.process_time()
            leases = [await balancer.acquire(groups, deadline_s=30) for _ in range(IN_FLIGHT)]
            spent += time.process_time() - began
            for lease in leases:
                lease.end("ok")
        return spent

    return min(asyncio.run(spent_s()) for _ in range(10)) / PERMITS * 1e6


def show(console: Console, rows: Sequence[Row], a_permit_us: float) -> None:
    console.print(f"a permit that is there at once, two targets of known rates: {a_permit_us:.1f} µs")
    for rate in RATES:
        table = Table(title=f"{rate} requests a second, capacity 4.67", title_justify="left")
        for title in ("policy", "within 60 s", "429 of attempts", "given up", "p50 / p95 / p99, s", "earlier"):
            table.add_column(title)
        for row in rows:
            if row.rate == rate:
                table.add_row(row.title, *row.cells(), row.earlier)
        console.print(table)
