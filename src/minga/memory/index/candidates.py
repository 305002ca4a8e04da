"""Passages that may answer a question: those with its words, and those of near meaning; found in the tables."""

from collections.abc import Sequence

import numpy as np

from minga.domain.memory import Question
from minga.memory import vectors
from minga.memory.index.indexed import project_mark
from minga.memory.index.reading import projects
from minga.memory.vectors import Vector
from minga.storage.database import Transaction
from minga.storage.engine import Value
from minga.storage.instants import to_micros

BY_WORDS = 200
BY_MEANING = 200

AT_ONCE = 500

TERMS_MAX = 40
"""Of a question; the rest of a longer one adds little and costs much."""


def by_words(
    transaction: Transaction, terms: Sequence[str], question: Question, limit: int = BY_WORDS
) -> dict[int, float]:
    """Passages with any of the words, and how well they fit."""
    wanted = list(dict.fromkeys(terms))[:TERMS_MAX]
    if not wanted:
        return {}
    words = " OR ".join(f'"{term}"' for term in wanted)
    match = f"{{said done}} : ({words})"
    if question.places is not None:
        numbers = projects(transaction, question.places)
        if not numbers:
            return {}
        match += f" AND marks : ({' OR '.join(map(project_mark, numbers))})"
    where, parameters = _bounds(question)
    rows = transaction.execute(
        "SELECT w.rowid, -bm25(words, 1.0, 0.4, 0.0) AS fit FROM words w JOIN passages p ON p.number = w.rowid"  # noqa: S608
        f" WHERE words MATCH ?{where} ORDER BY fit DESC, p.id LIMIT ?",
        (match, *parameters, limit),
    )
    return {row[0]: row[1] for row in rows}


def by_meaning(
    transaction: Transaction, vector: Vector, question: Question, limit: int = BY_MEANING
) -> dict[int, float]:
    """Passages whose vectors are near, and their cosine."""
    where, parameters = _bounds(question)
    if question.places is not None:
        where += f" AND s.project IN ({', '.join(map(str, projects(transaction, question.places)))})"
    rows = transaction.execute(
        "SELECT v.number, v.body FROM vectors v JOIN passages p ON p.number = v.number JOIN sessions s"  # noqa: S608
        f" ON s.number = p.session WHERE TRUE{where} ORDER BY p.id",
        parameters,
    )
    if not rows:
        return {}
    near = vectors.cosines([row[1] for row in rows], vector)
    best = np.argsort(-near, kind="stable")[:limit]
    return {rows[place][0]: float(near[place]) for place in best}


def cosines(transaction: Transaction, vector: Vector, numbers: Sequence[int]) -> dict[int, float]:
    """Of passages that were found otherwise; those without a vector are left out."""
    found: dict[int, float] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"SELECT number, body FROM vectors WHERE number IN ({marks})", some)  # noqa: S608
        if rows:
            near = vectors.cosines([row[1] for row in rows], vector)
            found.update((row[0], float(one)) for row, one in zip(rows, near, strict=True))
    return found


def places(transaction: Transaction, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The session of each one, and its place there."""
    found: dict[int, tuple[int, int]] = {}
    for session in _sessions(transaction, numbers):
        rows = transaction.execute(
            "SELECT number FROM passages WHERE session = ? ORDER BY COALESCE(at, 0), seq, part", (session,)
        )
        found.update((row[0], (session, place)) for place, row in enumerate(rows))
    return {number: found[number] for number in numbers if number in found}


def _sessions(transaction: Transaction, numbers: Sequence[int]) -> list[int]:
    found: dict[int, None] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT DISTINCT session FROM passages WHERE number IN ({marks})"  # noqa: S608
        found.update((row[0], None) for row in transaction.execute(sql, some))
    return list(found)


def _bounds(question: Question) -> tuple[str, tuple[Value, ...]]:
    where, parameters = "", list[Value]()
    if question.since is not None:
        where += " AND p.at >= ?"
        parameters.append(to_micros(question.since))
    if question.known_by is not None:
        where += " AND p.at <= ?"
        parameters.append(to_micros(question.known_by))
    if question.without is not None:
        where += " AND p.session NOT IN (SELECT number FROM sessions WHERE id = ?)"
        parameters.append(question.without)
    return where, tuple(parameters)
