"""How good a check is: how often it accepts what is right, and how often what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from minga.verification.quality import bounds
from minga.verification.quality.bounds import LEVEL, Interval

FPR_MAX = 0.15
"""Of an agent that is right in 60 of 100, a check that is fooled so often lets 6 wrong answers pass for right."""


@dataclass(frozen=True, slots=True)
class LabelledVerdict:
    """What ``check`` said of an answer, and whether the answer was right as it turned out."""

    check: str
    accepted: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` of ``trials``, with the interval of Clopper and Pearson."""

    count: int
    trials: int

    @property
    def value(self) -> float | None:
        return self.count / self.trials if self.trials else None

    def interval(self, level: float = LEVEL) -> Interval:
        return bounds.interval(self.count, self.trials, level)

    def upper(self, level: float = LEVEL) -> float:
        """One-sided: 1 without trials."""
        return bounds.upper(self.count, self.trials, 1 - level)


@dataclass(frozen=True, slots=True)
class CheckRates:
    """The share that it accepts of all right answers, ``tpr``, and of all wrong ones, ``fpr``."""

    tpr: Rate
    fpr: Rate


def of_checks(verdicts: Iterable[LabelledVerdict]) -> dict[str, CheckRates]:
    """By the name of the check, in the order of names. What a check could not verify is no verdict: leave it out."""
    by_check: dict[str, list[LabelledVerdict]] = {}
    for one in verdicts:
        by_check.setdefault(one.check, []).append(one)
    return {
        name: CheckRates(_rate(by_check[name], right=True), _rate(by_check[name], right=False))
        for name in sorted(by_check)
    }


def disable_cascade(fpr: Rate, most: float = FPR_MAX) -> bool:
    """Whether the check may be fooled too often: ``fpr`` may, at 95 %, exceed ``most``.

    So it is for a check of which fewer than 19 wrong answers are known: count those of the verifier's own bench in.
    """
    return fpr.upper() > most


def _rate(verdicts: Iterable[LabelledVerdict], *, right: bool) -> Rate:
    accepted = [one.accepted for one in verdicts if one.right is right]
    return Rate(sum(accepted), len(accepted))
