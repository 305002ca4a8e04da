"""Looks for words in all that a store holds of sessions, opened: to prove that they are forgotten."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from minga.domain.errors import ContentDamaged, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.sessions.search_words import fold
from minga.storage.engine import Rows

KEPT = 10_000
"""Characters of a piece of a CLI's file that are looked at again with the next piece of it."""

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")

_BLANK_ESCAPED = re.compile(r"\\[nrt]")

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
    """What is looked for. Case, accents, kinds of blanks and the way in which JSON writes a text do not count."""

    def __init__(self, words: str) -> None:
        pieces = [_plain(piece) for piece in words.split()]
        escaped = [piece.replace("\\", "\\\\").replace('"', '\\"') for piece in pieces]
        forms = {_BLANK.join(map(re.escape, form)) for form in (pieces, escaped)}
        self._pattern = re.compile("|".join(sorted(forms)))

    def are_in(self, text: str) -> bool:
        return self._pattern.search(_plain(_spelled(text))) is not None


_SIGNED = re.compile(r"^[.@#](?=\w)|(?<=\w)[+#]+$")
"""Signs that are part of a name, such as .NET, @ana, C++ and C#."""

_LONE = re.compile(r"(?:^|\.)\w$")
"""A single letter at the end, which is another name before such a sign: C, main.c."""


class Topic:
    """What a topic is chosen by: each of its words, whole or as a plural, in any order, in ``within`` characters. Signs
    of a name count, and a single letter before such a sign is another name."""

    def __init__(self, words: str, within: int) -> None:
        self._within = within
        own = list(dict.fromkeys(_plain(piece) for piece in words.split()))
        forms = "|".join(rf"({re.escape(one)}){_after(one)}" for one in sorted(own, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<!\w)(?:{forms})")
        self._count = len(own)
        exact = [one for one in own if _LONE.search(one) or _SIGNED.search(one)]
        self._exact = [re.compile(rf"(?<!\w){re.escape(one)}{_after(one)}") for one in exact]

    def are_in(self, text: str) -> bool:
        last: dict[int, int] = {}
        for found in self._pattern.finditer(_plain(unescaped(text))):
            last[found.lastindex or 0] = found.start()
            if len(last) == self._count and found.end() - min(last.values()) <= self._within:
                return True
        return False

    def signs_are_in(self, text: str) -> bool:
        """Whether those of its words stand there whose signs count: what is found by words alone may lack the signs."""
        return not self._exact or all(each.search(_plain(unescaped(text))) for each in self._exact)


def _after(word: str) -> str:
    if word.endswith(("+", "#")):
        return "(?![+#])"
    return r"(?:e?s)?(?![\w+#])" if _LONE.search(word) else r"(?:e?s)?(?!\w)"


def unescaped(text: str) -> str:
    """A text that JSON may have written, with its blanks and letters as they are read."""
    return _BLANK_ESCAPED.sub(" ", _spelled(text)) if "\\" in text else text


def _spelled(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text


@dataclass(frozen=True, slots=True)
class Opened:
    """``pieces`` were opened and looked at; ``closed`` could not be: their key is destroyed, or another user's.
    ``found``: session and place where the words stand."""

    pieces: int
    closed: int
    found: tuple[tuple[SessionId, str], ...]


def look(rows: Rows, vault: Vault, are_in: Callable[[str], bool]) -> Opened:
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
            if are_in(before):
                found.append((session_id, place))
    return Opened(pieces, closed, tuple(found))


def _sealed(rows: Rows, session_id: SessionId) -> Iterator[tuple[str, bytes]]:
    for select in _SEALED:
        for place, content in rows(select, (session_id,)):
            yield str(place), bytes(content)


def _plain(text: str) -> str:
    return fold(text) if text.isascii() else fold(unicodedata.normalize("NFC", text))
