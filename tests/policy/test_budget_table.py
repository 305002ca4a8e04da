"""Budgets as they are set, and the alerts that were given."""

import asyncio
from dataclasses import replace

import pytest
from counting import START, budget

from minga.domain.budgets import BudgetAlert, span_of
from minga.domain.errors import UnknownBudget
from minga.infrastructure.clock import FakeClock
from minga.policy.budgets import KNOWN_FOR, Budgets
from minga.storage.database import Database


def test_a_budget_takes_the_place_of_the_one_before_and_is_seen_within_a_second(database: Database) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        one, other = Budgets(database, clock), Budgets(database, clock)
        before = await other.in_force()
        assert before.budgets == ()
        month, day = budget("team", "dev", 100, "month"), budget("team", "dev", 9, "day", is_hard=False)
        await one.set(month)
        await one.set(day)
        await one.set(replace(month, micro_usd=200, alert_percent=90))
        assert await other.in_force() == before
        clock.advance(KNOWN_FOR.total_seconds())
        after = await other.in_force()
        assert after.budgets == (day, replace(month, micro_usd=200, alert_percent=90)) == await one.all()
        assert after.revision > before.revision
        await one.remove("team", "dev", "day")
        with pytest.raises(UnknownBudget):
            await one.remove("team", "dev", "day")
        assert [left.window for left in await one.all()] == ["month"]

    asyncio.run(work())


def test_an_alert_is_noted_once_for_each_window_and_amount(database: Database) -> None:
    async def work() -> None:
        budgets = Budgets(database, FakeClock(START))
        alert = BudgetAlert(budget("user", "ana", 100), span_of("day", START), 80, START)
        later = replace(alert, span=span_of("day", START.replace(day=26)))
        told = [await budgets.note(one) for one in (alert, replace(alert, spent_micro_usd=90), later)]
        assert told == [True, False, True]
        assert await budgets.note(replace(alert, budget=budget("user", "ana", 110)))

    asyncio.run(work())
