"""What the index is made from: messages of the store, opened and cut into what can be searched."""

import posixpath
from collections.abc import Collection, Sequence

from minga.domain.errors import UnknownSession
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogKey
from minga.domain.secrecy import Vault
from minga.domain.transcript import (
    CompactionPart,
    FileChangePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.index import Entry
from minga.sessions.notes import is_note
from minga.sessions.transcripts import open_message
from minga.storage.database import Transaction
from minga.storage.engine import Row

BATCH = 1000
BATCH_BYTES = 16_000_000
"""Of sealed messages; one that is larger is a batch of its own."""

DONE_LENGTH = 100_000
"""Characters of what the tools of one message were given and gave back that can be searched."""


def keys_after(transaction: Transaction, seq: int, session_id: SessionId | None = None) -> list[LogKey]:
    """The next messages, of one session or of all, as many as one batch takes."""
    where, parameters = ("", ()) if session_id is None else (" AND session_id = ?", (session_id,))
    select = f"SELECT seq, session_id, id, LENGTH(body) FROM messages WHERE seq > ?{where} ORDER BY seq"  # noqa: S608 - constants
    rows = transaction.execute(f"{select} LIMIT {BATCH}", (seq, *parameters))
    keys: list[LogKey] = []
    size = 0
    for row in rows:
        size += row[3]
        if keys and size > BATCH_BYTES:
            break
        keys.append(LogKey(row[0], SessionId(row[1]), row[2]))
    return keys


def newest_seq(transaction: Transaction) -> int:
    [(seq,)] = transaction.execute("SELECT MAX(seq) FROM messages")
    return int(seq or 0)


def holds(transaction: Transaction, key: LogKey) -> bool:
    rows = transaction.execute("SELECT session_id, id FROM messages WHERE seq = ?", (key.seq,))
    return [tuple(row) for row in rows] == [(key.session_id, key.message_id)]


def read_entries(transaction: Transaction, vault: Vault, keys: Sequence[LogKey]) -> list[Entry]:
    """The messages of ``keys``, in order; notes, and those whose session the user may not read, are left out."""
    if not keys:
        return []
    wanted = {key.seq for key in keys}
    readable = {one for one in {key.session_id for key in keys} if not is_note(one) and vault.access(one) is not None}
    if not readable:
        return []
    directories = _directories(transaction, readable)
    rows = transaction.execute(
        "SELECT seq, session_id, id, agent, body FROM messages WHERE seq BETWEEN ? AND ? ORDER BY seq",
        (keys[0].seq, keys[-1].seq),
    )
    here = [row for row in rows if row[0] in wanted and row[1] in readable]
    return [entry for row in here if (entry := _entry(transaction, vault, row, directories)) is not None]


def places(transaction: Transaction, session_ids: Collection[SessionId]) -> dict[SessionId, tuple[str, str]]:
    """Working directory and git remote of sessions."""
    found: dict[SessionId, tuple[str, str]] = {}
    for session_id in session_ids:
        for cwd, remote in transaction.execute("SELECT cwd, remote FROM sessions WHERE id = ?", (session_id,)):
            found[session_id] = cwd, remote
    return found


def _directories(transaction: Transaction, session_ids: Collection[SessionId]) -> dict[SessionId, str]:
    return {session_id: cwd for session_id, (cwd, _) in places(transaction, session_ids).items()}


def _entry(transaction: Transaction, vault: Vault, row: Row, directories: dict[SessionId, str]) -> Entry | None:
    """None where another process has destroyed the session's key since it was asked for."""
    session_id = SessionId(row[1])
    try:
        message = open_message(vault, session_id, (row[2], row[4]))
    except UnknownSession:
        return None
    said, done, files = texts_in(message)
    cwd = directories.get(session_id, "")
    return Entry(
        seq=row[0],
        session_id=session_id,
        message_id=row[2],
        second=None if message.at is None else int(message.at.timestamp()),
        agent=AgentName(row[3]) or asked(transaction, row[0], session_id, row[2]),
        role=message.role,
        said=said,
        done=done[:DONE_LENGTH],
        files=tuple(dict.fromkeys(posixpath.normpath(posixpath.join(cwd, path)) for path in files)),
    )


def asked(transaction: Transaction, seq: int, session_id: SessionId, message_id: str) -> AgentName:
    """The agent that the person's message of a turn of Minga's was given to; empty if none was started. Told by the ids
    of what answers it (`own_turns`), which are the same on each device."""
    answer = f"{message_id}:"
    rows = transaction.execute(
        "SELECT agent FROM messages WHERE session_id = ? AND seq > ? AND SUBSTR(id, 1, ?) = ? AND agent <> ''"
        " ORDER BY seq LIMIT 1",
        (session_id, seq, len(answer), answer),
    )
    return AgentName(rows[0][0]) if rows else AgentName("")


def texts_in(message: Message) -> tuple[str, str, list[str]]:
    """What was said, what was thought and done, and the files."""
    said: list[str] = []
    done: list[str] = []
    files: list[str] = []
    for part in message.parts:
        match part:
            case TextPart(text=text) | CompactionPart(summary=text):
                said.append(text)
            case ReasoningPart(text=text):
                done.append(text)
            case ToolCallPart():
                done.append(f"{part.name} {part.arguments}")
            case ToolResultPart():
                done.append(part.output)
            case FileChangePart():
                done.append(part.path)
                files.append(part.path)
            case _:
                pass
    return "\n".join(said), "\n".join(done), files
