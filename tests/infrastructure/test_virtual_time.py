"""Hours of virtual time pass in a moment, in the order of the timers."""

import asyncio
from datetime import UTC, datetime

import pytest

from minga.infrastructure import virtual_time
from minga.infrastructure.clock import FakeClock


def clock() -> FakeClock:
    return FakeClock(datetime(2026, 1, 1, tzinfo=UTC))


def test_sleepers_wake_in_order_each_at_its_instant() -> None:
    time, woken = clock(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, round(time.monotonic(), 6)))

    async def main() -> None:
        await asyncio.gather(sleeper("late", 7200), sleeper("early", 0.25), sleeper("between", 60))

    virtual_time.run(main, time)
    assert woken == [("early", 0.25), ("between", 60.0), ("late", 7200.0)]


def test_what_waits_for_nothing_is_an_error_and_no_hang() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="no timer is set"):
        virtual_time.run(main, clock())
