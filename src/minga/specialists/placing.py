"""Sub-agents written into the folders of CLIs, and taken away again; what a person wrote or changed stays."""

import contextlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from minga.domain.errors import SubAgentUnwritable
from minga.infrastructure.files import write_atomically
from minga.specialists.native import is_ours, is_untouched

BYTES_MAX = 200_000


class Placed(StrEnum):
    """What became of one file. ``changed by hand`` and ``not Minga's``: it was left as it is."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    ABSENT = "not there"
    CHANGED_BY_HAND = "changed by hand"
    FOREIGN = "not Minga's"

    @property
    def is_left(self) -> bool:
        return self in (Placed.CHANGED_BY_HAND, Placed.FOREIGN)


@dataclass(frozen=True, slots=True)
class File:
    """``path`` below ``root``, which nothing that is written may leave."""

    root: Path
    path: str

    @property
    def place(self) -> Path:
        return self.root / self.path


def place(file: File, text: str, *, dry: bool = False) -> Placed:
    """Write ``text``; with ``dry`` only tell what would happen. Raises SubAgentUnwritable."""
    found = _found(file)
    if found is Placed.ABSENT or found is Placed.UNCHANGED:
        if found is Placed.UNCHANGED and file.place.read_bytes() == text.encode():
            return Placed.UNCHANGED
        if not dry:
            _write(file, text)
        return Placed.WRITTEN
    return found


def remove(file: File, *, dry: bool = False) -> Placed:
    """Take away what Minga wrote, and its folder where nothing else lies there; with ``dry`` only tell what would
    happen. Raises SubAgentUnwritable."""
    found = _found(file)
    if found is not Placed.UNCHANGED:
        return found
    if not dry:
        _unlink(file)
    return Placed.REMOVED


def _found(file: File) -> Placed:
    """`UNCHANGED`: as Minga wrote it. A link, a folder or what lies elsewhere through one is not Minga's."""
    path = file.place
    if not path.exists() and not path.is_symlink():
        return Placed.ABSENT if _stays_inside(file) else Placed.FOREIGN
    if path.is_symlink() or not path.is_file() or path.stat().st_size > BYTES_MAX or not _stays_inside(file):
        return Placed.FOREIGN
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return Placed.FOREIGN
    if is_untouched(text):
        return Placed.UNCHANGED
    return Placed.CHANGED_BY_HAND if is_ours(text) else Placed.FOREIGN


def _unlink(file: File) -> None:
    try:
        file.place.unlink()
    except OSError as wrong:
        raise SubAgentUnwritable(path=str(file.place), detail=wrong.strerror or str(wrong)) from None
    if file.place.parent != file.root:
        with contextlib.suppress(OSError):  # something else lies there
            file.place.parent.rmdir()


def _stays_inside(file: File) -> bool:
    return file.place.parent.resolve().is_relative_to(file.root.resolve())


def _write(file: File, text: str) -> None:
    try:
        write_atomically(file.place, text.encode(), 0o644)
    except OSError as wrong:
        raise SubAgentUnwritable(path=str(file.place), detail=wrong.strerror or str(wrong)) from None
