"""How far the log was taken in, and of which sessions and messages something is known; and taking out."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minga.domain.ids import SessionId
from minga.domain.memory import LogKey
from minga.memory.index import pages
from minga.memory.index.indexed import indexed_words
from minga.storage.database import Transaction

OF_PASSAGES = ("mentions", "statements", "proposals", "notes")
"""Tables with rows of a passage."""


@dataclass(frozen=True, slots=True)
class Known:
    """``last``: the message that was looked at last, ``through`` its number. ``generation``: of the rights when they
    were last compared. ``encoder``: what made the vectors."""

    through: int
    last: LogKey
    generation: int
    version: int
    encoder: str


def read(transaction: Transaction) -> Known:
    [row] = transaction.execute("SELECT through, session_id, message, generation, version, encoder FROM state")
    through, session_id, message, generation, version, encoder = row
    return Known(through, LogKey(through, SessionId(session_id), message), generation, version, encoder)


def digest_key(transaction: Transaction) -> bytes:
    """By which passages are verified when they are cited: made with the file, and as secret as it is."""
    [(key,)] = transaction.execute("SELECT digest_key FROM state")
    return bytes(key)


def set_version(transaction: Transaction, version: int) -> None:
    transaction.execute("UPDATE state SET version = ?", (version,))


def set_through(transaction: Transaction, last: LogKey) -> None:
    sql = "UPDATE state SET through = ?, session_id = ?, message = ? WHERE through < ?"
    transaction.execute(sql, (last.seq, last.session_id, last.message_id, last.seq))


def set_start(transaction: Transaction) -> None:
    transaction.execute("UPDATE state SET through = 0, session_id = '', message = ''")


def set_generation(transaction: Transaction, generation: int) -> None:
    transaction.execute("UPDATE state SET generation = ?", (generation,))


def between(transaction: Transaction, first: int, last: int) -> dict[int, LogKey]:
    """The messages that were taken in, by their number."""
    rows = transaction.execute(
        "SELECT m.seq, s.id, m.message FROM messages m JOIN sessions s ON s.number = m.session"
        " WHERE m.seq BETWEEN ? AND ?",
        (first, last),
    )
    return {row[0]: LogKey(row[0], SessionId(row[1]), row[2]) for row in rows}


def sessions(transaction: Transaction) -> frozenset[SessionId]:
    return frozenset(SessionId(row[0]) for row in transaction.execute("SELECT id FROM sessions"))


def forget_session(transaction: Transaction, session_id: SessionId) -> None:
    """Take out all of a session; nothing of it is left in the tables."""
    for (number,) in transaction.execute("SELECT number FROM sessions WHERE id = ?", (session_id,)):
        forget_messages(transaction, [row[0] for row in _seqs(transaction, number)])
        transaction.execute("DELETE FROM sessions WHERE number = ?", (number,))
    _forget_unnamed(transaction)


def forget_messages(transaction: Transaction, seqs: Sequence[int]) -> None:
    gone: list[int] = []
    after: list[int] = []
    for seq in seqs:
        select = "SELECT p.number, p.session, s.project, p.role, p.kind, p.at, p.body FROM passages p JOIN sessions s"
        for row in transaction.execute(f"{select} ON s.number = p.session WHERE p.seq = ?", (seq,)):
            after += pages.following(transaction, [row[0]])
            _take_out(transaction, row[0], indexed_words(body_of(row[6]), *row[1:6]))
            gone.append(row[0])
        for table in ("messages", "digests", "claims"):
            transaction.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))  # noqa: S608 - constants
    pages.take_out(transaction, gone)
    pages.make_again(transaction, sorted(set(after) - set(gone)))


def forget_others(transaction: Transaction, first: int, last: int, there: Mapping[int, LogKey]) -> None:
    """Take out the messages from number ``first`` to ``last`` that are not ``there``."""
    known = between(transaction, first, last)
    forget_messages(transaction, [one for one, key in known.items() if there.get(one) != key])


def body_of(body: bytes) -> tuple[str, str]:
    """What was said, and what was done."""
    said, _, done = zlib.decompress(body).decode().partition("\0")
    return said, done


def _seqs(transaction: Transaction, session: int) -> list[tuple[int]]:
    return [(row[0],) for row in transaction.execute("SELECT seq FROM messages WHERE session = ?", (session,))]


def _take_out(transaction: Transaction, number: int, words: tuple[str, str, str]) -> None:
    transaction.execute(
        "INSERT INTO words (words, rowid, said, done, marks) VALUES ('delete', ?, ?, ?, ?)", (number, *words)
    )
    for table in OF_PASSAGES:
        transaction.execute(f"DELETE FROM {table} WHERE passage = ?", (number,))  # noqa: S608 - constants
    transaction.execute("DELETE FROM passages WHERE number = ?", (number,))


def _forget_unnamed(transaction: Transaction) -> None:
    """Entities and projects that nothing names any more."""
    transaction.execute(
        "DELETE FROM entities WHERE number NOT IN (SELECT entity FROM mentions)"
        " AND number NOT IN (SELECT subject FROM statements)"
    )
    transaction.execute("DELETE FROM projects WHERE number NOT IN (SELECT project FROM sessions)")
