"""The watch on a promised rate: rarely false, soon there, and the same after it was put away and taken up again."""

import itertools
import math
import random
from collections.abc import Iterable
from statistics import median

import pytest

from minga.verification.quality import EProcess


def alarm_after(chance: random.Random, promised: float, true: float, most: int) -> int | None:
    watch = EProcess(promised)
    for number in range(1, most + 1):
        watch = watch.step(chance.random() < true)
        if watch.alarm():
            return number
    return None


def after(promised: float, outcomes: Iterable[bool]) -> EProcess:
    watch = EProcess(promised)
    for wrong in outcomes:
        watch = watch.step(wrong)
    return watch


def test_exactly_at_the_promised_rate_at_most_5_of_100_watches_ever_raise_the_alarm() -> None:
    chance = random.Random(1)
    assert sum(alarm_after(chance, 0.01, 0.01, 1500) is not None for _ in range(100)) <= 5


def test_twice_the_promised_rate_is_found_in_nearly_all_of_3000_answers() -> None:
    """Measured with 400 draws: 96 %, median 857 (shared reference on routing, 6.3)."""
    chance = random.Random(2)
    found = [alarm_after(chance, 0.01, 0.02, 3000) for _ in range(60)]
    raised = [one for one in found if one is not None]
    assert len(raised) >= 54
    assert 600 <= median(raised) <= 1150


def test_five_times_the_promised_rate_is_found_within_some_fifty_answers() -> None:
    chance = random.Random(3)
    raised = [found for _ in range(200) if (found := alarm_after(chance, 0.02, 0.10, 1000)) is not None]
    assert len(raised) == 200
    assert 35 <= median(raised) <= 60


def test_a_long_good_time_does_not_hide_what_comes_after_it() -> None:
    """Five times the promised rate after 2,000 right answers: without a part kept back it took some 600."""
    chance = random.Random(5)
    needed = []
    for _ in range(20):
        watch = after(0.05, [False] * 2000)
        while not watch.alarm():
            watch = watch.step(chance.random() < 0.25)
        needed.append(watch.seen - 2000)
    assert median(needed) <= 90


def test_one_early_error_raises_no_alarm() -> None:
    watch = EProcess(0.01).step(True)
    assert not watch.alarm()
    assert 1 < watch.e_value < 20


def test_the_e_value_is_a_fair_bet_at_the_promised_rate() -> None:
    """Over all outcomes of ten answers, weighed by their chance, the purse stays what it was: 1."""
    rate, total = 0.2, 0.0
    for outcomes in itertools.product([False, True], repeat=10):
        wrong = sum(outcomes)
        total += rate**wrong * (1 - rate) ** (10 - wrong) * after(rate, outcomes).e_value
    assert total == pytest.approx(1, abs=1e-12)


def test_an_alarm_stays_when_the_purse_is_lost_again() -> None:
    watch = after(0.05, [True] * 5)
    assert watch.alarm()
    later = after(0.05, [True] * 5 + [False] * 3000)
    assert later.e_value < 1
    assert later.alarm()


def test_the_alarm_is_raised_at_one_over_alpha() -> None:
    watch = after(0.05, [True] * 3)
    assert watch.alarm(1 / watch.e_value * 1.0001)
    assert not watch.alarm(1 / watch.e_value * 0.9999)


def test_nothing_seen_is_no_evidence() -> None:
    watch = EProcess(0.01)
    assert watch.e_value == pytest.approx(1)
    assert not watch.alarm(0.999)


def test_all_right_loses_the_purse_and_all_wrong_does_not_overflow() -> None:
    assert after(0.01, [False] * 5000).e_value < 0.01
    assert math.isfinite(after(0.001, [True] * 2000).e_value)


@pytest.mark.parametrize("rate", [0.0, 1.0, math.nan])
def test_a_rate_that_cannot_be_watched_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        EProcess(rate)
    with pytest.raises(ValueError, match="between 0 and 1"):
        EProcess(0.5).alarm(rate)
