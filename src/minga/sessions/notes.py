"""Notes: what a person told the memory itself. Each is a session of one message, so it has a key of its own, is backed
up, synced and shared like any session, and is deleted as one. It is no conversation: it stands in no list of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import msgspec

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import NOTE_SESSION, ItemId, Note, NoteKind, Scope
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, Role, TextPart, ToolCallPart, Workspace
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.sessions.codec import to_json
from minga.sessions.transcripts import insert_messages, insert_session, set_head
from minga.storage.database import Database, Transaction
from minga.storage.engine import printable
from minga.storage.instants import to_micros

MEMORY = AgentName("memory")
"""Stands as the agent of a note. No CLI has this name."""

TITLE_LENGTH = 80

NO_NOTE = f"SUBSTR(s.id, 1, {len(NOTE_SESSION)}) <> '{NOTE_SESSION}'"
"""Condition on the table ``sessions`` as ``s``: conversations only."""

_ROLES: Mapping[Literal["person", "agent"], Role] = {"person": "user", "agent": "assistant"}

_CALL = "note"
_TOOL = "remember"


@dataclass(frozen=True, slots=True)
class Draft:
    """A note that is not stored yet, under the names that it will have."""

    session_id: SessionId
    message: Message
    note: Note
    place: Workspace


class _Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A note without its text, as the arguments of its call."""

    kind: NoteKind
    scope: Scope = "project"
    about: str = ""
    valid_from: datetime | None = None
    subject: str = ""
    by: Literal["person", "agent"] = "person"


class Notes:
    """Those of the vault's user."""

    def __init__(self, database: Database, clock: Clock, new_id: NewId, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._vault = vault

    async def add(self, note: Note, cwd: str, remote: str) -> SessionId:
        """Store a note; it is durable when this returns. Raises StoreError."""
        draft = self.draft(note, cwd, remote)
        await self.store([draft])
        return draft.session_id

    def draft(self, note: Note, cwd: str, remote: str, said_at: datetime | None = None) -> Draft:
        """``said_at``: when it was said, if not now; what is still to come was said now."""
        now = self._clock.now()
        at = min(said_at or now, now)
        message = Message(self._new_id(), "", at, _ROLES[note.by], _parts(note), MEMORY)
        return Draft(SessionId(f"{NOTE_SESSION}{self._new_id()}"), message, note, Workspace(cwd, remote))

    async def newest(self) -> int:
        """The number of the last message of a note, whoever's it is; 0 where there is none. Raises StoreError."""
        return await self._database.read(_newest)

    async def store(self, drafts: Sequence[Draft], newest: int | None = None) -> bool:
        """All or none; none, and False, where notes came since ``newest`` was the last one. Raises StoreError."""

        def work(transaction: Transaction) -> bool:
            transaction.hold("messages")
            if newest is not None and _newest(transaction) != newest:
                return False
            for one in drafts:
                self._insert(transaction, one)
            return True

        return await self._database.write(work)

    def _insert(self, transaction: Transaction, draft: Draft) -> None:
        title = " ".join(draft.note.told.split())[:TITLE_LENGTH]
        at = draft.message.at or self._clock.now()
        insert_session(transaction, self._vault, draft.session_id, title, draft.place, to_micros(at))
        insert_messages(transaction, self._vault, draft.session_id, [draft.message])
        set_head(transaction, draft.session_id, draft.message.id, None)


def _newest(transaction: Transaction) -> int:
    sql = f"SELECT MAX(m.seq) FROM sessions s JOIN messages m ON m.session_id = s.id WHERE NOT {NO_NOTE}"  # noqa: S608
    [(seq,)] = transaction.execute(sql)
    return int(seq or 0)


def is_note(session_id: str) -> bool:
    return session_id.startswith(NOTE_SESSION)


def read(message: Message) -> Note | None:
    """The note that stands in a message of a note's session; None where it holds none that can be read."""
    if message.agent != MEMORY or message.role not in _ROLES.values():
        return None
    said = [part.arguments for part in message.parts if isinstance(part, ToolCallPart) and part.name == _TOOL]
    text = "\n\n".join(part.text for part in message.parts if isinstance(part, TextPart))
    try:
        found = msgspec.json.decode(said[-1] if said else "", type=_Said)
    except msgspec.DecodeError:
        return None
    return Note(found.kind, text, found.scope, ItemId(found.about), found.valid_from, found.subject, found.by)


def about(message: Message, item: ItemId) -> Message:
    """The message of a note with something else that it is about; as it is where it holds none that can be read."""
    note = read(message)
    return message if note is None else replace(message, parts=_parts(replace(note, about=item)))


def _parts(note: Note) -> tuple[TextPart, ToolCallPart]:
    said = to_json(_Said(note.kind, note.scope, note.about, note.valid_from, note.subject, note.by)).decode()
    return TextPart(printable(note.text)), ToolCallPart(_CALL, _TOOL, ToolKind.OTHER, said)
