"""The vectors of passages: which are missing, and adding them."""

from array import array
from collections.abc import Callable, Sequence

from minga.memory.index import pages
from minga.memory.index.state import body_of
from minga.storage.database import Transaction

_STEPS = 127

AT_ONCE = 500

Short = Callable[[str, Sequence[tuple[int, int, int | None]], Sequence[bytes]], list[bytes]]
"""`near.records`, which needs a library for numbers."""

_WITHOUT = (
    "SELECT p.number, p.session, p.at, s.project FROM passages p JOIN sessions s ON s.number = p.session"
    " WHERE p.number IN (SELECT number FROM missing) AND p.number IN"
)


def set_encoder(transaction: Transaction, name: str) -> None:
    """Vectors of another encoder go: they do not compare."""
    [(before,)] = transaction.execute("SELECT encoder FROM state")
    if before != name:
        transaction.execute("DELETE FROM vectors")
        transaction.execute("DELETE FROM pages")
        transaction.execute("DELETE FROM missing")
        transaction.execute("INSERT INTO missing SELECT number FROM passages WHERE said = 1")
        transaction.execute("UPDATE state SET encoder = ?", (name,))


def waiting(transaction: Transaction) -> int:
    """How many passages have no vector yet."""
    [(count,)] = transaction.execute("SELECT COUNT(*) FROM missing")
    return int(count)


def next_texts(transaction: Transaction, limit: int) -> list[tuple[int, str]]:
    """The newest passages that have no vector, with what was said."""
    sql = "SELECT p.number, p.body FROM missing m JOIN passages p ON p.number = m.number ORDER BY m.number DESC LIMIT ?"
    rows = transaction.execute(sql, (limit,))
    return [(row[0], body_of(row[1])[0]) for row in rows]


def add(transaction: Transaction, made: Sequence[tuple[int, bytes]], short: Short) -> None:
    """Of passages that are still there, and have none yet."""
    bodies = dict(made)
    by_project: dict[int, list[tuple[int, int, int | None]]] = {}
    for start in range(0, len(made), AT_ONCE):
        some = [number for number, _ in made[start : start + AT_ONCE]]
        marks = ", ".join("?" * len(some))
        for *passage, project in transaction.execute(f"{_WITHOUT} ({marks}) ORDER BY p.number", some):
            by_project.setdefault(project, []).append((passage[0], passage[1], passage[2]))
    [(encoder,)] = transaction.execute("SELECT encoder FROM state")
    for project, passages in by_project.items():
        rows = [packed(bodies[number]) for number, _, _ in passages]
        where = pages.append(transaction, project, short(encoder, passages, rows))
        numbers = [number for number, _, _ in passages]
        transaction.insert("vectors", list(zip(numbers, where, rows, strict=True)))
        for number in numbers:
            transaction.execute("DELETE FROM missing WHERE number = ?", (number,))


def packed(vector: bytes) -> bytes:
    """A byte a number instead of four: the largest one becomes 127, since the direction is all that counts."""
    numbers = array("f")
    numbers.frombytes(vector)
    scale = _STEPS / (max(map(abs, numbers), default=0.0) or 1.0)
    return array("b", [round(number * scale) for number in numbers]).tobytes()
