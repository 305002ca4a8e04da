"""Whether the Minga process that owns something still lives.

Each process holds a lock on a file of its own for as long as it lives; the system lets go of it however the process
ends. That needs no pid, which may be used again or mean something else in another container, and no clock, which may
be set while the process runs.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from minga.domain.errors import StoreFull, StoreUnwritable
from minga.infrastructure.ids import NewId


class Presence:
    """Locks of all Minga processes that share one data directory lie in ``folder``, beside the name of the place."""

    def __init__(self, folder: Path, new_id: NewId) -> None:
        self._folder = folder
        self._new_id = new_id
        self._key = ""
        self._lock = -1

    def place(self) -> str:
        """Return the lasting name of the data directory, made at the first call of all. Raises StoreUnwritable."""
        file = self._folder / "place"
        with self._errors():
            if not file.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                draft = self._folder / f".{self._new_id()}.new"
                draft.write_text(f"{self._new_id()}\n", "ascii")
                with suppress(FileExistsError):
                    os.link(draft, file)
                draft.unlink()
            return file.read_text("ascii").strip()

    def key(self) -> str:
        """Return the key of this process, which others see as alive from now on. Raises StoreUnwritable."""
        if not self._key:
            key = self._new_id()
            draft = self._folder / f".{key}.new"
            with self._errors():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                draft.rename(self._folder / key)
            self._key = key
        return self._key

    def is_alive(self, key: str) -> bool:
        """Whether the process with ``key`` lives; what a dead one left is removed. In doubt it lives."""
        file = self._folder / key
        try:
            descriptor = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        with suppress(OSError):
            file.unlink(missing_ok=True)
        return False

    def others(self) -> int:
        """How many other processes own something in this data directory."""
        keys = [file.name for file in self._folder.glob("[!.]*") if file.name not in ("place", self._key)]
        return sum(map(self.is_alive, keys))

    def end(self) -> None:
        """This process owns nothing any more."""
        if self._key:
            with suppress(OSError):
                (self._folder / self._key).unlink(missing_ok=True)
            os.close(self._lock)
            self._key = ""

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as wrong:
            if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(store=str(self._folder)) from wrong
            raise StoreUnwritable(store=str(self._folder), detail=wrong.strerror or str(wrong)) from wrong
