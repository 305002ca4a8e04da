"""A folder for what must not outlive a piece of work, also where the process is killed in the middle of it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it

_PREFIX = "minga-scratch-"


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A private folder, in memory where the system has such a place, and gone afterwards.

    Its maker holds a lock on it: what a killed one left behind, `clear_scratch` removes. Raises OSError where none can
    be made.
    """
    place = _place()
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}{purpose}-", dir=place))
    folder = place / made.name.removeprefix(".")
    lock = os.open(made, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made.rename(folder)
        yield folder
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def clear_scratch() -> None:
    """Remove the folders of processes that are gone."""
    for left in _place().glob(f"{_PREFIX}*"):
        _remove_if_left(left)


def _place() -> Path:
    return MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())


def _remove_if_left(folder: Path) -> None:
    """Folders of other people, and those that somebody holds, stay."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    except OSError:
        return
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(descriptor)
