"""Files: atomic writing, sizes."""

import contextlib
import errno
import glob
import os
import stat
from pathlib import Path

NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems without hard links say: FAT and exFAT, some network drives."""


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


def rewrite(path: Path, content: bytes, mode: int = 0o600) -> None:
    """As `write_atomically`; a file that is there keeps its mode, and its owner where that may be set. Raises
    OSError."""
    try:
        old = path.stat()
    except FileNotFoundError:
        write_atomically(path, content, mode)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
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
        publish_new(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def publish_new(draft: Path, path: Path) -> None:
    """Give a whole file its name, which must be free: at once, or nothing happens. Raises FileExistsError, OSError."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError as wrong:
        if wrong.errno not in NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # the name is ours; then the content
        draft.replace(path)


def remove_drafts(path: Path) -> None:
    """Remove what a `place_new` of ``path`` that was killed has left. Raises OSError."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.new"):
        draft.unlink(missing_ok=True)


def size_of(folder: Path) -> int:
    """Return the bytes on disk below ``folder``; what cannot be read counts as nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
    return total
