"""Reads what a provider has compressed though it was asked not to: a bounded copy, beside the bytes that are passed on.

A few kilobytes of gzip can stand for gigabytes (RFC 1952): so much as ``most`` is made of them, and nothing after it.
"""

import zlib

FILES_MAX = 16
"""Of gzip behind one another: each costs a copy of what follows it."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Decoder:
    """``can_read`` is False for an encoding that is not read here (br, zstd, two at once), and from the moment on at
    which the bytes are not what their header says. ``is_cut``: there would have been more than ``most`` bytes."""

    def __init__(self, encoding: str, most: int) -> None:
        """``encoding`` is the value of content-encoding; empty for none."""
        self.is_cut = False
        self._encoding = encoding.strip().lower()
        self._left = most
        self._inflate = zlib.decompressobj(_GZIP)
        self._has_begun = False
        self._files = 1
        self.can_read = self._encoding in ("", "identity", "gzip", "x-gzip", "deflate")

    def feed(self, chunk: bytes) -> bytes:
        """What ``chunk`` adds to the content."""
        if not self.can_read or self.is_cut or not chunk:
            return b""
        if self._encoding in ("", "identity"):
            return self._taken(chunk)
        if not self._has_begun:
            self._has_begun = True
            if self._encoding == "deflate":
                self._inflate = zlib.decompressobj(_ZLIB if chunk[0] & 0x0F == zlib.DEFLATED else _RAW)
        try:
            return self._inflated(chunk)
        except zlib.error:
            self.can_read = False
            return b""

    def _inflated(self, chunk: bytes) -> bytes:
        """A gzip file may be several, one behind the other (RFC 1952, section 2.2)."""
        pieces: list[bytes] = []
        while chunk and not self.is_cut:
            if self._inflate.eof:
                if self._encoding == "deflate" or self._files == FILES_MAX:
                    self.can_read = False
                    break
                self._files += 1
                self._inflate = zlib.decompressobj(_GZIP)
            pieces.append(self._taken(self._inflate.decompress(chunk, self._left + 1)))
            chunk = self._inflate.unused_data
        return b"".join(pieces)

    def _taken(self, content: bytes) -> bytes:
        self.is_cut = len(content) > self._left
        taken = content[: self._left]
        self._left -= len(taken)
        return taken
