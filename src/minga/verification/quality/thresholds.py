"""The confidence from which on to answer, so that at most a share alpha of the answered is wrong: Learn then Test.

Angelopoulos and others (arXiv 2110.01052) with the exact bound of `bounds`. With a chance of at least 1 - delta over
the labels, P(wrong | answered) <= alpha, on traffic like that of the labels. Whatever gives the confidence must not
have learnt from the labels that calibrate it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal, NamedTuple, TypeAlias

from minga.verification.quality import bounds

Method: TypeAlias = Literal["fixed sequence", "bonferroni"]
"""Of testing J thresholds: each at delta, from the strictest down to the first that fails; or all at delta / J."""

GRID = tuple(number / 50 for number in range(50))
"""The thresholds that are tried: 0, .02, … .98. Chosen before any label is seen."""

ANSWERED_MIN = 20
"""A threshold is tested only if so many labels lie at or above it."""

DELTA = 0.05


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer whose confidence was told before it was known whether it is ``wrong``."""

    confidence: float
    wrong: bool

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Of ``labels``, ``answered`` lie at or above ``confidence``, ``wrong`` of them wrong: an error of ``error_max``.

    ``error_max`` is the upper bound at the level of the test that let the threshold pass.
    """

    confidence: float
    alpha: float
    delta: float
    labels: int
    answered: int
    wrong: int
    error_max: float

    @property
    def share(self) -> float:
        """Of the labels that would have been answered."""
        return self.answered / self.labels


@dataclass(frozen=True, slots=True)
class NoThreshold:
    """No guarantee can be given from ``labels`` at or above the lowest threshold; ``needed`` right ones would do."""

    reason: Literal["not enough labels", "too many wrong"]
    alpha: float
    delta: float
    labels: int
    needed: int

    def __str__(self) -> str:
        told = f"{self.needed} right answers in a row are needed for {self.alpha * 100:g} %"
        if self.reason == "not enough labels":
            return f"not enough labels: {told}, there are {self.labels} labels"
        return f"too many wrong: no threshold is sure to leave at most {self.alpha * 100:g} % of {self.labels} wrong"


Calibration: TypeAlias = Threshold | NoThreshold


def calibrate(
    labels: Iterable[Labelled],
    alpha: float,
    delta: float = DELTA,
    grid: Sequence[float] = GRID,
    method: Method = "fixed sequence",
) -> Calibration:
    """The lowest threshold of ``grid`` that the labels allow. Raises ValueError.

    The guarantee is void if alpha, delta, grid or method are chosen after a look at these labels.
    """
    if not grid:
        raise ValueError("a threshold is chosen from a grid that has at least one")
    level = delta / len(grid) if method == "bonferroni" else delta
    needed = max(ANSWERED_MIN, bounds.right_in_a_row(alpha, level))
    known = list(labels)
    counted = _counted(known, grid)
    most = counted[-1].answered
    tested = [one for one in counted if one.answered >= needed]
    if not tested:
        return NoThreshold("not enough labels", alpha, delta, most, needed)

    def holds(one: _Count) -> bool:
        return bounds.is_below(alpha, one.wrong, one.answered, level)

    passed = list(takewhile(holds, tested) if method == "fixed sequence" else filter(holds, tested))
    if not passed:
        return NoThreshold("too many wrong", alpha, delta, most, needed)
    last = passed[-1]
    error_max = bounds.upper(last.wrong, last.answered, level)
    return Threshold(last.threshold, alpha, delta, len(known), last.answered, last.wrong, error_max)


def answered(confidence: float, calibration: Calibration) -> bool:
    """Whether to answer; without a threshold never. Raises ValueError for what is no confidence."""
    _check_confidence(confidence)
    return isinstance(calibration, Threshold) and confidence >= calibration.confidence


class _Count(NamedTuple):
    threshold: float
    answered: int
    wrong: int


def _counted(labels: Sequence[Labelled], grid: Sequence[float]) -> list[_Count]:
    """For each threshold, the strictest first."""
    for one in grid:
        _check_confidence(one)
    counted = []
    for threshold in sorted(set(grid), reverse=True):
        wrong = [one.wrong for one in labels if one.confidence >= threshold]
        counted.append(_Count(threshold, len(wrong), sum(wrong)))
    return counted


def _check_confidence(value: float) -> None:
    if not 0 <= value <= 1:  # also not a number
        raise ValueError(f"a confidence is in 0..1, not {value!r}")
