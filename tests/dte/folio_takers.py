"""Processes that take folios of one store, and are killed in the middle of it.

``race N`` starts N that take until none is left; ``kill`` takes with one process after another, each killed at a later
call inside the packages that take part, until one was not killed. Every folio that a process was told is printed.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from cafs import ISSUER
from minga.domain.errors import FolioUsed, NoFolio
from minga.dte.folios import Folios, Marks
from minga.infrastructure.clock import SystemClock
from minga.storage.database import Database
from minga.storage.sqlite import Sqlite
from minga.storage.wrapping import Cipher
from minga.store_wiring import migrations

KEY = bytes(range(32))
TODAY = date(2026, 11, 26)
WATCHED = tuple(f"{os.sep}minga{os.sep}{folder}{os.sep}" for folder in ("storage", f"dte{os.sep}folios"))


def folios_in(folder: Path) -> tuple[Folios, Database]:
    database = Database(lambda: Sqlite(folder / "minga.db", KEY), migrations())
    return Folios(database, Cipher(KEY), Marks(folder / "folios"), SystemClock()), database


def tell(folio: int) -> None:
    os.write(1, f"{folio}\n".encode())  # one write: lines of several processes do not mix


async def take_all(folder: Path) -> None:
    folios, database = folios_in(folder)
    with suppress(NoFolio):
        while True:
            folio = await folios.next(ISSUER, 33, TODAY)
            with suppress(FolioUsed):  # another process was faster
                await folios.take(folio)
                tell(folio.number)
    await database.close()


async def take_one(folder: Path, at: int) -> None:
    folios, database = folios_in(folder)
    folio = await folios.next(ISSUER, 33, TODAY)
    watch(at)
    await folios.take(folio)
    tell(folio.number)
    await folios.settle(folio, "00")
    unwatch()
    await database.close()


def watch(at: int) -> None:
    calls = [0]

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event in ("call", "return") and any(folder in frame.f_code.co_filename for folder in WATCHED):
            calls[0] += 1
            if calls[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile_all_threads(count) if sys.version_info >= (3, 12) else _watch_worker(count)


def _watch_worker(count: Callable[[FrameType, str, Any], None]) -> None:
    """Before 3.12 a thread that runs already is not watched from outside: from its next transaction on it watches."""
    whole = Sqlite.begin

    def begin(engine: Sqlite, *, writing: bool) -> None:
        sys.setprofile(count)
        whole(engine, writing=writing)

    Sqlite.begin = begin  # type: ignore[method-assign]


def unwatch() -> None:
    if sys.version_info >= (3, 12):
        threading.setprofile_all_threads(None)


def forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child


if __name__ == "__main__":
    store = Path(sys.argv[2])
    if sys.argv[1] == "race":
        children = [forked(lambda: asyncio.run(take_all(store))) for _ in range(int(sys.argv[3]))]
        sys.exit(sum(os.waitpid(child, 0)[1] for child in children))
    for point in range(1, 1000, 5):
        child = forked(lambda point=point: asyncio.run(take_one(store, point)))  # type: ignore[misc]
        if os.waitpid(child, 0)[1] == 0:
            sys.exit(0)
    sys.exit("no process was left alive")
