"""The vectors of passages: which are missing, and adding them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from minga.domain.meaning import Excerpt
from minga.domain.memory import ItemId
from minga.memory.index import pages
from minga.memory.index.indexed import body_of
from minga.memory.index.listed import AMONG, listed
from minga.storage.database import Transaction
from minga.storage.instants import from_micros

AT_ONCE = 500

_BODY = "CAST(body AS BLOB)"
"""A text that stands there by mistake is read as bytes, too."""

VECTORS = f"SELECT number, {_BODY} FROM vectors WHERE number {AMONG}"  # noqa: S608 - constants
"""Of passages, as `listed`."""

BYTES_A_TOKEN = 64
"""As `recall.nearness.packed` keeps them."""

Place = tuple[int, int, int | None]
"""Of a passage: its number, its session, and when it was said (micro-seconds)."""

Stored = Callable[[str, Sequence[Place], Sequence[bytes]], list[tuple[bytes, bytes]]]
"""`near.stored`, which needs a library for numbers."""

_BODY_BEFORE = (
    "(SELECT b.body FROM passages b WHERE b.session = p.session AND (b.said > 0 OR p.said = 0 AND b.role <> 'tool')"
    " AND (b.moment, b.seq, b.part) < (p.moment, p.seq, p.part)"
    " ORDER BY b.moment DESC, b.seq DESC, b.part DESC LIMIT 1)"
)
"""What was said before; before what a tool gave back, its call."""


class WrongLength(Exception):
    """A vector has another number of dimensions than the question's, or tokens are cut off."""


@dataclass(frozen=True, slots=True)
class Made:
    """``vector`` of a passage as its encoder gave it; ``tokens`` packed, empty where there are none."""

    number: int
    vector: bytes
    tokens: bytes


_WITHOUT = (
    "SELECT p.number, p.session, p.at, s.project FROM passages p JOIN sessions s ON s.number = p.session"
    " WHERE p.number IN (SELECT number FROM missing) AND p.number IN"
)

_TO_BE_MADE = "INSERT INTO missing SELECT number FROM passages WHERE length > 0 AND leads"


def set_encoder(transaction: Transaction, name: str) -> None:
    """Vectors of another encoder go: they do not compare."""
    [(before,)] = transaction.execute("SELECT encoder FROM state")
    if before != name:
        transaction.execute("DELETE FROM vectors")
        transaction.execute("DELETE FROM tokens")
        transaction.execute("DELETE FROM pages")
        transaction.execute("DELETE FROM missing")
        transaction.execute(_TO_BE_MADE)
        pages.changed(transaction)
        transaction.execute("UPDATE state SET encoder = ?", (name,))


def standing(transaction: Transaction) -> tuple[bool, int]:
    """Whether any passage has a vector, and how many have none yet."""
    return bool(transaction.execute("SELECT 1 FROM vectors LIMIT 1")), waiting(transaction)


def of_encoder(transaction: Transaction) -> tuple[str, int]:
    """The name of the encoder that made the vectors, and how many passages have none yet."""
    [(name,)] = transaction.execute("SELECT encoder FROM state")
    return str(name), waiting(transaction)


def waiting(transaction: Transaction) -> int:
    """How many passages have no vector yet."""
    [(count,)] = transaction.execute("SELECT COUNT(*) FROM missing")
    return int(count)


def missing(transaction: Transaction, numbers: Sequence[int]) -> frozenset[int]:
    """Those of the passages that have no vector yet."""
    rows = transaction.execute(f"SELECT number FROM missing WHERE number {AMONG}", (listed(numbers),))  # noqa: S608
    return frozenset(row[0] for row in rows)


def compare_lengths(bodies: Iterable[bytes], dimensions: int) -> None:
    """Raises WrongLength."""
    if not {dimensions}.issuperset(map(len, bodies)):
        raise WrongLength


def wrong_lengths(transaction: Transaction, dimensions: int) -> list[int]:
    """The passages of which the vector has not a byte for each of ``dimensions``, or the tokens are cut off."""
    sql = (
        f"SELECT number FROM vectors WHERE length({_BODY}) <> ? UNION"  # noqa: S608 - a constant
        f" SELECT number FROM tokens WHERE length({_BODY}) % ? ORDER BY number"
    )
    return [row[0] for row in transaction.execute(sql, (dimensions, BYTES_A_TOKEN))]


def mend(transaction: Transaction, dimensions: int) -> None:
    """Take out what has a wrong length, so that it is missing, and is made again."""
    wrong = wrong_lengths(transaction, dimensions)
    pages.take_out(transaction, wrong)
    transaction.execute(f"{_TO_BE_MADE} AND number {AMONG}", (listed(wrong),))


def next_texts(transaction: Transaction, limit: int) -> list[tuple[int, tuple[str, str]]]:
    """The newest passages that have no vector, each with what was said just before it, and what was said; or what a
    tool gave back, with its call."""
    sql = f"SELECT p.number, {_BODY_BEFORE}, p.body FROM missing m JOIN passages p ON p.number = m.number"  # noqa: S608
    rows = transaction.execute(f"{sql} ORDER BY m.number DESC LIMIT ?", (limit,))
    return [(number, _encoded(before, body)) for number, before, body in rows]


def _encoded(before: bytes | None, body: bytes) -> tuple[str, str]:
    """What a tool gave back means little without its call: a question has words of either."""
    said, done = body_of(body)
    said_before, called = body_of(before) if before else ("", "")
    return said_before, said or f"{called} {done}".strip()


def excerpts(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, Excerpt]:
    """What was said and done in each passage that is there, with what stands beside it."""
    marks = ", ".join("?" * len(items))
    sql = (
        f"SELECT p.id, {_BODY_BEFORE}, p.body, p.at, j.name FROM passages p JOIN sessions s ON s.number = p.session"  # noqa: S608
        f" JOIN projects j ON j.number = s.project WHERE p.id IN ({marks})"
    )
    return {row[0]: _excerpt(*row[1:]) for row in transaction.execute(sql, tuple(items))}


def _excerpt(before: bytes | None, body: bytes, at: int | None, project: str) -> Excerpt:
    day = from_micros(at).astimezone().date() if at is not None else None
    said, done = body_of(body)
    said_before, called = body_of(before) if before else ("", "")
    return Excerpt(
        _joined(said, done), said_before if said else _joined(said_before, called), PurePath(project).name, day
    )


def _joined(said: str, done: str) -> str:
    return " ".join(filter(None, (said, done)))


def add(transaction: Transaction, made: Sequence[Made], stored: Stored) -> None:
    """Of passages that are still there, and have none yet."""
    vectors, places = {one.number: one.vector for one in made}, list[Place]()
    tokens = {one.number: one.tokens for one in made}
    projects: dict[int, list[int]] = {}
    for start in range(0, len(made), AT_ONCE):
        some = [one.number for one in made[start : start + AT_ONCE]]
        marks = ", ".join("?" * len(some))
        for number, session, at, project in transaction.execute(f"{_WITHOUT} ({marks}) ORDER BY p.number", some):
            projects.setdefault(project, []).append(len(places))
            places.append((number, session, at))
    if not places:
        return
    [(encoder,)] = transaction.execute("SELECT encoder FROM state")
    rows = stored(encoder, places, [vectors[number] for number, _, _ in places])
    for project, wanted in projects.items():
        where = pages.append(transaction, project, [rows[one][1] for one in wanted])
        bodies = [(places[one][0], page, rows[one][0]) for one, page in zip(wanted, where, strict=True)]
        transaction.insert("vectors", bodies)
    for number, _, _ in places:
        if tokens[number]:
            transaction.execute("INSERT INTO tokens VALUES (?, ?)", (number, tokens[number]))
        transaction.execute("DELETE FROM missing WHERE number = ?", (number,))
