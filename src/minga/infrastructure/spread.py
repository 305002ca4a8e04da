"""One function over many things, on several processors, with the results in the order of the things."""

import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from typing import Any, Protocol, TypeVar

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
    unpickles the function once."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        context = multiprocessing.get_context("forkserver")
        work = pickle.dumps(function)
        waiting: deque[Future[Result]] = deque()
        with ProcessPoolExecutor(self._count, context) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(_call, work, item))
                    if len(waiting) >= self._count * AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


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
