"""Exact bounds on a rate from counts (Clopper and Pearson, 1934), by the incomplete beta function of this file.

They hold for independent trials with one rate, whatever the rate and however few the trials.
"""

import math
from dataclasses import dataclass

LEVEL = 0.95

_SMALLEST = 1e-300
_TERMS = 100_000
_PRECISION = 1e-15


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def upper(count: int, trials: int, delta: float) -> float:
    """The rate that is exceeded with a chance of at most ``delta``; 1 without trials. Raises ValueError."""
    _check(count, trials, delta)
    return 1.0 if count == trials else beta_quantile(1 - delta, count + 1, trials - count)


def lower(count: int, trials: int, delta: float) -> float:
    """The rate that is not reached with a chance of at most ``delta``; 0 without trials. Raises ValueError."""
    _check(count, trials, delta)
    return 0.0 if count == 0 else beta_quantile(delta, count, trials - count + 1)


def interval(count: int, trials: int, level: float = LEVEL) -> Interval:
    """Holds the rate with a chance of at least ``level``, both sides alike. Raises ValueError."""
    half = (1 - level) / 2
    return Interval(lower(count, trials, half), upper(count, trials, half))


def is_below(alpha: float, count: int, trials: int, delta: float) -> bool:
    """Whether ``upper(count, trials, delta) <= alpha``, at a hundredth of its work. Raises ValueError."""
    _check(count, trials, delta)
    _in_open_unit("alpha", alpha)
    return count < trials and beta_cdf(alpha, count + 1, trials - count) >= 1 - delta


def right_in_a_row(alpha: float, delta: float) -> int:
    """How many trials without a wrong one it takes until ``upper(0, trials, delta) <= alpha``. Raises ValueError."""
    _in_open_unit("alpha", alpha)
    _in_open_unit("delta", delta)
    return math.ceil(math.log(delta) / math.log1p(-alpha) * (1 - _PRECISION))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The x with ``beta_cdf(x, a, b) == probability``, to the last digits: by halving. Raises ValueError."""
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability is in 0..1, not {probability!r}")
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if high - low <= _PRECISION * middle or middle in (low, high):
            return middle
        if beta_cdf(middle, a, b) < probability:
            low = middle
        else:
            high = middle


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b) (DLMF 8.17.2). Raises ValueError."""
    if not (0 < a < math.inf and 0 < b < math.inf and 0 <= x <= 1):
        raise ValueError(f"I_x(a, b) needs x in 0..1 and positive a, b, not {x!r}, {a!r}, {b!r}")
    if x in (0, 1):
        return float(x)
    if x > (a + 1) / (a + b + 2):  # where the fraction of the other end converges at once
        return 1 - _left(1 - x, b, a)
    return _left(x, a, b)


def _left(x: float, a: float, b: float) -> float:
    log_factor = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_factor) / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22, by Lentz's method."""
    value, up, down = 1.0, 1.0, 0.0
    for term in range(1, _TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        down = 1 / (1 + d * down or _SMALLEST)
        up = 1 + d / up or _SMALLEST
        value *= up * down
        if abs(up * down - 1) < _PRECISION:
            break
    return value


def _check(count: int, trials: int, delta: float) -> None:
    if not 0 <= count <= trials:
        raise ValueError(f"{count!r} of {trials!r} is no count of trials")
    _in_open_unit("delta", delta)


def _in_open_unit(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} is between 0 and 1, not {value!r}")
