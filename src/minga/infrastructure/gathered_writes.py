"""What many connections write in one turn of the event loop goes out at its end.

To write to a socket wakes whoever waits for it. Where each write stands alone, its reader is awake for a moment and
sleeps again before the next one, and both the waking and the sleeping cost more than the bytes. Writes that follow one
another find their readers awake.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import TypeAlias
from weakref import WeakKeyDictionary

Piece: TypeAlias = bytes | memoryview

TOGETHER = 16
"""Connections that wait at most: the first of them waits for what all others have to say."""

HELD_MAX = 64 * 1024
"""Bytes of one connection that are held; what is more goes out at once, and fills the transport's own bounds."""

_LOG = logging.getLogger(__name__)


class Turn:
    """Of one event loop, for all of its connections. ``running``: calls that go on; while there is one at most, nothing
    is held, for nobody else writes."""

    def __init__(self) -> None:
        self.running = 0
        self._waiting: list[GatheredWrites] = []

    def hold(self, one: "GatheredWrites") -> None:
        """Let ``one`` write at the end of this turn, or before."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.end)
        self._waiting.append(one)
        if len(self._waiting) >= TOGETHER:
            self.end()

    def end(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            try:
                one.flush()
            except Exception:  # noqa: BLE001 - whatever it is ends one connection, and all others are told theirs
                _LOG.exception("what was held for a connection cannot be written")
                one.abort()


def turn_of(loop: asyncio.AbstractEventLoop) -> Turn:
    return _TURNS.get(loop) or _TURNS.setdefault(loop, Turn())


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turn] = WeakKeyDictionary()
"""A turn does not know its loop, which would never be gone."""


class GatheredWrites:
    """A transport whose writes may be held until the ``turn`` ends, in their order, and before it is closed. What it
    does not take over itself is the transport's."""

    def __init__(self, transport: asyncio.Transport, turn: Turn) -> None:
        self._transport = transport
        self._turn = turn
        self._held: list[Piece] = []
        self._held_bytes = 0
        self._has_ended = False

    def write(self, data: Piece) -> None:
        self.writelines((data,))

    def writelines(self, pieces: Sequence[Piece]) -> None:
        """Raises RuntimeError, at once, after `write_eof`, as the transport does."""
        size = sum([len(piece) for piece in pieces])
        if self._turn.running <= 1 or self._has_ended or self._held_bytes + size > HELD_MAX:
            self.flush()
            self._send(pieces)
            return
        is_first = not self._held
        self._held.extend(pieces)
        self._held_bytes += size
        if is_first:
            self._turn.hold(self)

    def flush(self) -> None:
        """Nothing is held any more; what a transport that is closing has not got is lost, as it would have been."""
        if not self._held:
            return
        held, self._held, self._held_bytes = self._held, [], 0
        if not self._transport.is_closing():
            self._send(held)

    def _send(self, pieces: Sequence[Piece]) -> None:
        """In one call of the system. Not by the transport's `writelines`: that of asyncio in Python 3.12 and 3.13.0
        tells nobody that a peer reads too slowly (CVE-2024-12254), and tries for ever to write what is empty."""
        self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._held, self._held_bytes = [], 0
        self._transport.abort()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def write_eof(self) -> None:
        self.flush()
        self._has_ended = True
        self._transport.write_eof()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()
