"""Lines for a file or for standard error: a full disk or a reader that stops costs lines, never a caller's time."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from minga.infrastructure.backlog import Backlog

GATHER_S = 0.05
"""So late a line is written: waking the thread for each would cost more than the line."""

WAITING_MAX = 10_000

TOGETHER = 64
"""Lines that are made without a pause: meanwhile no other thread of Python runs."""

Item = TypeVar("Item")


class LineFile(Generic[Item]):
    """``line_of`` makes a line, without its end, of an item. A ``path`` that was moved away is opened anew before the
    next line, so that a rotation needs no signal. Raises OSError where it cannot be opened."""

    def __init__(self, path: Path | None, line_of: Callable[[Item], bytes]) -> None:
        self._path = path
        self._line_of = line_of
        self._file = os.dup(sys.stderr.fileno()) if path is None else _opened(path)
        self._backlog: Backlog[Item] = Backlog(self._write, room=WAITING_MAX, together=TOGETHER, gather_s=GATHER_S)

    @property
    def dropped(self) -> int:
        return self._backlog.dropped

    def put(self, item: Item) -> None:
        self._backlog.put(item)

    def close(self) -> None:
        self._backlog.close()

    def _write(self, items: list[Item]) -> None:
        if self._path is not None and not _is_at(self._file, self._path):
            os.close(self._file)
            self._file = _opened(self._path)
        data = b"".join(self._line_of(item) + b"\n" for item in items)
        while data:
            data = data[os.write(self._file, data) :]


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_at(file: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(file)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
