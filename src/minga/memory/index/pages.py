"""Short forms of vectors in pages of one project each: a question reads all of them, and looks up few whole vectors.

A record begins with the number of its passage; what follows is `index.near`'s matter.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from minga.storage.database import Transaction
from minga.storage.engine import Row, Value

PAGE_LENGTH = 4096
"""Records."""

NUMBER_BYTES = 4

AT_ONCE = 500


@dataclass(slots=True)
class Cache:
    """Pages that this process has read, by their numbers, each with its version. Versions are never used twice, not
    even by another file that takes the place of this one. ``joined``: several as one, by the
    first; ``whole``: a few pages, and their vectors (`index.near`). ``passages``: what was read of them, by their
    numbers, and ``beside``: those beside each (`index.candidates`), when passages and pages were of ``version``."""

    read: dict[int, tuple[int, Any]] = field(default_factory=dict)
    joined: dict[int, tuple[list[int], Any]] = field(default_factory=dict)
    whole: Any = None
    version: Row = ()
    passages: dict[int, Any] = field(default_factory=dict)
    beside: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)


def append(transaction: Transaction, project: int, records: Sequence[bytes]) -> list[int]:
    """Put records into pages of ``project``; return the page of each."""
    where: list[int] = []
    while len(where) < len(records):
        sql = "SELECT number, records FROM pages WHERE project = ? AND count < ? ORDER BY number LIMIT 1"
        rows = transaction.execute(sql, (project, PAGE_LENGTH))
        number, held = rows[0] if rows else (_new(transaction, project), b"")
        room = PAGE_LENGTH - len(held) // len(records[0])
        some = records[len(where) : len(where) + max(1, room)]
        _write(transaction, number, held + b"".join(some), len(records[0]))
        where += [number] * len(some)
    return where


def take_out(transaction: Transaction, numbers: Sequence[int]) -> None:
    """The vectors of these passages, and their records; nothing of them is left in the file."""
    gone = {one.to_bytes(NUMBER_BYTES, "little") for one in numbers}
    touched: dict[int, None] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"SELECT DISTINCT page FROM vectors WHERE number IN ({marks})", some)  # noqa: S608
        touched.update((row[0], None) for row in rows)
        for table in ("vectors", "tokens", "missing"):
            transaction.execute(f"DELETE FROM {table} WHERE number IN ({marks})", some)  # noqa: S608 - placeholders
    for page in touched:
        for count, held in transaction.execute("SELECT count, records FROM pages WHERE number = ?", (page,)):
            size = len(held) // max(1, count)
            records = (held[place : place + size] for place in range(0, size * count, size))
            kept = b"".join(one for one in records if one[:NUMBER_BYTES] not in gone)
            _write(transaction, page, kept, size)


def following(transaction: Transaction, numbers: Sequence[int]) -> list[int]:
    """The passages just after each one: what they mean was made with it before them. That is what was said next, and
    what tools gave back to it."""
    found: dict[int, None] = {}
    for number in numbers:
        sql = "SELECT session, moment, seq, part, role, said FROM passages WHERE number = ?"
        for *place, role, said in transaction.execute(sql, (number,)):
            found.update(dict.fromkeys(_said_next(transaction, place) if said else ()))
            found.update(dict.fromkeys(_given_back(transaction, place) if role != "tool" else ()))
    return list(found)


_AFTER = "FROM passages WHERE session = ? AND (moment, seq, part) > (?, ?, ?)"
_FIRST = "ORDER BY moment, seq, part LIMIT 1"
_NEVER = (1 << 62, 0, 0)


def _said_next(transaction: Transaction, place: Sequence[Value]) -> list[int]:
    return [row[0] for row in transaction.execute(f"SELECT number {_AFTER} AND said > 0 {_FIRST}", place)]


def _given_back(transaction: Transaction, place: Sequence[Value]) -> list[int]:
    called = transaction.execute(f"SELECT moment, seq, part {_AFTER} AND role <> 'tool' {_FIRST}", place)
    until = called[0] if called else _NEVER
    sql = f"SELECT number {_AFTER} AND (moment, seq, part) < (?, ?, ?) AND said = 0"
    return [row[0] for row in transaction.execute(sql, (*place, *until))]


def make_again(transaction: Transaction, numbers: Sequence[int]) -> None:
    """Vectors of passages that are there, and no longer right; those that have none are missing anyway."""
    held = [one for one in numbers if transaction.execute("SELECT 1 FROM vectors WHERE number = ?", (one,))]
    if held:
        take_out(transaction, held)
        transaction.insert("missing", [(one,) for one in held])


def drop(transaction: Transaction, pages: Iterable[int]) -> None:
    """Pages that cannot be used, with their vectors: those are missing then, and are made again."""
    changed(transaction)
    for page in pages:
        held = "SELECT number FROM vectors WHERE page = ? AND number IN (SELECT number FROM passages)"
        transaction.execute(f"INSERT INTO missing {held}", (page,))
        transaction.execute("DELETE FROM tokens WHERE number IN (SELECT number FROM vectors WHERE page = ?)", (page,))
        transaction.execute("DELETE FROM vectors WHERE page = ?", (page,))
        transaction.execute("DELETE FROM pages WHERE number = ?", (page,))


def changed(transaction: Transaction) -> int:
    """What was read of pages, vectors and tokens is to be read again; the version of what is written now."""
    return int(transaction.execute("UPDATE state SET pages = pages + 1 RETURNING pages")[0][0])


def _new(transaction: Transaction, project: int) -> int:
    sql = "INSERT INTO pages (project, version, count, crc, records) VALUES (?, 0, 0, 0, x'') RETURNING number"
    return int(transaction.execute(sql, (project,))[0][0])


def _write(transaction: Transaction, number: int, records: bytes, size: int) -> None:
    version = changed(transaction)
    if not records:
        transaction.execute("DELETE FROM pages WHERE number = ?", (number,))
        return
    transaction.execute(
        "UPDATE pages SET version = ?, count = ?, crc = ?, records = ? WHERE number = ?",
        (version, len(records) // size, zlib.crc32(records), records, number),
    )
