"""Takes passages and what they say into the tables. Doing it twice does nothing."""

import hashlib
import hmac
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from minga.domain.memory import Entity, Extraction, LogMessage, Note, Passage
from minga.memory.extraction.outputs import tells_something
from minga.memory.index import alike, digested, pages, state
from minga.storage.database import Transaction
from minga.storage.engine import printable
from minga.storage.instants import to_micros

DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Digested:
    """A passage with what it says. ``note``: what it is, where it is one."""

    passage: Passage
    extraction: Extraction
    note: Note | None = None


def add(transaction: Transaction, entry: LogMessage, passages: Sequence[Digested], key: bytes) -> None:
    """Take in a message. ``key``: of the digests by which a passage is verified when it is cited."""
    everywhere = entry.note is not None and entry.note.scope == "user"
    project = _number(transaction, "projects", ("name",), ("" if everywhere else printable(entry.project),))
    session = _session(transaction, entry, project)
    if not _note_message(transaction, entry, session):
        return
    if entry.digest is not None:
        digested.add(transaction, entry, entry.digest)
    for one in passages:
        _add_passage(transaction, entry.seq, session, one, key)


def digest(key: bytes, text: str, done: str) -> bytes:
    """Keyed: without the key nobody can try out whether a text that was erased had stood there."""
    return hmac.new(key, f"{_clean(text)}\0{_clean(done)}".encode(), hashlib.sha256).digest()[:DIGEST_LENGTH]


def _session(transaction: Transaction, entry: LogMessage, project: int) -> int:
    rows = transaction.execute("SELECT number FROM sessions WHERE id = ?", (entry.session_id,))
    if rows:
        return int(rows[0][0])
    sql = "INSERT INTO sessions (id, project, owner) VALUES (?, ?, ?) RETURNING number"
    return int(transaction.execute(sql, (entry.session_id, project, entry.owner))[0][0])


def _note_message(transaction: Transaction, entry: LogMessage, session: int) -> bool:
    """False where it is there already; one that says something else now is taken out first."""
    identity = session, printable(entry.message.id)
    rows = transaction.execute("SELECT seq FROM messages WHERE session = ? AND message = ?", identity)
    if rows and rows[0][0] == entry.seq:
        return False
    state.forget_messages(transaction, [row[0] for row in rows])
    transaction.execute("INSERT INTO messages VALUES (?, ?, ?)", (entry.seq, *identity))
    return True


def _add_passage(transaction: Transaction, seq: int, session: int, one: Digested, key: bytes) -> None:
    passage = one.passage
    source = passage.source
    said, done = _clean(passage.text), _clean(passage.done)
    at = None if source.at is None else to_micros(source.at)
    body = zlib.compress(f"{said}\0{done}".encode(), 1)
    group = alike.group_of(key, passage)
    head = passage.id, seq, session, source.place, at, source.role, source.agent, passage.kind, passage.language
    [(number,)] = transaction.execute(
        "INSERT INTO passages (id, seq, session, part, at, role, agent, kind, language, said, length, asks, digest,"
        " alike, leads, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) RETURNING number",
        (*head, len(said), _length(passage), int(said.rstrip().endswith("?")), digest(key, said, done), group, body),
    )
    pages.make_again(transaction, pages.following(transaction, [number]))
    alike.enter(transaction, number, group)
    _add_extraction(transaction, number, one.extraction)
    if (note := one.note) and not source.place:
        since = None if note.valid_from is None else to_micros(note.valid_from)
        transaction.execute(
            "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?)",
            (number, note.kind, note.scope, note.about, since, printable(note.subject)),
        )


def _add_extraction(transaction: Transaction, number: int, extraction: Extraction) -> None:
    for mention in extraction.mentions:
        where = number, _entity(transaction, mention.entity), mention.start, mention.end
        transaction.execute("INSERT OR IGNORE INTO mentions VALUES (?, ?, ?, ?)", where)
    for one in extraction.statements:
        since = None if one.valid_from is None else to_micros(one.valid_from)
        until = None if one.valid_to is None else to_micros(one.valid_to)
        said = one.predicate, printable(one.value), one.start, one.end, one.confidence, int(one.single)
        row = number, _entity(transaction, one.subject), *said, since, until
        transaction.execute("INSERT INTO statements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for each in extraction.proposals:
        proposed = number, printable(each.text), each.scope, each.start, each.end, each.confidence
        transaction.execute("INSERT INTO proposals VALUES (?, ?, ?, ?, ?, ?)", proposed)


def _entity(transaction: Transaction, entity: Entity) -> int:
    return _number(transaction, "entities", ("kind", "name"), (entity.kind, printable(entity.name)))


def _number(transaction: Transaction, table: str, columns: Sequence[str], values: Sequence[str]) -> int:
    where = " AND ".join(f"{column} = ?" for column in columns)
    rows = transaction.execute(f"SELECT number FROM {table} WHERE {where}", values)  # noqa: S608 - constants
    if not rows:
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING number"  # noqa: S608 - constants
        rows = transaction.execute(insert, values)
    return int(rows[0][0])


def _length(passage: Passage) -> int:
    """Of that by which it is compared: of what was said; where nothing was, of what a tool gave back."""
    tells = passage.source.role == "tool" and tells_something(passage.done)
    return len(_clean(passage.text)) or (len(_clean(passage.done)) if tells else 0)


def _clean(text: str) -> str:
    return printable(text).replace("\0", " ")
