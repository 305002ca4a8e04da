"""The inside of a pack, and of a segment of sync: a line that names its format and version, then compressed records.

A record is a line of JSON (``kind``, ``size``, and what names it) and ``size`` bytes. The last is ``end``: it counts
those before it and holds their SHA-256, so that nothing that was cut short passes for whole. Nothing in here knows of
encryption. The pages ``docs/reference/pack.md`` and ``docs/reference/sync-protocol.md`` describe both.
"""

import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec

PACK = "minga-pack"
SEGMENT = "minga-sync"

VERSION = 1

BODY_MAX = 128 * 1024 * 1024
HEAD_MAX = 64 * 1024
PIECE = 256 * 1024
LEVEL = 1
"""Of zlib: the quickest."""

_END = "end"


class NotWhole(Exception):
    """It is cut short or was changed; the text says how it was noticed."""


class TooNew(Exception):
    """A newer Minga wrote it."""

    def __init__(self, found: int) -> None:
        super().__init__(found)
        self.found = found


@dataclass(frozen=True, slots=True)
class Record:
    """``names`` are the fields of its head beside ``kind`` and ``size``."""

    kind: str
    body: bytes = b""
    names: dict[str, Any] = field(default_factory=dict)


def written(magic: str, records: Iterable[Record]) -> Iterator[bytes]:
    """The bytes of a container, piece by piece."""
    yield f"{magic} {VERSION}\n".encode()
    packer = zlib.compressobj(LEVEL)
    digest = hashlib.sha256()
    count = 0
    for record in records:
        count += 1
        if len(record.body) > BODY_MAX:
            raise ValueError(f"a record of {len(record.body)} bytes")
        head = msgspec.json.encode({"kind": record.kind, "size": len(record.body), **record.names}) + b"\n"
        for piece in (head, record.body):
            digest.update(piece)
            if pressed := packer.compress(piece):
                yield pressed
    end = {"kind": _END, "size": 0, "records": count, "sha256": digest.hexdigest()}
    yield packer.compress(msgspec.json.encode(end) + b"\n") + packer.flush()


def read(magic: str, source: BinaryIO) -> Iterator[Record]:
    """The records of a container, without its end, which is checked. Raises NotWhole and TooNew, and what reading
    ``source`` raises."""
    _check_first_line(magic, source.readline(64))
    inside = io.BufferedReader(_Inflating(source), PIECE)
    digest = hashlib.sha256()
    count = 0
    while True:
        line = inside.readline(HEAD_MAX)
        head = _head(line)
        if head["kind"] == _END:
            if (head.get("records"), head.get("sha256")) != (count, digest.hexdigest()) or inside.read(1):
                raise NotWhole("its digest does not fit")
            return
        body = inside.read(head["size"])
        if len(body) < head["size"]:
            raise NotWhole("it ends before its end")
        digest.update(line)
        digest.update(body)
        count += 1
        yield Record(head["kind"], body, {name: head[name] for name in head.keys() - {"kind", "size"}})


def _check_first_line(magic: str, line: bytes) -> None:
    name, _, version = line.decode("ascii", "replace").rstrip("\n").partition(" ")
    if name != magic or not version.isascii() or not version.isdigit() or not line.endswith(b"\n"):
        raise NotWhole(f"it does not begin with {magic!r}")
    if int(version) > VERSION:
        raise TooNew(int(version))


def _head(line: bytes) -> dict[str, Any]:
    try:
        head = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as wrong:
        raise NotWhole("a record has no head") from wrong
    size = head.get("size")
    if not isinstance(head.get("kind"), str) or not isinstance(size, int) or not 0 <= size <= BODY_MAX:
        raise NotWhole("a record has no head")
    return head


class _Inflating(io.RawIOBase):
    """What a compressed stream holds, never much of it at once. Ends where the stream ends."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._unpacker = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
        while not self._unpacker.eof:
            pressed = self._unpacker.unconsumed_tail or self._source.read(PIECE)
            if not pressed:
                raise NotWhole("it ends before its end")
            try:
                piece = self._unpacker.decompress(pressed, len(buffer))
            except zlib.error as wrong:
                raise NotWhole("its compression is broken") from wrong
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)
        if self._unpacker.unused_data or self._source.read(1):
            raise NotWhole("something follows its end")
        return 0


class Pieces:
    """An iterator of bytes as something to read from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        taken, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return taken
