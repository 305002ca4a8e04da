"""The transcript's tables: messages of every origin, sealed, in the order in which this store learned of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from minga.domain.errors import UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, Transcript, Workspace
from minga.sessions.codec import to_bytes
from minga.sessions.transcript_codec import decode_message, encode_message
from minga.storage.database import Transaction
from minga.storage.engine import Row, Value, printable
from minga.storage.instants import to_micros

ASKED_AT_ONCE = 1000
"""Ids in one statement; SQLite takes 32,766."""


def insert_session(
    transaction: Transaction, vault: Vault, session_id: SessionId, title: str, workspace: Workspace, now: int
) -> None:
    """Add a session of the vault's user. ``now`` in the store's form."""
    vault.create(session_id, workspace.remote or workspace.cwd)
    sealed = vault.seal(session_id, to_bytes(title), "sessions:title")
    place = workspace.cwd, workspace.remote, workspace.branch, workspace.commit
    transaction.execute(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
        (session_id, vault.user, sealed, *place, now, now),
    )


def title_of(vault: Vault, session_id: SessionId, sealed: bytes) -> str:
    return vault.open(session_id, bytes(sealed), "sessions:title").decode()


def insert_messages(
    transaction: Transaction, vault: Vault, session_id: SessionId, messages: Sequence[Message], turn_id: str = ""
) -> list[Message]:
    """Add messages; return those that are new or say something else than before (a CLI may have written more of one).

    The same messages in any order and any number of times leave the same transcript. No number is given twice, also
    where messages were deleted: who has seen all up to a number need not look at them again.
    """
    transaction.hold("messages")
    [(highest,)] = transaction.execute("SELECT highest FROM message_numbers")
    seq = int(highest)
    fresh: list[Message] = []
    waiting: list[tuple[Value, ...]] = []
    known = known_ids(transaction, session_id, messages)
    seal = vault.sealer(session_id)
    for message in messages:
        body = encode_message(message)
        if (stored := printable(message.id)) in known:
            _insert(transaction, waiting)  # the one that is known may be among them
            if not _take_away(transaction, vault, session_id, message.id, body):
                continue
        known.add(stored)
        seq += 1
        fresh.append(message)
        at = None if message.at is None else to_micros(message.at)
        head = message.id, message.parent, message.chain, at, message.role, message.agent
        waiting.append((seq, session_id, *head, turn_id, seal(body, f"messages:{message.id}")))
    _insert(transaction, waiting)
    if fresh:
        transaction.execute("UPDATE message_numbers SET highest = ?", (seq,))
    return fresh


def _insert(transaction: Transaction, waiting: list[tuple[Value, ...]]) -> None:
    transaction.insert("messages", waiting)
    waiting.clear()


def _take_away(transaction: Transaction, vault: Vault, session_id: SessionId, message_id: str, body: bytes) -> bool:
    """Make room for ``body``: False where the message that is there says just that."""
    before = transaction.execute("SELECT body FROM messages WHERE session_id = ? AND id = ?", (session_id, message_id))
    if vault.open(session_id, bytes(before[0][0]), f"messages:{message_id}") == body:
        return False
    transaction.execute("DELETE FROM messages WHERE session_id = ? AND id = ?", (session_id, message_id))
    return True


def known_ids(transaction: Transaction, session_id: SessionId, messages: Sequence[Message]) -> set[str]:
    """Which of the ids are there already, as they are stored: asked at once, since mostly none is."""
    known: set[str] = set()
    for start in range(0, len(messages), ASKED_AT_ONCE):
        ids = [message.id for message in messages[start : start + ASKED_AT_ONCE]]
        select = f"SELECT id FROM messages WHERE session_id = ? AND id IN ({', '.join('?' * len(ids))})"  # noqa: S608
        known.update(str(row[0]) for row in transaction.execute(select, (session_id, *ids)))
    return known


def set_head(transaction: Transaction, session_id: SessionId, head: str, at: datetime | None) -> None:
    """Let the session stand at ``head``, and be as young as that message."""
    transaction.execute("UPDATE sessions SET head = ? WHERE id = ?", (head, session_id))
    if at is not None:
        now = to_micros(at)
        transaction.execute(
            "UPDATE sessions SET updated_at = ? WHERE id = ? AND updated_at < ?", (now, session_id, now)
        )


def head_of(transaction: Transaction, session_id: SessionId) -> str:
    """Raises UnknownSession."""
    rows = transaction.execute("SELECT head FROM sessions WHERE id = ?", (session_id,))
    if not rows:
        raise UnknownSession(session=session_id)
    return str(rows[0][0])


def read_transcript(transaction: Transaction, vault: Vault, session_id: SessionId) -> Transcript:
    """The whole transcript of a session. Raises UnknownSession."""
    rows = transaction.execute(
        "SELECT title, cwd, remote, branch, commit_id, head FROM sessions WHERE id = ?", (session_id,)
    )
    if not rows or vault.access(session_id) is None:
        raise UnknownSession(session=session_id)
    [(title, cwd, remote, branch, commit, head)] = rows
    return Transcript(
        session_id=session_id,
        title=title_of(vault, session_id, title),
        workspace=Workspace(cwd, remote, branch, commit),
        messages=tuple(read_messages(transaction, vault, session_id)),
        head=head,
    )


def read_messages(transaction: Transaction, vault: Vault, session_id: SessionId) -> Iterator[Message]:
    """Messages in the order in which they came."""
    rows = transaction.execute("SELECT id, body FROM messages WHERE session_id = ? ORDER BY seq", (session_id,))
    return (open_message(vault, session_id, row) for row in rows)


def open_message(vault: Vault, session_id: SessionId, row: Row) -> Message:
    """``row``: id and sealed body."""
    return decode_message(vault.open(session_id, bytes(row[1]), f"messages:{row[0]}"))
