"""How good checks and answers were: labels by kind, error rates of each check, what may be promised, what was saved."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from minga.domain.task import Strategy
from minga.domain.verdict import CheckState, Judgement
from minga.verification.guarantees import Guarantee, guarantee
from minga.verification.labels import Label, Outcome
from minga.verification.quality import CheckRates, LabelledVerdict, Logged, NoSaving, Saving
from minga.verification.quality.rates import of_checks
from minga.verification.quality.savings import against

WHOLE = "verdict"
"""Stands beside the names of checks for the verdict as a whole."""

Value = TypeVar("Value", Judgement, Outcome)

GIVEN = (Strategy.SINGLE, Strategy.PANEL)
"""Where an answer is given whatever its checks say."""

SEED = 20261126
"""Of the bootstrap: the same labels give the same report."""


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """Answers of one kind. ``known`` of them have an outcome, ``right`` of these were right; ``abstained`` turns ended
    without an answer that passed."""

    kind: str
    answers: int
    judgements: dict[Judgement, int]
    outcomes: dict[Outcome, int]
    known: int
    right: int
    turns: int
    abstained: int
    guarantee: Guarantee


@dataclass(frozen=True, slots=True)
class Quality:
    """``saving`` is None without a named baseline."""

    kinds: tuple[KindOfWork, ...]
    checks: dict[str, CheckRates]
    saving: Saving | NoSaving | None


def quality(labels: Sequence[Label], alpha: float, baseline: str = "") -> Quality:
    """Sum up ``labels``. ``alpha``: the share of wrong answers that may be promised; ``baseline`` names an agent."""
    names = sorted({one.judged.kind for one in labels})
    kinds = tuple(_kind(name, [one for one in labels if one.judged.kind == name], alpha) for name in names)
    saving = against(baseline, _logged(labels), random.Random(SEED)) if baseline else None  # noqa: S311 - a bootstrap
    return Quality(kinds, of_checks(_verdicts(labels)), saving)


def _kind(name: str, labels: Sequence[Label], alpha: float) -> KindOfWork:
    known = [one.outcome for one in labels if one.outcome is not None]
    last = {one.judged.turn_id: one.judged for one in labels}
    return KindOfWork(
        kind=name,
        answers=len(labels),
        judgements=_counted(Judgement, [one.judged.judgement for one in labels]),
        outcomes=_counted(Outcome, known),
        known=len(known),
        right=sum(outcome.is_right for outcome in known),
        turns=len(last),
        abstained=sum(one.judgement is Judgement.REJECTED and one.strategy not in GIVEN for one in last.values()),
        guarantee=guarantee(labels, name, alpha),
    )


def _counted(order: Iterable[Value], found: Sequence[Value]) -> dict[Value, int]:
    """Those that were found, in the order of all that there are: the same labels give the same report."""
    counts = Counter(found)
    return {one: counts[one] for one in order if counts[one]}


def _verdicts(labels: Iterable[Label]) -> Iterable[LabelledVerdict]:
    """Only what was verified, and turned out in some way."""
    for one in labels:
        if one.outcome is None:
            continue
        right = one.outcome.is_right
        for check, state in one.judged.checks:
            if state in (CheckState.PASSED, CheckState.FAILED):
                yield LabelledVerdict(check, state is CheckState.PASSED, right)
        if one.judged.judgement is not Judgement.NOT_VERIFIABLE:
            yield LabelledVerdict(WHOLE, one.judged.judgement is Judgement.ACCEPTED, right)


def _logged(labels: Sequence[Label]) -> list[Logged]:
    """A turn is one request: its cost is that of all its answers, its arm the agent that began it. Turns that no lot
    could have begun otherwise tell nothing of others; those of unknown cost or outcome are left out."""
    turns: dict[str, list[Label]] = {}
    for one in labels:
        turns.setdefault(one.judged.turn_id, []).append(one)
    found: list[Logged] = []
    for answers in turns.values():
        first, right = answers[0], _is_right(answers[-1])
        costs = [one.judged.cost_micro_usd for one in answers if one.judged.cost_micro_usd is not None]
        if first.judged.propensity >= 1 or right is None or len(costs) < len(answers):
            continue
        alone = (costs[0], float(_is_right(first) or False)) if len(answers) > 1 else None
        key = first.judged.session_id
        found.append(Logged(first.judged.agent, first.judged.propensity, sum(costs), float(right), key, alone))
    return found


def _is_right(label: Label) -> bool | None:
    """A refuted answer of which nobody has said more is taken for wrong."""
    if label.outcome is not None:
        return label.outcome.is_right
    return False if label.judged.judgement is Judgement.REJECTED else None
