"""Amazon's binary framing of events: lengths, headers and payload, each under a checksum.

smithy.io/2.0/aws/amazon-eventstream.html, seen November 2026. A frame is ``total length, headers' length, CRC of these
eight bytes, headers, payload, CRC of all before``, numbers of 32 bits with the first byte highest.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

HEADERS_MAX = 128 * 1024
PAYLOAD_MAX = 24 * 1024 * 1024

_PRELUDE = struct.Struct("!III")
_CRC = struct.Struct("!I")
_LENGTH = struct.Struct("!H")
_AROUND = _PRELUDE.size + _CRC.size

_STRING = 7
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Type of a header's value -> its bytes; those of types 6 and 7 say their length first."""


@dataclass(frozen=True, slots=True)
class Frame:
    """``headers``: those whose value is a text."""

    headers: Mapping[str, str]
    payload: bytes


class Garbled(ValueError):
    """What came is no frame; the text says why."""


@dataclass(slots=True)
class Frames:
    """Takes the bytes of a stream however they are cut. ``broken`` says why nothing more is read."""

    broken: str = ""
    _held: bytearray = field(default_factory=bytearray)

    @property
    def is_within(self) -> bool:
        """The beginning of a frame has come, and not its end."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that are whole now, up to what cannot be read."""
        if self.broken:
            return []
        self._held += chunk
        found: list[Frame] = []
        begin = 0
        try:
            while len(self._held) - begin >= _PRELUDE.size:
                total, headers = self._lengths(begin)
                if len(self._held) - begin < total:
                    break
                found.append(_frame(bytes(self._held[begin : begin + total]), headers))
                begin += total
        except Garbled as wrong:
            self.broken = str(wrong)
        del self._held[:begin]
        return found

    def _lengths(self, begin: int) -> tuple[int, int]:
        total, headers, told = _PRELUDE.unpack_from(self._held, begin)
        if crc32(self._held[begin : begin + 8]) != told:
            raise Garbled("the checksum of a frame's lengths is wrong")
        if headers > HEADERS_MAX or not headers + _AROUND <= total <= headers + _AROUND + PAYLOAD_MAX:
            raise Garbled("the lengths of a frame cannot be")
        return total, headers


def _frame(whole: bytes, headers: int) -> Frame:
    [told] = _CRC.unpack_from(whole, len(whole) - _CRC.size)
    if crc32(whole[: -_CRC.size]) != told:
        raise Garbled("the checksum of a frame is wrong")
    end = _PRELUDE.size + headers
    try:
        return Frame(_headers(whole[_PRELUDE.size : end]), whole[end : -_CRC.size])
    except (IndexError, struct.error, UnicodeDecodeError) as wrong:
        raise Garbled("the headers of a frame cannot be read") from wrong


def _headers(block: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: set[bytes] = set()
    at = 0
    while at < len(block):
        name = block[at + 1 : at + 1 + block[at]]
        at += 1 + block[at]
        kind = block[at]
        at += 1
        if kind in (6, _STRING):
            size = _LENGTH.unpack_from(block, at)[0]
            at += _LENGTH.size
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            raise Garbled("a header of a frame is of an unknown type")
        if name in seen or at + size > len(block):
            raise Garbled("a header of a frame stands twice, or ends beyond the frame")
        seen.add(name)
        if kind == _STRING:
            found[name.decode()] = block[at : at + size].decode()
        at += size
    return found
