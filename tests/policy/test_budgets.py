"""Limits and budgets hold among any number of calls at once."""

import asyncio
import random
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from counting import KEY, START, Book, Shelf, budget, limits_in
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import KeyId, Refused, VirtualKey
from minga.infrastructure.clock import FakeClock
from minga.policy.limits import Asked, Limits, Permit


def most(micro_usd: int, tokens: int = 0) -> Asked:
    return Asked(("gpt-5.1",), micro_usd, tokens)


async def refused(limits: Limits, key: VirtualKey, asked: Asked) -> Refused:
    with pytest.raises(Refused) as caught:
        await limits.begin(key, asked)
    return caught.value


def done(permit: Permit, cost: int, tokens: int = 0) -> None:
    permit.settle(cost, tokens, "gpt-5.1")
    permit.booked()


@given(
    limit=st.integers(0, 1000),
    calls=st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1), st.booleans()), max_size=40),
    seed=st.integers(0, 999),
)
def test_calls_side_by_side_never_spend_more_than_the_budget(
    limit: int, calls: list[tuple[int, float, bool]], seed: int
) -> None:
    chance = random.Random(seed)
    key = replace(KEY, budget_micro_usd=limit)
    spent = 0

    async def call(limits: Limits, reserved: int, share: float, booked: bool) -> None:
        nonlocal spent
        try:
            permit = await limits.begin(key, most(reserved))
        except Refused:
            return
        for _ in range(chance.randint(0, 3)):
            await asyncio.sleep(0)
        cost = int(reserved * share)
        spent += cost
        permit.settle(cost, 0, "gpt-5.1")
        permit.settle(cost, 0, "gpt-5.1")  # once is enough
        if booked:
            permit.booked()

    async def all_of_them(folder: Path) -> None:
        limits = limits_in(folder, FakeClock(START), Book())
        await asyncio.gather(*(call(limits, *one) for one in calls))
        assert spent <= limit
        if limit > spent:
            await limits.begin(key, most(limit - spent))
        await refused(limits, key, most(1))
        await limits.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(all_of_them(Path(folder)))


@pytest.mark.parametrize(("limit", "told"), [(100, "$0.0001 (day)"), (1_500_000, "$1.50 (day)"), (0, "$0.00 (day)")])
def test_a_small_budget_is_told_with_all_its_digits(tmp_path: Path, limit: int, told: str) -> None:
    async def work() -> Refused:
        key = replace(KEY, budget_micro_usd=limit, budget_window="day")
        limits = limits_in(tmp_path, FakeClock(START), Book())
        told = await refused(limits, key, most(2_000_000))
        await limits.close()
        return told

    assert told in asyncio.run(work()).message


def test_a_new_day_begins_a_new_budget_and_the_ledger_says_what_is_spent_in_it(tmp_path: Path) -> None:
    async def work() -> None:
        clock, book = FakeClock(START), Book(spent=90)
        limits = limits_in(tmp_path, clock, book)
        key = replace(KEY, budget_micro_usd=100)
        done(await limits.begin(key, most(10)), 10)
        told = await refused(limits, key, most(1))
        assert "the key 'k'" in told.message
        assert "$0.0000 are left" in told.message
        assert "2026-11-26 00:00 UTC" in told.message
        assert told.retry_after_s == 10
        clock.advance(10)
        book.spent = 0
        await limits.begin(key, most(100))
        midnight = START.replace(hour=0, minute=0, second=0)
        assert book.asked == [midnight, midnight + timedelta(days=1)]
        await limits.close()

    asyncio.run(work())


def test_a_call_counts_in_the_day_in_which_it_began(tmp_path: Path) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        limits = limits_in(tmp_path, clock, Book())
        key = replace(KEY, budget_micro_usd=100)
        late = await limits.begin(key, most(100))
        clock.advance(20)
        early = await limits.begin(key, most(60))
        done(late, 100)
        assert (await refused(limits, key, most(41))).reason == "budget"
        done(early, 50)
        await limits.begin(key, most(50))
        assert (late.began, early.began) == (START, START + timedelta(seconds=20))
        await limits.close()

    asyncio.run(work())


def test_a_call_reserves_in_every_budget_that_holds_for_it_or_in_none(tmp_path: Path) -> None:
    async def work() -> None:
        team, model = budget("team", "dev", 100, "total"), budget("model", "gpt-5*", 60, "month")
        limits = limits_in(tmp_path, FakeClock(START), Book(), Shelf(budget("user", "eva", 1), team, model))
        key = replace(KEY, team="dev", budget_micro_usd=1000)
        other = replace(key, id=KeyId("other"), name="other")
        told = await refused(limits, key, most(61))
        assert "the model 'gpt-5*'" in told.message
        assert "2026-12-01" in told.message
        await limits.begin(other, most(60))
        await refused(limits, key, most(1))
        cheap = Asked(("claude-haiku-4-5",), 40, 0)
        await limits.begin(key, cheap)  # nothing of the refused ones is held
        told = await refused(limits, other, replace(cheap, cost_micro_usd=1))
        assert "the team 'dev'" in told.message
        assert told.retry_after_s is None
        await limits.begin(replace(key, id=KeyId("third"), team=""), cheap)
        await limits.close()

    asyncio.run(work())


def test_a_call_reserves_for_every_model_that_may_answer_and_counts_for_the_one_that_did(tmp_path: Path) -> None:
    async def work() -> None:
        shelf = Shelf(budget("model", "gpt-*", 100), budget("model", "claude-*", 100))
        limits = limits_in(tmp_path, FakeClock(START), Book(), shelf)
        gpt, claude = (Asked((name,), 50, 0) for name in ("gpt-5.1", "claude-haiku-4-5"))
        permit = await limits.begin(KEY, Asked((*gpt.models, *claude.models), 70, 0))
        await refused(limits, KEY, gpt)
        await refused(limits, KEY, claude)
        permit.settle(60, 0, "claude-haiku-4-5")
        for _ in range(2):
            await limits.begin(KEY, gpt)
            await refused(limits, KEY, claude)
            permit.booked()
        await refused(limits, KEY, gpt)
        await limits.close()

    asyncio.run(work())


def test_a_soft_budget_stops_nothing_and_its_alert_is_given_once_in_a_window(tmp_path: Path) -> None:
    async def work() -> None:
        soft = budget("user", "ana", 100, alert_percent=50, is_hard=False)
        shelf, clock = Shelf(soft), FakeClock(START)
        limits = limits_in(tmp_path, clock, Book(), shelf)
        lows = []
        for _ in range(4):
            permit = await limits.begin(KEY, most(40))
            lows.append(permit.low.left_micro_usd if permit.low else None)
            done(permit, 40)
        assert lows == [None, 20, -20, -60]
        clock.advance(10)
        done(await limits.begin(KEY, most(0)), 0)
        done(await limits.begin(KEY, most(50)), 50)
        await limits.close()
        assert [(one.budget, one.spent_micro_usd) for one in shelf.alerts] == [(soft, 80), (soft, 50)]
        assert [one.span.began for one in shelf.alerts] == [
            START.replace(hour=0, minute=0, second=0) + timedelta(days=days) for days in (0, 1)
        ]

    asyncio.run(work())


def test_a_budget_that_is_over_its_share_when_it_is_set_alerts_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        shelf = Shelf()
        limits = limits_in(tmp_path, FakeClock(START), Book(spent=90), shelf)
        await limits.begin(KEY, most(5))
        shelf.set(budget("user", "ana", 100))
        permit = await limits.begin(KEY, most(5))
        assert permit.low is not None
        shelf.set(budget("user", "ana", 110))
        await limits.begin(KEY, most(5))
        await limits.close()
        assert [one.budget.micro_usd for one in shelf.alerts] == [100, 110]

    asyncio.run(work())


def test_a_call_that_began_before_a_budget_was_set_counts_once_it_is_booked(tmp_path: Path) -> None:
    async def work() -> None:
        shelf, book = Shelf(), Book()
        limits = limits_in(tmp_path, FakeClock(START), book, shelf)
        before = await limits.begin(KEY, most(70))
        shelf.set(budget("user", "ana", 100))
        await limits.begin(KEY, most(10))
        before.settle(70, 0, "gpt-5.1")
        book.spent = 70  # as the ledger says now
        before.booked()
        await refused(limits, KEY, most(21))
        await limits.begin(KEY, most(20))
        await limits.close()

    asyncio.run(work())


def test_a_model_without_a_price_is_refused_where_a_budget_must_hold(tmp_path: Path) -> None:
    async def work() -> None:
        shelf = Shelf(budget("team", "dev", 100, is_hard=False))
        limits = limits_in(tmp_path, FakeClock(START), Book(), shelf)
        unknown, key = Asked(("my-own",), None, 0), replace(KEY, team="dev")
        await limits.begin(key, unknown)
        shelf.set(budget("team", "dev", 100))
        told = await refused(limits, key, unknown)
        assert told.reason == "forbidden-model"
        assert "the team 'dev'" in told.message
        await limits.close()

    asyncio.run(work())


def test_requests_a_minute_come_back_one_by_one(tmp_path: Path) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        limits = limits_in(tmp_path, clock, Book())
        key = replace(KEY, requests_per_minute=3)
        for _ in range(3):
            await limits.begin(key, most(0))
        told = await refused(limits, key, most(0))
        assert told.reason == "rate-limit"
        assert told.retry_after_s == pytest.approx(20)
        clock.advance(20.001)
        await limits.begin(key, most(0))
        await limits.close()

    asyncio.run(work())


def test_tokens_a_minute_are_reserved_and_settled_to_what_was_used(tmp_path: Path) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        limits = limits_in(tmp_path, clock, Book())
        key = replace(KEY, tokens_per_minute=600)
        first = await limits.begin(key, most(0, 500))
        told = await refused(limits, key, most(0, 200))
        assert "600 tokens a minute" in told.message
        assert told.retry_after_s == pytest.approx(10)
        first.settle(0, 100, "gpt-5.1")
        await limits.begin(key, most(0, 500))
        await refused(limits, key, most(0, 1))
        clock.advance(60)
        await limits.begin(key, most(0, 10_000))  # larger than a whole minute: it takes the minute
        assert (await refused(limits, key, most(0, 600))).retry_after_s == pytest.approx(60)
        await limits.close()

    asyncio.run(work())


def test_so_many_calls_at_once_and_no_more(tmp_path: Path) -> None:
    async def work() -> None:
        limits = limits_in(tmp_path, FakeClock(START), Book())
        key = replace(KEY, concurrent_max=2)
        first, _ = await limits.begin(key, most(0)), await limits.begin(key, most(0))
        assert "run already" in (await refused(limits, key, most(0))).message
        first.settle(0, 0, "gpt-5.1")
        await limits.begin(key, most(0))
        await limits.close()

    asyncio.run(work())


def test_a_call_of_any_size_neither_keeps_a_place_of_its_key_nor_stops_its_team(tmp_path: Path) -> None:
    async def work() -> None:
        shelf = Shelf(budget("team", "t", 1_000_000, is_hard=False))
        limits = limits_in(tmp_path, FakeClock(START), Book(), shelf)
        key = replace(KEY, team="t", concurrent_max=2, tokens_per_minute=1)
        for _ in range(3):
            permit = await limits.begin(key, most(2**106, tokens=0))
            done(permit, 2**70, tokens=2**42)
            key = replace(key, id=KeyId(key.id + "x"))
        first = await limits.begin(key, most(2**106))
        second = await limits.begin(key, most(2**62))
        third = await refused(limits, key, most(1))
        assert "2 calls of the key" in third.message
        done(first, 1)
        done(second, 1)
        await limits.begin(replace(KEY, id=KeyId("other"), team="t"), most(1))
        await limits.close()

    asyncio.run(work())


def test_a_minute_of_tokens_that_lasts_too_long_is_cut(tmp_path: Path) -> None:
    async def work() -> None:
        limits = limits_in(tmp_path, FakeClock(START), Book())
        key = replace(KEY, tokens_per_minute=1, concurrent_max=2, budget_micro_usd=2**60)
        permits = [await limits.begin(key, most(1)) for _ in range(2)]
        for permit in permits:
            done(permit, 1, tokens=2**42)
        left = await refused(limits, key, most(1, tokens=1))
        assert "1 tokens a minute" in left.message
        await limits.close()

    asyncio.run(work())


def test_a_call_without_a_limit_that_does_not_fit_is_told_to_set_one(tmp_path: Path) -> None:
    async def work() -> None:
        limits = limits_in(tmp_path, FakeClock(START), Book())
        key = replace(KEY, budget_micro_usd=1_000_000)
        limitless = Asked(("gpt-5.1",), 1_280_000, 0, unlimited=128_000)
        told = (await refused(limits, key, limitless)).message
        assert "may cost $1.2800, as it may answer with 128,000 tokens: set max_tokens" in told
        assert "max_tokens" not in (await refused(limits, key, most(1_280_000))).message
        await limits.close()

    asyncio.run(work())
