"""SQLite in WAL mode, encrypted where a key is given. The driver is the build of apsw that can do that."""

import ctypes
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import apsw

from minga.domain.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreNotEncrypted, StoreUnwritable
from minga.storage import cipher
from minga.storage.engine import Row, Value, printable

LOCK_LIMIT_S = 10

PAGES_AT_ONCE = 1000

Score = Callable[[Sequence[Sequence[Sequence[int]]], int], float]
"""Of a row of a full-text table: the places of each phrase in each column, and how many words the row has."""

SHARED_INDEX_BYTES = 32_768
"""What the ``-shm`` file is made of: it is as long as this at its first use (measured with SQLite 3.54)."""

_READING = (apsw.SQLITE_IOERR_READ, apsw.SQLITE_IOERR_SHORT_READ)
"""Of a copy, what else goes wrong goes wrong with the new file."""


class Sqlite:
    """One connection to a file. ``synchronous=FULL``: a committed transaction survives a power cut.

    With ``key`` (32 random bytes, used as they are) the file and its log hold nothing readable, and a byte that was
    changed in them is detected. Raises StoreNotEncrypted if the file is there and is plain.

    Where there is no room for the index that SQLite shares between processes, or no right to make it, a file whose log
    is empty is read as it lies there, without locks: whoever writes it meanwhile ends that with StoreLocked. On a full
    disk a log that a killed process left is brought into the file first, where that takes no more room.
    """

    def __init__(self, path: Path, key: bytes | None = None, lock_limit_s: float = LOCK_LIMIT_S) -> None:
        self.name = str(path)
        self._lock_limit_s = lock_limit_s
        self._key = key
        log = Path(f"{path}-wal")
        self.found_log = log.exists() and log.stat().st_size > 0
        """Whether there was a log before this connection: another one is open, or the last one was cut off."""
        self.unwritable: StoreFull | StoreUnwritable | None = None
        self._lay: _Standing | None = None
        try:
            with self._errors():
                self._connection = self._open(path)
            if self._connection.readonly("main"):
                self.unwritable = StoreUnwritable(store=self.name, detail="it is read-only")
        except (StoreFull, StoreUnwritable) as wrong:
            lies = self._standing_whole(path) if isinstance(wrong, StoreFull) else _standing(path)
            if not lies.is_whole:
                raise
            self.unwritable, self._lay = wrong, lies
            with self._errors():
                self._connection = self._open_as_it_lies(path)

    def serves(self, *, writing: bool) -> bool:
        """What was opened as it lay there serves while it lies there so; who must write tries again."""
        return not (writing and self.unwritable) and not self._has_changed()

    def begin(self, *, writing: bool) -> None:
        """Raises StoreDamaged if the file was moved or deleted: what would be written would be lost with it. Raises
        what keeps it from being written."""
        if writing:
            self._must_write()
        self.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        if writing and self._has_moved():  # only now: who replaces the file holds its lock until the new one is there
            self.rollback()
            raise StoreDamaged(store=self.name, detail="it was moved or deleted while it was in use")

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        with self._errors():
            try:
                return list(self._connection.execute(sql, tuple(parameters)))
            except UnicodeEncodeError:  # of what was bound: nothing has been done yet
                cleaned = tuple([printable(one) if isinstance(one, str) else one for one in parameters])
                return list(self._connection.execute(sql, cleaned))

    def has_table(self, name: str) -> bool:
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    def add_score(self, name: str, score: Score) -> None:
        """Let ``name(table)`` in a question to a full-text table be what ``score`` makes of each row."""

        def function(row: apsw.FTS5ExtensionApi, *_: object) -> float:
            return score([row.phrase_locations(number) for number in range(row.phrase_count)], row.column_size())

        self._connection.register_fts5_function(name, function)

    def hold(self, name: str) -> None:
        """BEGIN IMMEDIATE holds everything already."""

    def commit(self) -> None:
        """Raises StoreLocked where what was read as it lay there was written meanwhile."""
        self.execute("COMMIT")
        if self._has_changed():
            raise StoreLocked(store=self.name, limit_s=0)

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def check(self) -> None:
        """Look at every page. Raises StoreDamaged; about 1 s per GB."""
        said = " ".join(str(row[0]) for row in self.execute("PRAGMA quick_check(1)"))
        if said != "ok":
            raise StoreDamaged(store=self.name, detail=" ".join(said.split()))

    def copy_to(self, target: Path, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """Write the store, as it is at this moment, into a new file with the same key; others go on writing meanwhile.

        Returns whether it was finished: ``may_go_on`` is asked about every 4 MB. The file is not synced yet.
        """
        with self._errors(str(target)):
            copy = apsw.Connection(str(target))
        with self._errors(), closing(copy), self._of_one_moment():
            if self._key is not None:
                cipher.unlock(copy, self._key)
            copy.execute("PRAGMA synchronous=OFF").fetchall()
            try:
                with copy.backup("main", self._connection, "main") as backup:
                    while not backup.done and may_go_on():
                        backup.step(PAGES_AT_ONCE)
                if self._has_changed():
                    raise StoreLocked(store=self.name, limit_s=0)
                return backup.done
            except (apsw.FullError, apsw.IOError) as wrong:
                read = getattr(wrong, "extendedresult", 0) in _READING
                with self._errors(self.name if read else str(target)):
                    raise

    def take_over(self) -> None:
        """Let nobody else open the file until this connection is closed, and bring its log into it.

        Raises StoreLocked if another connection is open, and what keeps it from being written.
        """
        self._must_write()
        self.execute("PRAGMA locking_mode=EXCLUSIVE")  # locks are kept when a transaction ends
        self.execute("PRAGMA journal_mode=DELETE")
        self.execute("BEGIN EXCLUSIVE")
        self.execute("COMMIT")

    def write_in_place(self) -> None:
        """From now on pages are written where they stand, which takes no room: for a file that can be made anew, since
        one that is cut off in the middle is damaged.

        Raises StoreLocked if another connection is open, and what keeps it from being written.
        """
        self._must_write()
        self.execute("PRAGMA journal_mode=DELETE")  # pages in the log would keep what they held
        self.execute("PRAGMA journal_mode=OFF")

    def change_key(self, key: bytes) -> None:
        """Encrypt the file with another key, as `write_in_place` says; about 1 s for 70 MB. Raises as that does."""
        self.write_in_place()
        self.execute(f"PRAGMA rekey='raw:{key.hex()}'")
        self._key = key
        self.execute("PRAGMA journal_mode=WAL")

    @contextmanager
    def _of_one_moment(self) -> Iterator[None]:
        """All reads see the store as it is now."""
        self._connection.execute("BEGIN").fetchall()
        try:
            self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()
            yield
        finally:
            self.rollback()

    def _must_write(self) -> None:
        if self.unwritable:
            raise self.unwritable

    def _has_changed(self) -> bool:
        """Since it was opened as it lay there."""
        return self._lay is not None and _standing(Path(self.name)) != self._lay

    def _has_moved(self) -> bool:
        moved = ctypes.c_int(0)
        self._connection.file_control("main", apsw.SQLITE_FCNTL_HAS_MOVED, ctypes.addressof(moved))
        return bool(moved.value)

    def _open(self, path: Path) -> apsw.Connection:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                path.touch(mode=0o600)
        except OSError as wrong:
            raise StoreUnwritable(store=self.name, detail=wrong.strerror or str(wrong)) from wrong
        if self._key is not None:
            self._check_format(path)
        return self._prepared(apsw.Connection(str(path)), path, self._write_ahead)

    def _standing_whole(self, path: Path) -> "_Standing":
        """With its log in it, as far as there is room: who has the file alone needs no shared index."""
        lies = _standing(path)
        if lies.size and lies.log:
            with suppress(StoreError), self._errors():
                connection = apsw.Connection(str(path))
                connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
                self._prepared(connection, path, _bring_in_log).close()
        return _standing(path)

    def _open_as_it_lies(self, path: Path) -> apsw.Connection:
        """SQLite is told that nobody changes it: so it needs no index, and looks at no lock."""
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", flags)
        return self._prepared(connection, path, _look)

    def _prepared(
        self, connection: apsw.Connection, path: Path, first_use: Callable[[apsw.Connection], None]
    ) -> apsw.Connection:
        connection.set_busy_timeout(int(self._lock_limit_s * 1000))
        try:
            if self._key is not None:
                cipher.unlock(connection, self._key)
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # else what has a new value is prepared anew
            for setting in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
                connection.execute(f"PRAGMA {setting}").fetchall()
            first_use(connection)
        except (apsw.NotADBError, apsw.CorruptError) as wrong:
            connection.close()
            if self._key is None:
                raise
            raise StoreDamaged(store=self.name, detail=cipher.why_unreadable(path, self._key)) from wrong
        except apsw.Error:
            connection.close()
            raise
        return connection

    def _check_format(self, path: Path) -> None:
        """What the cipher's tags do not cover."""
        if cipher.is_plain(path):
            raise StoreNotEncrypted(store=self.name)
        if problem := cipher.format_problem(path):
            raise StoreDamaged(store=self.name, detail=problem)

    def _write_ahead(self, connection: apsw.Connection) -> None:
        """Switch to WAL. SQLite's own waiting does not cover this: two first starts at once would fail at once."""
        until = time.monotonic() + self._lock_limit_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchall()
                return
            except apsw.BusyError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    @contextmanager
    def _errors(self, file: str = "") -> Iterator[None]:
        """``file``: which one cannot be written, if that is not the store's own."""
        name = file or self.name
        try:
            yield
        except (apsw.BusyError, apsw.LockedError) as wrong:
            raise StoreLocked(store=name, limit_s=self._lock_limit_s) from wrong
        except apsw.FullError as wrong:
            raise StoreFull(store=name) from wrong
        except (apsw.NotADBError, apsw.CorruptError) as wrong:
            if self._has_changed():
                raise StoreLocked(store=name, limit_s=0) from wrong
            raise StoreDamaged(store=name, detail=str(wrong)) from wrong
        except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError) as wrong:
            if isinstance(wrong, apsw.IOError) and _is_full(Path(name).parent):
                raise StoreFull(store=name) from wrong
            if isinstance(wrong, apsw.IOError) and resource.getrlimit(resource.RLIMIT_FSIZE)[0] >= 0:
                detail = "files may not become so large here (ulimit -f)"
                raise StoreUnwritable(store=name, detail=detail) from wrong
            raise StoreUnwritable(store=name, detail=str(wrong)) from wrong
        except apsw.Error as wrong:
            raise StoreError(store=name, detail=str(wrong)) from wrong


@dataclass(frozen=True, slots=True)
class _Standing:
    """Which file it is, and its size and last change, in ns; ``log``: bytes."""

    inode: int = 0
    size: int = 0
    changed: int = 0
    log: int = 0

    @property
    def is_whole(self) -> bool:
        """There, and all that is known stands in it."""
        return self.size > 0 and not self.log


def _standing(path: Path) -> _Standing:
    log = Path(f"{path}-wal")
    try:
        file = path.stat()
        return _Standing(file.st_ino, file.st_size, file.st_mtime_ns, log.stat().st_size if log.exists() else 0)
    except OSError:
        return _Standing()


def _look(connection: apsw.Connection) -> None:
    connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()


def _bring_in_log(connection: apsw.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _is_full(folder: Path) -> bool:
    """SQLite says FULL of the database and its log, but only "I/O error" where its shared index has no room."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < SHARED_INDEX_BYTES
