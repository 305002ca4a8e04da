"""What may be promised of the answers to come: for each kind of task a threshold on the confidence, calibrated on labels
and watched from then on. Where that cannot be done, why not.

Labels are taken in the order of time. Of those with an outcome the first half teaches the confidence (how often answers
of this kind with this verdict were right), the second half calibrates the threshold, up to the day when a threshold
first holds; those after it are watched, each at the confidence that it had.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minga.domain.checked import Judgement
from minga.verification.labels import Label
from minga.verification.quality import Calibration, EProcess, Labelled, NoThreshold, Posterior, calibrate
from minga.verification.quality.eprocess import ALPHA
from minga.verification.quality.thresholds import DELTA


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
        return self.confidence(judgement) >= self.calibration.confidence


def guarantee(labels: Iterable[Label], kind: str, alpha: float) -> Guarantee:
    """What can be promised of ``kind``: at most a share ``alpha`` of the answers given is wrong. Raises ValueError for
    an ``alpha`` outside 0..1."""
    known = [one for one in labels if one.judged.kind == kind and one.outcome is not None]
    best: Guarantee | None = None
    for size in _sizes(len(known)):
        best = _calibrated(kind, alpha, known[:size])
        if not isinstance(best.calibration, NoThreshold):
            return _watched(best, known[size:])
    return best or _calibrated(kind, alpha, known)


def _sizes(count: int) -> list[int]:
    """After how many labels a threshold is tried: at doublings, each with labels that no try before it has used to
    calibrate, so that the tries are few."""
    sizes = [size for size in (40, 80, 160, 320, 640, 1280, 2560, 5120) if size <= count]
    return sizes or [count]


def _calibrated(kind: str, alpha: float, known: Sequence[Label]) -> Guarantee:
    """The level is shared among the tries that `_sizes` allows."""
    taught, rest = known[: len(known) // 2], known[len(known) // 2 :]
    confidences = tuple((judgement, _posterior(taught, judgement).mean) for judgement in Judgement)
    table = dict(confidences)
    labelled = [Labelled(table[one.judged.judgement], not _is_right(one)) for one in rest]
    return Guarantee(kind, alpha, len(taught), calibrate(labelled, alpha, DELTA / _TRIES), confidences)


_TRIES = 8


def _watched(made: Guarantee, later: Sequence[Label]) -> Guarantee:
    watch = EProcess(made.alpha)
    for one in later:
        if made.allows(one.judged.judgement):
            watch = watch.step(not _is_right(one))
    return Guarantee(made.kind, made.alpha, made.taught, made.calibration, made.confidences, watch)


def _posterior(labels: Iterable[Label], judgement: Judgement) -> Posterior:
    right = [_is_right(one) for one in labels if one.judged.judgement is judgement]
    return Posterior(sum(right), len(right) - sum(right))


def _is_right(label: Label) -> bool:
    assert label.outcome is not None
    return label.outcome.is_right
