"""The file in which words are found: what it holds of messages, and how that changes. One per user.

A document is a message. Its number is made of its second (see `volumes.first_number`): numbers are in the order of
time. The words stand in `volumes`, which keep no text; it stands compressed beside them, and is needed to take a
document out again.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogKey
from minga.domain.transcript import Role
from minga.sessions import volumes
from minga.sessions.index_numbers import Numbers
from minga.storage.database import Transaction
from minga.storage.engine import printable
from minga.storage.following import Known, Tables

MIGRATIONS = Path(__file__).parent / "index_migrations"

PERSON_MARK = "u"
"""Of a message that a person wrote."""

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


def known(transaction: Transaction) -> Known:
    [row] = transaction.execute("SELECT through, session_id, message, generation FROM state")
    return Known(LogKey(row[0], SessionId(row[1]), row[2]), row[3])


def set_last(transaction: Transaction, last: LogKey | None) -> None:
    """None: no message was looked at."""
    through = (0, "", "") if last is None else (last.seq, last.session_id, last.message_id)
    transaction.execute("UPDATE state SET through = ?, session_id = ?, message = ?", through)


def set_generation(transaction: Transaction, generation: int) -> None:
    transaction.execute("UPDATE state SET generation = ?", (generation,))


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
    free = Numbers(transaction)
    last: dict[int, int] = {}
    numbered: list[tuple[int, Entry]] = []
    added: dict[int, list[int]] = {}
    for entry in sorted(entries, key=lambda one: one.seq):
        session, _ = sessions[entry.session_id]
        if session not in last:
            last[session] = _youngest(transaction, session)
        wanted = last[session] + 1 if entry.second is None else _number_at(entry)
        last[session] = max(last[session], wanted)
        numbered.append((wanted, entry))
    for wanted, entry in sorted(numbered, key=lambda one: (volumes.second_of(one[0]), one[1].seq)):
        session, place = sessions[entry.session_id]
        for before in _take_out(transaction, "session = ? AND message = ?", (session, entry.message_id)):
            free.give_back(before)
        agent = agents[entry.agent]
        number = free.take(wanted)
        said, done = _clean(entry.said), _clean(entry.done)
        body = zlib.compress(f"{said}{_NOT_TEXT}{done}".encode(), _COMPRESSION)
        row = number, entry.seq, session, entry.message_id, agent, entry.role, body
        transaction.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        volumes.put(transaction, number, (said, done, _marks(session, place, agent, entry.role)))
        added.setdefault(session, []).append(number)
        for path in entry.files:
            transaction.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (reversed_path(path), session))
    for session, numbers in added.items():
        volumes.note_session(transaction, session, numbers)


def texts_of(body: bytes) -> tuple[str, str]:
    """What was said and what was done."""
    said, _, done = zlib.decompress(body).decode().partition(_NOT_TEXT)
    return said, done


def forget_session(transaction: Transaction, session_id: SessionId) -> None:
    """Take a session out, words and all; what was written over stays nowhere in the file."""
    for (session,) in transaction.execute("SELECT number FROM sessions WHERE id = ?", (session_id,)):
        _take_out(transaction, "session = ?", (session,))
        volumes.forget_session(transaction, session)
        transaction.execute("DELETE FROM files WHERE session = ?", (session,))
        transaction.execute("DELETE FROM sessions WHERE number = ?", (session,))


def between(transaction: Transaction, first: int, last: int) -> dict[int, LogKey]:
    """The messages of the documents from seq ``first`` to ``last``."""
    rows = transaction.execute(
        "SELECT d.seq, s.id, d.message FROM documents d JOIN sessions s ON s.number = d.session"
        " WHERE d.seq BETWEEN ? AND ?",
        (first, last),
    )
    return {row[0]: LogKey(row[0], SessionId(row[1]), row[2]) for row in rows}


def sessions(transaction: Transaction) -> frozenset[SessionId]:
    """All sessions of the index."""
    return frozenset(SessionId(row[0]) for row in transaction.execute("SELECT id FROM sessions"))


def forget_messages(transaction: Transaction, seqs: Sequence[int]) -> None:
    for seq in seqs:
        _take_out(transaction, "seq = ?", (seq,))


def has_agent(transaction: Transaction, agent: AgentName) -> bool:
    return bool(transaction.execute("SELECT 1 FROM agents WHERE name = ?", (agent,)))


def holding(transaction: Transaction, is_in: Callable[[str], bool]) -> tuple[int, list[tuple[str, str]]]:
    """How many documents there are, and session and message of those whose text fits."""
    found: list[tuple[str, str]] = []
    numbers = transaction.execute("SELECT number FROM documents ORDER BY number")
    for (number,) in numbers:
        select = "SELECT s.id, d.message, d.body FROM documents d JOIN sessions s ON s.number = d.session"
        [(session_id, message_id, body)] = transaction.execute(f"{select} WHERE d.number = ?", (number,))
        if is_in("\n".join(texts_of(body))):
            found.append((session_id, message_id))
    return len(numbers), found


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
    for number, agent, role, body in transaction.execute(
        "SELECT number, agent, role, body FROM documents WHERE session = ? ORDER BY number", (session,)
    ):
        texts = texts_of(body)
        volumes.take_out(transaction, number, (*texts, _marks(session, before, agent, role)))
        volumes.put(transaction, number, (*texts, _marks(session, after, agent, role)))


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


def _number_at(entry: Entry) -> int:
    return volumes.first_number(entry.second or 0) + entry.seq % volumes.IN_A_SECOND


def _take_out(transaction: Transaction, where: str, parameters: Sequence[int | str]) -> list[int]:
    """Return the numbers that are free now."""
    select = "SELECT d.number, d.session, s.place, d.agent, d.role, d.body FROM documents d JOIN sessions s"
    rows = transaction.execute(f"{select} ON s.number = d.session WHERE d.{where}", parameters)
    for number, session, place, agent, role, body in rows:
        volumes.take_out(transaction, number, (*texts_of(body), _marks(session, place, agent, role)))
        transaction.execute("DELETE FROM documents WHERE number = ?", (number,))
    return [row[0] for row in rows]


def _marks(session: int, place: int, agent: int, role: str) -> str:
    whose = f" {PERSON_MARK}" if role == "user" else ""
    return f"{session_mark(session)} {place_mark(place)} {agent_mark(agent)}{whose}"


def _clean(text: str) -> str:
    return printable(text).replace(_NOT_TEXT, " ")


TABLES = Tables(known, between, sessions, set_last, set_generation, forget_messages, forget_session)
