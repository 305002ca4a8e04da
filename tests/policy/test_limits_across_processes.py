"""Processes that share a data directory overspend no budget together, however one of them ends."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from counting import KEY, START, Book, Shelf, budget, limits_in
from spender import BUDGETS, KEYS, Counting

from children import begun
from minga.domain.budgets import Budget, span_of
from minga.domain.model_calls import Refused
from minga.infrastructure.clock import FakeClock
from minga.infrastructure.shared_counters import CELL, TOTAL, Full, SharedCounters, name_of
from minga.policy.limits import Asked, Limits
from stores import Place

SPENDER = Path(__file__).with_name("spender.py")

HOLDER = """
import asyncio, sys
from pathlib import Path
from dataclasses import replace
from counting import KEY, START, Book, limits_in
from minga.infrastructure.clock import FakeClock
from minga.policy.limits import Asked

async def work():
    limits = limits_in(Path(sys.argv[1]), FakeClock(START), Book())
    await limits.begin(replace(KEY, budget_micro_usd=100, concurrent_max=1), Asked(("m",), 100, 0))
    print("held", flush=True)
    sys.stdin.read()
    await limits.close()

asyncio.run(work())
"""


def child(*arguments: str) -> "AbstractContextManager[subprocess.Popen[str]]":
    path = os.pathsep.join([str(SPENDER.parent), str(SPENDER.parent.parent)])
    return begun(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def spender(place: Place, seed: int, calls: int) -> "AbstractContextManager[subprocess.Popen[str]]":
    return child(str(SPENDER), json.dumps([place.kind, place.url, str(place.file)]), str(seed), str(calls))


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def sums(counting: Counting, budgets: list[Budget]) -> dict[str, tuple[int, int]]:
    """What the ledger says of each budget, and what the counters do."""
    found = {}
    for one in budgets:
        booked = await counting.book.booked(one, span_of("total", START))
        with counting.counters as counters:
            [slot] = counters.find([name_of("budget", one.scope, one.subject, one.window, "")], 0)
            assert not counters.unread([slot])
            counted = counters.cells[slot + CELL] + counters.cells[slot + TOTAL]
        found[str(one)] = booked, counted
    return found


ALL = [*BUDGETS, *(Budget("key", key.name, key.id, 4_000, "total") for key in KEYS if key.budget_micro_usd)]


async def touch_all(counting: Counting) -> None:
    """One call of each key and model, which costs nothing: what the counters must read anew they have read then."""
    for key in KEYS:
        for model in ("gpt-5.1", "claude-haiku-4-5"):
            (await counting.limits.begin(key, Asked((model,), 0, 0))).settle(0, 0, "m")


def test_no_budget_is_overspent_and_the_counters_say_what_the_ledger_says(place: Place) -> None:
    """Three processes spend until nothing is left; one is killed in the middle of it."""

    async def work() -> None:
        counting = Counting(place)
        for one in BUDGETS:
            await counting.budgets.set(one)
        await touch_all(counting)
        with ExitStack() as stack:
            spending = [spender(place, seed, 200 if seed else 1_000_000) for seed in range(3)]
            killed, *others = running = [stack.enter_context(one) for one in spending]
            for process in running:
                assert line_of(process) == "ready"
            for process in running:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
                if process is killed:
                    assert line_of(process) == "began"
            killed.kill()
            told = [json.loads(line_of(process)) for process in others]
            for process in running:
                process.communicate(timeout=60)

        for key in KEYS:  # where something must be refused, what the dead held is given back
            for model in ("gpt-5.1", "claude-haiku-4-5"):
                with pytest.raises(Refused):
                    await counting.limits.begin(key, Asked((model,), 10**9, 0))
        await touch_all(counting)
        found = await sums(counting, ALL)
        assert {name: booked - counted for name, (booked, counted) in found.items()} == dict.fromkeys(found, 0)
        for one in ALL:
            assert 0 < found[str(one)][0] <= one.micro_usd or not one.is_hard, one
        names = [name for one in told for name in one["alerts"]] + [alert.budget.name for alert in counting.alerts]
        assert names.count("ops") <= 1, "the one that was killed may have given it"
        await counting.close()

    asyncio.run(work())


def test_what_a_dead_process_held_is_given_back_to_whoever_needs_it(tmp_path: Path) -> None:
    async def work() -> None:
        limits = limits_in(tmp_path, FakeClock(START), Book())
        key = replace(KEY, budget_micro_usd=100, concurrent_max=1)
        with child("-c", HOLDER, str(tmp_path)) as holder:
            assert line_of(holder) == "held"
            with pytest.raises(Refused, match="run already"):
                await limits.begin(key, Asked(("m",), 1, 0))
            with pytest.raises(Refused, match="are left"):
                await limits.begin(replace(key, concurrent_max=None), Asked(("m",), 1, 0))
        permit = await limits.begin(key, Asked(("m",), 100, 0))
        with pytest.raises(Refused, match="run already"):
            await limits.begin(key, Asked(("m",), 0, 0))
        permit.settle(0, 0, "m")
        await limits.close()

    asyncio.run(work())


def test_midnight_comes_for_all_processes_and_each_call_stays_in_its_day(tmp_path: Path) -> None:
    async def work() -> None:
        clock, shelf = FakeClock(START), Shelf(budget("team", "dev", 100))
        one, other = (limits_in(tmp_path, clock, Book(), shelf) for _ in range(2))
        key = replace(KEY, team="dev")

        async def is_refused(limits: Limits, most: int) -> bool:
            try:
                (await limits.begin(key, Asked(("m",), most, 0))).settle(0, 0, "m")
            except Refused:
                return True
            return False

        late = await one.begin(key, Asked(("m",), 70, 0))
        assert await is_refused(other, 31)
        assert not await is_refused(other, 30)
        clock.advance(10)
        early = await other.begin(key, Asked(("m",), 60, 0))
        late.settle(70, 0, "m")
        late.booked()
        assert await is_refused(one, 41)
        early.settle(20, 0, "m")
        assert not await is_refused(one, 80)
        assert await is_refused(other, 81)
        await one.close()
        await other.close()

    asyncio.run(work())


def test_limits_of_a_key_are_counted_among_processes(tmp_path: Path) -> None:
    async def work() -> None:
        one, other = (limits_in(tmp_path, FakeClock(START), Book()) for _ in range(2))
        key = replace(KEY, requests_per_minute=3, tokens_per_minute=100)
        await one.begin(key, Asked(("m",), 0, 40))
        await other.begin(key, Asked(("m",), 0, 40))
        with pytest.raises(Refused, match="tokens"):
            await one.begin(key, Asked(("m",), 0, 21))
        await one.begin(key, Asked(("m",), 0, 20))
        with pytest.raises(Refused, match="requests"):
            await other.begin(key, Asked(("m",), 0, 0))
        await one.close()
        await other.close()

    asyncio.run(work())


@pytest.mark.parametrize("damage", [b"", b"not counters" * 999, b"\xff" * 3_000_000], ids=["empty", "short", "garbage"])
def test_a_file_of_nobodys_that_is_damaged_begins_anew(tmp_path: Path, damage: bytes) -> None:
    async def work() -> None:
        (tmp_path / "state").write_bytes(damage)
        limits = limits_in(tmp_path, FakeClock(START), Book(spent=60))
        key = replace(KEY, budget_micro_usd=100)
        with pytest.raises(Refused):
            await limits.begin(key, Asked(("m",), 41, 0))
        await limits.begin(key, Asked(("m",), 40, 0))
        await limits.close()

    asyncio.run(work())


def test_a_name_has_its_slot_as_long_as_something_goes_on_in_it(tmp_path: Path) -> None:
    """Sixteen names share a set; a seventeenth takes the slot of one that is idle, and none where all are busy."""
    counters = SharedCounters(tmp_path)
    names = [(7, number) for number in range(1, 18)]
    with counters:
        slots = counters.find(names[:16], 0)
        assert len(set(slots)) == 16
        counters.add(slots[:15], 0, 5)
        for slot in slots:
            counters.mark_read(slot, counters.epoch)
        assert counters.find(names[16:], 0) == slots[15:]
        assert counters.unread(slots) == slots[15:]
        assert counters.find(names[:15], 0) == slots[:15]
        counters.keep(slots[15], 100)
        with pytest.raises(Full):
            counters.find(names[15:16], 99)
        assert counters.find(names[15:16], 100) == slots[15:]
    counters.close()
