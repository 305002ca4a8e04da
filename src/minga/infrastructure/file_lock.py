"""A lock that one process of this machine holds at a time; the system lets go of it however the holder ends."""

import asyncio
import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minga.domain.errors import StoreFull, StoreUnwritable

TRY_AGAIN_S = 0.002


class FileLock:
    """flock(2) on ``file``, which is made at the first use. It belongs to this object: two of them in one process keep
    each other out. For what takes long; the event loop does not wait for it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor = -1

    async def __aenter__(self) -> None:
        """Raises StoreUnwritable, StoreFull."""
        await self.take()

    async def __aexit__(self, *_: object) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    async def take(self) -> None:
        """Hold it until `close`. Raises StoreUnwritable, StoreFull."""
        if self._descriptor < 0:
            self._descriptor = open_file(self._file)
        while not held(self._descriptor):  # noqa: ASYNC110 - another process lets go; a thread could not be called back
            await asyncio.sleep(TRY_AGAIN_S)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def open_file(file: Path) -> int:
    """A descriptor of ``file``, which is made with its folder where it is missing. Raises StoreUnwritable,
    StoreFull."""
    with store_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)


def held(descriptor: int) -> bool:
    """Take the lock if nobody has it; return whether it is held now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def store_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(store=str(file)) from wrong
        raise StoreUnwritable(store=str(file), detail=wrong.strerror or str(wrong)) from wrong
