"""A session without some of its messages, as another session: so that the key of the first can be destroyed.

Each message that is forgotten keeps its id, its time and its place in the tree; all it says is that it was forgotten.
Notes about what has another id in the copy are copied with it, and name that.
"""

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from minga.domain.errors import BadInput, NotTheOwner, SessionBusy, SessionOfAnother, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.memory import NOTE_SESSION, ItemId
from minga.domain.secrecy import Vault
from minga.domain.transcript import FileChangePart, Message, TextPart, ToolCallPart, ToolResultPart, Transcript
from minga.infrastructure.clock import Clock
from minga.sessions import notes
from minga.sessions.index_source import texts_in
from minga.sessions.merging import advance, touch
from minga.sessions.search_words import fold
from minga.sessions.store import TITLE_LENGTH
from minga.sessions.telling import tell
from minga.sessions.transcripts import insert_messages, insert_session, read_transcript, set_head
from minga.storage.database import Database, Transaction

NAMESPACE = uuid.UUID("0d7a4c52-3f0e-5c57-8a56-7f3c1f7b5f1e")
"""Of the ids of copies: the same messages forgotten of the same session, once more or on another device, give the same
copy."""

_NO_NOTES: Mapping[SessionId, ItemId] = MappingProxyType({})

_MARK = re.compile(r"\[forgotten on \d{4}-\d\d-\d\d\]")
_WORD = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Copied:
    """``copy_id`` is None where nothing remains. ``forgotten``: messages that say nothing more. ``through``: the number
    of the session's last message when it was copied."""

    copy_id: SessionId | None
    forgotten: int
    through: int


class WentOn(Exception):
    """The session has messages that its copy lacks."""


class Redactions:
    """Of the sessions of the vault's user."""

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault

    async def copy(
        self, session_id: SessionId, message_ids: Collection[str], about: Mapping[SessionId, ItemId] = _NO_NOTES
    ) -> Copied:
        """Write the session without ``message_ids``, and without what their tools gave back, as another one with a key
        of its own, which everybody has who has the session. A copy that is there already gets what it lacks. ``about``:
        sessions of notes that are copied with it, and what they are about then. Killed at any moment, the copy is whole
        and has its notes, or is not there.

        Raises UnknownSession, NotTheOwner, SessionBusy; BadInput where a message is not the session's.
        """
        return await self._database.write(
            lambda transaction: self._copy(transaction, session_id, frozenset(message_ids), about)
        )

    def check(self, transaction: Transaction, session_id: SessionId, copied: Copied) -> None:
        """Raises WentOn where there is more by now than was copied."""
        transaction.hold("messages")
        if _newest(transaction, session_id) != copied.through or _has_untold(transaction, session_id):
            raise WentOn(session_id)

    async def forgotten_in(self, copy_id: SessionId) -> int | None:
        """How many messages of a copy are forgotten; None where there is no such copy."""

        def work(transaction: Transaction) -> int | None:
            if self._vault.access(copy_id) != "own" or not _is_there(transaction, copy_id):
                return None
            return sum(map(is_forgotten, read_transcript(transaction, self._vault, copy_id).messages))

        return await self._database.read(work)

    async def outdated(self, copy_id: SessionId) -> list[SessionId]:
        """Sessions of notes that were copied with the copy: these take their place."""
        select = "SELECT id FROM sessions WHERE SUBSTR(id, 1, ?) = ? ORDER BY id"
        rows = await self._database.read(lambda t: t.execute(select, (len(NOTE_SESSION), NOTE_SESSION)))
        there = {SessionId(row[0]) for row in rows}
        return [one for one in there if note_id_of(one, copy_id) in there and self._vault.access(one) == "own"]

    def _copy(
        self,
        transaction: Transaction,
        session_id: SessionId,
        message_ids: frozenset[str],
        about: Mapping[SessionId, ItemId],
    ) -> Copied:
        self._hold(transaction, session_id)
        tell(transaction, self._vault, session_id)
        transcript = read_transcript(transaction, self._vault, session_id)
        if not message_ids:
            raise BadInput(detail="no message is named that is to be forgotten")
        if unknown := message_ids - {message.id for message in transcript.messages}:
            raise BadInput(detail=f"the session {session_id} has no message {min(unknown)!r}")
        redacted = redact(transcript, message_ids, self._clock.now())
        forgotten, through = sum(map(is_forgotten, redacted.messages)), _newest(transaction, session_id)
        if forgotten == len(redacted.messages):
            return Copied(None, forgotten, through)
        copy_id = copy_id_of(session_id, message_ids)
        self._write(transaction, session_id, replace(redacted, session_id=copy_id))
        for note_id, item in about.items():
            self._copy_note(transaction, note_id, note_id_of(note_id, copy_id), item)
        return Copied(copy_id, forgotten, through)

    def _copy_note(self, transaction: Transaction, note_id: SessionId, copy_id: SessionId, item: ItemId) -> None:
        if self._vault.access(note_id) == "own" and _is_there(transaction, note_id):
            said = read_transcript(transaction, self._vault, note_id)
            messages = tuple(notes.about(one, item) for one in said.messages)
            self._write(transaction, note_id, replace(said, session_id=copy_id, messages=messages))

    def _hold(self, transaction: Transaction, session_id: SessionId) -> None:
        transaction.hold(session_id)
        access = self._vault.access(session_id)
        if access is None or not _is_there(transaction, session_id):
            raise UnknownSession(session=session_id)
        if access != "own":
            raise NotTheOwner(session=session_id)
        if transaction.execute("SELECT 1 FROM turns WHERE session_id = ? AND state = 'running'", (session_id,)):
            raise SessionBusy(session=session_id)

    def _write(self, transaction: Transaction, session_id: SessionId, copy: Transcript) -> None:
        copy_id = SessionId(copy.session_id)
        if _is_there(transaction, copy_id):
            if self._vault.access(copy_id) != "own":
                raise SessionOfAnother(session=copy_id)
            insert_messages(transaction, self._vault, copy_id, copy.messages)
            advance(transaction, copy_id, [copy.head])
            touch(transaction, copy_id)
            return
        times = "SELECT created_at, updated_at FROM sessions WHERE id = ?"
        [(created_at, updated_at)] = transaction.execute(times, (session_id,))
        self._vault.create_alike(copy_id, session_id)
        insert_session(transaction, self._vault, copy_id, copy.title, copy.workspace, created_at)
        insert_messages(transaction, self._vault, copy_id, copy.messages)
        set_head(transaction, copy_id, copy.head, None)
        transaction.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (updated_at, copy_id))


def copy_id_of(session_id: SessionId, message_ids: Collection[str]) -> SessionId:
    return SessionId(str(uuid.uuid5(NAMESPACE, "\n".join((session_id, *sorted(message_ids))))))


def note_id_of(note_id: SessionId, copy_id: SessionId) -> SessionId:
    """Of the session of a note that is copied with ``copy_id``."""
    name = uuid.uuid5(NAMESPACE, "\n".join((note_id, copy_id)))
    return SessionId(f"{NOTE_SESSION}{name}")


def is_forgotten(message: Message) -> bool:
    match message.parts:
        case (TextPart(text=text),):
            return _MARK.fullmatch(text) is not None
        case _:
            return False


def redact(transcript: Transcript, message_ids: Collection[str], at: datetime) -> Transcript:
    """The transcript without ``message_ids`` and the results of their tools; its title is made anew where it may tell
    of them."""
    gone = _with_results(transcript.messages, message_ids)
    mark = (TextPart(f"[forgotten on {at:%Y-%m-%d}]"),)
    messages = tuple(
        replace(one, parts=mark) if one.id in gone and not is_forgotten(one) else one for one in transcript.messages
    )
    forgotten = [one for one in transcript.messages if one.id in gone]
    return replace(transcript, messages=messages, title=_title(transcript.title, messages, forgotten))


def _with_results(messages: Sequence[Message], message_ids: Collection[str]) -> set[str]:
    """``message_ids``, and every message that tells what a tool gave back or changed which one of them had called."""
    by_id = {message.id: message for message in messages}
    calls = {call for one in message_ids for call in _calls(by_id[one])}
    gone = set(message_ids)
    for message in messages:
        gone |= {
            message.id for call in _results(message) & calls if _caller(by_id, message, call) in {*message_ids, ""}
        }
    return gone


def _calls(message: Message) -> set[str]:
    return {part.call_id for part in message.parts if isinstance(part, ToolCallPart)}


def _results(message: Message) -> set[str]:
    return {part.call_id for part in message.parts if isinstance(part, ToolResultPart | FileChangePart)}


def _caller(by_id: Mapping[str, Message], message: Message, call_id: str) -> str:
    """The nearest message before that made the call: a CLI may give the same id to calls of several turns. Empty where
    none did along the line."""
    seen: set[str] = set()
    place: Message | None = message
    while place is not None and place.id not in seen:
        if call_id in _calls(place):
            return place.id
        seen.add(place.id)
        place = by_id.get(place.parent)
    return ""


def _title(title: str, messages: Sequence[Message], forgotten: Sequence[Message]) -> str:
    """A title may be the beginning of what was said, or a CLI's own words for it: it stays where it is the beginning of
    what remains, or where it begins nothing that is forgotten and has no longer word in common with it."""
    if any(_line(one).startswith(title) for one in messages):
        return title
    told = set(_WORD.findall(fold(" ".join(text for one in forgotten for text in texts_in(one)[:2]))))
    if not any(_line(one).startswith(title) for one in forgotten) and not told & set(_WORD.findall(fold(title))):
        return title
    asked = (_line(one) for one in messages if one.role == "user" and not one.chain and not is_forgotten(one))
    return next((line for line in asked if line), "")[:TITLE_LENGTH]


def _line(message: Message) -> str:
    return " ".join(" ".join(part.text for part in message.parts if isinstance(part, TextPart)).split())


def _is_there(transaction: Transaction, session_id: SessionId) -> bool:
    return bool(transaction.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)))


def _newest(transaction: Transaction, session_id: SessionId) -> int:
    [(seq,)] = transaction.execute("SELECT MAX(seq) FROM messages WHERE session_id = ?", (session_id,))
    return int(seq or 0)


def _has_untold(transaction: Transaction, session_id: SessionId) -> bool:
    untold = "SELECT 1 FROM turns WHERE session_id = ? AND in_transcript = 0 LIMIT 1"
    return bool(transaction.execute(untold, (session_id,)))
