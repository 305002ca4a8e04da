"""What tells a passage that answers a question from one that does not, as numbers: one row a candidate.

Most compare a candidate with the others of the same question (deviations from their mean), so that they mean the same
in a small memory and in a large one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import re

import numpy as np
import numpy.typing as npt

from minga.domain.memory import Language
from minga.memory.recall.nearness import Numbers, nearness
from minga.memory.recall.words import fold

Matrix: TypeAlias = npt.NDArray[np.float64]

_BEFORE, _AFTER = 0.9, 0.8
"""How much a token counts that stands in the passage before or after instead."""

_CLOSE = 0.15
"""Passages that come so near to a token as the nearest one less this: the fewer, the more the token says."""

_NEAR = 0.5

_FUSED = 3
"""Softens the reciprocal of a rank (G. Cormack et al., "Reciprocal Rank Fusion", SIGIR 2009)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. ``tokens`` as `nearness.asked` gives them; None where only words, or words and vectors, are known."""

    text: str
    language: Language
    tokens: Numbers | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer. ``number``: the caller's, it names the passage. ``position``: its place in its
    session; neighbours are those whose places differ by one. ``speaker``: a name, empty where it is nobody's.
    ``asks``: whether it ends as a question. ``lexical``: how well its words fit, 0 where none does. ``dense``: the
    cosine of its vector. ``tokens`` as `nearness.packed` gives them, empty where there are none."""

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
    tokens: bytes = b""
    project: str = ""
    owner: str = ""
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


class _Line:
    """Candidates in the order of their sessions."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.sessions = np.array([one.session for one in candidates])
        self.positions = np.array([one.position for one in candidates])
        names = {name: number for number, name in enumerate(dict.fromkeys(one.project for one in candidates))}
        self.projects = np.array([names[one.project] for one in candidates])

    def shifted(self, values: Matrix, by: int) -> Matrix:
        """Of the passage so many places on in the same session; 0 where it is no candidate."""
        result = np.zeros_like(values)
        here = np.arange(len(values))
        for step in range(1, abs(by) + 1):  # one in between may be no candidate
            there = here + (step if by > 0 else -step)
            held = np.clip(there, 0, len(here) - 1)
            found = (there == held) & (self.sessions[held] == self.sessions)
            found &= self.positions[held] - self.positions == by
            result[found] = values[held[found]]
        return result

    def best_of_session(self, values: Matrix, count: int = 3) -> Matrix:
        """The mean of the session's best ones."""
        result = np.zeros_like(values)
        edges = np.flatnonzero(np.diff(self.sessions)) + 1
        for start, end in zip([0, *edges], [*edges, len(values)], strict=True):
            some = values[start:end]
            result[start:end] = np.sort(some)[-count:].mean()
        return result


    def best_of_project(self, values: Matrix, count: int = 5) -> Matrix:
        result = np.zeros_like(values)
        for one in np.unique(self.projects):
            here = self.projects == one
            result[here] = np.sort(values[here])[-count:].mean()
        return result

    def covered(self, near: Matrix, weights: Matrix, groups: npt.NDArray[np.intp]) -> Matrix:
        """How near the group as a whole comes to the tokens."""
        result = np.zeros(len(near))
        for one in np.unique(groups):
            here = groups == one
            result[here] = near[here].max(axis=0) @ weights
        return result


def table(question: Asked, candidates: Sequence[Candidate]) -> Table:
    """The features of ``candidates``, of which there is at least one."""
    order = np.array(sorted(range(len(candidates)), key=lambda one: _place(candidates[one])), dtype=np.intp)
    rows = [candidates[one] for one in order]
    line = _Line(rows)
    columns: dict[str, Matrix] = {}
    lexical = deviation(np.array([one.lexical for one in rows]))
    foreign = np.array([_differ(question.language, one.language) for one in rows], dtype=float)
    columns["lexical"] = lexical * (1 - foreign)
    columns["lexical, other language"] = lexical * foreign
    _add_around(columns, "lexical", lexical, line.shifted, (-2, -1, 1, 2))
    columns["lexical, session"] = line.best_of_session(lexical)
    columns["lexical, project"] = line.best_of_project(lexical)
    columns["foreign"] = foreign
    first = lexical + 0.3 * (columns["lexical -1"] + columns["lexical +1"])
    plain = np.zeros((len(rows), len(PLAIN)))
    if question.tokens is not None or any(one.dense for one in rows):
        first = first * (1 - foreign) + _add_vectors(columns, rows, line)
    if question.tokens is not None:
        first = 0.5 * first + _add_tokens(columns, plain, question.tokens, rows, line)
    _add_kind(columns, question, rows, line)
    rank = np.empty(len(rows))
    rank[np.argsort(-first, kind="stable")] = np.arange(len(rows))
    columns["first rank"] = 1 / (rank + _FUSED)
    return Table(tuple(columns), np.stack(list(columns.values()), axis=1), order, first, plain)


def deviation(values: Matrix) -> Matrix:
    """In standard deviations from the mean."""
    spread: Matrix = (values - values.mean()) / (values.std() + 1e-6)
    return spread


def _place(one: Candidate) -> tuple[int, int, int]:
    return one.session, one.position, one.number


def _add_around(
    columns: dict[str, Matrix],
    name: str,
    values: Matrix,
    shifted: Callable[[Matrix, int], Matrix],
    places: Sequence[int],
) -> None:
    for by in places:
        columns[f"{name} {by:+d}"] = shifted(values, by)


def _add_vectors(columns: dict[str, Matrix], rows: Sequence[Candidate], line: _Line) -> Matrix:
    dense = deviation(np.array([one.dense for one in rows]))
    columns["dense"] = dense
    _add_around(columns, "dense", dense, line.shifted, (-1, 1))
    columns["dense, session"] = line.best_of_session(dense)
    columns["dense, project"] = line.best_of_project(dense)
    return dense


def _add_tokens(
    columns: dict[str, Matrix], plain: Matrix, tokens: Numbers, rows: Sequence[Candidate], line: _Line
) -> Matrix:
    """Adds what the tokens tell; returns the sum of the most telling."""
    near = nearness(tokens, [one.tokens for one in rows]).astype(float)
    weights = _weights(near)
    own = near @ weights
    before, after = line.shifted(near, -1), line.shifted(near, 1)
    around = np.maximum(near, np.maximum(_BEFORE * before, _AFTER * after)) @ weights
    hit = (near > _NEAR) @ weights
    plain[:] = np.stack([own, around, hit, np.full(len(rows), own.max())], axis=1)
    columns["near"], columns["near around"], columns["hit"] = deviation(own), deviation(around), hit
    _add_around(columns, "near", columns["near"], line.shifted, (-1, 1))
    _add_around(columns, "near around", columns["near around"], line.shifted, (-2, -1, 1, 2))
    columns["near, session"] = line.best_of_session(columns["near around"])
    columns["near, project"] = line.best_of_project(columns["near around"])
    columns["covered by session"] = deviation(line.covered(near, weights, line.sessions))
    columns["covered by project"] = deviation(line.covered(near, weights, line.projects))
    return columns["near"] + columns["near around"]


def _weights(near: Matrix) -> Matrix:
    """How much each token of the question says: little, if many passages come as near to it as the nearest one."""
    close = (near > near.max(axis=0) - _CLOSE).sum(axis=0)
    weights: Matrix = np.log(1 + len(near) / (close + 0.5))
    return weights / max(float(weights.sum()), 1e-9)


def _add_kind(columns: dict[str, Matrix], question: Asked, rows: Sequence[Candidate], line: _Line) -> None:
    asks = np.array([one.asks for one in rows], dtype=float)
    said = fold(question.text)
    names = {one.speaker: fold(one.speaker) in said for one in rows if one.speaker}
    named = np.array([names.get(one.speaker, False) for one in rows], dtype=float)
    columns["length"] = np.log1p(np.array([one.length for one in rows], dtype=float))
    columns["asks"], columns["asks -1"] = asks, line.shifted(asks, -1)
    columns["by the user"] = np.array([one.role == "user" for one in rows], dtype=float)
    columns["named"] = named
    words = _WORD.findall(said)
    owners = {one.owner: bool(one.owner) and fold(one.owner) in words for one in rows}
    columns["owner named"] = np.array([owners[one.owner] for one in rows], dtype=float)
    columns["other owner named"] = (1 - columns["owner named"]) * float(any(owners.values()))
    projects = {one.project: any(_names(part, words) for part in _WORD.findall(fold(one.project))) for one in rows}
    columns["project named"] = np.array([projects[one.project] for one in rows], dtype=float)
    columns["other project named"] = (1 - columns["project named"]) * float(any(projects.values()))
    columns["age"] = deviation(np.array([one.at for one in rows]))
    now = bool(_NOW.search(said))
    columns["age, now"] = columns["age"] * now
    columns["another named"] = (1 - named) * float(any(names.values()))


_WORD = re.compile(r"[a-z0-9]+")
_NOW = re.compile(r"\b(ahora|hoy|actual\w*|finalmente|al final|todavia|now|currently|today|finally|latest|ultim\w+)\b")


def _names(part: str, words: Sequence[str]) -> bool:
    return len(part) >= 4 and any(word.startswith(part) for word in words)


def _differ(one: Language, other: Language) -> bool:
    return bool(one and other and one != other)
