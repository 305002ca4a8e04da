"""Passages that may answer a question: those with its words, and those of near meaning; found in the tables."""

from collections.abc import Sequence
from typing import NamedTuple

from minga.domain.memory import Language, Question
from minga.memory import vectors
from minga.memory.index import counting, meaning, near
from minga.memory.index.lexical import by_words
from minga.memory.index.listed import AMONG, listed
from minga.memory.index.pages import Cache
from minga.memory.index.ties import best
from minga.memory.tokens import loosened
from minga.memory.vectors import Packed, Vector
from minga.storage.database import Transaction

__all__ = ["ByMeaning", "beside", "by_words", "described"]

DESCRIBED_MAX = 3000
"""Passages that a process keeps what it has read of, some 7 kB each."""

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

    def of(self, numbers: Sequence[int]) -> dict[int, float]:
        """Those without a vector are left out."""
        known = self._known
        found = {one: known[one] for one in numbers if one in known}
        if len(found) < len(numbers) and (more := [one for one in numbers if one not in found]):
            found |= _cosines(self._transaction, self._vector, more)
        return found


def _cosines(transaction: Transaction, vector: Vector, numbers: Sequence[int]) -> dict[int, float]:
    rows = transaction.execute(meaning.VECTORS, (listed(numbers),))
    meaning.compare_lengths((row[1] for row in rows), len(vector))
    values = vectors.packed([row[1] for row in rows]).cosines(vector).tolist() if rows else []
    return dict(zip([row[0] for row in rows], values, strict=True))


class Described(NamedTuple):
    """What of a passage counts for its order. ``asks``: 1 where it ends as a question. ``at``: micro-seconds, 0 where
    that is not known. ``tokens`` as `tokens.loosened` gives them."""

    number: int
    session: int
    role: str
    language: Language
    length: int
    asks: int
    project: str
    at: float
    tokens: Packed


_DESCRIBED = (
    "SELECT p.number, p.session, p.role, p.language, p.length, p.asks, j.name, 1.0 * p.moment,"  # noqa: S608
    " COALESCE(CAST(t.body AS BLOB), x'')"
    " FROM passages p JOIN sessions s ON s.number = p.session"
    f" JOIN projects j ON j.number = s.project LEFT JOIN tokens t ON t.number = p.number WHERE p.number {AMONG}"
)


_BESIDE_EACH = f"SELECT p.number, {_BEFORE}, {_AFTER} FROM passages p WHERE p.number {AMONG}"  # noqa: S608


def beside(transaction: Transaction, cache: Cache, numbers: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """Those of the passages that are there, each with the one before and the one after it in its session, None at its
    ends. Kept as `described` keeps what it has read."""
    _keep_current(transaction, cache)
    if more := [one for one in numbers if one not in cache.beside]:
        rows = transaction.execute(_BESIDE_EACH, (listed(more),))
        cache.beside.update((number, (before, after)) for number, before, after in rows)
    return {one: cache.beside[one] for one in numbers if one in cache.beside}


def described(
    transaction: Transaction, cache: Cache, numbers: Sequence[int], *, with_tokens: bool = True
) -> list[Described]:
    """Those of the passages that are there. What this process has read before is kept as long as no passage and no
    vector came or went. Raises meaning.WrongLength, unless tokens do not count."""
    _keep_current(transaction, cache)
    if more := [one for one in numbers if one not in cache.passages]:
        rows = transaction.execute(_DESCRIBED, (listed(more),))
        kept: list[bytes] = [row[8] for row in rows]
        if any(len(one) % meaning.BYTES_A_TOKEN for one in kept):
            if with_tokens:
                raise meaning.WrongLength
            cache.version = ()  # found again by a question for which they count
            kept = [b""] * len(rows)
        read = (Described._make((*row[:8], one)) for row, one in zip(rows, loosened(kept), strict=True))
        cache.passages.update((row.number, row) for row in read)
    return [cache.passages[one] for one in numbers if one in cache.passages]


def _keep_current(transaction: Transaction, cache: Cache) -> None:
    [version] = transaction.execute("SELECT passages, pages FROM state")
    if cache.version != version or len(cache.passages) > DESCRIBED_MAX:
        cache.version, cache.passages, cache.beside = version, {}, {}
