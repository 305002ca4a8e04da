"""How long the list of files in an archive (zip) is, told by its last bytes: `zipfile` reads it whole into memory."""

import io
import struct
from typing import BinaryIO

_END, _END_64, _PLACE_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_BYTES, _END_64_BYTES, _PLACE_64_BYTES = 22, 56, 20
_COMMENT_MAX = 65_535


def list_bytes(file: BinaryIO) -> int:
    """By what the archive says of itself (APPNOTE.TXT 4.3.14, 4.3.16), in either form; 0 where it does not say."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _COMMENT_MAX - _END_BYTES - _PLACE_64_BYTES - _END_64_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        return 0
    (size,) = struct.unpack_from("<L", tail, at + 12)
    place, record = at - _PLACE_64_BYTES, at - _PLACE_64_BYTES - _END_64_BYTES
    if record >= 0 and tail.startswith(_PLACE_64, place) and tail.startswith(_END_64, record):
        (size_64,) = struct.unpack_from("<Q", tail, record + 40)
        return int(size_64)
    return int(size)
