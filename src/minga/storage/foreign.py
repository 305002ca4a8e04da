"""Another program's SQLite file, read as it lies: never written, and without a new file beside it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import apsw

from minga.domain.errors import StoreDamaged

Cell = int | float | str | bytes | None

LOCK_LIMIT_S = 5

Scratch = Callable[[str], AbstractContextManager[Path]]
"""Gives a folder in memory for a purpose."""


class ForeignFile:
    """One reader of one file. Rows stream: no more than one is in memory at a time."""

    def __init__(self, connection: apsw.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def rows(self, sql: str, parameters: Sequence[Cell] = ()) -> Iterator[tuple[Cell, ...]]:
        """Raises StoreDamaged where the file is no SQLite database, is damaged, has other tables than ``sql`` names, or
        has text that is no UTF-8 (cast a column to BLOB to read it all the same); OSError where it is locked."""
        with _errors(self._name):
            yield from self._connection.execute(sql, tuple(parameters))


@contextmanager
def open_foreign(path: Path, scratch: Scratch) -> Iterator[ForeignFile]:
    """Open the file for reading, also while its program writes to it. Raises OSError where it cannot be opened, and at
    the end where it changed in the meantime without a log, so that what was read may be mixed of two states.

    What must be copied for that, or sorted, lies in memory: conversations stand in it.
    """
    with path.open("rb"):
        pass  # the system's own error says why
    with ExitStack() as open_things:
        uri = _uri(path, scratch, open_things)
        with _errors(str(path)):
            connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
            open_things.callback(connection.close)
            connection.set_busy_timeout(LOCK_LIMIT_S * 1000)
            connection.execute("PRAGMA temp_store=MEMORY").fetchall()
        before = _state(path)
        yield ForeignFile(connection, str(path))
        if "immutable" in uri and _state(path) != before:
            raise OSError(f"{str(path)!r} was changed while it was being read")


def _uri(path: Path, scratch: Scratch, open_things: ExitStack) -> str:
    """How to open the file so that SQLite makes no file beside it.

    Without a log the file is all there is, and SQLite need not lock. With a log and its index, both are used as they
    are. A log without its index, which SQLite would make, is read from a copy.
    """
    log, index = path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
    if not log.exists() or log.stat().st_size == 0:
        return f"{path.absolute().as_uri()}?immutable=1"
    if index.exists():
        return f"{path.absolute().as_uri()}?mode=ro"
    folder = open_things.enter_context(scratch("read"))
    for file in (path, log):
        shutil.copyfile(file, folder / file.name)
    return f"{(folder / path.name).as_uri()}?mode=ro"


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except (apsw.CantOpenError, apsw.PermissionsError, apsw.IOError, apsw.BusyError, apsw.LockedError) as wrong:
        raise OSError(f"{name!r} cannot be read: {wrong}") from wrong
    except (apsw.Error, UnicodeDecodeError) as wrong:
        raise StoreDamaged(store=name, detail=str(wrong)) from wrong
