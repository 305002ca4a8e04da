"""The files below the directory in which the work was done: read within bounds, and never outside."""

import os
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
    _reads: int = 0

    def place(self, path: str) -> Path | None:
        """Where ``path``, relative to the root or absolute, really is; None where that is outside, or no path."""
        try:
            real = (self.root / path).resolve()
            return real if real.is_relative_to(self.root.resolve()) else None
        except (OSError, ValueError, RuntimeError):
            return None

    def is_file(self, path: str) -> bool:
        place = self.place(path)
        return place is not None and _is(place, "file")

    def is_dir(self, path: str) -> bool:
        place = self.place(path)
        return place is not None and _is(place, "dir")

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
        data = self.read(path)
        if data is None or b"\0" in data[:8000]:
            return None
        return data.decode("utf-8-sig", errors="replace")

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


def _is(place: Path, kind: str) -> bool:
    try:
        return place.is_file() if kind == "file" else place.is_dir()
    except (OSError, ValueError):
        return False


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
