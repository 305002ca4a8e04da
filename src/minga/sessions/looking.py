"""Looks for words in all that a store holds of sessions, opened: to prove that they are forgotten."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from minga.domain.errors import ContentDamaged, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.sessions.search_words import fold
from minga.storage.engine import Rows

KEPT = 10_000
"""Characters of a piece of a CLI's file that are looked at again with the next piece of it."""

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")

_BLANK = r"(?:\s|\\[nrt])+"
"""As it is, and as JSON writes it."""

_SEALED = (
    "SELECT 'sessions:title', title FROM sessions WHERE id = ?",
    "SELECT 'turns:' || id, prompt FROM turns WHERE session_id = ? ORDER BY number",
    "SELECT 'events:' || e.turn_id || ':' || e.seq, e.body FROM events e JOIN turns t ON t.id = e.turn_id"
    " WHERE t.session_id = ? ORDER BY e.turn_id, e.seq",
    "SELECT 'messages:' || id, body FROM messages WHERE session_id = ? ORDER BY seq",
    "SELECT 'native_pieces:' || agent || ':' || native_id || ':' || number, body FROM native_pieces"
    " WHERE session_id = ? ORDER BY agent, native_id, number",
    "SELECT 'set_aside:' || place, body FROM set_aside WHERE session_id = ? ORDER BY agent, native_id, place",
)
"""Place and content of all that is sealed of a session and may be text."""


class Words:
    """What is looked for. Case, accents, kinds of blanks and the way in which JSON writes a text do not count.
    ``is_whole``: not within a longer word."""

    def __init__(self, words: str, *, is_whole: bool = False) -> None:
        pieces = [_plain(piece) for piece in words.split()]
        escaped = [piece.replace("\\", "\\\\").replace('"', '\\"') for piece in pieces]
        forms = {_BLANK.join(map(re.escape, form)) for form in (pieces, escaped)}
        begin, end = (r"(?<!\w)(?=\w)|(?=\W)", r"(?<=\w)(?!\w)|(?<=\W)") if is_whole else ("", "")
        self._pattern = re.compile(f"(?:{begin})(?:{'|'.join(sorted(forms))})(?:{end})")

    def are_in(self, text: str) -> bool:
        if "\\u" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        return self._pattern.search(_plain(text)) is not None


@dataclass(frozen=True, slots=True)
class Opened:
    """``pieces`` were opened and looked at; ``closed`` could not be: their key is destroyed, or another user's.
    ``found``: session and place where the words stand."""

    pieces: int
    closed: int
    found: tuple[tuple[SessionId, str], ...]


def look(rows: Rows, vault: Vault, words: Words) -> Opened:
    """Open all that the user can open of a store, or of a copy of one."""
    pieces = closed = 0
    found: list[tuple[SessionId, str]] = []
    for session_id in [SessionId(row[0]) for row in rows("SELECT id FROM sessions ORDER BY id", ())]:
        before = ""
        for place, sealed in _sealed(rows, session_id):
            try:
                text = vault.open(session_id, sealed, place).decode("utf-8", "replace")
            except (UnknownSession, ContentDamaged):
                closed += 1
                continue
            pieces += 1
            before = before[-KEPT:] + text if place.startswith("native_pieces:") else text
            if words.are_in(before):
                found.append((session_id, place))
    return Opened(pieces, closed, tuple(found))


def _sealed(rows: Rows, session_id: SessionId) -> Iterator[tuple[str, bytes]]:
    for select in _SEALED:
        for place, content in rows(select, (session_id,)):
            yield str(place), bytes(content)


def _plain(text: str) -> str:
    return fold(text) if text.isascii() else fold(unicodedata.normalize("NFC", text))
