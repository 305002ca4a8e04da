"""The vectors of passages: which are missing, and adding them."""

from array import array
from collections.abc import Sequence

from minga.memory.index.state import body_of
from minga.storage.database import Transaction

_STEPS = 127

_MISSING = "FROM passages p WHERE p.said = 1 AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.number = p.number)"


def set_encoder(transaction: Transaction, name: str) -> None:
    """Vectors of another encoder go: they do not compare."""
    [(before,)] = transaction.execute("SELECT encoder FROM state")
    if before != name:
        transaction.execute("DELETE FROM vectors")
        transaction.execute("UPDATE state SET encoder = ?", (name,))


def waiting(transaction: Transaction) -> int:
    """How many passages have no vector yet."""
    [(count,)] = transaction.execute(f"SELECT COUNT(*) {_MISSING}")
    return int(count)


def next_texts(transaction: Transaction, limit: int) -> list[tuple[int, str]]:
    """The newest passages that have no vector, with what was said."""
    rows = transaction.execute(f"SELECT p.number, p.body {_MISSING} ORDER BY p.number DESC LIMIT ?", (limit,))
    return [(row[0], body_of(row[1])[0]) for row in rows]


def add(transaction: Transaction, made: Sequence[tuple[int, bytes]]) -> None:
    """Of passages that are still there."""
    for number, vector in made:
        body = packed(vector)
        transaction.execute(
            "INSERT OR REPLACE INTO vectors SELECT number, ? FROM passages WHERE number = ?", (body, number)
        )


def packed(vector: bytes) -> bytes:
    """A byte a number instead of four: the largest one becomes 127, since the direction is all that counts."""
    numbers = array("f")
    numbers.frombytes(vector)
    scale = _STEPS / (max(map(abs, numbers), default=0.0) or 1.0)
    return array("b", [round(number * scale) for number in numbers]).tobytes()
