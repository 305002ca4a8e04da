"""A place of sync behind HTTP, as ``docs/reference/sync-protocol.md`` describes it. The server sees ciphertext only."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec

from minga.domain.errors import SyncPlaceFailed
from minga.infrastructure.segments import DEVICE, SEGMENT_MAX, Folder, Place, Segment, Taken

LIMIT_S = 60.0

_HERE = {"localhost", "127.0.0.1", "::1"}

LIST_MAX = 64 * 1024 * 1024


def place_at(name: str, token: Callable[[], str]) -> Place:
    """The server at an address (``https://``; ``http://`` on this device only), else the folder of that name.

    Raises SyncPlaceFailed, and what ``token`` raises.
    """
    url = urlsplit(name)
    if url.scheme == "https" or (url.scheme == "http" and url.hostname in _HERE):
        return Server(name, token())
    if url.scheme == "http":
        raise SyncPlaceFailed(place=name, detail="http would show everybody on the way who asks; it needs https")
    return Folder(Path(name).expanduser().absolute())


class _Entry(msgspec.Struct):
    device: str
    number: int


class _Listing(msgspec.Struct):
    segments: list[_Entry]


class Server:
    """``token`` says to the server which group asks; whoever has it can read and add ciphertext, no more."""

    def __init__(self, url: str, token: str) -> None:
        self.name = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def marker(self) -> bytes | None:
        status, body = await self._ask("GET", "/marker")
        return body if status == 200 else None

    async def mark(self, content: bytes) -> None:
        await self._add("/marker", content)

    async def segments(self) -> list[Segment]:
        status, body = await self._ask("GET", "/segments", largest=LIST_MAX)
        try:
            listing = msgspec.json.decode(body, type=_Listing)
        except msgspec.DecodeError as wrong:
            raise SyncPlaceFailed(place=self.name, detail="it gave no list of segments") from wrong
        if status != 200:
            raise SyncPlaceFailed(place=self.name, detail="it gave no list of segments")
        found = [Segment(one.device, one.number) for one in listing.segments if one.number > 0]
        return sorted(one for one in found if DEVICE.fullmatch(one.device))

    async def read(self, segment: Segment) -> bytes:
        status, body = await self._ask("GET", _path(segment))
        if status != 200:
            raise SyncPlaceFailed(place=self.name, detail=f"it no longer has {_path(segment)}")
        return body

    async def add(self, segment: Segment, content: bytes) -> None:
        await self._add(_path(segment), content)

    async def remove(self, segment: Segment) -> None:
        status, _ = await self._ask("DELETE", _path(segment))
        if status not in (200, 204, 404):
            raise SyncPlaceFailed(place=self.name, detail=f"it answered {status} to DELETE {_path(segment)}")

    async def _add(self, path: str, content: bytes) -> None:
        status, _ = await self._ask("PUT", path, content)
        if status == 412:
            raise Taken(path)
        if status not in (200, 201, 204):
            raise SyncPlaceFailed(place=self.name, detail=f"it answered {status} to PUT {path}")

    async def _ask(
        self, method: str, path: str, content: bytes | None = None, largest: int = SEGMENT_MAX
    ) -> tuple[int, bytes]:
        """Status and body; 404 and 412 are answers, everything else that is no success is a failure."""
        async with self._errors(), aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LIMIT_S)) as session:
            headers = self._headers if content is None else {**self._headers, "If-None-Match": "*"}
            async with session.request(method, self.name + path, data=content, headers=headers) as answer:
                if answer.status >= 400 and answer.status not in (404, 412):
                    raise SyncPlaceFailed(place=self.name, detail=f"it answered {answer.status} to {method} {path}")
                pieces, size = [], 0
                async for piece in answer.content.iter_chunked(1 << 20):
                    pieces.append(piece)
                    size += len(piece)
                    if size > largest:
                        raise SyncPlaceFailed(place=self.name, detail=f"it sends more to {path} than there can be")
                return answer.status, b"".join(pieces)

    @asynccontextmanager
    async def _errors(self) -> AsyncIterator[None]:
        try:
            yield
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as wrong:
            detail = str(wrong) or f"no answer within {LIMIT_S:g} s"
            raise SyncPlaceFailed(place=self.name, detail=detail) from wrong


def _path(segment: Segment) -> str:
    return f"/segments/{segment.device}/{segment.number}"
