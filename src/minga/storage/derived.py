"""A file that is made from the store, such as an index: encrypted with a key of its own, and made anew where lost.

Its key is destroyed whenever something of the store is deleted, so that no copy of the file tells of it (`deletion`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from minga.domain.errors import (
    DerivedInTheWay,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreNotEncrypted,
    StoreTooNew,
    StoreUnwritable,
)
from minga.storage.database import Database, Migration, Transaction, transact
from minga.storage.sqlite import Sqlite

Result = TypeVar("Result")

SETTINGS = ("synchronous=NORMAL", "cache_size=-32000", "journal_size_limit=16000000")
"""After a power cut the file may lack its last changes, and catches up; it is never wrong."""

REKEY_LOCK_LIMIT_S = 2
"""How long a deletion waits for another process that reads; after that the file is made anew."""


class Damaged(Exception):
    """The file cannot be used; `DerivedFile.begin_anew`."""


class DerivedFile:
    """``path``: its folder is made when it is needed. ``key``: 32 bytes, the same until they are destroyed;
    ``has_key``: whether there are any. ``prepare`` gets every new connection."""

    def __init__(
        self,
        path: Path,
        key: Callable[[], bytes],
        has_key: Callable[[], bool],
        migrations: Sequence[Migration],
        prepare: Callable[[Sqlite], object] = lambda _: None,
    ) -> None:
        self._path = path
        self._new_key = key
        self._has_key = has_key
        self._migrations = migrations
        self._prepare = prepare
        self._database = self._unopened()
        self._inode = 0

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Raises Damaged, StoreError; DerivedInTheWay."""
        return await self._on_file(self._database.read(work))

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Raises Damaged, StoreError."""
        return await self._on_file(self._database.write(work))

    def exists(self) -> bool:
        return self._path.is_file()

    def size(self) -> int:
        """In bytes, with its log; 0 where there is none."""
        return sum(file.stat().st_size for file in _files(self._path) if file.exists())

    def key(self) -> bytes | None:
        """That of the file as it lies there; None where there is none."""
        return self._new_key() if self.exists() and self._has_key() else None

    async def shred(self, take_out: Callable[[Transaction], object], old_key: bytes | None) -> None:
        """Take something out, and give the file a new key: ``old_key`` was destroyed. Killed in the middle, or where
        another process has the file open, it is made anew at its next use."""
        await self.drop_log()
        if old_key is not None:
            await asyncio.to_thread(self._change_key, take_out, old_key)

    async def drop_log(self) -> None:
        """What was taken out may still stand in the log. A log that another process reads is dropped later."""
        await self._database.close()
        self._database = self._unopened()

    @property
    def unwritable(self) -> StoreFull | StoreUnwritable | None:
        """As `Database.unwritable`."""
        return self._database.unwritable

    async def begin_anew(self) -> None:
        """Remove the file; if another process has put a new one in its place, use that. Raises StoreFull and
        StoreUnwritable where none could be made: what is there is better than nothing."""
        if self.unwritable:
            raise self.unwritable
        await self._database.close()
        self._database = self._unopened()
        if _inode(self._path) == self._inode:
            self._remove()

    async def close(self) -> None:
        await self._database.close()

    def _change_key(self, take_out: Callable[[Transaction], object], old_key: bytes) -> None:
        try:
            with closing(Sqlite(self._path, old_key, REKEY_LOCK_LIMIT_S)) as engine:
                self._prepare(engine)
                engine.write_in_place()
                transact(engine, take_out, writing=True)
                engine.change_key(self._new_key())
        except StoreError:
            self._remove()

    async def _on_file(self, running: Awaitable[Result]) -> Result:
        try:
            return await running
        except (StoreDamaged, StoreNotEncrypted, StoreTooNew) as wrong:
            raise Damaged(str(wrong)) from wrong
        except StoreUnwritable as wrong:
            if _inode(self._path) == self._inode:
                raise
            raise Damaged(str(wrong)) from wrong  # another process has taken it away

    def _unopened(self) -> Database:
        return Database(self._open, self._migrations)

    def _open(self) -> Sqlite:
        folder = self._path.parent
        if folder.exists() and not folder.is_dir():
            raise DerivedInTheWay(path=str(folder), wanted="directory")
        if self._path.exists() and not self._path.is_file():
            raise DerivedInTheWay(path=str(self._path), wanted="file")
        if self._path.exists() and not self._has_key():
            self._remove()
        self._inode = _inode(self._path)
        engine = Sqlite(self._path, self._new_key())
        self._inode = _inode(self._path)
        for setting in SETTINGS:
            engine.execute(f"PRAGMA {setting}")
        self._prepare(engine)
        return engine

    def _remove(self) -> None:
        try:
            remove_file(self._path)
        except OSError as wrong:
            raise StoreUnwritable(store=str(self._path), detail=wrong.strerror or str(wrong)) from wrong


def remove_file(path: Path) -> None:
    """The file with its log, if it is there. Raises OSError."""
    for file in _files(path):
        file.unlink(missing_ok=True)


def _files(path: Path) -> tuple[Path, Path, Path]:
    return Path(f"{path}-wal"), Path(f"{path}-shm"), path


def _inode(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_ino
    return 0
