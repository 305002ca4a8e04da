"""Counters that the processes of one machine share, right at any moment, however one of them ends.

They lie in a mapped file that is a cache: what it says of the past can be read again from where it is kept for good,
and what it says of the present belongs to processes that live. So a slot that nothing goes on in may be given to
another name, and where a process has died, its part is taken out and every slot is read again.

The file, in 64-bit cells::

    head      epoch, tick, words of the user's; a flag for each row that a process has
    slots     SETS x WAYS x SLOT: name (2), epochs of the totals and of what was read, tick of its making,
              kept until, totals (OWNED), cells of the user's (CELLS)
    rows      a row for each process: OWNED counters for each slot, of which the totals are the sums

Everything is done under one lock (flock on the file), which is held for microseconds. A row belongs to whoever has
locked the file ``row-NNN``. Each step of an update errs, if the process dies after it, by counting too much; whoever is
about to say no asks `bury` first, and errs no more.
"""

import ctypes
import mmap
import os
from collections.abc import Iterable
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from hashlib import blake2b
from pathlib import Path
from struct import unpack
from typing import Self, TypeAlias

from minga.domain.errors import StoreUnwritable
from minga.infrastructure.file_lock import held, open_file, store_errors

Name: TypeAlias = tuple[int, int]
"""128 bits, as `name_of` makes them."""

ROWS = 256
"""Processes at once."""

SETS, WAYS = 1024, 16
OWNED, CELLS, WORDS = 2, 4, 8
HEAD = 512
SLOT = 12
SLOTS = SETS * WAYS
ROW = SLOTS * OWNED
_ROWS_AT = HEAD + SLOTS * SLOT
SIZE = 8 * (_ROWS_AT + ROWS * ROW)

_EPOCH, _TICK, _WORDS, _FLAGS = 0, 1, 2, 2 + WORDS
_SUMMED, _READ, _MADE, _KEPT = 2, 3, 4, 5
TOTAL, CELL = 6, 8
"""Where, within a slot, the totals of what processes have in it and the cells of the user's begin."""

UNREAD = -1

_FLOCK = ctypes.PyDLL(None).flock
"""flock(2) which does not let another thread of Python run meanwhile, as Python's does: that wakes each that waits for
its turn, and costs more than the lock."""


class Full(Exception):
    """Something goes on in every slot that the name could have."""


def name_of(*parts: str) -> Name:
    first, second = unpack("=qq", blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).digest())
    return first, second


class SharedCounters:
    """Counters in ``folder``, opened at the first use; one object for each process. Use it within ``with``, which takes
    the lock, also within another one, and from one thread.

    In ``cells``, ``slot + TOTAL`` is what all processes have in a slot, those among them of which nobody knows yet that
    they are dead; and from ``slot + CELL`` on lie CELLS numbers of the user's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = -1
        self._row_lock = -1
        self._row = 0
        self._row_at = 0
        self._map: mmap.mmap | None = None
        self.cells = memoryview(b"").cast("q")
        self._places: dict[Name, int] = {}
        self._depth = 0

    def __enter__(self) -> Self:
        """Raises StoreUnwritable, StoreFull."""
        if not self._depth:
            if self._map is None:
                self._open()
            if _FLOCK(self._lock, LOCK_EX | LOCK_NB):  # another process has it
                flock(self._lock, LOCK_EX)
        self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            _FLOCK(self._lock, LOCK_UN)

    def find(self, names: Iterable[Name], now: int) -> list[int]:
        """The slots of ``names``, new ones for those that have none. ``now`` is in the unit of `keep`. Raises Full."""
        cells, places, found = self.cells, self._places, []
        epoch = cells[_EPOCH]
        for name in names:
            at = places.get(name, 0)
            if not at or cells[at] != name[0] or cells[at + 1] != name[1]:
                at = self._look(name, now)
            if cells[at + _SUMMED] != epoch:
                self._sum(at)
            found.append(at)
        return found

    def add(self, slots: Iterable[int], which: int, change: int) -> None:
        """Change what this process has in each of ``slots``. While it has something there, the slot keeps its name."""
        cells, own = self.cells, self._row_at + which
        if change > 0:
            for slot in slots:
                cells[own + (slot - HEAD) // SLOT * OWNED] += change
                cells[slot + TOTAL + which] += change
        elif change:
            for slot in slots:
                cells[slot + TOTAL + which] += change
                cells[own + (slot - HEAD) // SLOT * OWNED] += change

    def keep(self, slot: int, until: int) -> None:
        """Leave the slot to its name until then at least, also if nothing goes on in it."""
        self.cells[slot + _KEPT] = max(self.cells[slot + _KEPT], until)

    @property
    def epoch(self) -> int:
        return self.cells[_EPOCH]

    def unread(self, slots: Iterable[int]) -> list[int]:
        """Those whose cells must be read again."""
        cells, epoch = self.cells, self.cells[_EPOCH]
        return [slot for slot in slots if cells[slot + _READ] != epoch]

    def mark_read(self, slot: int, epoch: int) -> None:
        """What lies in the cells of ``slot`` was read in ``epoch``."""
        self.cells[slot + _READ] = epoch

    def forget(self) -> None:
        """Every slot must be read again."""
        self.cells[_EPOCH] += 1

    def word(self, number: int) -> int:
        return self.cells[_WORDS + number]

    def set_word(self, number: int, value: int) -> None:
        self.cells[_WORDS + number] = value

    def bury(self, slots: list[int]) -> bool:
        """Take out what dead processes have in ``slots``; return whether there was anything."""
        cells, found = self.cells, False
        for row in self._rows():
            own = _ROWS_AT + row * ROW
            places = [own + (slot - HEAD) // SLOT * OWNED for slot in slots]
            has_part = row != self._row and any(cells[at + which] for at in places for which in range(OWNED))
            if has_part and not self._is_alive(row):
                self._clear(row)
                found = True
        return found

    def close(self) -> None:
        """Give the row back; what this process has not settled is lost."""
        if self._map is None:
            return
        with self:
            self._clear(self._row)
        self.cells.release()
        self._map.close()
        self._map = None
        os.close(self._row_lock)
        os.close(self._lock)

    def _open(self) -> None:
        """Where no process lives, the file begins anew: nothing that it says is needed then."""
        file = self._folder / "state"
        self._lock = open_file(file)
        flock(self._lock, LOCK_EX)
        try:
            with store_errors(file):
                living = [row for row in range(ROWS) if self._is_alive(row)]
                if not living:
                    os.ftruncate(self._lock, 0)
                    os.pwrite(self._lock, bytes(8 * _ROWS_AT), 0)
                os.ftruncate(self._lock, SIZE)
                self._take_row(living)
                self._map = mmap.mmap(self._lock, SIZE)
                self.cells = memoryview(self._map).cast("q")
                self._places.clear()
                self._clear(self._row)
            self.cells[_FLAGS + self._row] = 1
        finally:
            flock(self._lock, LOCK_UN)

    def _take_row(self, living: list[int]) -> None:
        free = next((row for row in range(ROWS) if row not in living), None)
        if free is None:
            raise StoreUnwritable(store=str(self._folder), detail=f"{ROWS} processes use it already")
        self._row, self._row_at = free, _ROWS_AT + free * ROW
        self._row_lock = open_file(self._row_file(free))
        flock(self._row_lock, LOCK_EX)

    def _row_file(self, row: int) -> Path:
        return self._folder / f"row-{row:03}"

    def _is_alive(self, row: int) -> bool:
        try:
            descriptor = os.open(self._row_file(row), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not held(descriptor)
        finally:
            os.close(descriptor)

    def _rows(self) -> list[int]:
        flags = self.cells[_FLAGS : _FLAGS + ROWS].tolist()
        return [row for row, flag in enumerate(flags) if flag]

    def _clear(self, row: int) -> None:
        """Slots are summed and read again where the row had anything in them. Written, not stored into the map: so the
        room is there from then on, and a full disk is an error and no SIGBUS."""
        at = _ROWS_AT + row * ROW
        if self.cells[_FLAGS + row] and any(self.cells[at : at + ROW].tobytes()):
            self.forget()
        os.pwrite(self._lock, bytes(8 * ROW), 8 * at)
        self.cells[_FLAGS + row] = 0

    def _look(self, name: Name, now: int) -> int:
        cells = self.cells
        first = HEAD + name[0] % SETS * WAYS * SLOT
        ways = range(first, first + WAYS * SLOT, SLOT)
        at = next((at for at in ways if cells[at] == name[0] and cells[at + 1] == name[1]), None)
        if at is None:
            idle = [at for at in ways if self._is_idle(at, now)]
            if not idle:
                raise Full
            at = min(idle, key=lambda one: cells[one + _MADE])
            for cell in range(SLOT):
                cells[at + cell] = 0
            cells[_TICK] += 1
            cells[at + _SUMMED], cells[at + _READ], cells[at + _MADE] = cells[_EPOCH], UNREAD, cells[_TICK]
            cells[at], cells[at + 1] = name
        if len(self._places) >= SLOTS:
            self._places.clear()
        self._places[name] = at
        return at

    def _is_idle(self, slot: int, now: int) -> bool:
        cells = self.cells
        if cells[slot + _SUMMED] != cells[_EPOCH]:
            self._sum(slot)
        return cells[slot + _KEPT] <= now and not any(cells[slot + TOTAL : slot + TOTAL + OWNED])

    def _sum(self, slot: int) -> None:
        cells = self.cells
        own = (slot - HEAD) // SLOT * OWNED
        rows = [_ROWS_AT + row * ROW + own for row in self._rows()]
        for which in range(OWNED):
            cells[slot + TOTAL + which] = sum(cells[at + which] for at in rows)
        cells[slot + _SUMMED] = cells[_EPOCH]
