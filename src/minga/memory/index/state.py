"""How far the log was taken in, and of which sessions and messages something is known; and taking out."""

from collections.abc import Sequence

from minga.domain.ids import SessionId
from minga.domain.memory import LogKey
from minga.memory.index import alike, pages
from minga.storage.database import Transaction
from minga.storage.following import Known

OF_PASSAGES = ("mentions", "statements", "proposals", "notes")
"""Tables with rows of a passage."""


def known(transaction: Transaction, version: int) -> Known:
    """``version``: of the derivation."""
    [row] = transaction.execute("SELECT through, session_id, message, generation, version FROM state")
    through, session_id, message, generation, made_by = row
    return Known(LogKey(through, SessionId(session_id), message), generation, made_by in (0, version))


def through(transaction: Transaction) -> int:
    """The number of the message up to which the log was taken in."""
    [(seq,)] = transaction.execute("SELECT through FROM state")
    return int(seq)


def touch(transaction: Transaction) -> None:
    """Write what stands there, so that what cannot be written says so."""
    [(number,)] = transaction.execute("PRAGMA user_version")
    transaction.execute(f"PRAGMA user_version = {number}")


def digest_key(transaction: Transaction) -> bytes:
    """By which passages are verified when they are cited: made with the file, and as secret as it is."""
    [(key,)] = transaction.execute("SELECT digest_key FROM state")
    return bytes(key)


def set_last(transaction: Transaction, last: LogKey | None, version: int) -> None:
    if last is None:
        transaction.execute("UPDATE state SET through = 0, session_id = '', message = ''")
    else:
        sql = "UPDATE state SET through = ?, session_id = ?, message = ?, version = ? WHERE through < ?"
        transaction.execute(sql, (last.seq, last.session_id, last.message_id, version, last.seq))


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
    groups: dict[bytes, None] = {}
    for seq in seqs:
        for (number,) in transaction.execute("SELECT number FROM passages WHERE seq = ?", (seq,)):
            after += pages.following(transaction, [number])
            if group := alike.leave(transaction, number):
                groups[group] = None
            _take_out(transaction, number)
            gone.append(number)
        for table in ("messages", "digests", "claims"):
            transaction.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))  # noqa: S608 - constants
    pages.take_out(transaction, gone)
    alike.succeed(transaction, groups)
    pages.make_again(transaction, sorted(set(after) - set(gone)))


def _seqs(transaction: Transaction, session: int) -> list[tuple[int]]:
    return [(row[0],) for row in transaction.execute("SELECT seq FROM messages WHERE session = ?", (session,))]


def _take_out(transaction: Transaction, number: int) -> None:
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
