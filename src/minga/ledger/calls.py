"""The book of the gateway's calls. Entries are added once, in groups, off the way of the request, and never changed."""

import asyncio
import contextlib
from datetime import datetime

from minga.domain.model_calls import CallEntry, KeyId
from minga.storage.database import Database
from minga.storage.engine import Value
from minga.storage.instants import to_micros

GROUP = 500
EVERY_S = 0.05

_AT, _KEY, _COST = 1, 2, 14
"""Columns of a row."""


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
