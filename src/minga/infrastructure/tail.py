"""The end of a stream that may be long: what came last, bounded, in memory."""

from collections import deque


class Tail:
    """Keeps the last ``limit`` bytes, to within one piece, of what is added."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._is_cut = False

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        while self._size > self._limit:
            self._size -= len(self._pieces.popleft())
            self._is_cut = True

    def text(self) -> str:
        """What is kept, from the beginning of a line on where there was more before it: half a line could be half a
        key, which nobody would recognise and hide. Bytes that are not UTF-8 are replaced."""
        kept = b"".join(self._pieces)
        if self._is_cut:
            kept = kept[kept.find(b"\n") + 1 :]
        return kept.decode("utf-8", "replace")
