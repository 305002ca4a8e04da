"""What may be promised of the answers to come: for each kind of task a threshold on the confidence, calibrated on
labels and watched from then on. Where that cannot be done, why not.

Labels are taken in the order of time. Of those with an outcome the first half teaches the confidence (how often answers
of this kind with this verdict were right), the second half calibrates the threshold, at the first of `TRIES` counts at
which one holds; the labels after it are watched. Once the watch has raised its alarm, only labels after that make a
new promise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from minga.domain.verdict import Judgement
from minga.verification.labels import Label
from minga.verification.quality import (
    Calibration,
    EProcess,
    Labelled,
    NoThreshold,
    Posterior,
    Rate,
    answered,
    calibrate,
    disable_cascade,
)
from minga.verification.quality.bounds import right_in_a_row
from minga.verification.quality.eprocess import ALPHA
from minga.verification.quality.thresholds import ANSWERED_MIN, DELTA

TRIES = 3

WRONG_MIN = 19
"""Wrong answers that must be known before a check can be said not to be fooled too often."""


@dataclass(frozen=True, slots=True)
class Guarantee:
    """``calibration`` of ``kind``; ``taught`` labels made the confidences. ``watch`` saw every answer since that was
    sure enough, and is None without a threshold."""

    kind: str
    alpha: float
    taught: int
    calibration: Calibration
    confidences: tuple[tuple[Judgement, float], ...]
    watch: EProcess | None = None

    @property
    def is_void(self) -> bool:
        """Whether the watch has raised its alarm: the promise no longer holds."""
        return self.watch is not None and self.watch.alarm(ALPHA)

    def confidence(self, judgement: Judgement) -> float:
        return dict(self.confidences).get(judgement, Posterior().mean)

    def allows(self, judgement: Judgement) -> bool | None:
        """Whether an answer with this verdict may be given under the promise; None where there is no promise."""
        if isinstance(self.calibration, NoThreshold) or self.is_void:
            return None
        return answered(self.confidence(judgement), self.calibration)


def guarantee(labels: Iterable[Label], kind: str, alpha: float) -> Guarantee:
    """What can be promised of ``kind``: at most a share ``alpha`` of the answers given is wrong. Raises ValueError for
    an ``alpha`` outside 0..1."""
    known = [one for one in labels if one.judged.kind == kind and one.outcome is not None]
    void: Guarantee | None = None
    while True:
        made, watched = _promised(kind, alpha, known)
        if isinstance(made.calibration, NoThreshold):
            return void or made
        if not made.is_void:
            return made
        void, known = made, known[watched:]


def _promised(kind: str, alpha: float, known: Sequence[Label]) -> tuple[Guarantee, int]:
    """The first promise that ``known`` allow, with its watch up to an alarm, and how many of them that took."""
    best: Guarantee | None = None
    for size in _sizes(alpha, len(known)):
        best = _calibrated(kind, alpha, known[:size])
        if not isinstance(best.calibration, NoThreshold):
            return _watched(best, known, size)
    return best or _calibrated(kind, alpha, known), len(known)


def are_fooled(labels: Iterable[Label]) -> bool:
    """Whether verdicts accepted so many answers that turned out wrong that a cascade may not rest on them. Said only of
    so many wrong answers that it could be said otherwise."""
    accepted = [
        one.judged.judgement is Judgement.ACCEPTED
        for one in labels
        if one.judged.judgement is not Judgement.NOT_VERIFIABLE and one.outcome is not None and not _is_right(one)
    ]
    return len(accepted) >= WRONG_MIN and disable_cascade(Rate(sum(accepted), len(accepted)))


def _sizes(alpha: float, count: int) -> list[int]:
    """After how many labels a threshold is tried: as soon as one is possible, and at four and sixteen times as many."""
    least = 2 * max(ANSWERED_MIN, right_in_a_row(alpha, DELTA / TRIES))
    sizes = [least * 4**number for number in range(TRIES)]
    return [size for size in sizes if size <= count] or [count]


def _calibrated(kind: str, alpha: float, known: Sequence[Label]) -> Guarantee:
    """The tries share the level."""
    taught, rest = known[: len(known) // 2], known[len(known) // 2 :]
    confidences = tuple((judgement, _posterior(taught, judgement).mean) for judgement in Judgement)
    table = dict(confidences)
    labelled = [Labelled(table[one.judged.judgement], not _is_right(one)) for one in rest]
    return Guarantee(kind, alpha, len(taught), calibrate(labelled, alpha, DELTA / TRIES), confidences)


def _watched(made: Guarantee, known: Sequence[Label], size: int) -> tuple[Guarantee, int]:
    watch = EProcess(made.alpha)
    for number, one in enumerate(known[size:], size + 1):
        if made.allows(one.judged.judgement):
            watch = watch.step(not _is_right(one))
        if watch.alarm(ALPHA):
            return replace(made, watch=watch), number
    return replace(made, watch=watch), len(known)


def _posterior(labels: Iterable[Label], judgement: Judgement) -> Posterior:
    right = [_is_right(one) for one in labels if one.judged.judgement is judgement]
    return Posterior(sum(right), len(right) - sum(right))


def _is_right(label: Label) -> bool:
    assert label.outcome is not None
    return label.outcome.is_right
