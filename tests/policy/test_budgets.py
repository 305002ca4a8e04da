"""Limits and budgets hold among any number of calls at once."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import KeyId, Refused, VirtualKey
from minga.infrastructure.clock import FakeClock
from minga.policy.limits import Limits

START = datetime(2026, 11, 25, 23, 59, 50, tzinfo=UTC)

KEY = VirtualKey(
    id=KeyId("k"),
    name="k",
    user="ana",
    team="",
    project="",
    models=(),
    created_at=START,
    expires_at=None,
    revoked_at=None,
    requests_per_minute=None,
    concurrent_max=None,
    budget_micro_usd=None,
    budget_window="day",
)


class Book:
    """What the ledger would say."""

    def __init__(self, spent: int = 0) -> None:
        self.spent = spent
        self.asked: list[datetime | None] = []

    async def __call__(self, key_id: KeyId, since: datetime | None) -> int:
        self.asked.append(since)
        await asyncio.sleep(0)
        return self.spent


@given(
    budget=st.integers(0, 1000),
    calls=st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1)), max_size=40),
    seed=st.integers(0, 999),
)
def test_calls_side_by_side_never_spend_more_than_the_budget(
    budget: int, calls: list[tuple[int, float]], seed: int
) -> None:
    chance = random.Random(seed)
    key = replace(KEY, budget_micro_usd=budget)
    spent = 0

    async def call(limits: Limits, most: int, share: float) -> None:
        nonlocal spent
        try:
            permit = await limits.begin(key, most)
        except Refused:
            return
        for _ in range(chance.randint(0, 3)):
            await asyncio.sleep(0)
        cost = int(most * share)
        spent += cost
        permit.settle(cost)
        permit.settle(cost)  # once is enough

    async def all_of_them() -> None:
        limits = Limits(FakeClock(START), Book())
        await asyncio.gather(*(call(limits, most, share) for most, share in calls))
        assert spent <= budget
        if budget > spent:
            await limits.begin(key, budget - spent)
        with pytest.raises(Refused):
            await limits.begin(key, 1)

    asyncio.run(all_of_them())


def test_a_new_day_begins_a_new_budget_and_the_ledger_says_what_is_spent_in_it() -> None:
    async def work() -> None:
        clock, book = FakeClock(START), Book(spent=90)
        limits = Limits(clock, book)
        key = replace(KEY, budget_micro_usd=100)
        (await limits.begin(key, 10)).settle(10)
        with pytest.raises(Refused, match=r"\$0\.0000 are left"):
            await limits.begin(key, 1)
        clock.advance(10)
        book.spent = 0
        await limits.begin(key, 100)
        midnight = START.replace(hour=0, minute=0, second=0)
        assert book.asked == [midnight, midnight + timedelta(days=1)]

    asyncio.run(work())


def test_requests_a_minute_come_back_one_by_one() -> None:
    async def work() -> None:
        clock = FakeClock(START)
        limits = Limits(clock, Book())
        key = replace(KEY, requests_per_minute=3)
        for _ in range(3):
            await limits.begin(key, 0)
        with pytest.raises(Refused) as refused:
            await limits.begin(key, 0)
        assert refused.value.reason == "rate-limit"
        assert refused.value.retry_after_s == pytest.approx(20)
        clock.advance(20.001)
        await limits.begin(key, 0)

    asyncio.run(work())


def test_so_many_calls_at_once_and_no_more() -> None:
    async def work() -> None:
        limits = Limits(FakeClock(START), Book())
        key = replace(KEY, concurrent_max=2)
        first, _ = await limits.begin(key, 0), await limits.begin(key, 0)
        with pytest.raises(Refused, match="run already"):
            await limits.begin(key, 0)
        first.settle(0)
        await limits.begin(key, 0)

    asyncio.run(work())
