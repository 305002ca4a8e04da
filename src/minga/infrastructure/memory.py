"""Folders in memory that stay between runs: for what must be files and must never be files on a disk.

Such a file system (tmpfs) keeps nothing over a restart. The system may write parts of it to its swap, which only the
system's own encryption can keep secret.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108 - only private folders are made in it

MOUNTS = Path("/proc/self/mountinfo")

IN_MEMORY = {"tmpfs", "ramfs"}

ROOM_MIN = 256 * 1024 * 1024
"""Bytes that must be free where something begins to lie in memory; containers often have 64 MB, which a few
sessions of a CLI fill."""

_OWNER_FILE = "data-directory"


def memory_folder(owner: Path, runtime_directory: str) -> Path | None:
    """Return the private folder in memory that belongs to the data directory ``owner``, made if it is not there.

    It lies in ``runtime_directory`` ($XDG_RUNTIME_DIR, may be empty) where that is in memory, else in ``/dev/shm``;
    None where neither is, or has room. Raises PermissionError where another user has taken its place.
    """
    name = hashlib.sha256(os.fsencode(owner)).hexdigest()[:16]
    for root in _roots(runtime_directory):
        folder = root / name
        if not folder.is_dir() and not has_room(root.parent):
            continue
        _make_private(root)
        _sweep(root)
        folder.mkdir(exist_ok=True, mode=0o700)
        (folder / _OWNER_FILE).write_bytes(os.fsencode(owner))
        return folder
    return None


def is_in_memory(path: Path) -> bool:
    """Whether the file system that holds ``path`` is one in memory; False where that cannot be told."""
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
        real = path.resolve(strict=True)
    except OSError:
        return False
    kind, length = "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = Path(_plain(before.split(" ")[4]))
        if real.is_relative_to(mounted) and len(mounted.parts) >= length:
            kind, length = after.split(" ")[0], len(mounted.parts)
    return kind in IN_MEMORY


def has_room(folder: Path) -> bool:
    """Whether something that grows may begin to lie in ``folder``."""
    try:
        free = os.statvfs(folder)
    except OSError:
        return False
    return free.f_bavail * free.f_frsize >= ROOM_MIN and os.access(folder, os.W_OK)


def _roots(runtime_directory: str) -> Iterator[Path]:
    runtime = Path(runtime_directory)
    if runtime.is_absolute() and is_in_memory(runtime) and _is_own(runtime):
        yield runtime / "minga"
    if is_in_memory(SHARED):
        yield SHARED / f"minga-{os.geteuid()}"


def _is_own(folder: Path) -> bool:
    found = folder.stat()
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022


def _make_private(folder: Path) -> None:
    """Anybody may put something under this name before us, where all users may write: a link, or a folder of theirs."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(f"{str(folder)!r} is not a folder of yours; whoever made it must remove it") from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)


def _sweep(root: Path) -> None:
    """Remove what belongs to data directories that are gone."""
    for folder in root.iterdir():
        try:
            owner = Path(os.fsdecode((folder / _OWNER_FILE).read_bytes()))
        except OSError:
            continue
        if not owner.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _plain(text: str) -> str:
    """A path as ``mountinfo`` writes it: blanks and the like are octal (proc(5))."""
    for code in ("040", "011", "012", "134"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text
