"""A folder for what must not outlive a piece of work, also where the process is killed in the middle of it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from minga.infrastructure.memory import has_room, is_in_memory

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it

_PREFIX = "minga-scratch-"


@contextmanager
def scratch_folder(purpose: str, place: Path | None = None) -> Iterator[Path]:
    """A private folder, in memory where the system has such a place, and gone afterwards.

    Its maker holds a lock on it: what a killed one left behind, `clear_scratch` removes. Raises OSError where none can
    be made. ``place``: make it there.
    """
    place = place or _place()
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}{purpose}-", dir=place))
    folder = place / made.name.removeprefix(".")
    lock = os.open(made, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made.rename(folder)
        yield folder
    finally:
        shutil.rmtree(made, ignore_errors=True)
        _remove(folder)
        os.close(lock)


def clear_scratch() -> None:
    """Remove the folders of processes that are gone."""
    for place in {_place(), Path(tempfile.gettempdir())}:
        for left in place.glob(f"{_PREFIX}*"):
            _remove_if_left(left)


def process_place() -> Path:
    """Where temporary directories of other programs are made: in memory, where there is room and programs may be run
    from there (some put libraries into theirs; containers often forbid it), else in the system's."""
    runs = MEMORY.is_dir() and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return MEMORY if runs and is_in_memory(MEMORY) and has_room(MEMORY) else Path(tempfile.gettempdir())


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
            _remove(folder)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    """Also where a program has left folders that nobody may write into (Go's module cache is such)."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            if not os.path.islink(os.path.join(parent, name)):
                with suppress(OSError):
                    os.chmod(os.path.join(parent, name), 0o700)
    shutil.rmtree(folder, ignore_errors=True)
