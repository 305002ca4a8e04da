"""Digests: what a model said of a session, kept like a note: as a session of one message, sealed with its own key."""

from datetime import datetime

import msgspec

from minga.domain.digests import DIGEST_SESSION, Claimed, Digest, Fault, digests_of
from minga.domain.events import ToolKind
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, TextPart, ToolCallPart, Workspace
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.sessions.codec import to_json
from minga.sessions.notes import MEMORY
from minga.sessions.transcripts import insert_messages, insert_session, set_head
from minga.storage.database import Database, Transaction
from minga.storage.engine import printable
from minga.storage.instants import to_micros

_CALL = "digest"


class _Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    message: str
    quote: str
    subject: str
    predicate: str
    value: str
    single: bool = False
    valid_from: datetime | None = None


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A digest without its summary, as the arguments of its call."""

    of: str
    first: str
    last: str
    model: str
    headline: str = ""
    claims: tuple[_Claim, ...] = ()
    dropped: int = 0
    fault: Fault | None = None


class Digests:
    """Those of the vault's user, of sessions that are the user's own."""

    def __init__(self, database: Database, clock: Clock, new_id: NewId, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._vault = vault

    async def add(self, digest: Digest) -> bool:
        """Store a digest beside its session; it is durable when this returns. False where the session has gone since,
        or is not the user's own: what another shared must end when it ends. Raises StoreError."""
        session_id = SessionId(f"{digests_of(digest.of)}{self._new_id()}")
        return await self._database.write(lambda transaction: self._insert(transaction, session_id, digest))

    def is_own(self, session_id: SessionId) -> bool:
        return self._vault.access(session_id) == "own"

    def _insert(self, transaction: Transaction, session_id: SessionId, digest: Digest) -> bool:
        transaction.hold(digest.of)
        rows = transaction.execute("SELECT cwd, remote FROM sessions WHERE id = ?", (digest.of,))
        if not rows or not self.is_own(digest.of):
            return False
        at = self._clock.now()
        message = Message(self._new_id(), "", at, "assistant", _parts(digest), MEMORY)
        insert_session(transaction, self._vault, session_id, "", Workspace(*rows[0]), to_micros(at))
        insert_messages(transaction, self._vault, session_id, [message])
        set_head(transaction, session_id, message.id, None)
        return True


def is_digest(session_id: str) -> bool:
    return session_id.startswith(DIGEST_SESSION)


def stored(transaction: Transaction, session_id: SessionId) -> list[SessionId]:
    """The digests of a session that are in the store, whoever may read them."""
    prefix = digests_of(session_id)
    select = "SELECT id FROM sessions WHERE SUBSTR(id, 1, ?) = ? ORDER BY id"
    rows = transaction.execute(select, (len(prefix), prefix))
    return [SessionId(row[0]) for row in rows]


def read(session_id: SessionId, message: Message) -> Digest | None:
    """The digest that stands in a message of a digest's session; None where it holds none that can be read, or one of
    another session than its id says: that would not be deleted with it."""
    if message.agent != MEMORY or message.role != "assistant":
        return None
    said = [part.arguments for part in message.parts if isinstance(part, ToolCallPart) and part.name == _CALL]
    summary = "\n".join(part.text for part in message.parts if isinstance(part, TextPart))
    try:
        kept = msgspec.json.decode(said[-1] if said else "", type=_Kept)
    except msgspec.DecodeError:
        return None
    of = SessionId(kept.of)
    if not session_id.startswith(digests_of(of)):
        return None
    claims = tuple(
        Claimed(one.message, one.quote, one.subject, one.predicate, one.value, one.single, one.valid_from)
        for one in kept.claims
    )
    return Digest(of, kept.first, kept.last, kept.model, kept.headline, summary, claims, kept.dropped, kept.fault)


def _parts(digest: Digest) -> tuple[TextPart, ToolCallPart]:
    claims = tuple(
        _Claim(one.message_id, one.quote, one.subject, one.predicate, one.value, one.single, one.valid_from)
        for one in digest.claims
    )
    kept = _Kept(
        digest.of, digest.first, digest.last, digest.model, digest.headline, claims, digest.dropped, digest.fault
    )
    return TextPart(printable(digest.summary)), ToolCallPart(_CALL, _CALL, ToolKind.OTHER, to_json(kept).decode())
