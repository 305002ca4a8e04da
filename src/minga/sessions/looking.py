"""Looks for words in all that the store holds of sessions, opened: to prove that they are forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minga.domain.errors import ContentDamaged, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.sessions.search_words import fold
from minga.storage.database import Transaction

KEPT = 100_000
"""Characters of what went before that are looked at again with the next piece of the same thing."""

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")

_SEALED = {
    "sessions": ("SELECT id, 'sessions:title', title FROM sessions", "WHERE id = ?"),
    "turns": ("SELECT session_id, 'turns:' || id, prompt FROM turns", "WHERE session_id = ? ORDER BY number"),
    "events": (
        "SELECT t.session_id, 'events:' || e.turn_id || ':' || e.seq, e.body FROM events e"
        " JOIN turns t ON t.id = e.turn_id",
        "WHERE t.session_id = ? ORDER BY e.turn_id, e.seq",
    ),
    "messages": ("SELECT session_id, 'messages:' || id, body FROM messages", "WHERE session_id = ? ORDER BY seq"),
    "natives": (
        "SELECT session_id, 'native_pieces:' || agent || ':' || native_id || ':' || number, body FROM native_pieces",
        "WHERE session_id = ? ORDER BY agent, native_id, number",
    ),
    "set_aside": ("SELECT session_id, 'set_aside:' || place, body FROM set_aside", "WHERE session_id = ?"),
}
"""What is sealed: session, place, content."""


class Wanted:
    """Words to look for. Case, accents, the kind of blank between them and JSON's way to write them do not count."""

    def __init__(self, words: str) -> None:
        pieces = (re.escape(fold(piece.replace("\\", "\\\\").replace('"', '\\"'))) for piece in words.split())
        plain = (re.escape(fold(piece)) for piece in words.split())
        forms = {rf"(?:\s|\\[nrt])+".join(form) for form in (pieces, plain)}
        self._pattern = re.compile("|".join(sorted(forms)))

    def is_in(self, text: str) -> bool:
        if "\\u" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        return self._pattern.search(fold(text)) is not None


@dataclass(frozen=True, slots=True)
class Looked:
    """``pieces`` were opened and looked at, ``closed`` could not be opened: their key is destroyed, or another user's.
    ``found``: in which sessions, and where there."""

    pieces: int
    closed: int
    found: tuple[tuple[SessionId, str], ...]


def look(transaction: Transaction, vault: Vault, wanted: Wanted) -> Looked:
    """Open all that the user can open of a store, or of a copy of one."""
    pieces = closed = 0
    found: dict[tuple[SessionId, str], None] = {}
    for (name,) in transaction.execute("SELECT id FROM sessions ORDER BY id"):
        session_id = SessionId(name)
        before = ""
        for place, sealed in _sealed(transaction, session_id):
            try:
                text = vault.open(session_id, sealed, place).decode("utf-8", "replace")
            except (UnknownSession, ContentDamaged):
                closed += 1
                continue
            pieces += 1
            joined = before + text if place.startswith(("native_pieces", "events")) else text
            if wanted.is_in(joined):
                found[(session_id, place)] = None
            before = joined[-KEPT:] if joined is not text or place.startswith("native_pieces") else ""
    return Looked(pieces, closed, tuple(found))


def _sealed(transaction: Transaction, session_id: SessionId) -> Iterator[tuple[str, bytes]]:
    for select, where in _SEALED.values():
        for _, place, content in transaction.execute(f"{select} {where}", (session_id,)):
            yield str(place), bytes(content)
