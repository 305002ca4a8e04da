"""What a list of turns is worth for a question whose evidence is known; shares with their intervals."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.memory.parts import Asked

Z = 1.959964
"""Of 95 %."""

CUTS = (5, 10, 20)
FIRST = 10


@dataclass(frozen=True, slots=True)
class Score:
    """``recalls``: the share of the evidence among the first of `CUTS`. ``hit``: any of it among the first ten, and
    ``sessions``: some of it of every session where evidence lies."""

    asked: Asked
    recalls: tuple[float, ...]
    ndcg: float
    hit: bool
    sessions: bool

    @property
    def recall(self) -> float:
        """Among the first ten."""
        return self.recalls[CUTS.index(FIRST)]


def score(asked: Asked, turns: Sequence[str]) -> Score:
    """``turns`` best first. Of nDCG: binary gain, logarithm of base 2, ideal are as many ones as there is evidence, at
    most ten."""
    gold = frozenset(asked.evidence)
    first = turns[:FIRST]
    gain = sum(1 / math.log2(place + 2) for place, turn in enumerate(first) if turn in gold)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(len(gold), FIRST)))
    found = gold.intersection(first)
    return Score(
        asked,
        tuple(len(gold.intersection(turns[:cut])) / len(gold) for cut in CUTS),
        gain / ideal,
        bool(found),
        {turn.partition(":")[0] for turn in found} == asked.sessions,
    )


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``trials``, with the interval of Wilson at 95 %."""

    count: int
    trials: int

    @property
    def value(self) -> float:
        return self.count / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.trials:
            return 0.0, 1.0
        share, square = self.value, Z * Z / self.trials
        middle = (share + square / 2) / (1 + square)
        half = Z * math.sqrt(share * (1 - share) / self.trials + square / (4 * self.trials)) / (1 + square)
        return max(0.0, middle - half), middle + half

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}] of {self.trials}"


def share(of: Iterable[bool]) -> Share:
    found = list(of)
    return Share(sum(found), len(found))


def mean(values: Iterable[float]) -> float:
    found = list(values)
    return fmean(found) if found else 0.0
