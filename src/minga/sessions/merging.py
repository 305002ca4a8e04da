"""Two histories of one session become one: without conflict, in any order, as often as one likes.

Messages are joined as a set; what two devices say of the same message is decided by what they say, never by a clock.
Where a session stands moves only forward along its own branch: a session that went on in two places has two branches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message
from minga.sessions.transcript_codec import encode_message
from minga.sessions.transcripts import head_of, insert_messages, known_ids, set_head
from minga.storage.database import Transaction
from minga.storage.engine import printable


@dataclass(slots=True)
class Merged:
    """``changed``: messages that are here now and were not, or said something else; ``same``: what is here just so."""

    changed: list[Message] = field(default_factory=list)
    same: list[Message] = field(default_factory=list)


def prevails(known: bytes, other: bytes) -> bool:
    """Whether ``other`` takes the place of ``known``, two bodies of one message: the one that says more, else the one
    that is greater byte by byte."""
    return (len(other), other) > (len(known), known)


def merge_messages(
    transaction: Transaction, vault: Vault, session_id: SessionId, messages: Iterable[Message]
) -> Merged:
    """Join ``messages`` to those of a session that must exist."""
    merged = Merged()
    said: dict[str, Message] = {}
    for message in messages:
        before = said.get(message.id)
        if before is None or prevails(encode_message(before), encode_message(message)):
            said[message.id] = message
    here = known_ids(transaction, session_id, list(said.values()))
    fresh = [message for message in said.values() if printable(message.id) not in here]
    merged.changed.extend(insert_messages(transaction, vault, session_id, fresh))
    for message in said.values():
        if printable(message.id) in here:
            _merge(transaction, vault, session_id, message, merged)
    return merged


def _merge(transaction: Transaction, vault: Vault, session_id: SessionId, message: Message, merged: Merged) -> None:
    """Join a message that is here already, perhaps with another content."""
    [(sealed, turn_id)] = transaction.execute(
        "SELECT body, turn_id FROM messages WHERE session_id = ? AND id = ?", (session_id, message.id)
    )
    body, other = vault.open(session_id, bytes(sealed), f"messages:{message.id}"), encode_message(message)
    if body == other:
        merged.same.append(message)
    elif prevails(body, other):
        merged.changed.extend(insert_messages(transaction, vault, session_id, [message], str(turn_id)))


def parents_of(transaction: Transaction, session_id: SessionId) -> dict[str, str]:
    """Message -> the one before it, of the main conversation."""
    rows = transaction.execute("SELECT id, parent FROM messages WHERE session_id = ? AND chain = ''", (session_id,))
    return {row[0]: row[1] for row in rows}


def advanced(parents: Mapping[str, str], stands: str, heads: Sequence[str]) -> str:
    """Where a session that stands at ``stands`` is to stand when others stand at ``heads``: at the furthest that goes
    on from there (of several the one with the greatest id), else where it is."""
    best = (0, stands)
    for head in heads:
        line = _line(parents, head)
        if head in parents and head != stands and (not stands or stands in line):
            best = max(best, (len(line), head))
    return best[1]


def advance(transaction: Transaction, session_id: SessionId, heads: Sequence[str]) -> str:
    """Move a session forward as `advanced` says; return where it stands then. Raises UnknownSession."""
    stands = head_of(transaction, session_id)
    new = advanced(parents_of(transaction, session_id), stands, heads)
    if new != stands:
        set_head(transaction, session_id, new, None)
    return new


def touch(transaction: Transaction, session_id: SessionId) -> None:
    """Let the session be as young as its youngest message."""
    [(youngest,)] = transaction.execute("SELECT MAX(at) FROM messages WHERE session_id = ?", (session_id,))
    if youngest is not None:
        transaction.execute(
            "UPDATE sessions SET updated_at = ? WHERE id = ? AND updated_at < ?", (youngest, session_id, youngest)
        )


def _line(parents: Mapping[str, str], head: str) -> dict[str, None]:
    """From ``head`` to the root; a parent that closes a circle ends it."""
    line: dict[str, None] = {}
    while head in parents and head not in line:
        line[head] = None
        head = parents[head]
    return line
