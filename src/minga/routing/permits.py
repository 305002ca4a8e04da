"""What one target may be given now: its rate, its calls at once, its pauses, and how it has answered so far."""

import math
import random
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from minga.routing.breaker import FAILURES, Breaker
from minga.routing.rate_headers import Told

Outcome: TypeAlias = Literal["ok", "rate-limited", "overloaded", "failed", "unreachable", "abandoned"]
"""How a call ended. ``abandoned``: the caller went away, or its call was malformed: nothing about the target."""

MINUTE_S = 60.0

BURST_S = 10.0
"""A bucket holds what is refilled in this time, and a call at least."""

WHOLE = 1 - 1e-9
"""A token, but for rounding."""

LIMIT_START = 32.0
LIMIT_MAX = 4096.0
"""Calls at once, where no limit is known."""

BUSY = 3

CUT = {"rate-limited": 0.9, "overloaded": 0.7}

RATE_CUT = 0.85
RATE_MIN = 1 / MINUTE_S
RATE_GROWTH = 0.1
"""A minute, of a rate that was learned from 429s and is used up."""

SENT_S = 30.0
"""Over which the rate of what is sent is averaged."""

SENT_MIN = 5.0
"""Calls sent lately, below which a 429 says nothing about the rate."""

PAUSE_MIN_S = 1.0
PAUSE_MAX_S = 60.0
"""After a 429 or an overload that does not say how long."""

LATENCY_START_S = 1.0
LATENCY_MAX_S = 120.0
LATENCY_HALVES_S = 60.0
"""An idle target's latency is forgotten, so that a slow one is tried again."""


@dataclass(frozen=True, slots=True)
class Target:
    """One model of one account of one provider. ``rpm``: requests a minute; None: it is learned."""

    id: str
    rpm: float | None = None
    concurrent_max: int | None = None


@dataclass(slots=True)
class Bucket:
    """``rate`` tokens a second, ``capacity`` at most; ``tokens`` as of ``at``."""

    rate: float
    capacity: float
    tokens: float
    at: float

    def fill(self, now: float) -> float:
        if now > self.at:
            self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.rate)
            self.at = now
        return self.tokens

    def take(self) -> None:
        self.tokens = max(0.0, self.tokens - 1)

    def wait_s(self, now: float) -> float:
        missing = WHOLE - self.fill(now)
        return 0.0 if missing <= 0 else (1 - self.tokens) / self.rate


@dataclass(slots=True)
class Gate:
    """The state of one target. ``pace`` is the known rate or one learned from 429s, ``told`` what headers say. Instants
    are seconds of a monotonic clock; ``latency_s`` is a peak-sensitive average."""

    target: Target
    share: float
    used_at: float
    ended_at: float
    in_flight: int = 0
    waited_for: int = 0
    pace: Bucket | None = None
    told: Bucket | None = None
    limit: float = LIMIT_START
    ceiling: float = LIMIT_MAX
    cool_until: float = 0.0
    latency_s: float = LATENCY_START_S
    breaker: Breaker = field(default_factory=Breaker)
    sent: int = 0
    sent_lately: float = 0.0
    refused: int = 0
    was_cut: bool = False

    def configure(self, target: Target) -> None:
        """Take what is known of ``target``, at first and after a reload."""
        self.target = target
        if target.rpm is not None:
            rate = target.rpm / MINUTE_S * self.share
            capacity = max(1.0, rate * BURST_S)
            before = self.pace or Bucket(rate, capacity, capacity, self.used_at)
            self.pace = Bucket(rate, capacity, min(before.tokens, capacity), before.at)
        if target.concurrent_max is None:
            self.ceiling = LIMIT_MAX
        else:
            self.ceiling = self.limit = float(max(1, math.floor(target.concurrent_max * self.share)))

    def permits(self, now: float) -> bool:
        if self.cool_until > now or self.in_flight >= int(self.limit):
            return False
        if self.breaker.failures >= FAILURES and not self.breaker.passes(now):
            return False
        if self.pace is not None and self.pace.fill(now) < WHOLE:
            return False
        return self.told is None or self.told.fill(now) >= WHOLE

    def is_busy(self) -> bool:
        """A third of its calls at once, where their limit is not known: it may queue what it is sent."""
        return self.in_flight * BUSY >= self.limit and self.target.concurrent_max is None

    def is_up(self, now: float) -> bool:
        """Neither in a pause nor behind a breaker."""
        return self.cool_until <= now and self.breaker.failures < FAILURES

    def soonest(self, now: float) -> float:
        """The earliest instant at which it may permit a call; now, where only a slot is missing."""
        wait_s = max(self.pace.wait_s(now) if self.pace else 0.0, self.told.wait_s(now) if self.told else 0.0)
        opens = self.breaker.open_until if self.breaker.failures >= FAILURES else 0.0
        return max(now + wait_s, self.cool_until, opens)

    def load(self, now: float) -> float:
        """What is compared in the choice of two."""
        return self._latency_s(now) * (self.in_flight + 1) / self.limit

    def expected_s(self, now: float) -> float:
        """What a call may take: for a prompt cache, one call more or less in flight is nothing to leave it for."""
        return self._latency_s(now) * (1 + self.in_flight / self.limit)

    def _latency_s(self, now: float) -> float:
        if self.in_flight:
            return self.latency_s
        return self.latency_s * math.exp2((self.ended_at - now) / LATENCY_HALVES_S)

    def begin(self, now: float) -> bool:
        """Take what a call needs. True if it is the probe of a half-open breaker."""
        if self.pace is not None:
            self.pace.take()
        if self.told is not None:
            self.told.take()
        self.latency_s = self._latency_s(now)
        self.sent_lately = self.sent_lately * math.exp((self.used_at - now) / SENT_S) + 1
        self.used_at = now
        self.sent += 1
        self.in_flight += 1
        return self.breaker.begin()

    def undo(self, now: float, *, probe: bool) -> None:
        """The call was never sent."""
        for bucket in (self.pace, self.told):
            if bucket is not None:
                bucket.tokens = min(bucket.capacity, bucket.tokens + 1)
        self.in_flight -= 1
        self.ended_at = now
        self.breaker.let_go(probe=probe)

    def hear(self, told: Told, now: float, sent: int) -> None:
        """``sent`` is the number of the call that was told it: calls after it are not counted there yet."""
        if told.of == "tokens":
            if told.remaining < 1:  # a tenth of the whole is enough for an ordinary call
                self.cool_until = max(self.cool_until, now + min(told.reset_s / 10, PAUSE_MAX_S))
            return
        spent = told.limit - told.remaining
        rate = min(told.limit, spent / max(told.reset_s, 0.001)) if spent else told.limit / MINUTE_S
        left = max(0.0, told.remaining * self.share - (self.sent - sent))
        self.told = Bucket(rate * self.share, max(1.0, told.limit * self.share), left, now)

    def answered(self) -> None:
        """A success has begun to come: a long stream tells already that the target bears it."""
        self._grow(full=self.in_flight >= int(self.limit))

    def end(
        self, outcome: Outcome, now: float, chance: random.Random, *, probe: bool, latency_s: float, answered: bool
    ) -> None:
        full = self.in_flight >= int(self.limit)
        self.in_flight -= 1
        self.ended_at = now
        match outcome:
            case "ok":
                self.breaker.succeeded()
                self.refused = 0
                self.note_latency(latency_s)
                if not answered:
                    self._grow(full=full)
            case "abandoned":
                self.breaker.let_go(probe=probe)
            case "rate-limited":
                self.breaker.let_go(probe=probe)
            case "overloaded" | "failed" | "unreachable":
                self.breaker.failed(now, chance, probe=probe)
                self.latency_s = min(LATENCY_MAX_S, max(self.latency_s, latency_s) * 1.3)

    def note_latency(self, latency_s: float) -> None:
        slower = latency_s > self.latency_s
        self.latency_s = min(LATENCY_MAX_S, latency_s if slower else 0.8 * self.latency_s + 0.2 * latency_s)

    def pause(self, outcome: Outcome, now: float, retry_after_s: float | None, chance: random.Random) -> None:
        """After a 429 or an overload. Answers of calls that were under way in a pause cut nothing again."""
        began = self.cool_until <= now
        if began:
            self.refused += 1
            self.limit = max(1.0, self.limit * CUT[outcome])
            self.was_cut = True
            if outcome == "rate-limited":
                self._slow_down(now)
        least_s = 2 / self.pace.rate if self.pace and outcome == "rate-limited" else PAUSE_MIN_S
        if retry_after_s is None:
            doubled = PAUSE_MIN_S * 2.0 ** min(self.refused - 1, 6) * chance.uniform(1.0, 1.5)
            retry_after_s = min(PAUSE_MAX_S, doubled)
        self.cool_until = max(self.cool_until, now + max(retry_after_s, min(least_s, PAUSE_MAX_S)))

    def _slow_down(self, now: float) -> None:
        """Learn the rate from a 429, where none is known and the headers had not told of it."""
        if self.pace is not None:
            self.pace.tokens, self.pace.at = 0.0, now
            if self.target.rpm is None:
                self._set_rate(self.pace.rate * RATE_CUT)
        elif self.sent_lately >= SENT_MIN and (self.told is None or self.told.fill(now) >= WHOLE):
            self.pace = Bucket(RATE_MIN, 1.0, 0.0, now)
            self._set_rate(self.sent_lately / SENT_S * RATE_CUT)
        if self.told is not None:
            self.told.tokens, self.told.at = 0.0, now

    def _set_rate(self, rate: float) -> None:
        if self.pace is not None:
            self.pace.rate = max(RATE_MIN, rate)
            self.pace.capacity = max(1.0, self.pace.rate * BURST_S)

    def _grow(self, *, full: bool) -> None:
        if full:
            self.limit = min(self.ceiling, self.limit + (1 / self.limit if self.was_cut else 1.0))
        if self.pace is not None and self.target.rpm is None and self.pace.tokens < 1:
            self._set_rate(self.pace.rate + RATE_GROWTH / MINUTE_S)
