"""Passages that may answer a question: those with its words, and those of near meaning; found in the tables."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from minga.domain.memory import Language, Question
from minga.memory import vectors
from minga.memory.index import counting, meaning, near
from minga.memory.index.lexical import by_words
from minga.memory.index.listed import AMONG, listed
from minga.memory.index.pages import Cache
from minga.memory.index.ties import best
from minga.memory.vectors import Vector
from minga.storage.database import Transaction

__all__ = ["ByMeaning", "by_words", "described"]

DESCRIBED_MAX = 3000
"""Passages that a process keeps what it has read of, some 4 kB each."""

_BESIDE = (
    "(SELECT b.number FROM passages b WHERE b.session = p.session AND (b.moment, b.seq, b.part) {sign}"
    " (p.moment, p.seq, p.part) ORDER BY b.moment {order}, b.seq {order}, b.part {order} LIMIT 1)"
)
_BEFORE, _AFTER = _BESIDE.format(sign="<", order="DESC"), _BESIDE.format(sign=">", order="ASC")


class ByMeaning:
    """How near passages come to a question's vector. Raises near.PagesDamaged and
    meaning.WrongLength, also where it is made."""

    def __init__(self, transaction: Transaction, cache: Cache, vector: Vector, question: Question) -> None:
        self._transaction, self._vector = transaction, vector
        limit = counting.candidates_of(counting.size(transaction))
        pages = near.pages_of(transaction, cache, question, len(vector))
        self._known: dict[int, float] = {}
        if sum(len(page.numbers) for page in pages) <= near.EXACT_MAX:
            self._known = near.compared(transaction, cache, pages, vector)
        numbers = near.nearest(transaction, pages, vector, question, limit)
        self.best = best(transaction, self.of(numbers), limit)
        """The nearest ones, and their cosine."""

    def of(self, numbers: Iterable[int]) -> dict[int, float]:
        """Those without a vector are left out."""
        known = self._known
        found = {one: known[one] for one in numbers if one in known}
        if more := [one for one in numbers if one not in found]:
            found |= _cosines(self._transaction, self._vector, more)
        return found


def _cosines(transaction: Transaction, vector: Vector, numbers: Sequence[int]) -> dict[int, float]:
    rows = transaction.execute(meaning.VECTORS, (listed(numbers),))
    meaning.compare_lengths((row[1] for row in rows), len(vector))
    values = vectors.packed([row[1] for row in rows]).cosines(vector).tolist() if rows else []
    return dict(zip([row[0] for row in rows], values, strict=True))


class Described(NamedTuple):
    """What of a passage counts for its order. ``asks``: 1 where it ends as a question. ``at``: micro-seconds, 0 where
    that is not known. ``tokens`` as `recall.nearness.packed` made them, empty where there are none. ``before`` and
    ``after``: the passages beside it in its session, None at its ends."""

    number: int
    session: int
    role: str
    language: Language
    length: int
    asks: int
    project: str
    at: float
    tokens: bytes
    before: int | None
    after: int | None


_DESCRIBED = (
    "SELECT p.number, p.session, p.role, p.language, p.said, p.asks, j.name, 1.0 * p.moment,"  # noqa: S608
    f" COALESCE(CAST(t.body AS BLOB), x''), {_BEFORE}, {_AFTER}"
    " FROM passages p JOIN sessions s ON s.number = p.session"
    f" JOIN projects j ON j.number = s.project LEFT JOIN tokens t ON t.number = p.number WHERE p.number {AMONG}"
)


def described(
    transaction: Transaction, cache: Cache, numbers: Sequence[int], *, with_tokens: bool = True
) -> list[Described]:
    """Those of the passages that are there. What this process has read before is kept as long as no passage and no
    vector came or went. Raises meaning.WrongLength, unless tokens do not count."""
    [version] = transaction.execute("SELECT passages, pages FROM state")
    if cache.version != version or len(cache.passages) > DESCRIBED_MAX:
        cache.version, cache.passages = version, {}
    if more := [one for one in numbers if one not in cache.passages]:
        rows = list(map(Described._make, transaction.execute(_DESCRIBED, (listed(more),))))
        if any(len(row.tokens) % meaning.BYTES_A_TOKEN for row in rows):
            if with_tokens:
                raise meaning.WrongLength
            cache.version = ()  # found again by a question for which they count
        cache.passages.update((row.number, row) for row in rows)
    return [cache.passages[one] for one in numbers if one in cache.passages]
