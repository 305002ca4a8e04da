"""An event loop whose time is a `FakeClock`: it jumps to the next timer, so that hours pass in a moment, the same each
time. For what waits on timers only; no file, socket or thread wakes it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from minga.infrastructure.clock import FakeClock

T = TypeVar("T")


def run(main: Callable[[], Coroutine[Any, Any, T]], clock: FakeClock) -> T:
    """Run ``main()`` to its end. Raises RuntimeError where everything waits and no timer is set."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(main())


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(_Jumping(clock))
        self._virtual = clock

    def time(self) -> float:
        return self._virtual.monotonic()


class _Jumping(selectors.SelectSelector):
    """Where a real one would wait, it moves the clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits, and no timer is set")
        if timeout > 0:
            self._clock.advance(timeout)
        return []
