"""Another process forgets something, and with that takes away the file of the memory, at any moment."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from remembered import KEY, Written, memory_of, question

from minga.domain.errors import StoreUnwritable, UnknownSession
from minga.domain.ids import SessionId
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory
from minga.storage.database import Transaction
from minga.storage.derived import Damaged
from minga.storage.following import TRIES, OnProgress


async def _take_away(path: Path) -> None:
    other = MemoryFile(path, lambda: KEY, lambda: True)
    await other.read(lambda t: t.execute("SELECT 1"))
    await other.begin_anew()


class _Busy(Written):
    """While messages are read, another process takes the file away, so many times."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__()
        self._path = path
        self._times = times

    async def read(self, keys):  # type: ignore[no-untyped-def]
        if self._times:
            self._times -= 1
            await _take_away(self._path)
        return await super().read(keys)


def _run(memory: Memory, work: Callable[[], Awaitable[object]]) -> object:
    async def run() -> object:
        try:
            return await work()
        finally:
            await memory.close()

    return asyncio.run(run())


def test_what_is_taken_in_outlives_several_processes_that_forget(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    log = _Busy(path, TRIES - 1)
    log.say("s1", "El puerto del depósito es 5433.")
    memory = memory_of(path, log, lambda: None)

    found = _run(memory, lambda: memory.recall(question("puerto del depósito")))

    assert [one.passage.text for one in found.recalled] == ["El puerto del depósito es 5433."]  # type: ignore[attr-defined]


class _MadeAnew(Memory):
    """Whenever it has caught up, so many times, its file is a new one, into which nothing is taken in yet."""

    times = TRIES - 1

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> None:
        await super().catch_up(on_progress)
        if self.times:
            self.times -= 1
            await self._file.begin_anew()


def test_a_note_is_found_beside_several_processes_that_forget(tmp_path: Path) -> None:
    log = Written()
    log.say("s1", "El puerto del depósito es 5433.")
    memory = _MadeAnew(MemoryFile(tmp_path / "memory.db", lambda: KEY, lambda: True), log, lambda: None)

    found = _run(memory, lambda: memory.note(SessionId("s1")))

    assert found.text == "El puerto del depósito es 5433."  # type: ignore[attr-defined]


def test_a_note_that_another_process_forgot_meanwhile_is_named(tmp_path: Path) -> None:
    memory = memory_of(tmp_path / "memory.db", Written())

    with pytest.raises(UnknownSession, match="'note-s1'"):
        _run(memory, lambda: memory.note(SessionId("note-s1")))


def test_what_is_taken_away_for_ever_ends_with_an_error_for_a_person(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    log = _Busy(path, 1000)
    log.say("s1", "El puerto del depósito es 5433.")
    memory = memory_of(path, log)

    with pytest.raises(Exception, match="moved or deleted") as wrong:
        _run(memory, memory.catch_up)
    assert wrong.type.__name__ == "StoreDamaged"


def test_a_file_that_is_gone_is_made_anew_by_what_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    log = Written()
    log.say("s1", "El puerto del depósito es 5433.")
    memory = memory_of(path, log)

    async def work() -> object:
        await memory.catch_up()
        for file in (f"{path}-wal", f"{path}-shm", str(path)):
            Path(file).unlink(missing_ok=True)
        await memory.embed()
        return await memory.facts()

    assert _run(memory, work)


def test_what_cannot_be_written_since_the_file_is_another_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    file = MemoryFile(path, lambda: KEY, lambda: True)

    def failing(transaction: Transaction) -> None:
        path.rename(tmp_path / "away.db")
        raise StoreUnwritable(store=str(path), detail="disk I/O error")

    async def work() -> None:
        with pytest.raises(Damaged):
            await file.read(failing)
        await file.close()

    asyncio.run(work())


def test_what_cannot_be_written_for_another_reason_says_so(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    file = MemoryFile(path, lambda: KEY, lambda: True)

    def failing(transaction: Transaction) -> None:
        raise StoreUnwritable(store=str(path), detail="disk I/O error")

    async def work() -> None:
        with pytest.raises(StoreUnwritable):
            await file.read(failing)
        await file.close()

    asyncio.run(work())
