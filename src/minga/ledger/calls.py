"""The book of the gateway's calls. Entries are added once, in groups, off the way of the request, and never changed."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from minga.domain.budgets import Budget, BudgetScope, Span
from minga.domain.model_calls import CallEntry, KeyId
from minga.storage.database import Database
from minga.storage.engine import Row, Value
from minga.storage.instants import to_micros

GROUP = 500
EVERY_S = 0.05

TOLD_AT_ONCE = 50
"""Entries that are told that they are booked before calls go on: a whole group would hold them up for milliseconds."""

ALWAYS = 1 << 62

Booked = Callable[[], None]
"""Told once an entry is in the store."""

Turn = contextlib.AbstractAsyncContextManager[None]

_NOTHING = contextlib.nullcontext()

_COLUMN: dict[BudgetScope, str] = {
    "key": "key_id",
    "user": "user_name",
    "team": "team",
    "project": "project",
    "model": "model",
}


@dataclass(frozen=True, slots=True)
class RunUse:
    """What the calls of one run's key used. ``cost_micro_usd`` is of the calls that have a price, ``unpriced`` counts
    the others. ``model``: the one with the most input."""

    calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int = 0
    unpriced: int = 0
    model: str = ""

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.cached_input_tokens + self.cache_write_tokens + self.output_tokens

    def since(self, before: "RunUse") -> "RunUse":
        """What came after ``before``."""
        return RunUse(
            self.calls - before.calls,
            self.input_tokens - before.input_tokens,
            self.cached_input_tokens - before.cached_input_tokens,
            self.cache_write_tokens - before.cache_write_tokens,
            self.output_tokens - before.output_tokens,
            self.cost_micro_usd - before.cost_micro_usd,
            self.unpriced - before.unpriced,
            self.model,
        )


class CallBook:
    """`add` never waits for the disk; what was added is there after `flush`, at the latest ``EVERY_S`` later. ``turn``
    is held by one process at a time: of those that use the store, one writes, or reads what was spent. ``together`` is
    held while entries are told that they are booked."""

    def __init__(
        self,
        database: Database,
        turn: Turn | None = None,
        together: contextlib.AbstractContextManager[object] = _NOTHING,
    ) -> None:
        self._database = database
        self._together = together
        self._turn = turn or contextlib.nullcontext()
        self._waiting: list[tuple[tuple[Value, ...], Booked]] = []
        self._lock = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    def add(self, entry: CallEntry, booked: Booked = lambda: None) -> None:
        self._waiting.append((_row(entry), booked))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_soon())

    async def flush(self) -> None:
        """Raises errors under `StoreError`; what could not be written waits for the next time."""
        while True:  # at least once: a group may be on its way
            await asyncio.shield(asyncio.ensure_future(self._write_group()))
            if not self._waiting:
                return

    async def _write_group(self) -> None:
        """Entries are written and told as such in one turn, which nothing breaks off. One that is there already was
        written by a transaction of which nobody heard that it succeeded."""
        async with self._lock:
            if self._waiting:
                await self._write_waiting()

    async def _write_waiting(self) -> None:
        async with self._turn:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            rows = [row for row, _ in group]
            once = "ON CONFLICT (id) DO NOTHING"
            try:
                await self._database.write(lambda transaction: transaction.insert("model_calls", rows, once))
            except BaseException:
                self._waiting[:0] = group
                raise
            for start in range(0, len(group), TOLD_AT_ONCE):
                if start:
                    await asyncio.sleep(0)
                with self._together:
                    for _, booked in group[start : start + TOLD_AT_ONCE]:
                        booked()

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self.flush()

    async def _write_soon(self) -> None:
        await asyncio.sleep(EVERY_S)
        await self.flush()

    async def spent(self, budget: Budget, span: Span, told: Callable[[int], None]) -> None:
        """Tell what is booked of a budget in a span, in micro-USD, before anyone can book more. Entries that wait to be
        written are not in it."""
        async with self._lock, self._turn:
            told(await self.booked(budget, span))

    async def booked(self, budget: Budget, span: Span) -> int:
        """What is booked of a budget in a span, in micro-USD."""
        is_pattern = budget.scope == "model"
        owner, values = ("", []) if is_pattern else (f" AND {_COLUMN[budget.scope]} = ?", [budget.subject])
        select = (
            "SELECT model, COALESCE(SUM(cost_micro_usd), 0) FROM model_calls"  # noqa: S608 - constants
            f" WHERE at >= ? AND at < ?{owner} GROUP BY model"
        )
        bounds = to_micros(span.began) if span.began else 0, to_micros(span.ends) if span.ends else ALWAYS
        rows = await self._database.read(lambda transaction: transaction.execute(select, (*bounds, *values)))
        return sum(int(cost) for model, cost in rows if not is_pattern or fnmatchcase(model, budget.subject))

    async def of_key(self, key_id: KeyId) -> RunUse:
        """What is in the store of the calls of a run's key."""
        select = (
            "SELECT model, COUNT(*), SUM(input_tokens), SUM(cached_input_tokens), SUM(cache_write_tokens),"
            " SUM(output_tokens), COALESCE(SUM(cost_micro_usd), 0),"
            " SUM(CASE WHEN cost_micro_usd IS NULL THEN 1 ELSE 0 END)"
            " FROM model_calls WHERE key_id = ? GROUP BY model ORDER BY SUM(input_tokens + cached_input_tokens) DESC"
        )
        rows = await self._database.read(lambda transaction: transaction.execute(select, (key_id,)))
        return _summed(rows)


def _summed(rows: Sequence[Row]) -> RunUse:
    """A row for each model."""
    if not rows:
        return RunUse()
    calls, given, cached, written, answered, cost, unpriced = (
        sum(map(int, column)) for column in [*zip(*rows, strict=True)][1:]
    )
    return RunUse(calls, given, cached, written, answered, cost, unpriced, str(rows[0][0]))


def _row(entry: CallEntry) -> tuple[Value, ...]:
    used = entry.usage
    return (
        entry.id,
        to_micros(entry.at),
        entry.key_id,
        entry.user,
        entry.team,
        entry.project,
        entry.provider,
        entry.wire,
        used.model,
        used.input_tokens,
        used.cached_input_tokens,
        used.cache_write_tokens,
        used.output_tokens,
        used.reasoning_tokens,
        entry.cost_micro_usd,
        entry.source,
        entry.status,
        entry.first_ms,
        entry.took_ms,
        entry.run_id,
        entry.agent,
        entry.account,
        entry.attempts,
        entry.cache,
        entry.saved_micro_usd,
    )
