"""A target that fails in a row is left alone for a while, then tried by one call."""

import asyncio

import pytest
from permitted import World, in_virtual_time

from minga.routing.balance import NoPermit
from minga.routing.permits import Outcome, Target

A, B = Target("a"), Target("b")


@pytest.mark.parametrize("outcome", ["failed", "unreachable"])
def test_three_failures_in_a_row_open_it(outcome: Outcome) -> None:
    async def main(world: World) -> None:
        await world.ended(A, outcome, times=2)
        assert world.of(A).breaker == "closed"
        await world.ended(A, outcome)
        assert world.of(A).breaker == "open"
        with pytest.raises(NoPermit) as refused:
            await world.lease(A, deadline_s=1)
        assert 6 <= refused.value.retry_after_s <= 10  # 2 ** 3, and up to a quarter of it more or less

    in_virtual_time(main)


def test_a_success_between_failures_keeps_it_closed() -> None:
    async def main(world: World) -> None:
        for _ in range(4):
            await world.ended(A, "failed", times=2)
            await world.ended(A, "ok")
        assert world.of(A).breaker == "closed"

    in_virtual_time(main)


@pytest.mark.parametrize("outcome", ["abandoned", "rate-limited"])
def test_what_says_nothing_about_its_health_neither_opens_nor_closes_it(outcome: Outcome) -> None:
    async def main(world: World) -> None:
        await world.ended(A, "failed", times=2)
        (await world.lease(A)).end(outcome, retry_after_s=1)
        assert world.of(A).breaker == "closed"
        await asyncio.sleep(5)
        await world.ended(A, "failed")
        assert world.of(A).breaker == "open"

    in_virtual_time(main)


def test_one_probe_goes_out_and_the_others_wait_for_what_it_finds() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "failed", times=3)
        probe = await world.lease(A)
        others = [asyncio.create_task(world.lease(A)) for _ in range(3)]
        await asyncio.sleep(5)
        assert [task.done() for task in others] == [False] * 3
        assert world.of(A).breaker == "half-open"
        probe.end("ok")
        await asyncio.gather(*others)
        assert world.of(A).breaker == "closed"

    in_virtual_time(main)


def test_a_probe_that_begins_to_answer_lets_others_pass_and_the_next_failure_opens_it_at_once() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "failed", times=3)
        probe = await world.lease(A)
        other = asyncio.create_task(world.lease(A))
        await asyncio.sleep(1)
        probe.first_byte()
        await other
        probe.end("failed")  # the stream broke
        assert world.of(A).breaker == "open"

    in_virtual_time(main)


def test_a_probe_that_was_abandoned_leaves_its_place_to_the_next() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "failed", times=3)
        (await world.lease(A)).end("abandoned")
        began = world.now()
        (await world.lease(A)).end("ok")
        assert world.now() == began
        assert world.of(A).breaker == "closed"

    in_virtual_time(main)


def test_each_probe_that_fails_doubles_the_wait_up_to_a_minute() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "failed", times=3)
        waits = []
        for _ in range(6):
            with pytest.raises(NoPermit) as refused:
                await world.lease(A, deadline_s=0)
            waits.append(refused.value.retry_after_s)
            await asyncio.sleep(waits[-1] + 0.01)
            await world.ended(A, "failed")
        for wait_s, middle_s in zip(waits, (8, 16, 32, 60, 60, 60), strict=True):
            assert middle_s * 0.75 <= wait_s <= middle_s * 1.25 + 0.01

    in_virtual_time(main)


def test_calls_go_elsewhere_while_it_is_open() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "failed", times=3)
        assert {(await world.lease(A, B)).target.id for _ in range(6)} == {"b"}

    in_virtual_time(main)


def test_failures_of_calls_that_were_under_way_do_not_lengthen_it() -> None:
    async def main(world: World) -> None:
        leases = [await world.lease(A) for _ in range(10)]
        for lease in leases:
            lease.end("failed")
        with pytest.raises(NoPermit) as refused:
            await world.lease(A, deadline_s=1)
        assert refused.value.retry_after_s <= 10

    in_virtual_time(main)
