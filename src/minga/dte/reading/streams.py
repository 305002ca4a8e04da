"""Files one behind another in a stream, as ``unzip -p month.zip`` gives them, in the memory of one."""

from collections.abc import Iterator
from typing import BinaryIO

from minga.dte.finding import Fault
from minga.dte.reading.container import Container
from minga.dte.reading.opening import FILE_MAX, refused
from minga.dte.reading.sources import ZIP, containers_in

_CHUNK = 1 << 20
_BEGIN = b"<?xml"
_MARK = b"\xef\xbb\xbf"
_SPACES = b" \t\r\n"
_ASIDE = ((b"<![CDATA[", b"]]>"), (b"<!--", b"-->"))


def containers_from(stream: BinaryIO, place: str, most: int = FILE_MAX) -> Iterator[Container]:
    """What a stream holds: files that each begin with ``<?xml``, or one file, or one archive. The second has the place
    ``stdin[2]``. None may have more than ``most`` bytes."""
    for number, data in enumerate(_files(stream, most), 1):
        where = place if number == 1 else f"{place}[{number}]"
        if len(data) > most:
            yield refused(where, Fault("read-too-large", "", f"> {most:,}", f"{most:,}"))
        else:
            yield from containers_in(data, where)


def _files(stream: BinaryIO, most: int) -> Iterator[bytes]:
    """Of one that is too large, a byte too many, and no more of it is kept."""
    buffer, looked = bytearray(), 0
    while chunk := stream.read(_CHUNK):
        buffer += chunk
        while not buffer.startswith(ZIP):
            seam, looked = _seam(buffer, looked)
            if seam < 0:
                break
            yield bytes(buffer[: min(seam, most + 1)])
            del buffer[:seam]
        if len(buffer) > most + _CHUNK:
            del buffer[most + 1 : -len(_MARK + _BEGIN)]
            looked = most + 1
    if buffer:
        yield bytes(buffer[: most + 1])


def _seam(buffer: bytearray, looked: int) -> tuple[int, int]:
    """Where the next file begins, or -1; and from where to look on. No XML holds another declaration, but in CDATA and
    comments."""
    at, since = looked, 0
    while (found := buffer.find(_BEGIN, at)) >= 0 and found + len(_BEGIN) < len(buffer):
        at = found + len(_BEGIN)
        if buffer[at] not in _SPACES:
            continue
        behind = _behind_aside(buffer, since, found)
        if behind < 0:
            return -1, found
        start = found - len(_MARK) if buffer.endswith(_MARK, 0, found) else found
        if behind == found and (start > _CHUNK or buffer[:start].strip()):
            return start, 0
        at = since = max(behind, at)
    return -1, found if found >= 0 else max(at, len(buffer) - len(_BEGIN))


def _behind_aside(buffer: bytearray, since: int, at: int) -> int:
    """``at`` itself where it is neither in CDATA nor in a comment that begins behind ``since``; else where that ends,
    or -1 if it has no end yet."""
    for begin, end in _ASIDE:
        opened = buffer.rfind(begin, since, at)
        if opened >= 0 and buffer.find(end, opened, at) < 0:
            closed = buffer.find(end, at)
            return closed + len(end) if closed >= 0 else -1
    return at
