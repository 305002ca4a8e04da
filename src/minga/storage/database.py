"""Transactions on one worker thread: the event loop never waits for a disk."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

from minga.domain.errors import StoreDamaged, StoreFull, StoreTooNew, StoreUnreachable, StoreUnwritable
from minga.storage.engine import Engine, Row, Value, statements

Result = TypeVar("Result")

ROWS_AT_ONCE = 50
"""Of one INSERT; SQLite takes 32,766 values in a statement, PostgreSQL 65,535."""

ROWS_EVEN = 10
"""An INSERT has a multiple of so many rows, but for the last one: what SQLite has prepared is kept, some 3.5 kB for a
row of calls, and statements of all lengths up to `ROWS_AT_ONCE` would be 4.3 MB that fill slowly."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. ``package`` owns the tables; ``number`` counts from 1 within the package."""

    package: str
    number: int
    script: str


def migrations_in(folder: Path, package: str) -> list[Migration]:
    """Read ``NNNN_name.sql`` files of one package, in order."""
    return [
        Migration(package, int(file.name.split("_", 1)[0]), file.read_text("utf-8"))
        for file in sorted(folder.glob("[0-9]*.sql"))
    ]


class Transaction:
    """Statements that become durable together, or not at all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        return self._engine.execute(sql, parameters)

    def insert(self, table: str, rows: Sequence[Sequence[Value]], on_conflict: str = "") -> None:
        """Insert rows that name a value for every column; ``on_conflict`` as in ``ON CONFLICT (id) DO NOTHING``. Many
        in one statement: a third of the time in SQLite, and in PostgreSQL one way to the server and back."""
        start = 0
        while left := len(rows) - start:
            count = min(left // ROWS_EVEN * ROWS_EVEN, ROWS_AT_ONCE) or left
            part = rows[start : start + count]
            sql = _insert(table, len(part[0]), count, on_conflict)
            self._engine.execute(sql, tuple(chain.from_iterable(part)))
            start += count

    def hold(self, name: str) -> None:
        """Let no other writing transaction that holds ``name`` run before this one has ended."""
        self._engine.hold(name)


@lru_cache(maxsize=256)
def _insert(table: str, columns: int, rows: int, on_conflict: str) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * rows)} {on_conflict}"  # noqa: S608 - placeholders


class Database:
    """The store. ``open_engine`` is called once, on the worker thread, at the first use.

    ``after_damage`` is asked for what to do when the store is damaged; an error says it before its own remedy.
    """

    def __init__(
        self, open_engine: Callable[[], Engine], migrations: Sequence[Migration], after_damage: Callable[[], str] = str
    ) -> None:
        self._open_engine = open_engine
        self._migrations = migrations
        self._after_damage = after_damage
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._engine: Engine | None = None

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` in a transaction that is durable when this returns. Raises errors under `StoreError`."""
        return await self._on_worker(lambda engine: transact(engine, work, writing=True), writing=True)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        return await self._on_worker(lambda engine: transact(engine, work, writing=False))

    async def check(self) -> None:
        """Whether the store can be read now. Raises errors under `StoreError`."""
        await self.read(lambda transaction: transaction.execute("SELECT COUNT(*) FROM applied_migrations"))

    async def close(self) -> None:
        if self._engine is not None:
            await asyncio.get_running_loop().run_in_executor(self._worker, self._engine.close)
            self._engine = None
        self._worker.shutdown()

    @property
    def unwritable(self) -> StoreFull | StoreUnwritable | None:
        """Why it could only be read at its last use; None where it can be written, or was not used yet."""
        return self._engine.unwritable if self._engine else None

    async def _on_worker(self, use: Callable[[Engine], Result], *, writing: bool = False) -> Result:
        running = asyncio.get_running_loop().run_in_executor(self._worker, lambda: self._use(use, writing=writing))
        return await asyncio.shield(running)

    def _use(self, use: Callable[[Engine], Result], *, writing: bool) -> Result:
        try:
            return use(self._ready(writing=writing))
        except StoreUnreachable:
            self._drop()
            raise
        except StoreDamaged as damaged:
            raise StoreDamaged(**{**damaged.values, "suggestion": self._after_damage()}) from damaged

    def _drop(self) -> None:
        """Give up a connection that is lost, or no longer serves; the next use opens another."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _ready(self, *, writing: bool) -> Engine:
        if self._engine is not None and not self._engine.serves(writing=writing):
            self._drop()
        if self._engine is None:
            engine = self._open_engine()
            try:
                migrate(engine, self._migrations)
            except BaseException:
                engine.close()
                raise
            self._engine = engine
        return self._engine


def migrate(engine: Engine, migrations: Sequence[Migration]) -> None:
    """Bring the schema up to date. Raises StoreTooNew if the database has steps that this program does not know."""
    applied = _applied(engine)
    known = {(step.package, step.number) for step in migrations}
    if unknown := applied - known:
        raise StoreTooNew(store=engine.name, found=_highest(unknown), known=_highest(known))
    missing = [step for step in migrations if (step.package, step.number) not in applied]
    if missing:
        transact(engine, lambda _: _apply(engine, missing), writing=True)


def _applied(engine: Engine) -> set[tuple[str, int]]:
    if not engine.has_table("applied_migrations"):
        return set()
    return {(row[0], row[1]) for row in engine.execute("SELECT package, number FROM applied_migrations")}


def _apply(engine: Engine, missing: Sequence[Migration]) -> None:
    """Another process may have been faster: what is applied is looked at again under the lock."""
    engine.hold("schema")
    if not engine.has_table("applied_migrations"):
        engine.execute("CREATE TABLE applied_migrations (package TEXT, number INTEGER, PRIMARY KEY (package, number))")
    applied = _applied(engine)
    for step in missing:
        if (step.package, step.number) not in applied:
            for statement in statements(step.script):
                engine.execute(statement)
            engine.execute("INSERT INTO applied_migrations VALUES (?, ?)", (step.package, step.number))


def _highest(steps: set[tuple[str, int]]) -> str:
    package, number = max(steps, key=lambda step: (step[1], step[0]))
    return f"{package}-{number}"


def transact(engine: Engine, work: Callable[[Transaction], Result], *, writing: bool) -> Result:
    """Run ``work`` between BEGIN and COMMIT; whatever it raises undoes it."""
    engine.begin(writing=writing)
    try:
        result = work(Transaction(engine))
        engine.commit()
    except BaseException:
        engine.rollback()
        raise
    return result
