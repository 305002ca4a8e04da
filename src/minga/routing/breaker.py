"""A circuit breaker: closed, open for a while after failures in a row, then half-open for a single probe."""

import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

BreakerState: TypeAlias = Literal["closed", "open", "half-open"]

FAILURES = 3
"""In a row, until it opens."""

OPEN_MAX_S = 60.0


@dataclass(slots=True)
class Breaker:
    """``failures`` in a row so far. Instants are those of a monotonic clock, in seconds."""

    failures: int = 0
    open_until: float = 0.0
    probing: bool = False

    def state(self, now: float) -> BreakerState:
        if self.failures < FAILURES:
            return "closed"
        return "half-open" if now >= self.open_until else "open"

    def passes(self, now: float) -> bool:
        return self.failures < FAILURES or (now >= self.open_until and not self.probing)

    def begin(self) -> bool:
        """A call goes out; True if it is the probe."""
        if self.failures < FAILURES:
            return False
        self.probing = True
        return True

    def let_go(self, *, probe: bool) -> None:
        """The probe ended without telling anything: another one may try."""
        if probe:
            self.probing = False

    def answered(self, *, probe: bool) -> None:
        """The probe gets an answer: others may pass, but the next failure opens it at once."""
        if probe and self.probing:
            self.probing = False
            self.failures = FAILURES - 1

    def succeeded(self) -> None:
        self.failures = 0
        self.probing = False

    def failed(self, now: float, chance: random.Random, *, probe: bool) -> None:
        """Failures of calls that were under way when it opened do not lengthen it."""
        if self.failures >= FAILURES and not probe:
            return
        self.probing = False
        self.failures += 1
        if self.failures >= FAILURES:
            self.open_until = now + min(OPEN_MAX_S, 2.0**self.failures) * chance.uniform(0.75, 1.25)
