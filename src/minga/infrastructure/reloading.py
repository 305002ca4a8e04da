"""A value made of files, made anew when they change; a bad file changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from minga.domain.errors import MingaError

Value = TypeVar("Value")

LOOK_EVERY_S = 1.0

_Stamp = tuple[tuple[str, int, int, int], ...]


class Reloaded(Generic[Value]):
    """``build`` reads all of ``paths`` (files, and folders for their ``*.toml``) or raises. ``told`` hears of each try:
    of what is wrong, or None. `value` is what the last good try made, `problem` what is wrong since then."""

    def __init__(
        self,
        paths: Sequence[Path],
        build: Callable[[], Awaitable[Value]],
        told: Callable[[MingaError | None], None],
    ) -> None:
        self.problem: MingaError | None = None
        self._paths = paths
        self._build = build
        self._told = told
        self._stamp: _Stamp = ()
        self._value: Value | None = None
        self._lock = asyncio.Lock()

    @property
    def value(self) -> Value:
        assert self._value is not None, "load() comes first"
        return self._value

    async def load(self) -> None:
        """The first time. Raises what ``build`` raises."""
        self._stamp = self._look()
        self._value = await self._build()

    async def reload(self, *, changed_only: bool = False) -> None:
        """All or nothing; never raises errors of Minga's."""
        async with self._lock:
            stamp = self._look()  # before they are read: what changes meanwhile is read again at the next look
            if changed_only and stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self._value, self.problem = await self._build(), None
            except MingaError as wrong:
                self.problem = wrong
            self._told(self.problem)

    async def watch(self) -> None:
        """Look for changes until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.reload(changed_only=True)

    def _look(self) -> _Stamp:
        files = [file for path in self._paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
        return tuple(stamp for file in files if (stamp := _stamp(file)))


def _stamp(file: Path) -> tuple[str, int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return str(file), found.st_mtime_ns, found.st_size, found.st_ino
