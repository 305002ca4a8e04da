"""The permit queue, rule by rule, in virtual time."""

import asyncio
import random
from collections import Counter

import pytest
from permitted import START, World, in_virtual_time

from minga.infrastructure import virtual_time
from minga.infrastructure.clock import FakeClock
from minga.routing.balance import GATES_MAX, SHED_S, Balancer, NoPermit
from minga.routing.permits import Outcome, Target

A, B, C = Target("a"), Target("b"), Target("c")
ONE = Target("one", concurrent_max=1)
SLOW_RATE = Target("slow-rate", rpm=6)


def test_what_is_permitted_is_given_without_yielding() -> None:
    async def main(world: World) -> None:
        coroutine = world.lease(A)
        with pytest.raises(StopIteration) as done:
            coroutine.send(None)
        assert done.value.value.target == A

    in_virtual_time(main)


def test_a_known_rate_is_never_passed_and_a_waiter_goes_when_the_token_is_there() -> None:
    async def main(world: World) -> None:
        times = []
        for _ in range(4):
            (await world.lease(SLOW_RATE)).end("ok")
            times.append(round(world.now(), 1))
        assert times == [0, 10, 20, 30]

    in_virtual_time(main)


def test_each_worker_keeps_to_its_share_of_a_known_rate_and_limit() -> None:
    async def main(world: World) -> None:
        world.balancer.share = 0.25
        target = Target("shared", rpm=240, concurrent_max=8)
        leases = [await world.lease(target) for _ in range(2)]
        state = world.of(target)
        assert (state.limit, state.rpm, len(leases)) == (2, 60, state.in_flight)

    in_virtual_time(main)


def test_a_waiter_goes_at_the_instant_at_which_a_slot_is_free() -> None:
    async def main(world: World) -> None:
        first = await world.lease(ONE)
        asyncio.get_running_loop().call_later(3.5, lambda: first.end("ok"))
        await world.lease(ONE)
        assert world.now() == pytest.approx(3.5, abs=0.01)

    in_virtual_time(main)


def test_of_two_the_quicker_and_less_loaded_is_taken() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "ok", after_s=8)
        await world.ended(B, "ok", after_s=1)
        leases = [await world.lease(A, B) for _ in range(9)]
        taken = Counter(lease.target.id for lease in leases)
        assert taken["b"] >= 7
        assert taken["a"] >= 1  # so many in flight weigh as much as a slow one

    in_virtual_time(main)


def test_a_slow_target_is_tried_again_once_it_has_been_idle_for_minutes() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "ok", after_s=30)
        await world.ended(B, "ok", after_s=1)
        assert (await world.lease(A, B)).target == B
        for _ in range(60):
            await asyncio.sleep(9)
            await world.ended(B, "ok", after_s=1)
        assert (await world.lease(A, B)).target == A

    in_virtual_time(main)


def test_a_stream_counts_by_its_first_byte_however_long_it_is() -> None:
    async def main(world: World) -> None:
        lease = await world.lease(A)
        await asyncio.sleep(3)
        lease.first_byte()
        await asyncio.sleep(300)
        lease.end("ok")
        assert world.of(A).latency_s == pytest.approx(3)

    in_virtual_time(main)


def test_quick_failures_do_not_draw_calls() -> None:
    async def main(world: World) -> None:
        await world.ended(B, "ok", after_s=1)
        await world.ended(A, "failed", after_s=0.01, times=2)
        assert [(await world.lease(A, B)).target.id for _ in range(2)] == ["b", "a"]
        assert world.of(A).latency_s > world.of(B).latency_s

    in_virtual_time(main)


def test_the_sticky_target_is_kept_while_it_is_about_as_quick_and_left_when_it_is_not() -> None:
    async def main(world: World) -> None:
        await world.ended(A, "ok", after_s=1.1)
        await world.ended(B, "ok", after_s=1)
        held = await world.lease(A, B, sticky="a")
        assert held.target == A  # one call in flight more is no reason to leave the cache
        assert (await world.lease(A, B, sticky="a")).target == A
        held.end("ok")
        await world.ended(A, "ok", after_s=5)
        assert (await world.lease(A, B, sticky="a")).target == B

    in_virtual_time(main)


def test_a_target_that_was_tried_is_used_again_only_where_nothing_else_may_be_called() -> None:
    async def main(world: World) -> None:
        assert {(await world.lease(A, B, avoid={"a"})).target.id for _ in range(8)} == {"b"}
        assert (await world.lease(ONE, C, avoid={"c"})).target == ONE
        assert (await world.lease(ONE, C, avoid={"c"})).target == C

    in_virtual_time(main)


def test_a_later_group_is_used_after_a_second_of_waiting_for_a_slot() -> None:
    async def main(world: World) -> None:
        await world.lease(ONE)
        lease = await world.balancer.acquire([[ONE], [A]], deadline_s=30)
        assert (lease.target, round(world.now(), 1)) == (A, 1.0)

    in_virtual_time(main)


def test_a_later_group_is_used_at_once_where_the_earlier_one_is_certain_to_be_late_or_was_tried() -> None:
    async def main(world: World) -> None:
        groups = [[A], [B]]
        assert (await world.balancer.acquire(groups, deadline_s=30)).target == A
        assert (await world.balancer.acquire(groups, deadline_s=30, avoid={"a"})).target == B
        (await world.lease(A)).end("rate-limited", retry_after_s=20)
        assert (await world.balancer.acquire(groups, deadline_s=30)).target == B
        assert world.now() == 0

    in_virtual_time(main)


def test_an_earlier_group_that_is_free_in_less_than_a_second_is_waited_for() -> None:
    async def main(world: World) -> None:
        quick = Target("quick", rpm=120)
        taken = [await world.balancer.acquire([[quick], [B]], deadline_s=30) for _ in range(21)]
        assert {lease.target.id for lease in taken} == {"quick"}
        assert world.now() == pytest.approx(0.5, abs=0.01)

    in_virtual_time(main)


def test_who_cannot_get_a_permit_before_its_deadline_is_told_at_once_with_when() -> None:
    async def main(world: World) -> None:
        (await world.lease(A)).end("rate-limited", retry_after_s=20)
        with pytest.raises(NoPermit) as refused:
            await world.lease(A, deadline_s=10)
        assert (refused.value.retry_after_s, world.now()) == (20, 0)

    in_virtual_time(main)


def test_who_waits_already_is_told_as_soon_as_it_is_certain() -> None:
    async def main(world: World) -> None:
        first = await world.lease(ONE)
        asyncio.get_running_loop().call_later(2, lambda: first.end("rate-limited", retry_after_s=60))
        with pytest.raises(NoPermit) as refused:
            await world.lease(ONE, deadline_s=30)
        assert refused.value.retry_after_s == pytest.approx(60, abs=0.01)
        assert world.now() == pytest.approx(2, abs=0.01)

    in_virtual_time(main)


def test_who_waits_is_told_at_once_also_where_an_earlier_wait_was_longer_and_ended_early() -> None:
    async def main(world: World) -> None:
        four = Target("four", concurrent_max=4)
        await world.ended(four, "failed", times=2)
        held = [await world.lease(four) for _ in range(4)]
        patient = [asyncio.create_task(world.lease(four, deadline_s=40)) for _ in range(6)]
        first = asyncio.create_task(world.lease(four, deadline_s=5))
        await asyncio.sleep(0.01)
        held.pop().end("failed")  # open for 6 seconds at least
        await asyncio.wait([first])
        held.pop().end("ok")  # closed again, and two of the patient ones go
        second = asyncio.create_task(world.lease(four, deadline_s=5))
        await asyncio.sleep(0.01)
        held[0].end("overloaded", retry_after_s=5.5)
        await asyncio.wait([second])
        assert isinstance(first.exception(), NoPermit)
        assert isinstance(second.exception(), NoPermit)
        assert world.now() < 0.1
        assert sum(task.done() for task in patient) == 2
        for task in patient:
            task.cancel()

    in_virtual_time(main)


@pytest.mark.parametrize(("deadline_s", "waited_s"), [(3, 3), (500, SHED_S)])
def test_nobody_waits_past_its_deadline_nor_longer_than_the_longest_wait(deadline_s: float, waited_s: float) -> None:
    async def main(world: World) -> None:
        await world.lease(ONE)
        with pytest.raises(NoPermit):
            await world.lease(ONE, deadline_s=deadline_s)
        assert world.now() == pytest.approx(waited_s, abs=0.01)
        assert world.balancer.waiting == 0

    in_virtual_time(main)


def test_tenants_take_turns_and_each_ones_calls_go_in_order() -> None:
    async def main(world: World) -> None:
        order: list[str] = []

        async def call(tenant: str, number: int) -> None:
            lease = await world.lease(ONE, tenant=tenant)
            order.append(f"{tenant}{number}")
            await asyncio.sleep(0.1)
            lease.end("ok")

        held = await world.lease(ONE)
        calls = [asyncio.create_task(call("loud", number)) for number in range(5)]
        await asyncio.sleep(0.01)
        calls += [asyncio.create_task(call("quiet", number)) for number in range(2)]
        await asyncio.sleep(0.01)
        held.end("ok")
        await asyncio.gather(*calls)
        assert order == ["loud0", "quiet0", "loud1", "quiet1", "loud2", "loud3", "loud4"]

    in_virtual_time(main)


def test_who_wants_other_targets_is_not_held_up_by_a_queue_before_it() -> None:
    async def main(world: World) -> None:
        await world.lease(ONE)
        waiting = asyncio.create_task(world.lease(ONE))
        await asyncio.sleep(0)
        assert (await world.lease(A)).target == A
        assert world.now() == 0
        waiting.cancel()

    in_virtual_time(main)


def test_lines_that_share_a_target_take_turns() -> None:
    async def main(world: World) -> None:
        order: list[str] = []

        async def call(name: str, *targets: Target) -> None:
            lease = await world.lease(*targets)
            order.append(name)
            lease.end("ok")

        held = [await world.lease(ONE), await world.lease(Target("two", concurrent_max=1))]
        calls = [asyncio.create_task(call("one", ONE)) for _ in range(2)]
        calls += [asyncio.create_task(call("either", ONE, Target("two", concurrent_max=1))) for _ in range(2)]
        await asyncio.sleep(0.01)
        held[0].end("ok")
        await asyncio.gather(*calls)
        assert order == ["one", "either", "one", "either"]

    in_virtual_time(main)


def test_a_newcomer_does_not_overtake_who_waits() -> None:
    async def main(world: World) -> None:
        order: list[str] = []

        async def call(name: str) -> None:
            lease = await world.lease(SLOW_RATE)
            order.append(name)
            lease.end("ok")

        await call("first")
        second = asyncio.create_task(call("second"))
        await asyncio.sleep(0)
        world.clock.advance(10.5)  # as if the loop had been busy: the token is there, the timer has not fired
        third = asyncio.create_task(call("third"))
        await asyncio.gather(second, third)
        assert order == ["first", "second", "third"]

    in_virtual_time(main)


def test_a_cancelled_waiter_leaves_the_queue_and_the_next_one_goes() -> None:
    async def main(world: World) -> None:
        held = await world.lease(ONE)
        gone = asyncio.create_task(world.lease(ONE))
        stays = asyncio.create_task(world.lease(ONE))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0)
        held.end("ok")
        assert (await stays).target == ONE
        assert gone.cancelled()
        assert world.balancer.waiting == 0

    in_virtual_time(main)


def test_a_permit_that_was_given_to_a_task_as_it_was_cancelled_is_given_back() -> None:
    async def main(world: World) -> None:
        target = Target("both", rpm=6, concurrent_max=1)
        held = await world.lease(target)
        gone = asyncio.create_task(world.lease(target))
        await asyncio.sleep(0)
        world.clock.advance(10.5)
        held.end("ok")  # the waiter's future has its lease now, its task has not run yet
        gone.cancel()
        await asyncio.wait([gone])
        assert gone.cancelled()
        assert world.of(target).in_flight == 0
        assert (await world.lease(target)).target == target
        assert world.now() == pytest.approx(10.5)

    in_virtual_time(main)


def test_a_lease_ends_once() -> None:
    async def main(world: World) -> None:
        lease, other = await world.lease(A), await world.lease(A)
        lease.end("ok")
        lease.end("failed")
        lease.end("rate-limited")
        state = world.of(A)
        assert (state.in_flight, state.cool_s, state.breaker) == (1, 0, "closed")
        other.end("ok")

    in_virtual_time(main)


@pytest.mark.parametrize(("outcome", "limit"), [("rate-limited", 9), ("overloaded", 7), ("failed", 10), ("ok", 10)])
def test_refusals_cut_the_calls_at_once_and_no_further_while_the_pause_lasts(outcome: Outcome, limit: int) -> None:
    async def main(world: World) -> None:
        target = Target("ten", concurrent_max=10)
        leases = [await world.lease(target) for _ in range(2)]
        for lease in leases:
            lease.end(outcome)
        assert world.of(target).limit == limit

    in_virtual_time(main)


def test_the_limit_grows_again_only_while_it_is_fully_used_and_up_to_what_is_known() -> None:
    async def main(world: World) -> None:
        target = Target("four", concurrent_max=4)
        (await world.lease(target)).end("overloaded", retry_after_s=1)
        await asyncio.sleep(1)
        await world.ended(target, "ok", times=20)
        assert world.of(target).limit == 2
        limits = []
        for _ in range(6):
            leases = [await world.lease(target) for _ in range(world.of(target).limit)]
            for lease in leases:
                lease.end("ok")
            limits.append(world.of(target).limit)
        assert limits == [3, 3, 3, 4, 4, 4]

    in_virtual_time(main)


def test_a_slow_target_of_unknown_limit_is_not_filled_while_a_quick_one_is_up() -> None:
    async def main(world: World) -> None:
        quick = Target("quick", concurrent_max=2)
        await world.ended(A, "ok", after_s=30)
        await world.ended(quick, "ok", after_s=2)
        leases = [await world.lease(A, quick) for _ in range(13)]
        with pytest.raises(NoPermit):
            await world.lease(A, quick, deadline_s=0.1)
        assert Counter(lease.target.id for lease in leases) == {"quick": 2, "a": 11}

    in_virtual_time(main)


def test_targets_that_come_and_go_are_forgotten_but_not_those_in_use() -> None:
    async def main(world: World) -> None:
        held = await world.lease(A)
        for number in range(GATES_MAX + 500):
            (await world.lease(Target(f"t{number}"))).end("ok")
        assert len(world.balancer.state()) <= GATES_MAX
        assert world.of(A).in_flight == 1
        held.end("ok")

    in_virtual_time(main)


def test_a_target_that_is_configured_anew_keeps_its_state() -> None:
    async def main(world: World) -> None:
        before = Target("x", rpm=60, concurrent_max=5)
        leases = [await world.lease(before) for _ in range(3)]
        await world.lease(Target("x", rpm=600, concurrent_max=50))
        state = world.of(before)
        assert (state.in_flight, state.limit, state.rpm) == (4, 50, 600)
        leases[0].end("ok")
        assert world.of(before).in_flight == 3

    in_virtual_time(main)


def test_at_most_a_fifth_of_the_calls_may_be_tried_again() -> None:
    async def main(world: World) -> None:
        allowed = 0
        for _ in range(1000):
            await world.ended(A, "ok")
            while world.balancer.retry_allowed():
                allowed += 1
                await world.lease(A, avoid={"a"})  # a retry is no new call
        assert allowed == pytest.approx(0.2 * 1000 + 10, abs=1)  # ten to begin with

    in_virtual_time(main)


def test_the_backoff_doubles_and_is_spread() -> None:
    async def main(world: World) -> None:
        for attempt, middle in ((1, 0.3), (2, 0.6), (3, 1.2)):
            drawn = [world.balancer.backoff_s(attempt) for _ in range(200)]
            assert middle * 0.5 <= min(drawn) < middle * 0.6
            assert middle * 1.4 < max(drawn) <= middle * 1.5

    in_virtual_time(main)


def test_the_same_seed_gives_the_same_choices() -> None:
    def choices(seed: int) -> list[str]:
        clock = FakeClock(START)

        async def main() -> list[str]:
            balancer = Balancer(clock, random.Random(seed))
            return [(await balancer.acquire([[A, B, C]], deadline_s=1)).target.id for _ in range(40)]

        return virtual_time.run(main, clock)

    assert choices(1) == choices(1)
    assert choices(1) != choices(2)


def test_long_streams_let_the_limit_grow_before_they_end() -> None:
    async def main(world: World) -> None:
        for _ in range(200):
            (await world.lease(A, deadline_s=0.0)).first_byte()
        assert world.of(A).in_flight == 200

    in_virtual_time(main)
