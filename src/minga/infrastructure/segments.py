"""Where devices leave each other segments: opaque bytes, a log a device, only ever added to. Here: a plain folder.

``<folder>/minga-sync.age`` marks the place, ``<folder>/<device>/00000001.age`` is the first segment of a device. What
carries the folder to the other devices (Syncthing, a network drive, a stick) is not asked.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from minga.domain.errors import SyncPlaceFailed
from minga.infrastructure.files import place_new

MARKER = "minga-sync.age"

SEGMENT_MAX = 256 * 1024 * 1024
"""Bytes; no device writes one so large."""

DEVICE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FILE = re.compile(r"(\d{8})\.age")


class Taken(Exception):
    """There is something of that name already."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """``number`` counts from 1 within the log of ``device``."""

    device: str
    number: int


class Place(Protocol):
    """A place of sync. All methods raise SyncPlaceFailed."""

    name: str

    async def marker(self) -> bytes | None:
        """What the place was marked with; None: nobody has begun it."""
        ...

    async def mark(self, content: bytes) -> None:
        """Raises Taken."""
        ...

    async def segments(self) -> list[Segment]: ...

    async def read(self, segment: Segment) -> bytes: ...

    async def add(self, segment: Segment, content: bytes) -> None:
        """It is there whole or not at all. Raises Taken."""
        ...

    async def remove(self, segment: Segment) -> None:
        """One that is not there is no error."""
        ...


class Folder:
    """A directory that all devices see, sooner or later."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    async def marker(self) -> bytes | None:
        try:
            return await asyncio.to_thread((self._path / MARKER).read_bytes)
        except FileNotFoundError:
            if not await asyncio.to_thread(self._path.is_dir):
                raise SyncPlaceFailed(place=self.name, detail="there is no such directory") from None
            return None
        except OSError as wrong:
            raise self._failed(wrong) from wrong

    async def mark(self, content: bytes) -> None:
        await self._place(self._path / MARKER, content)

    async def segments(self) -> list[Segment]:
        try:
            return await asyncio.to_thread(self._list)
        except FileNotFoundError:
            raise SyncPlaceFailed(place=self.name, detail="there is no such directory") from None
        except OSError as wrong:
            raise self._failed(wrong) from wrong

    async def read(self, segment: Segment) -> bytes:
        file = self._file(segment)
        try:
            if file.stat().st_size > SEGMENT_MAX:
                raise SyncPlaceFailed(place=self.name, detail=f"{file.name} is larger than a segment can be")
            return await asyncio.to_thread(file.read_bytes)
        except OSError as wrong:
            raise self._failed(wrong) from wrong

    async def add(self, segment: Segment, content: bytes) -> None:
        await self._place(self._file(segment), content)

    async def remove(self, segment: Segment) -> None:
        try:
            await asyncio.to_thread(self._file(segment).unlink, missing_ok=True)
        except OSError as wrong:
            raise self._failed(wrong) from wrong

    def _file(self, segment: Segment) -> Path:
        return self._path / segment.device / f"{segment.number:08}.age"

    def _list(self) -> list[Segment]:
        """What else lies there (drafts, copies that a conflict left) is no segment."""
        folders = [folder for folder in self._path.iterdir() if DEVICE.fullmatch(folder.name) and folder.is_dir()]
        files = [file for folder in folders for file in folder.iterdir() if file.is_file()]
        names = [(file.parent.name, _FILE.fullmatch(file.name)) for file in files]
        return sorted(Segment(device, int(found[1])) for device, found in names if found)

    async def _place(self, path: Path, content: bytes) -> None:
        try:
            await asyncio.to_thread(place_new, path, content)
        except FileExistsError as wrong:
            if not path.exists():  # something that is no directory stands in its way
                raise self._failed(wrong) from wrong
            raise Taken(path.name) from None
        except OSError as wrong:
            raise self._failed(wrong) from wrong

    def _failed(self, wrong: OSError) -> SyncPlaceFailed:
        return SyncPlaceFailed(place=self.name, detail=wrong.strerror or str(wrong))
