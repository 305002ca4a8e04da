"""A copy of a working directory for a program that may do to it what it likes, and what became of the copy."""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

BYTES_MAX = 1_000_000_000
FILES_MAX = 200_000

PIECE_BYTES = 1024 * 1024

NOT_COPIED = {"__pycache__", ".pytest_cache", ".tox", ".nox"}
"""Made anew by whoever needs them; a stale ``.pyc`` of a file that was laid over would be believed."""

TOLD_MAX = 200
"""Names kept of what was left out."""


class CopyRefused(Exception):
    """No copy of the working directory can be made; the text says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a changed file is told: its size in bytes, its time in nanoseconds."""

    size: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class Copied:
    """``marks``: each copied file, relative to ``folder``. ``bound``: what is large and only read (source, place in the
    copy), left to the sandbox to mount. ``left_out``: what is not in the copy, each with its reason."""

    folder: Path
    marks: Mapping[str, Mark]
    bound: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Copying:
    """``mounts``: what is heavy may be mounted; else it is copied or left out, and no link may lead out of the copy."""

    source: Path
    folder: Path
    mounts: bool
    marks: dict[str, Mark] = field(default_factory=dict)
    bound: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    size: int = 0

    def leave_out(self, path: str, why: str) -> None:
        if len(self.left_out) < TOLD_MAX:
            self.left_out.append(f"{path}: {why}")


def copy_workspace(source: Path, folder: Path, *, mounts: bool) -> Copied:
    """Copy ``source``, a resolved path, byte by byte to ``folder``, which must not exist. Raises CopyRefused.

    Dependencies (``node_modules``, virtual environments) and ``.git`` are not copied where they can be mounted.
    """
    if folder.is_relative_to(source):
        raise CopyRefused(f"{str(source)!r} holds the system's folder for temporary files; work in a folder of its own")
    copying = _Copying(source, folder, mounts)
    folder.mkdir(mode=0o700)
    left = [""]
    while left:
        left += _copy_folder(copying, left.pop())
    return Copied(folder, copying.marks, tuple(copying.bound), tuple(copying.left_out))


def _copy_folder(copying: _Copying, path: str) -> Iterator[str]:
    """Copy the files of one folder; yields the folders in it that are to be copied too."""
    try:
        entries = sorted(os.scandir(copying.source / path), key=lambda entry: entry.name)
    except OSError as unreadable:
        copying.leave_out(path, unreadable.strerror or "unreadable")
        return
    for entry in entries:
        inner = f"{path}/{entry.name}" if path else entry.name
        if entry.is_symlink():
            _copy_link(copying, entry.path, inner)
        elif entry.is_dir():
            if _is_taken(copying, entry, inner):
                os.mkdir(f"{copying.folder}/{inner}", 0o700)
                yield inner
        elif entry.is_file():
            _copy_file(copying, entry, inner)
        else:
            copying.leave_out(inner, "neither a file nor a folder")


def _is_taken(copying: _Copying, entry: os.DirEntry[str], path: str) -> bool:
    """Whether a folder is copied as it is; what is heavy is prepared for its mounts here."""
    if entry.name in NOT_COPIED:
        return False
    if entry.name == "target" and os.path.exists(os.path.join(os.path.dirname(entry.path), "Cargo.toml")):
        copying.leave_out(path, "what was built is built anew")
        return False
    is_git = entry.name == ".git"
    is_environment = os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
    if copying.mounts and is_git:
        (copying.folder / path).mkdir()
        copying.bound.append((entry.path, str(copying.folder / path)))
        return False
    if copying.mounts and (is_environment or entry.name == "node_modules"):
        _bind_inside(copying, entry.path, path)
        return False
    if is_git or is_environment:
        copying.leave_out(path, "used where it is" if is_environment else "not copied")
        return False
    return True


def _bind_inside(copying: _Copying, source: str, path: str) -> None:
    """Mount what a folder holds, not the folder: caches are written beside packages (``node_modules/.vite``)."""
    (copying.folder / path).mkdir(mode=0o700)
    for entry in os.scandir(source):
        target = copying.folder / path / entry.name
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir() and entry.name not in {".cache", ".vite", ".vite-temp"}:
            target.mkdir()
            copying.bound.append((entry.path, str(target)))
        elif entry.is_file():
            _copy_file(copying, entry, f"{path}/{entry.name}")


def _copy_link(copying: _Copying, source: str, path: str) -> None:
    """A link stays one. Where nothing is mounted, one that leads out would lead a program to the person's files."""
    to = os.readlink(source)
    if not copying.mounts:
        real = os.path.realpath(source)
        if not Path(real).is_relative_to(copying.source):
            copying.leave_out(path, "a link that leads out of the working directory")
            return
        inside = os.path.relpath(real, copying.source)
        to = os.path.relpath(copying.folder / inside, (copying.folder / path).parent)
    os.symlink(to, copying.folder / path)


def _copy_file(copying: _Copying, entry: os.DirEntry[str], path: str) -> None:
    status = entry.stat(follow_symlinks=False)
    copying.size += status.st_size
    if copying.size > BYTES_MAX or len(copying.marks) >= FILES_MAX:
        raise CopyRefused(
            f"the working directory holds more than {BYTES_MAX / 1e9:g} GB or {FILES_MAX:,} files, which is too much to"
            " copy for a check; run in a smaller folder of it, or move data and builds out of it"
        )
    try:
        reading = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as unreadable:
        copying.leave_out(path, unreadable.strerror or "unreadable")
        return
    try:
        _write(reading, f"{copying.folder}/{path}", status)
    finally:
        os.close(reading)
    copying.marks[path] = Mark(status.st_size, status.st_mtime_ns)


def _write(reading: int, target: str, status: os.stat_result) -> None:
    """All bytes of ``reading``, with the times and the rights of ``status``; system calls, as there are many files."""
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        while piece := os.read(reading, min(PIECE_BYTES, status.st_size + 1)):
            while piece:
                piece = piece[os.write(writing, piece) :]
        os.fchmod(writing, stat.S_IMODE(status.st_mode) & 0o777)
        os.utime(writing, ns=(status.st_atime_ns, status.st_mtime_ns))
    finally:
        os.close(writing)


def lay_over(copied: Copied, files: Mapping[str, bytes | None]) -> Copied:
    """Put ``files`` into the copy in place of what is there; None: no file. Raises CopyRefused for a path that leads
    out of the copy."""
    marks = dict(copied.marks)
    for path, content in files.items():
        target = copied.folder / path
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not _leads_inside(target.parent, copied.folder):
            raise CopyRefused(f"{path!r} leads out of the working directory")
        marks.pop(path, None)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        if content is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            marks[path] = _mark(target)
    return Copied(copied.folder, marks, copied.bound, copied.left_out)


def _leads_inside(folder: Path, copy: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(copy))


def damage(copied: Copied) -> tuple[list[str], list[str]]:
    """Which files of the copy are not as they were put there: deleted ones, changed ones."""
    deleted, changed = [], []
    for path, mark in copied.marks.items():
        try:
            now = _mark(copied.folder / path)
        except OSError:
            deleted.append(path)
        else:
            if now != mark:
                changed.append(path)
    return deleted, changed


def _mark(path: Path) -> Mark:
    status = os.lstat(path)
    return Mark(status.st_size, status.st_mtime_ns)
