"""The way of one attempt's model calls: through the gateway it gets a key of its own, which ends with the attempt."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from minga.domain.events import Failed
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.domain.ledger import AttemptCost
from minga.domain.model_calls import KeyId, VirtualKey
from minga.domain.task import Endpoint, Task
from minga.domain.ways import Through, Way
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.clock import Clock
from minga.ledger.book import metered
from minga.ledger.calls import CallBook, RunUse
from minga.ledger.prices import PriceTable

KEY_MARGIN = timedelta(hours=1)
"""So much longer than its run a key is valid: a laptop may sleep in between."""

SETTLE_S = 1.0
"""So long an end waits for calls of the attempt that are not booked yet."""

LOOK_EVERY_S = 0.05


class Embedded(Protocol):
    """A gateway within this process."""

    url: str

    async def problem(self) -> str:
        """Why it cannot serve; empty if it can."""
        ...

    async def flush(self) -> None:
        """What was asked for and has been answered is in the store then."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """The attempt that a way is wanted for. ``left_micro_usd``: what its run may still spend, None without a bound.
    With a ``warm_key`` its process, and so its key, stay for the next attempt."""

    attempt_id: AttemptId
    agent: AgentName
    task: Task
    left_micro_usd: int | None
    warm_key: str


@dataclass(slots=True)
class Passage:
    """One attempt's way. ``task`` is what its CLI is launched with."""

    through: Through
    task: Task
    lease: "_Lease | None" = None


@dataclass(slots=True)
class _Lease:
    """A key of a run. ``is_own``: of the gateway within this process. ``before``: what was booked on it before the
    present attempt."""

    text: str = field(repr=False)
    key: VirtualKey
    url: str
    is_own: bool
    before: RunUse

    @property
    def way_url(self) -> str:
        """As in `Way`."""
        return "" if self.is_own else self.url


class Passages:
    """The ways of all runs of this process. ``start`` makes its gateway, at the first attempt that needs one."""

    def __init__(
        self,
        keys: VirtualKeys,
        book: CallBook,
        prices: PriceTable,
        clock: Clock,
        start: Callable[[], Embedded],
        *,
        user: str,
    ) -> None:
        self._keys = keys
        self._book = book
        self._prices = prices
        self._clock = clock
        self._start = start
        self._user = user
        self._embedded: Embedded | None = None
        self._leases: dict[KeyId, _Lease] = {}
        self._kept: dict[tuple[str, AgentName], _Lease] = {}

    @asynccontextmanager
    async def open(self, way: Way, asked: Asked) -> AsyncIterator[Passage]:
        """The way of one attempt. Its key has ended when this is left, unless its process stays warm."""
        if way.through != "gateway":
            yield Passage(way.through, asked.task)
            return
        lease = await self._lease(way, asked)
        endpoint = Endpoint(lease.url, lease.text, way.model, way.keeps_home)
        try:
            yield Passage("gateway", replace(asked.task, endpoint=endpoint), lease)
        finally:
            if not asked.warm_key:
                await self._end(lease)

    def is_elsewhere(self, way: Way, agent: AgentName, warm_key: str) -> bool:
        """Whether a warm process asks at another gateway than ``way`` leads to, or at one where it leads to none."""
        kept = self._kept.get((warm_key, agent))
        return (kept.way_url if kept else None) != (way.url if way.through == "gateway" else None)

    async def measured(self, passage: Passage, cost: AttemptCost) -> AttemptCost:
        """``cost``, as the CLI told it, with what the gateway booked in its place where the calls went through it."""
        cost = replace(cost, through=passage.through)
        if passage.lease is None:
            return cost
        return metered(cost, await self._booked(passage.lease, cost.tokens))

    async def spent_budget(self, passage: Passage) -> Failed | None:
        """How the run ends where a call did not fit into what is left of its budget: the gateway has ended its key."""
        if passage.lease is None or passage.lease.key.budget_micro_usd is None:
            return None
        key = await self._keys.of_run(passage.lease.key.run_id)
        if key is None or key.revoked_at is None or key.budget_micro_usd != 0:
            return None
        left = passage.lease.key.budget_micro_usd / 1e6
        message = f"what is left of the budget (${left:.4f}) does not suffice for the next call"
        return Failed(Failure(FailureCode.BUDGET_SPENT, message, "Raise --budget-usd."))

    async def no_gateway(self, passage: Passage) -> Failed | None:
        """How the attempt ends where the gateway of this process could not begin to serve."""
        if passage.lease is None or not passage.lease.is_own or self._embedded is None:
            return None
        if not (problem := await self._embedded.problem()):
            return None
        return Failed(Failure(FailureCode.CRASHED, f"the gateway of this run could not begin: {problem}"))

    async def booked_by(self, attempt_id: AttemptId, cost: AttemptCost) -> AttemptCost:
        """``cost`` of an attempt that was cut off, with what the gateway booked where its calls went through it."""
        key = await self._keys.of_run(attempt_id)
        used = await self._book.of_key(key.id) if key else RunUse()
        return metered(cost, used) if used.calls else cost

    async def close(self) -> None:
        """End the keys of warm processes, and the gateway of this process."""
        for lease in list(self._leases.values()):
            await self._end(lease)
        if self._embedded is not None:
            await self._embedded.close()

    async def _lease(self, way: Way, asked: Asked) -> _Lease:
        until = self._clock.now() + timedelta(seconds=asked.task.timeout_s) + KEY_MARGIN
        kept = self._kept.get((asked.warm_key, asked.agent)) if asked.warm_key else None
        if kept is not None and kept.way_url != way.url:
            await self._end(kept)
            kept = None
        if kept is not None:
            await self._keys.prolong(kept.key.id, until)
            kept.before = await self._book.of_key(kept.key.id)
            return kept
        url = way.url or self._own_gateway().url
        budget = asked.left_micro_usd if self._prices.find(way.expected) else None
        text, key = await self._keys.make(
            VirtualKey(
                id=KeyId(""),
                name=f"run-{asked.attempt_id[-12:]}-{asked.agent}",
                user=self._user,
                team="",
                project=asked.task.cwd.name,
                models=(),
                created_at=self._clock.now(),
                expires_at=until,
                revoked_at=None,
                requests_per_minute=None,
                concurrent_max=None,
                budget_micro_usd=budget,
                budget_window="total",
                run_id=asked.attempt_id,
            )
        )
        lease = self._leases[key.id] = _Lease(text, key, url, not way.url, RunUse())
        if asked.warm_key:
            self._kept[asked.warm_key, asked.agent] = lease
        return lease

    def _own_gateway(self) -> Embedded:
        if self._embedded is None:
            self._embedded = self._start()
        return self._embedded

    async def _booked(self, lease: "_Lease", told: int) -> RunUse:
        """What was booked since ``before``. Another process books a call a moment after its end: waits until there are
        as many tokens as the CLI ``told`` of, for ``SETTLE_S`` at most."""
        until = self._clock.monotonic() + (SETTLE_S if told else 2 * LOOK_EVERY_S)
        while True:
            if lease.is_own and self._embedded is not None:
                await self._embedded.flush()
            booked = (await self._book.of_key(lease.key.id)).since(lease.before)
            is_all = booked.tokens >= told if told else lease.is_own
            if is_all or self._clock.monotonic() >= until:
                return booked
            await asyncio.sleep(LOOK_EVERY_S)

    async def _end(self, lease: _Lease) -> None:
        self._leases.pop(lease.key.id, None)
        await self._keys.end(lease.key.id)
