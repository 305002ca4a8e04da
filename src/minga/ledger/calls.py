"""The book of the gateway's calls. Entries are added once, in groups, off the way of the request, and never changed."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from minga.domain.model_calls import CallEntry, KeyId
from minga.storage.database import Database
from minga.storage.engine import Row, Value
from minga.storage.instants import to_micros

GROUP = 500
EVERY_S = 0.05

_AT, _KEY, _COST = 1, 2, 14
"""Columns of a row."""


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
    """`add` never waits for the disk; what was added is there after `flush`, at the latest ``EVERY_S`` later."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Value, ...]] = []
        self._lock = asyncio.Lock()  # whoever holds it finds every entry in the store or waiting, none on its way
        self._writer: asyncio.Task[None] | None = None

    def add(self, entry: CallEntry) -> None:
        self._waiting.append(_row(entry))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_soon())

    async def flush(self) -> None:
        """Raises errors under `StoreError`; what could not be written waits for the next time."""
        while self._waiting:
            async with self._lock:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                try:
                    await self._database.write(lambda transaction, rows=group: transaction.insert("model_calls", rows))  # type: ignore[misc]
                except BaseException:
                    self._waiting[:0] = group
                    raise
        async with self._lock:  # what another flush has taken is in the store too
            return

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self.flush()

    async def _write_soon(self) -> None:
        await asyncio.sleep(EVERY_S)
        await self.flush()

    async def spent(self, key_id: KeyId, since: datetime | None) -> int:
        """What a key has spent, in micro-USD, up to the moment at which this returns."""
        select = "SELECT COALESCE(SUM(cost_micro_usd), 0) FROM model_calls WHERE key_id = ? AND at >= ?"
        micros = 0 if since is None else to_micros(since)
        async with self._lock:
            rows = await self._database.read(lambda transaction: transaction.execute(select, (key_id, micros)))
            waiting = (row for row in self._waiting if row[_KEY] == key_id and int(row[_AT] or 0) >= micros)
            return int(rows[0][0]) + sum(int(row[_COST] or 0) for row in waiting)

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
    )
