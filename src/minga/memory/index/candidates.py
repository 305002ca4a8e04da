"""Passages that may answer a question: those with its words, and those of near meaning; found in the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minga.domain.memory import Language, Question
from minga.memory import vectors
from minga.memory.index import near
from minga.memory.index.lexical import by_words
from minga.memory.index.pages import Cache
from minga.memory.index.ties import best
from minga.memory.vectors import Vector
from minga.storage.database import Transaction
from minga.storage.engine import Row

__all__ = ["by_meaning", "by_words", "cosines", "standing"]

BY_MEANING = 200

AT_ONCE = 500

_NEXT = (
    "(SELECT a.number FROM passages a WHERE a.session = p.session AND (a.moment, a.seq, a.part) >"
    " (p.moment, p.seq, p.part) ORDER BY a.moment, a.seq, a.part LIMIT 1)"
)

_APART = 5
"""More than the steps at which neighbours are looked at."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``place`` in its session, among the candidates: those of neighbours differ by one. ``length`` in characters;
    ``asks``: whether it ends as a question."""

    session: int
    place: int
    role: str
    language: Language
    length: int
    asks: bool


def by_meaning(
    transaction: Transaction, cache: Cache, vector: Vector, question: Question, limit: int = BY_MEANING
) -> dict[int, float]:
    """Passages whose vectors are near, and their cosine. Raises near.PagesDamaged."""
    return best(transaction, cosines(transaction, vector, near.nearest(transaction, cache, vector, question)), limit)


def cosines(transaction: Transaction, vector: Vector, numbers: Sequence[int]) -> dict[int, float]:
    """Of passages that were found otherwise; those without a vector are left out."""
    found: dict[int, float] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"SELECT number, body FROM vectors WHERE number IN ({marks})", some)  # noqa: S608
        if rows:
            values = vectors.cosines([row[1] for row in rows], vector)
            found.update((row[0], float(one)) for row, one in zip(rows, values, strict=True))
    return found


def standing(transaction: Transaction, numbers: Sequence[int]) -> dict[int, Standing]:
    """What can be said of each one without its text."""
    found: dict[int, tuple[Row, int | None]] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT p.number, p.session, p.role, p.language, p.length, p.asks, {_NEXT} FROM passages p"  # noqa: S608
        found.update((row[0], (row, row[6])) for row in transaction.execute(f"{sql} WHERE p.number IN ({marks})", some))
    places = _places({number: after for number, (_, after) in found.items()})
    known = dict[int, Standing]()
    for number, (row, _) in found.items():
        known[number] = Standing(row[1], places[number], row[2], row[3], row[4], bool(row[5]))
    return known


def _places(after: Mapping[int, int | None]) -> dict[int, int]:
    """So that places differ by one just where one passage comes next after the other, and by more elsewhere."""
    places: dict[int, int] = {}
    follows = set(after.values())
    place = 0
    for first in [one for one in after if one not in follows]:
        number: int | None = first
        place += _APART
        while number is not None and number in after:
            places[number] = place
            number, place = after[number], place + 1
    return places
