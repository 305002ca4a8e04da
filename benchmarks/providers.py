"""Model providers that are made up, in virtual time: rates, slots and latencies as in the earlier comparison.

Five providers; a bucket holds ten seconds of a provider's rate. An answer takes a lognormal time, longer by what is
above the slots. In the middle third of the run one provider is six times slower, and another fails three times in ten.
"""

import asyncio
import math
import random
from dataclasses import dataclass, field

from minga.infrastructure.clock import FakeClock

SIGMA = 0.5
SLOWER = 6.0
FAILING = 0.3
FAILS_AFTER_S = 0.5
REFUSES_AFTER_S = 0.05

ROUNDING = 1e-4
"""Of a token: a call takes longer than this to arrive."""


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    rpm: float
    latency_s: float
    slots: int
    slows: bool = False
    fails: bool = False


PROVIDERS = (
    Provider("first", 60, 6, 12, fails=True),
    Provider("second", 40, 5, 8),
    Provider("third", 90, 9, 20, slows=True),
    Provider("fourth", 30, 4, 6),
    Provider("fifth", 60, 7, 12),
)


@dataclass(slots=True)
class Server:
    """One provider while a run lasts ``length_s``. ``tokens`` are what its bucket holds, as of ``at``."""

    provider: Provider
    clock: FakeClock
    chance: random.Random
    length_s: float
    tokens: float = field(init=False)
    at: float = 0.0
    in_flight: int = 0
    attempts: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    @property
    def rate(self) -> float:
        return self.provider.rpm / 60

    @property
    def capacity(self) -> float:
        return self.provider.rpm / 6

    def left(self) -> float:
        now = self.clock.monotonic()
        self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return self.tokens

    async def answer(self) -> tuple[int, list[tuple[str, str]]]:
        """Status and headers, once it is there."""
        self.attempts += 1
        if self.left() < 1 - ROUNDING:
            self.refused += 1
            await asyncio.sleep(REFUSES_AFTER_S)
            return 429, self._headers()
        self.tokens -= 1
        headers = self._headers()
        is_middle = self.length_s / 3 <= self.clock.monotonic() < self.length_s * 2 / 3
        self.in_flight += 1
        try:
            if is_middle and self.provider.fails and self.chance.random() < FAILING:
                await asyncio.sleep(FAILS_AFTER_S)
                return 500, headers
            await asyncio.sleep(self._latency_s(SLOWER if is_middle and self.provider.slows else 1.0))
            return 200, headers
        finally:
            self.in_flight -= 1

    def _latency_s(self, factor: float) -> float:
        over = max(0, self.in_flight - self.provider.slots)
        mean = self.provider.latency_s * factor * (1 + over / self.provider.slots)
        return self.chance.lognormvariate(math.log(mean) - SIGMA**2 / 2, SIGMA)

    def _headers(self) -> list[tuple[str, str]]:
        """In the form of OpenAI's."""
        return [
            ("x-ratelimit-limit-requests", f"{self.capacity:.3f}"),
            ("x-ratelimit-remaining-requests", f"{max(0, math.floor(self.tokens))}"),
            ("x-ratelimit-reset-requests", f"{(self.capacity - self.tokens) / self.rate:.3f}s"),
        ]
