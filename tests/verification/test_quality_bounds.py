"""The exact bounds, beside values of scipy 1.17 and by their own meaning."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.verification.quality import bounds

CDF = [
    (0.3, 2, 5, 0.5798250000000003),
    (0.95, 60, 1, 0.04606979898695195),
    (0.01, 0.5, 0.5, 0.06376856085851985),
    (0.5, 1000, 1010, 0.588269827543728),
    (1e-5, 3, 200000, 0.3233289972530777),
    (0.9999, 300, 2, 0.9995574001177755),
]

BOUNDS = [
    (0, 59, 0.05, 0.04950760988822693, 0.0),
    (3, 20, 0.05, 0.3436638043142818, 0.04216940788577861),
    (0, 1, 0.05, 0.95, 0.0),
    (7, 300, 0.025, 0.047482565029781855, 0.009431502061794628),
    (19, 20, 0.05, 0.9974386212234697, 0.7838938357931526),
    (50, 100000, 0.001, 0.0007593204126228776, 0.0003096176278484829),
    (500, 1000, 0.025, 0.531450827028208, 0.46854917297179194),
]


@pytest.mark.parametrize(("x", "a", "b", "expected"), CDF)
def test_the_incomplete_beta_function_is_that_of_scipy(x: float, a: float, b: float, expected: float) -> None:
    assert bounds.beta_cdf(x, a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("count", "trials", "delta", "upper", "lower"), BOUNDS)
def test_the_bounds_are_those_of_scipy(count: int, trials: int, delta: float, upper: float, lower: float) -> None:
    assert bounds.upper(count, trials, delta) == pytest.approx(upper, rel=1e-9)
    assert bounds.lower(count, trials, delta) == pytest.approx(lower, rel=1e-9)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), st.floats(0.001, 0.5))
def test_a_quantile_is_where_the_function_reaches_it(counts: tuple[int, int], delta: float) -> None:
    count, trials = counts
    found = bounds.upper(count, trials, delta)
    assert bounds.beta_cdf(found, count + 1, trials - count) == pytest.approx(1 - delta, abs=1e-9)


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.5))
def test_the_quick_test_says_what_the_bound_says(counts: tuple[int, int], alpha: float) -> None:
    count, trials = counts
    found = bounds.upper(count, trials, 0.05)
    if abs(found - alpha) > 1e-9:
        assert bounds.is_below(alpha, count, trials, 0.05) is (found <= alpha)


def test_without_trials_nothing_is_known() -> None:
    assert bounds.interval(0, 0) == bounds.Interval(0.0, 1.0)
    assert bounds.upper(5, 5, 0.05) == 1.0
    assert bounds.lower(0, 5, 0.05) == 0.0


@pytest.mark.parametrize(("alpha", "trials"), [(0.01, 299), (0.02, 149), (0.05, 59), (0.5, 5)])
def test_so_many_right_answers_in_a_row_are_needed(alpha: float, trials: int) -> None:
    assert bounds.right_in_a_row(alpha, 0.05) == trials
    assert bounds.upper(0, trials, 0.05) <= alpha < bounds.upper(0, trials - 1, 0.05)


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_an_interval_holds_the_rate_as_often_as_it_promises(rate: float) -> None:
    """Computed, not drawn: the sum over all outcomes of 40 trials in whose interval the rate lies."""
    trials = 40
    held = [count for count in range(trials + 1) if _holds(bounds.interval(count, trials, 0.9), rate)]
    chances = (math.comb(trials, count) * rate**count * (1 - rate) ** (trials - count) for count in held)
    assert 0.9 <= sum(chances) < 1


def test_a_drawn_rate_is_below_the_upper_bound_in_95_of_100_draws() -> None:
    chance = random.Random(7)
    missed = 0
    for _ in range(400):
        rate = chance.random()
        missed += bounds.upper(sum(chance.random() < rate for _ in range(60)), 60, 0.05) < rate
    assert missed <= 20


@pytest.mark.parametrize("counts", [(-1, 5), (6, 5), (math.nan, 5), (0, -1)])
def test_what_is_no_count_is_refused(counts: tuple[int, int]) -> None:
    for bound in (bounds.upper, bounds.lower):
        with pytest.raises(ValueError, match="is no count of trials"):
            bound(*counts, 0.05)


@pytest.mark.parametrize("delta", [0, 1, -0.1, math.nan])
def test_a_chance_that_is_none_is_refused(delta: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        bounds.upper(1, 5, delta)
    with pytest.raises(ValueError, match="between 0 and 1"):
        bounds.right_in_a_row(delta, 0.05)
    with pytest.raises(ValueError, match="between 0 and 1"):
        bounds.is_below(delta, 1, 5, 0.05)


@pytest.mark.parametrize("arguments", [(math.nan, 1, 1), (0.5, 0, 1), (0.5, 1, math.inf), (1.5, 1, 1)])
def test_the_function_refuses_what_it_is_not_defined_for(arguments: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="needs x in"):
        bounds.beta_cdf(*arguments)
    with pytest.raises(ValueError, match="a probability is in"):
        bounds.beta_quantile(math.nan, 1, 1)


def _holds(interval: bounds.Interval, rate: float) -> bool:
    return interval.low <= rate <= interval.high
