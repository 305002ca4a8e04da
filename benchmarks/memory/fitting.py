"""Fits the weights by which recall orders candidates, by Newton's method: how probable it makes those of a question
that answer it, beside its others (listwise: Z. Cao et al., "Learning to Rank", ICML 2007); and how sure it is, by
logistic regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minga.memory.recall.features import PLAIN, Asked, Candidate, Matrix, table
from minga.memory.recall.rank import Line, Weights, sureness

FIRST = 200
"""Candidates of a question that are learned from: the best before anything is learned, and the evidence."""

SURE_FIRST = 10

PENALTY = 1.0
"""Of squared weights, as scikit-learn's C = 1."""

ORDER_PENALTY = 20.0
"""The same, of the order; chosen on part ``train``: 5 finds as much, 60 less."""

STEPS = 25

SMALLEST = 1e-6
"""Of the steps of a weight: then nothing changes any more."""

KEPT_FROM = 0.03
"""The share of the questions with an answer that may be taken for unanswered."""

SURE_NAMES = ("score", "ahead", *PLAIN)


Choices: TypeAlias = Sequence[tuple[Matrix, npt.NDArray[np.bool_]]]


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
    order = listwise(kept, [(one.values[one.first][:, columns], one.answers[one.first]) for one in answered])
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


def listwise(names: tuple[str, ...], made: Choices) -> Line:
    """Of each question the values of its candidates, and which of them answer, each counting as one choice among all.
    There is no bias: it would change no order."""
    values = np.concatenate([one for one, _ in made])
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    deviation[deviation < 1e-4] = 1.0  # the same everywhere: it says nothing
    spread = [((one - mean) / deviation, answers) for one, answers in made]
    weight = np.zeros(len(mean))
    for _ in range(STEPS):
        step = _step(spread, weight)
        before = _likelihood(spread, weight)
        while _likelihood(spread, weight + step) < before and np.abs(step).max() > SMALLEST:
            step /= 2
        weight += step
        if np.abs(step).max() < SMALLEST:
            break
    return Line(names, mean, deviation, weight, 0.0)


def _step(made: Choices, weight: Matrix) -> Matrix:
    slope, curve = -ORDER_PENALTY * weight, np.diag(np.full(len(weight), ORDER_PENALTY))
    for rows, answers in made:
        likely = np.exp(_logarithms(rows @ weight))
        middle = likely @ rows
        slope += answers @ rows - answers.sum() * middle
        curve += answers.sum() * ((rows * likely[:, None]).T @ rows - np.outer(middle, middle))
    step: Matrix = np.linalg.solve(curve, slope)
    return step


def _likelihood(made: Choices, weight: Matrix) -> float:
    """Its logarithm, less the penalty."""
    chosen = sum(float(_logarithms(rows @ weight)[answers].sum()) for rows, answers in made)
    return chosen - ORDER_PENALTY / 2 * float(weight @ weight)


def _logarithms(score: Matrix) -> Matrix:
    """Of how probable each is to be chosen."""
    above: Matrix = score - score.max()
    return above - np.log(np.exp(above).sum())


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
