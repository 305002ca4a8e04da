"""Files one behind another in a stream, as ``unzip -p month.zip`` gives them, in the memory of one."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from minga.dte.finding import Fault
from minga.dte.reading.container import Container
from minga.dte.reading.opening import FILE_MAX, refused
from minga.dte.reading.sources import ZIP, containers_in

_CHUNK = 1 << 20
_BETWEEN = re.compile(rb">\s*+(?=(?:\xef\xbb\xbf)?<\?xml\s)")
_SEAM = 1024
"""Bytes before a new chunk that are looked at again: the space between two files is shorter."""


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
        while not buffer.startswith(ZIP) and (seam := _BETWEEN.search(buffer, looked)):
            yield bytes(buffer[: min(seam.end(), most + 1)])
            del buffer[: seam.end()]
            looked = 0
        looked = max(0, len(buffer) - _SEAM)
        if len(buffer) > most + 2 * _SEAM:
            del buffer[most + 1 : -_SEAM]
            looked = most + 1
    if buffer:
        yield bytes(buffer[: most + 1])
