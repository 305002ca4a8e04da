"""The file in which words are found: what it holds of messages, and how that changes. One per user.

A document is a message. Its number is made of its second (see `first_number`): numbers are in the order of time.
The index of words keeps no text; the text stands compressed beside it, which is needed to take a document out again.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.domain.ids import AgentName, SessionId
from minga.domain.transcript import Role
from minga.storage.database import Transaction
from minga.storage.engine import Row, printable

MIGRATIONS = Path(__file__).parent / "index_migrations"

IN_A_SECOND = 1024
"""Numbers per second; where they do not suffice, those of later seconds are taken."""

HORIZON = 10_000
"""Documents among which a word is looked at to tell whether it is common."""

LARGE = 300_000
"""Up to so many documents, no word is too common to be counted at every search."""

_NOT_TEXT = "\0"
_COMPRESSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the index needs it. ``seq`` is its place in the store; ``second`` since 1970 UTC or None; ``done``
    is what tools were given and gave back, and what was thought; ``files`` are absolute paths."""

    seq: int
    session_id: SessionId
    message_id: str
    second: int | None
    agent: AgentName
    role: Role
    said: str
    done: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """``cost_micro_usd`` is the sum of what is known; ``is_cost_known``: it is all."""

    cwd: str
    remote: str
    cost_micro_usd: int
    is_cost_known: bool


@dataclass(frozen=True, slots=True)
class State:
    """``through``: the highest seq that was looked at, and whose message that was. ``horizon``: the number of the
    document before which there are `HORIZON` younger ones, None in an index that is not large."""

    through: int
    session_id: str
    message_id: str
    documents: int
    horizon: int | None


def state_of(transaction: Transaction) -> State:
    [row] = transaction.execute("SELECT through, session_id, message, documents, horizon FROM state")
    return State(*row)


def set_through(transaction: Transaction, seq: int, session_id: str, message_id: str) -> None:
    transaction.execute("UPDATE state SET through = ?, session_id = ?, message = ?", (seq, session_id, message_id))


def first_number(second: int) -> int:
    """The lowest number of a document of that second."""
    return second * IN_A_SECOND


def second_of(number: int) -> int:
    return number // IN_A_SECOND


def reversed_path(path: str) -> str:
    """``/src/rut.py`` -> ``rut.py/src/``: what ends with the same names begins with the same characters."""
    return "".join(f"{name}/" for name in reversed(path.split("/")) if name)


def agent_mark(number: int) -> str:
    return f"a{number}"


def place_mark(number: int) -> str:
    return f"p{number}"


def session_mark(number: int) -> str:
    return f"s{number}"


def add(transaction: Transaction, entries: Sequence[Entry], facts: Mapping[SessionId, SessionFacts]) -> None:
    """Add messages, or what has become of those that are there. ``facts`` of every session of ``entries``."""
    sessions = {session_id: _note_session(transaction, session_id, one) for session_id, one in facts.items()}
    agents = {name: _number(transaction, "agents", ("name",), (name,)) for name in {one.agent for one in entries}}
    last: dict[int, int] = {}
    numbered: list[tuple[int, Entry]] = []
    for entry in sorted(entries, key=lambda one: one.seq):
        session, _ = sessions[entry.session_id]
        if session not in last:
            last[session] = _youngest(transaction, session)
        wanted = last[session] + 1 if entry.second is None else first_number(entry.second) + entry.seq % IN_A_SECOND
        last[session] = max(last[session], wanted)
        numbered.append((wanted, entry))
    for wanted, entry in sorted(numbered, key=lambda one: one[0]):
        session, place = sessions[entry.session_id]
        _take_out(transaction, "session = ? AND message = ?", (session, entry.message_id))
        agent = agents[entry.agent]
        number = _free(transaction, wanted)
        said, done = _clean(entry.said), _clean(entry.done)
        body = zlib.compress(f"{said}{_NOT_TEXT}{done}".encode(), _COMPRESSION)
        row = number, entry.seq, session, entry.message_id, agent, entry.role, body
        transaction.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        _index(transaction, number, (said, done, _marks(session, place, agent)))
        for path in entry.files:
            transaction.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (reversed_path(path), session))
    transaction.execute("UPDATE state SET documents = documents + ?", (len(entries),))


def texts_of(body: bytes) -> tuple[str, str]:
    """What was said and what was done."""
    said, _, done = zlib.decompress(body).decode().partition(_NOT_TEXT)
    return said, done


def forget_session(transaction: Transaction, session_id: SessionId) -> None:
    """Take a session out, words and all; what was written over stays nowhere in the file."""
    for (session,) in transaction.execute("SELECT number FROM sessions WHERE id = ?", (session_id,)):
        _take_out(transaction, "session = ?", (session,))
        transaction.execute("DELETE FROM files WHERE session = ?", (session,))
        transaction.execute("DELETE FROM sessions WHERE number = ?", (session,))


def known_between(transaction: Transaction, first: int, last: int) -> dict[int, tuple[str, str]]:
    """seq -> session and message of the documents from seq ``first`` to ``last``."""
    rows = transaction.execute(
        "SELECT d.seq, s.id, d.message FROM documents d JOIN sessions s ON s.number = d.session"
        " WHERE d.seq BETWEEN ? AND ?",
        (first, last),
    )
    return {seq: (session_id, message_id) for seq, session_id, message_id in rows}


def forget_messages(transaction: Transaction, seqs: Sequence[int]) -> None:
    for seq in seqs:
        _take_out(transaction, "seq = ?", (seq,))


def set_horizon(transaction: Transaction) -> None:
    rows: list[Row] = []
    if state_of(transaction).documents > LARGE:
        rows = transaction.execute("SELECT number FROM documents ORDER BY number DESC LIMIT 1 OFFSET ?", (HORIZON,))
    transaction.execute("UPDATE state SET horizon = ?", (rows[0][0] if rows else None,))


def _note_session(transaction: Transaction, session_id: SessionId, facts: SessionFacts) -> tuple[int, int]:
    """Return the numbers of the session and of its place."""
    place = _number(transaction, "places", ("cwd", "remote"), (facts.cwd, facts.remote))
    cost = facts.cost_micro_usd, int(facts.is_cost_known)
    known = transaction.execute("SELECT number, place FROM sessions WHERE id = ?", (session_id,))
    if not known:
        sql = "INSERT INTO sessions (id, place, cost_micro_usd, is_cost_known) VALUES (?, ?, ?, ?) RETURNING number"
        [(number,)] = transaction.execute(sql, (session_id, place, *cost))
        return int(number), place
    [(number, before)] = known
    if place != before:
        _move(transaction, number, before, place)
    transaction.execute(
        "UPDATE sessions SET place = ?, cost_micro_usd = ?, is_cost_known = ? WHERE number = ?", (place, *cost, number)
    )
    return int(number), place


def _move(transaction: Transaction, session: int, before: int, after: int) -> None:
    """A session that was brought in before all of its file was read may get its directory later."""
    for number, agent, body in transaction.execute(
        "SELECT number, agent, body FROM documents WHERE session = ? ORDER BY number", (session,)
    ):
        texts = texts_of(body)
        _unindex(transaction, number, (*texts, _marks(session, before, agent)))
        _index(transaction, number, (*texts, _marks(session, after, agent)))


def _number(transaction: Transaction, table: str, columns: Sequence[str], values: Sequence[str]) -> int:
    where = " AND ".join(f"{column} = ?" for column in columns)
    select = f"SELECT number FROM {table} WHERE {where}"  # noqa: S608 - constants
    rows = transaction.execute(select, values)
    if not rows:
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING number"  # noqa: S608 - constants
        rows = transaction.execute(insert, values)
    return int(rows[0][0])


def _youngest(transaction: Transaction, session: int) -> int:
    [(number,)] = transaction.execute("SELECT MAX(number) FROM documents WHERE session = ?", (session,))
    return int(number or 0)


def _free(transaction: Transaction, number: int) -> int:
    while transaction.execute("SELECT 1 FROM documents WHERE number = ?", (number,)):
        number += 1
    return number


def _take_out(transaction: Transaction, where: str, parameters: Sequence[int | str]) -> None:
    select = "SELECT d.number, d.session, s.place, d.agent, d.body FROM documents d JOIN sessions s"
    rows = transaction.execute(f"{select} ON s.number = d.session WHERE d.{where}", parameters)
    for number, session, place, agent, body in rows:
        _unindex(transaction, number, (*texts_of(body), _marks(session, place, agent)))
        transaction.execute("DELETE FROM documents WHERE number = ?", (number,))
    if rows:
        transaction.execute("UPDATE state SET documents = documents - ?", (len(rows),))


def _index(transaction: Transaction, number: int, texts: tuple[str, str, str]) -> None:
    transaction.execute("INSERT INTO words (rowid, said, done, marks) VALUES (?, ?, ?, ?)", (number, *texts))


def _unindex(transaction: Transaction, number: int, texts: tuple[str, str, str]) -> None:
    """``texts`` must be those that were indexed."""
    transaction.execute(
        "INSERT INTO words (words, rowid, said, done, marks) VALUES ('delete', ?, ?, ?, ?)", (number, *texts)
    )


def _marks(session: int, place: int, agent: int) -> str:
    return f"{session_mark(session)} {place_mark(place)} {agent_mark(agent)}"


def _clean(text: str) -> str:
    return printable(text).replace(_NOT_TEXT, " ")
