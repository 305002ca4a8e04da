"""A watch on a promised error rate that may be looked at after every answer: a betting e-process for rare events.

Somebody bets against the promise with a purse of 1. While the promise holds, the purse grows to 1/alpha with a chance
of at most alpha, over all time (Ville). Twelve bets of log-spaced sizes share the purse: equally spaced ones would
raise the alarm at one early error and miss a rate of twice what was promised. A quarter of the purse is kept back and
put on the bets little by little: else a long good time would lose it all, and what comes after would be found late.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

_BETS = 12
SIZES = tuple(0.002 * (0.3 / 0.002) ** (number / (_BETS - 1)) for number in range(_BETS))
"""The share of each purse that a right answer costs."""

KEPT_BACK = 0.25
HALF_AFTER = 100
"""After so many answers half of what was kept back is on the bets, after twice as many two thirds, and so on."""

ALPHA = 0.05

_LARGEST = 700.0  # of a logarithm whose exponential is a number


@dataclass(frozen=True, slots=True)
class EProcess:
    """``rate``: the error rate that was promised. ``purses``: log wealth of each bet; ``peak``: of all, the highest.

    Their mean and what is kept back are the whole.
    """

    rate: float
    seen: int = 0
    wrong: int = 0
    peak: float = 0.0
    purses: tuple[float, ...] = (math.log1p(-KEPT_BACK),) * _BETS

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ValueError(f"a promised error rate is between 0 and 1, not {self.rate!r}")
        if len(self.purses) != _BETS or not all(map(math.isfinite, (self.peak, *self.purses))):
            raise ValueError(f"an e-process has {_BETS} finite purses and a finite peak")
        if not 0 <= self.wrong <= self.seen:
            raise ValueError(f"{self.wrong} wrong of {self.seen} seen")

    def step(self, wrong: bool) -> Self:
        gain = (float(wrong) - self.rate) / self.rate
        added = math.log(_kept_back(self.seen) - _kept_back(self.seen + 1))
        won = (purse + math.log1p(size * gain) for purse, size in zip(self.purses, SIZES, strict=True))
        made = replace(
            self,
            seen=self.seen + 1,
            wrong=self.wrong + bool(wrong),
            purses=tuple(_log_sum(purse, added) for purse in won),
        )
        return replace(made, peak=max(self.peak, made._log_wealth))

    @property
    def _log_wealth(self) -> float:
        return _log_sum(_log_mean(self.purses), math.log(_kept_back(self.seen)))

    @property
    def e_value(self) -> float:
        """What the purse of 1 has become: the evidence against the promise now."""
        return math.exp(min(_LARGEST, self._log_wealth))

    def alarm(self, alpha: float = ALPHA) -> bool:
        """Whether the purse ever reached 1/``alpha``; once raised, it stays. Raises ValueError."""
        if not 0 < alpha < 1:
            raise ValueError(f"alpha is between 0 and 1, not {alpha!r}")
        return self.peak >= -math.log(alpha)


def _log_mean(logarithms: tuple[float, ...]) -> float:
    most = max(logarithms)
    return most + math.log(math.fsum(math.exp(one - most) for one in logarithms) / len(logarithms))


def _log_sum(one: float, other: float) -> float:
    most, least = max(one, other), min(one, other)
    return most + math.log1p(math.exp(least - most))


def _kept_back(seen: int) -> float:
    return KEPT_BACK * HALF_AFTER / (HALF_AFTER + seen)
