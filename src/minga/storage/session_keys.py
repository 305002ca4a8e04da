"""The keys of sessions in the key store: rows that give one user one session, each bound to what it says."""

from dataclasses import dataclass
from typing import Literal

from minga.domain.errors import KeysDamaged, NotTheOwner, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Access, UserName
from minga.storage.database import Transaction
from minga.storage.engine import Row
from minga.storage.keys import KeyStore, UserKey
from minga.storage.wrapping import Cipher, DoesNotOpen, fingerprint

Via = Literal["own", "session", "project"]
"""Why somebody has a session: it is theirs, it was shared with them, or its project was."""

STRENGTH: dict[Access, int] = {"read": 0, "continue": 1, "own": 2}

_SELECT = (
    "SELECT s.user_name, s.via, s.access, s.owner, s.project, s.wrapped, u.id, u.master_id, m.source, u.wrapped"
    " FROM session_keys s JOIN user_keys u ON u.id = s.user_key_id JOIN masters m ON m.id = u.master_id"
    " WHERE s.session_id = ?"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a row says. ``project`` is the mark of one (`KeyStore.project_mark`)."""

    session_id: SessionId
    user: UserName
    via: Via
    access: Access
    owner: UserName
    project: str

    def name(self, user_key_id: str) -> bytes:
        """Bound to the wrapped key: a row that was changed does not open."""
        parts = (self.session_id, self.user, self.via, self.access, self.owner, self.project, user_key_id)
        return "\n".join(("session", *parts)).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class OpenGrant:
    grant: Grant
    key: bytes


def find(keys: KeyStore, transaction: Transaction, session_id: SessionId, user: UserName) -> OpenGrant | None:
    """The strongest right of a user to a session, with its key. Raises NoSuchMaster, KeysDamaged."""
    rows = transaction.execute(f"{_SELECT} AND s.user_name = ?", (session_id, user))
    return _opened(keys, session_id, max(rows, key=lambda row: STRENGTH.get(row[2], -1))) if rows else None


def all_of(keys: KeyStore, transaction: Transaction, session_id: SessionId) -> list[OpenGrant]:
    """All that anybody has of a session. Raises NoSuchMaster, KeysDamaged."""
    rows = transaction.execute(f"{_SELECT} ORDER BY s.user_name, s.via", (session_id,))
    return [_opened(keys, session_id, row) for row in rows]


def owned(keys: KeyStore, transaction: Transaction, session_id: SessionId, user: UserName) -> OpenGrant:
    """Raises UnknownSession where the user has nothing of it, NotTheOwner where it is somebody else's."""
    found = find(keys, transaction, session_id, user)
    if found is None:
        raise UnknownSession(session=session_id)
    if found.grant.via != "own":
        raise NotTheOwner(session=session_id)
    return found


def insert(transaction: Transaction, grant: Grant, key: bytes, user_key: UserKey) -> None:
    """One that is there for the same reason is replaced."""
    delete(transaction, grant.session_id, grant.user, grant.via)
    wrapped = Cipher(user_key.key).seal(key, grant.name(user_key.id))
    transaction.execute(
        "INSERT INTO session_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            grant.session_id,
            grant.user,
            grant.via,
            grant.access,
            grant.owner,
            grant.project,
            fingerprint(key),
            user_key.id,
            wrapped,
        ),
    )


def delete(transaction: Transaction, session_id: SessionId, user: UserName, via: Via) -> bool:
    """Take away what was given for this reason; return whether it was given."""
    sql = "DELETE FROM session_keys WHERE session_id = ? AND user_name = ? AND via = ? RETURNING via"
    return bool(transaction.execute(sql, (session_id, user, via)))


def _opened(keys: KeyStore, session_id: SessionId, row: Row) -> OpenGrant:
    grant = Grant(session_id, UserName(row[0]), row[1], row[2], UserName(row[3]), row[4])
    user_key = keys.user_key(row[6], row[0], *row[7:])
    return OpenGrant(grant, unwrap(keys, grant, user_key, bytes(row[5])))


def unwrap(keys: KeyStore, grant: Grant, user_key: UserKey, wrapped: bytes) -> bytes:
    try:
        return Cipher(user_key.key).open(wrapped, grant.name(user_key.id))
    except DoesNotOpen as wrong:
        detail = f"the key of the session {grant.session_id!r} was changed"
        raise KeysDamaged(store=keys.place.database.name(), detail=detail) from wrong
