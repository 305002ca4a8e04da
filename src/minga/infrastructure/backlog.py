"""Work that a thread of its own does, behind a bounded queue: whoever gives it never waits, and what does not fit is
dropped and counted."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

CLOSE_S = 2.0

Item = TypeVar("Item")


class Backlog(Generic[Item]):
    """``work`` gets what has come, at most ``together`` items at once; where it raises OSError they are dropped.
    ``gather_s``: so long it may wait for more after the first."""

    def __init__(
        self, work: Callable[[list[Item]], None], *, room: int, together: int = 500, gather_s: float = 0.0
    ) -> None:
        self.dropped = 0
        self.closing = threading.Event()
        self._work = work
        self._room = room
        self._together = together
        self._gather_s = gather_s
        self._waiting: SimpleQueue[Item | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        if self._waiting.qsize() >= self._room:
            self.dropped += 1
        else:
            self._waiting.put(item)

    def close(self) -> None:
        """Do what waits, within `CLOSE_S`."""
        self.closing.set()
        self._waiting.put(None)
        self._thread.join(CLOSE_S)

    def _go_on(self) -> None:
        is_last = False
        while not is_last:
            items, is_last = self._next()
            if not items:
                continue
            try:
                self._work(items)
            except OSError:
                self.dropped += len(items)

    def _next(self) -> tuple[list[Item], bool]:
        """What waits; and whether nothing comes after it."""
        item = self._waiting.get()
        if self._gather_s and self._waiting.qsize() < self._together:
            self.closing.wait(self._gather_s)
        items: list[Item] = []
        while item is not None:
            items.append(item)
            if len(items) == self._together:
                return items, False
            try:
                item = self._waiting.get_nowait()
            except Empty:
                return items, False
        return items, True
