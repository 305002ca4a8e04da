"""Fits the weights by which recall orders candidates: logistic regression, by Newton's method."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from minga.memory.recall.features import PLAIN, Asked, Candidate, Matrix, table
from minga.memory.recall.rank import Line, Weights, sureness

FIRST = 200
"""Candidates of a question that are learned from: the best before anything is learned, and the evidence."""

SURE_FIRST = 10

PENALTY = 1.0
"""Of squared weights, as scikit-learn's C = 1."""

STEPS = 25

KEPT_FROM = 0.03
"""The share of the questions with an answer that may be taken for unanswered."""

SURE_NAMES = ("score", "ahead", *PLAIN)


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates, and the numbers of those that answer it: none, where nothing does."""

    asked: Asked
    candidates: list[Candidate]
    evidence: frozenset[int]


@dataclass(frozen=True, slots=True)
class Rows:
    """An example, as it is learned from. ``numbers`` of its candidates, in the order of the rows."""

    numbers: tuple[int, ...]
    names: tuple[str, ...]
    values: Matrix
    answers: npt.NDArray[np.bool_]
    plain: Matrix
    first: npt.NDArray[np.intp]
    has_answer: bool


def fit(made: Sequence[Rows], names: Sequence[str] | None = None) -> Weights:
    """``names``: of the features to use, or all."""
    kept = tuple(names or made[0].names)
    columns = [made[0].names.index(name) for name in kept]
    answered = [one for one in made if one.answers.any()]
    values = np.concatenate([one.values[one.first][:, columns] for one in answered])
    order = logistic(kept, values, np.concatenate([one.answers[one.first] for one in answered]))
    scores = [order.parts(one.values[:, columns]).sum(axis=1) + order.bias for one in made]
    best = [np.argsort(-one, kind="stable")[:SURE_FIRST] for one in scores]
    sureties = [sureness(score, one.plain) for one, score in zip(made, scores, strict=True)]
    sure = logistic(
        SURE_NAMES,
        np.concatenate([one[rows] for one, rows in zip(sureties, best, strict=True)]),
        np.concatenate([one.answers[rows] for one, rows in zip(made, best, strict=True)]),
    )
    tops = np.array([(sure.parts(one[rows[:1]]).sum() + sure.bias) for one, rows in zip(sureties, best, strict=True)])
    return Weights(order, sure, _threshold(1 / (1 + np.exp(-tops)), np.array([one.has_answer for one in made])))


def logistic(names: tuple[str, ...], values: Matrix, answers: npt.NDArray[np.bool_]) -> Line:
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    deviation[deviation < 1e-4] = 1.0  # the same everywhere: it says nothing
    rows = np.column_stack([(values - mean) / deviation, np.ones(len(values))])
    weight = np.zeros(rows.shape[1])
    penalty = np.append(np.full(len(mean), PENALTY), 1e-9)
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(rows @ weight, -30, 30)))
        slope = rows.T @ (answers - likely) - penalty * weight
        curve = (rows * (likely * (1 - likely))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weight += step
        if np.abs(step).max() < 1e-8:
            break
    return Line(names, mean, deviation, weight[:-1], float(weight[-1]))


def rows(example: Example) -> Rows:
    made = table(example.asked, example.candidates)
    numbers = tuple(example.candidates[place].number for place in made.order)
    answers = np.array([number in example.evidence for number in numbers])
    best = np.argsort(-made.first, kind="stable")[:FIRST]
    first = np.union1d(best, np.flatnonzero(answers))
    return Rows(numbers, made.names, made.values, answers, made.plain, first, bool(example.evidence))


def ordered(made: Rows, line: Line) -> list[int]:
    """Its candidates, the best first. ``line`` was fitted with all features."""
    return [made.numbers[one] for one in np.argsort(-line.parts(made.values).sum(axis=1), kind="stable")]


def _threshold(confidence: Matrix, has_answer: npt.NDArray[np.bool_]) -> float:
    """Below the best candidates of all but a few of the questions that have an answer. Where it would tell the others
    apart best is no place for it: questions that come near to what is there look like those that are answered."""
    return float(np.quantile(confidence[has_answer], KEPT_FROM))
