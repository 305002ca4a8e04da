"""Files: atomic writing, sizes."""

import contextlib
import os
from pathlib import Path


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write ``content`` so that ``path`` holds either the old or the new bytes at any moment, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def place_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file that must not exist yet: it is there whole or not at all, also after a crash.

    Raises FileExistsError, and OSError where it cannot be written; nothing is left then.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


LOGS_KEPT = 200


def append_log(path: Path, piece: bytes) -> None:
    """Append to a log; a new one makes room by removing the oldest of its folder over ``LOGS_KEPT``.

    A log that cannot be written (a full disk, say) is no reason to stop the run: what it would say is lost.
    """
    with contextlib.suppress(OSError):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            for old in sorted(path.parent.glob(f"*{path.suffix}"))[: -(LOGS_KEPT - 1)]:
                old.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(piece)


def size_of(folder: Path) -> int:
    """Return the bytes on disk below ``folder``; what cannot be read counts as nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
    return total
