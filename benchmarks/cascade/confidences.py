"""A confidence for recorded answers, learnt from other rows only: those of the same label, and those of near questions.

Shrunk nearest neighbours: the posterior of the task label, moved towards the neighbours' weighed outcomes as far as
they weigh. Near is the cosine of TF-IDF vectors of words.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cascade.tables import Questions

WORD = re.compile(r"\w+")

CHARACTERS = 600
"""Of a question; its beginning tells what it is about."""

ROWS_MAX = 300
"""A word of more questions than that finds no neighbours."""

NEIGHBOURS = 40
KEPT = 200
"""Neighbours kept of each row, of which about a third is in the part that is learnt from."""

K0_LABEL = 4
K0_NEAR = 40

Near = Sequence[tuple[int, float]]
"""Rows and their similarity, the nearest first."""


@dataclass(frozen=True, slots=True)
class Confidences:
    """``near``: of each row. Nothing here is learnt before `told` says from which rows."""

    questions: Questions
    near: Sequence[Near]

    def told(self, learnt: Sequence[int], asked: Sequence[int]) -> list[tuple[float, bool]]:
        """For each row of ``asked`` the confidence in its label's best model, and whether that was wrong."""
        rows = set(learnt)
        posteriors = {label: self._best(label, learnt) for label in set(self.questions.labels)}
        found = []
        for row in asked:
            model, posterior = posteriors[self.questions.labels[row]]
            right = self.questions.right[model]
            near = [each for each in self.near[row] if each[0] in rows]
            found.append((_shrunk(posterior, near, right), not right[row]))
        return found

    def _best(self, label: str, learnt: Sequence[int]) -> tuple[str, float]:
        rows = [row for row in learnt if self.questions.labels[row] == label]
        return max(
            ((model, _posterior(right, rows, learnt)) for model, right in self.questions.right.items()),
            key=lambda each: each[1],
        )


def prepare(questions: Questions) -> Confidences:
    vectors = _vectors(questions.texts)
    rows_of: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row, vector in enumerate(vectors):
        for word, weight in vector.items():
            rows_of[word].append((row, weight))
    return Confidences(questions, [_nearest(row, vector, rows_of) for row, vector in enumerate(vectors)])


def _vectors(texts: Sequence[str]) -> list[dict[str, float]]:
    words = [Counter(WORD.findall(text[:CHARACTERS].lower())) for text in texts]
    rows = Counter(word for each in words for word in each)
    found = []
    for each in words:
        weights = {word: (1 + math.log(count)) * math.log(len(texts) / rows[word]) for word, count in each.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        found.append({word: weight / length for word, weight in weights.items() if rows[word] <= ROWS_MAX})
    return found


def _nearest(row: int, vector: dict[str, float], rows_of: dict[str, list[tuple[int, float]]]) -> Near:
    similar: dict[int, float] = defaultdict(float)
    for word, weight in vector.items():
        for other, its_weight in rows_of[word]:
            similar[other] += weight * its_weight
    similar.pop(row, None)
    return sorted(similar.items(), key=lambda each: -each[1])[:KEPT]


def _posterior(right: Sequence[bool], rows: Sequence[int], all_rows: Sequence[int]) -> float:
    mean = sum(right[row] for row in all_rows) / len(all_rows)
    return (sum(right[row] for row in rows) + K0_LABEL * mean) / (len(rows) + K0_LABEL)


def _shrunk(posterior: float, near: Near, right: Sequence[bool]) -> float:
    nearest = near[:NEIGHBOURS]
    weights = [max(similarity, 1e-3) for _, similarity in nearest]
    if not weights:
        return posterior
    total = sum(weights)
    mean = sum(weight * right[row] for weight, (row, _) in zip(weights, nearest, strict=True)) / total
    effective = total * total / sum(weight * weight for weight in weights)
    return posterior + effective / (effective + K0_NEAR) * (mean - posterior)
