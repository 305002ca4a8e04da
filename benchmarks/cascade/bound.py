"""Whether a promised bound on the wrong among the answered is kept: labels drawn a hundred times, the error known."""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean

from benchmarks.cascade.confidences import Confidences
from minga.verification.quality import Labelled, Threshold, answered, calibrate
from minga.verification.quality.thresholds import DELTA, Method

SPLITS = 100
KEPT_MIN = 95

ALPHAS = (0.05, 0.10, 0.20)
LABELS = (300, 1000)
METHODS: tuple[Method, ...] = ("fixed sequence", "bonferroni")

ATOMS = 1000
"""Equally frequent confidences of made-up answers."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Equally frequent answers, in the order of their ``confidences``, each wrong with its chance."""

    confidences: Sequence[float]
    wrong: Sequence[float]

    def draw(self, count: int, chance: random.Random) -> list[Labelled]:
        """With replacement, so that these answers are the traffic that the promise is about."""
        rows = chance.choices(range(len(self.confidences)), k=count)
        return [Labelled(self.confidences[row], chance.random() < self.wrong[row]) for row in rows]

    def errors(self) -> Callable[[float], float]:
        """P(wrong | answered) by threshold: exact."""
        above = [*accumulate(reversed(self.wrong))][::-1]

        def error(threshold: float) -> float:
            first = bisect_left(self.confidences, threshold)
            count = len(self.confidences) - first
            return above[first] / count if count else 0.0

        return error

    def share(self, threshold: float) -> float:
        return 1 - bisect_left(self.confidences, threshold) / len(self.confidences)


@dataclass(frozen=True, slots=True)
class Kept:
    """Of `SPLITS`: in how many the promise was kept, and in how many one was given. ``share``: answered, over all."""

    kept: int
    given: int
    share: float

    def __str__(self) -> str:
        return f"{self.kept} kept, {self.given} given, {self.share:.0%} answered"


@dataclass(frozen=True, slots=True)
class Row:
    answers: str
    alpha: float
    labels: int
    kept: dict[Method, Kept]


TIES = (0.4, 0.7, 0.85, 0.95, 0.99)

MADE_UP: dict[str, Callable[[float], tuple[float, float]]] = {
    "made up: as often right as it says": lambda place: (place**0.4, 1 - place**0.4),
    "made up: says too much": lambda place: (place**0.2, 1 - place**0.4),
    "made up: five values, many ties": lambda place: (TIES[int(5 * place)], 1 - TIES[int(5 * place)]),
}
"""The confidence, and the chance to be wrong, of the answer at a ``place`` among all, 0..1."""


def made_up(name: str) -> Answers:
    pairs = [MADE_UP[name]((number + 0.5) / ATOMS) for number in range(ATOMS)]
    return Answers([one for one, _ in pairs], [one for _, one in pairs])


def recorded(confidences: Confidences, seed: int) -> Answers:
    """A third of the rows is learnt from, the others are the traffic."""
    rows = list(range(len(confidences.questions.texts)))
    random.Random(seed).shuffle(rows)
    third = len(rows) // 3
    pairs = sorted(confidences.told(rows[:third], rows[third:]))
    return Answers([one for one, _ in pairs], [float(one) for _, one in pairs])


def measure(confidences: Confidences, splits: int = SPLITS) -> Iterator[Row]:
    for name in MADE_UP:
        answers = made_up(name)
        yield from _rows(name, [answers] * splits)
    found = [recorded(confidences, seed) for seed in range(splits)]
    yield from _rows("recorded: drawn from all", found)
    for alpha in ALPHAS:
        halves = {method: _kept_on_the_other_half(found, alpha, method) for method in METHODS}
        yield Row("recorded: told of the other half", alpha, len(found[0].wrong) // 2, halves)


def _rows(name: str, answers: Sequence[Answers]) -> Iterator[Row]:
    for alpha in ALPHAS:
        for labels in LABELS:
            yield Row(name, alpha, labels, {method: _kept(answers, alpha, labels, method) for method in METHODS})


def _kept(answers: Sequence[Answers], alpha: float, labels: int, method: Method) -> Kept:
    broken = given = 0
    shares = []
    for seed, each in enumerate(answers):
        found = calibrate(each.draw(labels, random.Random(seed)), alpha, DELTA, method=method)
        if isinstance(found, Threshold):
            given += 1
            broken += each.errors()(found.confidence) > alpha
            shares.append(each.share(found.confidence))
        else:
            shares.append(0.0)
    return Kept(len(answers) - broken, given, fmean(shares))


def _kept_on_the_other_half(answers: Sequence[Answers], alpha: float, method: Method) -> Kept:
    """The other half has luck of its own, so this is harder than what was promised."""
    broken = given = 0
    shares = []
    for seed, each in enumerate(answers):
        known = [
            Labelled(confidence, bool(wrong)) for confidence, wrong in zip(each.confidences, each.wrong, strict=True)
        ]
        random.Random(seed).shuffle(known)
        half = len(known) // 2
        found = calibrate(known[:half], alpha, DELTA, method=method)
        told = [one.wrong for one in known[half:] if answered(one.confidence, found)]
        given += isinstance(found, Threshold)
        broken += sum(told) > alpha * len(told)
        shares.append(len(told) / (len(known) - half))
    return Kept(len(answers) - broken, given, fmean(shares))
