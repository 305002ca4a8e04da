"""The learned order of candidates, and how sure it is. `benchmarks/memory/train.py` makes `weights.json`."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import chain, repeat
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from minga.memory.recall.features import Asked, Candidate, Matrix, Table, table

Known: TypeAlias = Literal["words", "vectors", "tokens"]
"""By what passages are compared, each with those before it."""

REASON_MIN = 0.35
"""What a feature must add to a candidate's score to be named."""

REASONS_MAX = 3

_FOUND = frozenset(["lexical", "near", "hit", "dense"])
"""What finds a passage: where nothing adds enough, the one of these that adds most is named."""

_REASONS = {
    "lexical": "words",
    "near": "meaning",
    "near around": "meaning with its neighbours",
    "hit": "meaning",
    "dense": "meaning",
    "lexical -1": "what was said before it",
    "lexical -2": "what was said before it",
    "lexical +1": "what was said after it",
    "near -1": "what was said before it",
    "near +1": "what was said after it",
    "near around +1": "what was said after it",
    "near around -1": "what was said before it",
    "lexical, session": "its session",
    "near, session": "its session",
    "dense, session": "its session",
    "near, whole session": "its session",
    "lexical, project": "its project",
    "near, project": "its project",
    "dense, project": "its project",
    "near, whole project": "its project",
    "project named": "its project",
    "newer, asked for now": "its date",
    "named": "its speaker",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A logistic function of features: each less its mean, in deviations, times its weight."""

    names: tuple[str, ...]
    mean: Matrix
    deviation: Matrix
    weight: Matrix
    bias: float

    def parts(self, values: Matrix) -> Matrix:
        return (values - self.mean) / self.deviation * self.weight


@dataclass(frozen=True, slots=True)
class Weights:
    """``order`` of candidates; ``sure``: whether one answers. ``known_from``: the confidence of the best one from which
    on a question counts as answered."""

    order: Line
    sure: Line
    known_from: float


class Ranked(NamedTuple):
    """``score`` orders the candidates of one question only. ``confidence``: how probable it is that the candidate
    answers, from 0 to 1. ``reasons``: what spoke for it most."""

    number: int
    score: float
    confidence: float
    reasons: tuple[str, ...]


def rank(
    question: Asked,
    candidates: Sequence[Candidate],
    weights: Weights | None = None,
    *,
    wanted: Collection[int] | None = None,
    explained: int | None = None,
) -> list[Ranked]:
    """``candidates``, the best first. Neighbours of those found should be among them, for what they tell; ``wanted``:
    the numbers of those that are asked for, where that is not all. ``weights``: others than those that were learned.
    ``explained``: of so many of the best ones it is said why, where that is not all."""
    if not candidates:
        return []
    made = table(question, candidates)
    held = weights or learned(known(question, candidates))
    parts = held.order.parts(_columns(made, held.order.names))
    score = parts.sum(axis=1) + held.order.bias
    sure = held.sure.parts(sureness(score, made.plain)).sum(axis=1) + held.sure.bias
    numbers = [candidates[place].number for place in made.order.tolist()]
    rows = np.argsort(-score, kind="stable").tolist()
    if wanted is not None:
        rows = [row for row in rows if numbers[row] in wanted]
    reasons = chain(_reasons(held.order.names, parts[rows[:explained]]), repeat(()))
    columns = [numbers[row] for row in rows], score[rows].tolist(), _logistic(sure[rows]).tolist()
    return list(map(Ranked, *columns, reasons))


def known(question: Asked, candidates: Sequence[Candidate]) -> Known:
    """By what the candidates can be compared."""
    if question.tokens is not None:
        return "tokens"
    return "vectors" if any(one.dense for one in candidates) else "words"


def sureness(score: Matrix, plain: Matrix) -> Matrix:
    """What confidence is reckoned from: the score, its distance to the mean of the next best, and what is near."""
    best = np.sort(score)[::-1]
    ahead = score - best[1:6].mean() if len(best) > 1 else score
    return np.column_stack([score, ahead, plain])


@lru_cache(maxsize=3)
def learned(by: Known) -> Weights:
    """The weights that Minga ships."""
    text = (files("minga.memory.recall") / "weights.json").read_text()
    held = json.loads(text)[by]
    return Weights(line_of(held["order"]), line_of(held["sure"]), held["known_from"])


def line_of(held: Mapping[str, object]) -> Line:
    names, mean, deviation, weight, bias = (held[name] for name in ("names", "mean", "deviation", "weight", "bias"))
    assert isinstance(names, list)
    assert isinstance(bias, float)
    return Line(tuple(names), np.asarray(mean), np.asarray(deviation), np.asarray(weight), bias)


def _columns(made: Table, names: Sequence[str]) -> Matrix:
    if made.names == tuple(names):
        return made.values
    return made.values[:, [made.names.index(name) for name in names]]


def _logistic(values: Matrix) -> Matrix:
    found: Matrix = 1 / (1 + np.exp(-np.clip(values, -40.0, 40.0)))
    return found


def _reasons(names: Sequence[str], parts: Matrix) -> list[tuple[str, ...]]:
    """Of each row."""
    told = [_REASONS.get(name, "") for name in names]
    best = np.argsort(-parts, axis=1, kind="stable")[:, :REASONS_MAX]
    counts = np.take_along_axis(parts, best, axis=1) >= REASON_MIN
    named = (
        [told[one] for one, is_one in zip(*line, strict=True) if is_one]
        for line in zip(best.tolist(), counts.tolist(), strict=True)
    )
    found = [place for place, name in enumerate(names) if name in _FOUND and told[place]]
    leading = np.argmax(parts[:, found], axis=1).tolist() if found else [0] * len(parts)
    default = [told[found[one]] if found else "" for one in leading]
    chosen = (tuple(dict.fromkeys(filter(None, some))) for some in named)
    return [some or tuple(filter(None, (first,))) for some, first in zip(chosen, default, strict=True)]
