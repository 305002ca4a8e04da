"""A store full of made-up sessions, and its index, each made in a process of its own so that its memory can be told."""

import asyncio
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from benchmarks import corpus
from benchmarks.corpus import Made
from minga.bootstrap import Minga, build
from minga.domain.ids import SessionId
from minga.sessions.transcripts import insert_messages, insert_session
from minga.settings import read
from minga.storage.database import Transaction, transact
from minga.storage.instants import to_micros
from minga.storage.sqlite import Sqlite

Result = TypeVar("Result")

AT_ONCE = 100
"""Sessions in one transaction."""


@dataclass(frozen=True, slots=True)
class Work:
    """``peak_mb`` is the most memory that the process had resident, Python's own included."""

    took_s: float
    peak_mb: float


def environment(home: Path) -> dict[str, str]:
    """Of every process of this benchmark. Without automatic backups: one would be made in the middle of a command."""
    return {"MINGA_HOME": str(home), "MINGA_CONFIG": str(home / "config"), "MINGA_BACKUP_EVERY_MINUTES": "0"}


def apart(work: Callable[[Path, int], Result], home: Path, turns: int) -> Result:
    """Run ``work`` in a new process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, home, turns).result()


def fill(home: Path, turns: int) -> Work:
    """Make the store, through the functions that an import uses; only faster: without waiting for the disk."""
    began = time.perf_counter()
    minga = build(read(environment(home)))
    asyncio.run(_make_schema(minga))
    engine = Sqlite(minga.settings.store, minga.backups.key())
    engine.execute("PRAGMA synchronous=OFF")
    minga.keys.place.database.use(lambda keys: keys.execute("PRAGMA synchronous=OFF"))
    made = corpus.sessions(turns)
    while some := list(islice(made, AT_ONCE)):
        transact(engine, lambda transaction, some=some: _put(transaction, minga, some), writing=True)  # type: ignore[misc]
    engine.close()
    asyncio.run(minga.close())
    return Work(time.perf_counter() - began, _peak_mb())


def index(home: Path, turns: int) -> Work:
    """Bring the index up to date, as the first search does it."""
    began = time.perf_counter()

    async def work() -> None:
        minga = build(read(environment(home)))
        await minga.search.catch_up()
        await minga.close()

    asyncio.run(work())
    return Work(time.perf_counter() - began, _peak_mb())


def add_turn(minga: Minga, engine: Sqlite, made: Made) -> None:
    """A session more in the store, durably."""
    transact(engine, lambda transaction: _put(transaction, minga, [made]), writing=True)


async def _make_schema(minga: Minga) -> None:
    await minga.recover()
    await minga.database.read(lambda transaction: None)


def _put(transaction: Transaction, minga: Minga, some: list[Made]) -> None:
    for made in some:
        last = made.messages[-1].at
        assert last is not None
        insert_session(transaction, minga.vault, made.id, "", made.workspace, to_micros(last))
        insert_messages(transaction, minga.vault, made.id, made.messages)
        _book(transaction, made.id, made.messages[0].agent, made.cost_micro_usd, int(last.timestamp()))


def _book(transaction: Transaction, session_id: SessionId, agent: str, cost: int | None, at: int) -> None:
    """One entry of the ledger that stands for all calls of the session."""
    values = f"cost-{session_id}", session_id, "", agent, "m", 1000, 0, 0, 100, cost, "claimed", "", at
    transaction.execute(f"INSERT INTO usage_entries VALUES ({', '.join('?' * len(values))})", values)


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000
