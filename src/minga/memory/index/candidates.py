"""Passages that may answer a question: those with its words, and those of near meaning; found in the tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from minga.domain.memory import Language, Question
from minga.memory import vectors
from minga.memory.index import counting, near
from minga.memory.index.lexical import by_words
from minga.memory.index.pages import Cache
from minga.memory.index.ties import best
from minga.memory.vectors import Vector
from minga.storage.database import Transaction

__all__ = ["by_meaning", "by_words", "cosines", "neighbours"]

AT_ONCE = 500

_BESIDE = (
    "(SELECT b.number FROM passages b WHERE b.session = p.session AND (b.moment, b.seq, b.part) {sign}"
    " (p.moment, p.seq, p.part) ORDER BY b.moment {order}, b.seq {order}, b.part {order} LIMIT 1)"
)
_BEFORE, _AFTER = _BESIDE.format(sign="<", order="DESC"), _BESIDE.format(sign=">", order="ASC")


def by_meaning(transaction: Transaction, cache: Cache, vector: Vector, question: Question) -> dict[int, float]:
    """Passages whose vectors are near, and their cosine. Raises near.PagesDamaged."""
    limit = counting.candidates_of(counting.size(transaction))
    numbers = near.nearest(transaction, cache, vector, question, limit)
    return best(transaction, cosines(transaction, vector, numbers), limit)


def cosines(transaction: Transaction, vector: Vector, numbers: Sequence[int]) -> dict[int, float]:
    """Of passages that were found otherwise; those without a vector are left out."""
    found: dict[int, float] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"SELECT number, body FROM vectors WHERE number IN ({marks})", some)  # noqa: S608
        if rows:
            values = vectors.cosines([row[1] for row in rows], vector)
            found.update(zip([row[0] for row in rows], values.tolist(), strict=True))
    return found


def neighbours(transaction: Transaction, numbers: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """The passages just before and after each one in its session; None at its ends."""
    found: dict[int, tuple[int | None, int | None]] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT p.number, {_BEFORE}, {_AFTER} FROM passages p WHERE p.number IN ({marks})"  # noqa: S608
        found.update((row[0], (row[1], row[2])) for row in transaction.execute(sql, some))
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """What of a passage counts for its order. ``at``: micro-seconds."""

    session: int
    role: str
    language: Language
    length: int
    asks: bool
    project: str
    at: int | None


_COLUMNS = (
    "SELECT p.number, p.session, p.role, p.language, p.said, p.asks, j.name, p.at FROM passages p"
    " JOIN sessions s ON s.number = p.session JOIN projects j ON j.number = s.project"
)


def columns(transaction: Transaction, numbers: Sequence[int]) -> dict[int, Column]:
    found: dict[int, Column] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"{_COLUMNS} WHERE p.number IN ({marks})", some)
        found.update((row[0], Column(row[1], row[2], row[3], row[4], bool(row[5]), row[6], row[7])) for row in rows)
    return found


def tokens(transaction: Transaction, numbers: Sequence[int]) -> dict[int, bytes]:
    """As `recall.nearness.packed` made them."""
    found: dict[int, bytes] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"SELECT number, body FROM tokens WHERE number IN ({marks})", some)  # noqa: S608
        found.update((row[0], bytes(row[1])) for row in rows)
    return found
