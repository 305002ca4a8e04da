"""One function over many things, on several processors, with the results in the order of the things."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from minga.domain.errors import ProcessLost

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Things given to each process before the oldest result is taken: memory stays bounded whatever their number."""


class Spread(Protocol):
    """Calls ``function`` on each of ``items`` and yields what it returns, in their order. What it raises is raised."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]: ...


def here(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """In this process, one after the other."""
    return map(function, items)


class Processes:
    """In ``count`` processes; the function, the items and the results must be such as `pickle` takes. Each process
    unpickles the function once. They end with this one, however it ends. Raises ProcessLost where one of them ended."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        context = multiprocessing.get_context("forkserver")
        work = pickle.dumps(function)
        waiting: deque[Future[Result]] = deque()
        with ProcessPoolExecutor(self._count, context, _bound) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(_call, work, item))
                    if len(waiting) >= self._count * AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            except BrokenProcessPool as lost:
                raise ProcessLost from lost
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _bound() -> None:
    """A process of the pool ends when the one that started it is gone, be it killed, and leaves Ctrl-C to that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a process of the pool was started by another"
    parent.join()
    os._exit(1)


def _call(work: bytes, item: Item) -> Any:
    return _unpickled(work)(item)


@lru_cache(maxsize=1)
def _unpickled(work: bytes) -> Callable[[Any], Any]:
    """What this program's own parent process sent it."""
    function: Callable[[Any], Any] = pickle.loads(work)  # noqa: S301
    return function


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
