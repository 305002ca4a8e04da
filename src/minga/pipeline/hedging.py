"""A second request where the first is slower than nineteen of twenty: only for short calls that change nothing."""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

from minga.domain.model_calls import ModelCall, Refused
from minga.pipeline.attempts import Answer, Attempts, Whole
from minga.providers.usage import estimated

SHARE = 0.05
"""Of the calls that may be hedged."""

KEPT = 200
"""Latencies that tell what is slow."""

KNOWN = 20
"""With fewer of them nothing is."""


def may_hedge(call: ModelCall) -> bool:
    """It costs nothing or next to nothing twice, and gives the same twice."""
    return not call.stream and (call.counts or call.embeds)


@dataclass(slots=True)
class Hedge:
    """What one process knows of such calls."""

    _credit: float = 0.0
    _latest: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))

    async def answer(self, attempts: Attempts, call: ModelCall) -> Answer:
        """As `Attempts.answer`, by whichever of two deployments is the quicker. Raises Refused."""
        self._credit = min(self._credit + SHARE, 1 / SHARE)
        began_s = attempts.ways.clock.monotonic()
        first = asyncio.ensure_future(attempts.answer(call))
        try:
            limit_s = self._slow_s()
            if limit_s is None or self._credit < 1:
                return await first
            done, _ = await asyncio.wait({first}, timeout=limit_s)
            return await (first if done else self._race(attempts, call, first))
        finally:
            first.cancel()
            self._latest.append(attempts.ways.clock.monotonic() - began_s)

    async def _race(self, attempts: Attempts, call: ModelCall, first: "asyncio.Future[Answer]") -> Answer:
        self._credit -= 1
        used = attempts.running.deployment
        now_s = attempts.ways.clock.monotonic()
        elsewhere = replace(attempts, places=attempts.others(used), deadline_s=now_s, avoided=set(attempts.avoided))
        second = asyncio.ensure_future(elsewhere.answer(call))
        try:
            done, _ = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
            quicker = first if first in done else second
            answer = await self._unless_failed(quicker, second if quicker is first else first)
        except asyncio.CancelledError:
            if elsewhere.asked is not None:  # that one is booked as any call whose caller goes away
                _count_lost(attempts, call, first)
            raise
        finally:
            second.cancel()
        is_second = second.done() and second.exception() is None and second.result() is answer
        _count_lost(*((attempts, call, first) if is_second else (elsewhere, call, second)))
        attempts.running.deployment = answer.deployment
        return answer

    async def _unless_failed(self, quicker: "asyncio.Future[Answer]", other: "asyncio.Future[Answer]") -> Answer:
        try:
            answer = await quicker
        except Refused:
            return await other
        return await other if isinstance(answer, Whole) and answer.status >= 400 else answer

    def _slow_s(self) -> float | None:
        if len(self._latest) < KNOWN:
            return None
        ordered = sorted(self._latest)
        return ordered[int(len(ordered) * (1 - SHARE))]


def _count_lost(lost: Attempts, call: ModelCall, answer: "asyncio.Future[Answer]") -> None:
    """What a provider bills for an answer that nobody gets: as it told; if it was cut off, as much as it was sent."""
    running = lost.running
    if call.counts:
        return
    if lost.asked is not None:
        running.parts.append(estimated(lost.asked.model, len(call.body), 0))
        running.guessed = True
    elif answer.done() and answer.exception() is None:
        told = answer.result()
        if isinstance(told, Whole) and told.used is not None:
            running.parts.append(told.used)
