"""The permit queue at work, in a simulated half hour with slow, failing and limiting providers (`python -m benchmarks
balance` prints the whole table)."""

import pytest
from benchmarks.balancing import Knows, simulate

EARLIER = 0.918
"""Of the calls that the permit queue of an earlier simulation answered within a minute, at 4 requests a second."""


def test_with_known_rates_it_answers_as_many_calls_in_time_as_the_earlier_one_and_meets_no_429() -> None:
    runs = [simulate("rates", 4.0, seed, length_s=600) for seed in range(2)]
    assert sum(run.good() for run in runs) / len(runs) >= EARLIER
    assert [run.refused for run in runs] == [0, 0]


@pytest.mark.parametrize(("knows", "share"), [("headers", 0.005), ("429s", 0.02)])
def test_with_rates_that_it_learns_few_attempts_meet_a_429_and_no_caller_does(knows: Knows, share: float) -> None:
    run = simulate(knows, 4.0, 0, length_s=600)
    assert run.limited() <= share
    assert run.passed_on == 0


def test_the_same_seed_gives_the_same_run() -> None:
    assert simulate("429s", 4.0, 5, length_s=120) == simulate("429s", 4.0, 5, length_s=120)
