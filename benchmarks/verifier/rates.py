"""What is counted: of right answers those that are accepted, of wrong ones those that pass for right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.verifier.judging import Outcome, named
from minga.domain.verdict import CheckState
from minga.verification.quality.rates import Rate

TPR_LEAST = 0.95
FPR_MOST = 0.05


@dataclass(frozen=True, slots=True)
class Score:
    """``tpr``: right answers that are accepted; ``traps``: of those that look wrong. ``fpr``: wrong answers that are
    accepted; ``refuted``: that are rejected with a reason. ``denied``: right answers that are rejected."""

    tpr: Rate
    traps: Rate
    denied: Rate
    fpr: Rate
    refuted: Rate

    @property
    def is_met(self) -> bool:
        return (self.tpr.value or 0) >= TPR_LEAST and (self.fpr.value or 0) <= FPR_MOST


@dataclass(frozen=True, slots=True)
class CheckScore:
    """Of the answers that a check looked at. ``right``: how it ended for right answers. ``wrong``: how it ended for
    wrong ones whose fault is of its kind."""

    right: Mapping[CheckState, int]
    wrong: Mapping[CheckState, int]

    @property
    def tpr(self) -> Rate:
        return Rate(self.right.get(CheckState.PASSED, 0), sum(self.right.values()))

    @property
    def denied(self) -> Rate:
        return Rate(self.right.get(CheckState.FAILED, 0), sum(self.right.values()))

    @property
    def fpr(self) -> Rate:
        return Rate(self.wrong.get(CheckState.PASSED, 0), sum(self.wrong.values()))


def score(outcomes: Iterable[Outcome]) -> Score:
    """Over the answers that are right or wrong."""
    outcomes = list(outcomes)
    right = [each for each in outcomes if each.case.right is True]
    wrong = [each for each in outcomes if each.case.right is False]
    traps = [each for each in right if each.case.is_trap]
    return Score(
        tpr=_rate([each.accepted for each in right]),
        traps=_rate([each.accepted for each in traps]),
        denied=_rate([each.rejected for each in right]),
        fpr=_rate([each.accepted for each in wrong]),
        refuted=_rate([each.rejected for each in wrong]),
    )


def by_check(outcomes: Sequence[Outcome], kinds: Mapping[str, Sequence[str]]) -> dict[str, CheckScore]:
    """``kinds``: the kinds or templates of answers whose faults are a check's own."""
    names = sorted({named(each.check) for one in outcomes for each in one.verdict.checks})
    return {name: _check_score(outcomes, name, kinds.get(name, ())) for name in names}


def _check_score(outcomes: Sequence[Outcome], check: str, kinds: Sequence[str]) -> CheckScore:
    right, wrong = dict.fromkeys(CheckState, 0), dict.fromkeys(CheckState, 0)
    for one in outcomes:
        states = one.states(check)
        if not states:
            continue
        worst = next(each for each in _GRAVEST if each in states)
        if one.case.right is True:
            right[worst] += 1
        elif one.case.right is False and not {one.case.kind, one.case.template}.isdisjoint(kinds):
            wrong[worst] += 1
    return CheckScore(right, wrong)


_GRAVEST = (CheckState.FAILED, CheckState.BROKEN, CheckState.UNPROVEN, CheckState.PASSED)


def _rate(hits: Sequence[bool]) -> Rate:
    return Rate(sum(hits), len(hits))
