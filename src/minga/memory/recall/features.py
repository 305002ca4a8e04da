"""What tells a passage that answers a question from one that does not, as numbers: one row a candidate.

Most compare a candidate with the others of the same question (deviations from their mean), so that they mean the same
in a small memory and in a large one.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from minga.domain.memory import Language
from minga.memory.recall.nearness import Numbers, nearness
from minga.memory.recall.translations import is_translated
from minga.memory.recall.words import fold
from minga.memory.tokens import NONE
from minga.memory.vectors import Packed

Matrix: TypeAlias = npt.NDArray[np.float64]

_BEFORE, _AFTER = 0.9, 0.8
"""How much a token counts that stands in the passage before or after instead."""

_CLOSE = 0.15
"""Passages that come so near to a token as the nearest one less this: the fewer, the more the token says."""

_NEAR = 0.5

_FUSED = 3
"""Softens the reciprocal of a rank (G. Cormack et al., "Reciprocal Rank Fusion", SIGIR 2009)."""


OF_SESSION, OF_PROJECT = 3, 5
"""Of the best passages, which tell how well a session or a project fits."""

NAME_LENGTH = 4
"""Letters from which on a part of a project's name names it, also where a word goes on: zarza, Zarzaparra."""

_WORD = re.compile(r"[a-z0-9]+")

_NOW = re.compile(
    r"\b(?:ahora|hoy|actual(?:es|mente)?|al final|finalmente|todavia|ultim[oa]s?"
    r"|now|today|current(?:ly)?|finally|still|latest)\b"
)
"""Asks for what holds now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. ``tokens`` as `nearness.asked` gives them; None where only words, or words and vectors, are known."""

    text: str
    language: Language
    tokens: Numbers | None


class Candidate(NamedTuple):
    """A passage that may answer; made hundreds of times a question, which a dataclass takes five times as long for.
    ``number``: the caller's, it names the passage. ``position``: its place in its session; neighbours are those
    whose places differ by one. ``speaker``: a name, empty where it is nobody's. ``asks``: whether it ends as a
    question. ``lexical``: how well its words fit, 0 where none does. ``dense``: the cosine of its vector.
    ``tokens`` as `tokens.loosened` gives them. ``project``: the name of where it was
    said. ``at``: when, in any unit, 0 where that is not known."""

    number: int
    session: int
    position: int
    role: str
    speaker: str
    language: Language
    length: int
    asks: bool
    lexical: float
    dense: float = 0.0
    tokens: Packed = NONE
    project: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """``names`` of the columns of ``values``; ``order`` in which the rows stand: places in what was given.
    ``first``: the order before anything is learned. ``plain``: what shows whether there is an answer at all."""

    names: tuple[str, ...]
    values: Matrix
    order: npt.NDArray[np.intp]
    first: Matrix
    plain: Matrix


PLAIN = ("near", "near around", "hit", "best near")


class _Groups:
    """Candidates that have the same label."""

    def __init__(self, labels: npt.NDArray[np.intp]) -> None:
        self._labels = labels
        self._order = np.argsort(labels, kind="stable")
        held = labels[self._order]
        self._starts = np.flatnonzero(np.append(True, held[1:] != held[:-1]))
        self._sizes = np.diff(np.append(self._starts, len(labels)))
        self._numbers = np.repeat(np.arange(len(self._starts)), self._sizes)
        self._of = np.empty(len(labels), dtype=np.intp)
        self._of[self._order] = self._numbers

    def best(self, values: Matrix, count: int) -> Matrix:
        """The mean of the best ones of the group."""
        order = np.lexsort((-values, self._labels))
        is_best = np.arange(len(values)) - self._starts[self._numbers] < count
        sums = np.add.reduceat(np.where(is_best, values[order], 0.0), self._starts)
        found: Matrix = (sums / np.minimum(self._sizes, count))[self._of]
        return found

    def covered(self, near: Matrix, weights: Matrix) -> Matrix:
        """How near the group as a whole comes to each token."""
        found: Matrix = (np.maximum.reduceat(near[self._order], self._starts, axis=0) @ weights)[self._of]
        return found


class _Line:
    """Candidates in the order of their sessions, a column for each of what is known of them. ``order``: their places in
    what was given."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        numbers, sessions, positions, *said, lexical, dense, tokens, projects, at = zip(*candidates, strict=True)
        self.order = np.lexsort((numbers, positions, sessions))
        self.roles, self.speakers, self.languages, self.lengths, self.asks = (self._sorted(one) for one in said)
        self.sessions, self.positions = self._sorted(sessions), self._sorted(positions)
        self.lexical, self.dense, self.at = self._sorted(lexical), self._sorted(dense), self._sorted(at)
        self.tokens: list[Packed] = [tokens[one] for one in self.order.tolist()]
        self.projects = list(dict.fromkeys(projects))
        places = {name: place for place, name in enumerate(self.projects)}
        self.of_project = self._sorted([places[name] for name in projects])
        self.session, self.project = _Groups(self.sessions), _Groups(self.of_project)
        self._beside = {by: self._places(by) for by in (-2, -1, 1, 2)}

    def __len__(self) -> int:
        return len(self.order)

    def _sorted(self, values: Sequence[object]) -> npt.NDArray[Any]:
        return np.array(values)[self.order]

    def shifted(self, values: Matrix, by: int) -> Matrix:
        """Of the passage so many places on in the same session; 0 where it is no candidate."""
        here, there = self._beside[by]
        result = np.zeros_like(values)
        result[here] = values[there]
        return result

    def _places(self, by: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Of those that have such a neighbour, and of that."""
        found = np.full(len(self.sessions), -1)
        for step in range(1, abs(by) + 1):  # one in between may be no candidate
            low, high = np.arange(len(found) - step), np.arange(step, len(found))
            here, there = (low, high) if by > 0 else (high, low)
            is_there = self.sessions[here] == self.sessions[there]
            is_there &= self.positions[there] - self.positions[here] == by
            found[here[is_there]] = there[is_there]
        here = np.flatnonzero(found >= 0)
        return here, found[here]

    def add_best(self, columns: dict[str, Matrix], name: str, values: Matrix) -> None:
        """Of the session, and of the project beside the others: nothing, where there is but one."""
        columns[f"{name}, session"] = self.session.best(values, OF_SESSION)
        of_project = self.project.best(values, OF_PROJECT)
        columns[f"{name}, project"] = of_project - of_project.mean()


def table(question: Asked, candidates: Sequence[Candidate]) -> Table:
    """The features of ``candidates``, of which there is at least one."""
    line = _Line(candidates)
    columns: dict[str, Matrix] = {}
    lexical = deviation(line.lexical)
    foreign = _foreign(question.language, line)
    columns["lexical"] = lexical * (1 - foreign)
    columns["lexical, other language"] = lexical * foreign
    _add_around(columns, "lexical", lexical, line.shifted, (-2, -1, 1, 2))
    line.add_best(columns, "lexical", lexical)
    columns["other language"] = foreign
    first = lexical + 0.3 * (columns["lexical -1"] + columns["lexical +1"])
    plain = np.zeros((len(line), len(PLAIN)))
    if question.tokens is not None or line.dense.any():
        first = first * (1 - foreign) + _add_vectors(columns, line)
    if question.tokens is not None:
        first = 0.5 * first + _add_tokens(columns, plain, question.tokens, line)
    _add_kind(columns, question, line)
    better = len(line) - np.searchsorted(np.sort(first), first, side="right")  # of equal ones none is ahead
    columns["first rank"] = 1 / (better + _FUSED)
    return Table(tuple(columns), np.stack(list(columns.values()), axis=1), line.order, first, plain)


def deviation(values: Matrix) -> Matrix:
    """In standard deviations from the mean."""
    apart: Matrix = values - _mean(values)
    return apart / (math.sqrt(_mean(apart * apart)) + 1e-6)


def _mean(values: Matrix) -> float:
    """In half the time of numpy's own, with which it is the same."""
    return float(np.add.reduce(values)) / len(values)


def _add_around(
    columns: dict[str, Matrix],
    name: str,
    values: Matrix,
    shifted: Callable[[Matrix, int], Matrix],
    places: Sequence[int],
) -> None:
    for by in places:
        columns[f"{name} {by:+d}"] = shifted(values, by)


def _add_vectors(columns: dict[str, Matrix], line: _Line) -> Matrix:
    dense = deviation(line.dense)
    columns["dense"] = dense
    _add_around(columns, "dense", dense, line.shifted, (-1, 1))
    line.add_best(columns, "dense", dense)
    return dense


def _add_tokens(columns: dict[str, Matrix], plain: Matrix, tokens: Numbers, line: _Line) -> Matrix:
    """Adds what the tokens tell; returns the sum of the most telling."""
    near = nearness(tokens, line.tokens).astype(float)
    weights = _weights(near)
    own = near @ weights
    before, after = line.shifted(near, -1), line.shifted(near, 1)
    around = np.maximum(near, np.maximum(_BEFORE * before, _AFTER * after)) @ weights
    hit = (near > _NEAR) @ weights
    plain[:] = np.stack([own, around, hit, np.full(len(line), own.max())], axis=1)
    columns["near"], columns["near around"], columns["hit"] = deviation(own), deviation(around), hit
    _add_around(columns, "near", columns["near"], line.shifted, (-1, 1))
    _add_around(columns, "near around", columns["near around"], line.shifted, (-2, -1, 1, 2))
    line.add_best(columns, "near", columns["near around"])
    columns["near, whole session"] = deviation(line.session.covered(near, weights))
    columns["near, whole project"] = deviation(line.project.covered(near, weights))
    return columns["near"] + columns["near around"]


def _weights(near: Matrix) -> Matrix:
    """How much each token of the question says: little, if many passages come as near to it as the nearest one."""
    close = (near > near.max(axis=0) - _CLOSE).sum(axis=0)
    weights: Matrix = np.log(1 + len(near) / (close + 0.5))
    return weights / max(float(weights.sum()), 1e-9)


def _add_kind(columns: dict[str, Matrix], question: Asked, line: _Line) -> None:
    asks = line.asks.astype(float)
    said = fold(question.text)
    named = _named(said, line.speakers)
    columns["length"] = np.log1p(line.lengths.astype(float))
    columns["asks"], columns["asks -1"] = asks, line.shifted(asks, -1)
    columns["by the user"] = (line.roles == "user").astype(float)
    columns["named"] = named
    columns["another named"] = (1 - named) * named.max()
    of_project = _project_named(said, line.projects)[line.of_project]
    columns["project named"] = of_project
    columns["another project named"] = (1 - of_project) * of_project.max()
    columns["newer, asked for now"] = deviation(line.at) * bool(_NOW.search(said))


def _named(said: str, speakers: npt.NDArray[Any]) -> Matrix:
    """1 where the name of who speaks stands in the question."""
    names = [one for one in set(speakers.tolist()) if one and fold(one) in said]
    return np.isin(speakers, names).astype(float) if names else np.zeros(len(speakers))


def _project_named(said: str, projects: Sequence[str]) -> Matrix:
    """1 where a word of the question begins with a part of the project's name. A part that all of them have names none,
    and neither does a word of work: server, tienda."""
    parts = [frozenset(_WORD.findall(fold(name))) for name in projects]
    common = frozenset.intersection(*parts)
    words = _WORD.findall(said)
    named = [
        any(
            word.startswith(part) and not is_translated(word)
            for part in some - common
            if len(part) >= NAME_LENGTH
            for word in words
        )
        for some in parts
    ]
    return np.array(named, dtype=float)


def _foreign(language: Language, line: _Line) -> Matrix:
    """1 where a passage is in another language, as far as both are known."""
    if not language:
        return np.zeros(len(line))
    foreign: Matrix = ((line.languages != language) & (line.languages != "")).astype(float)
    return foreign
