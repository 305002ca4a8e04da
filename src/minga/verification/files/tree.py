"""The files below the directory in which the work was done: read within bounds, and never outside."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FILE_MAX = 2_000_000
"""Bytes of one file that is read."""

READ_MAX = 500
"""Files that one look reads."""

LISTED_MAX = 50_000
"""Files that are listed; of a larger tree the rest counts as unknown."""

SKIPPED = frozenset(
    {".git", ".hg", "node_modules", ".venv", "venv", "env", "__pycache__", ".tox", ".nox", ".mypy_cache"}
    | {".ruff_cache", ".pytest_cache", ".hypothesis", "site-packages"}
)


@dataclass(slots=True)
class Tree:
    """``root`` and what lies below it, for one look: listed once and only when asked for."""

    root: Path
    _listed: tuple[str, ...] | None = None
    _by_name: dict[str, list[str]] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _texts: dict[str, str | None] = field(default_factory=dict)
    _real: str = ""
    _reads: int = 0

    def place(self, path: str) -> Path | None:
        """Where ``path``, relative to the root or absolute, really is; None where that is outside, or no path."""
        try:
            real, root = os.path.realpath(os.path.join(self.root, path)), self._real_root()
        except (OSError, ValueError):
            return None
        return Path(real) if real == root or real.startswith(os.path.join(root, "")) else None

    def is_file(self, path: str) -> bool:
        return self._kind(path) == "file"

    def is_dir(self, path: str) -> bool:
        return self._kind(path) == "folder"

    def _kind(self, path: str) -> str:
        """What is there. Most of what is asked for is not, which costs one call of the system."""
        if path not in self._kinds:
            try:
                mode = os.stat(os.path.join(self.root, path)).st_mode
            except (OSError, ValueError):
                mode = 0
            there = "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else ""
            self._kinds[path] = there if there and self.place(path) else ""
        return self._kinds[path]

    def _real_root(self) -> str:
        self._real = self._real or os.path.realpath(self.root)
        return self._real

    def read(self, path: str) -> bytes | None:
        """None for what is no file below the root, is larger than ``FILE_MAX``, or is one too many."""
        place = self.place(path)
        if place is None or self._reads >= READ_MAX:
            return None
        try:
            if not place.is_file() or place.stat().st_size > FILE_MAX:
                return None
            self._reads += 1
            return place.read_bytes()
        except OSError:
            return None

    def text(self, path: str) -> str | None:
        """As `read`; None also for what is binary."""
        if path not in self._texts:
            data = self.read(path)
            binary = data is None or b"\0" in data[:8000]
            self._texts[path] = None if binary or data is None else data.decode("utf-8-sig", errors="replace")
        return self._texts[path]

    @property
    def files(self) -> tuple[str, ...]:
        """Every file as a path relative to the root, without what tools put there (``SKIPPED``)."""
        if self._listed is None:
            self._listed = tuple(_walk(self.root))
            for path in self._listed:
                self._by_name.setdefault(path.rpartition("/")[2], []).append(path)
        return self._listed

    @property
    def whole(self) -> bool:
        """Whether `files` is all there is."""
        return len(self.files) < LISTED_MAX

    def ending_in(self, path: str) -> list[str]:
        """The files whose path ends in ``path``, by whole names."""
        if not self.files:
            return []
        wanted = path.strip("/")
        named = self._by_name.get(wanted.rpartition("/")[2], [])
        return [each for each in named if each == wanted or each.endswith(f"/{wanted}")]


def _walk(root: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        below = os.path.relpath(folder, root).replace(os.sep, "/")
        for name in sorted(names):
            yield name if below == "." else f"{below}/{name}"
            count += 1
            if count >= LISTED_MAX:
                return
