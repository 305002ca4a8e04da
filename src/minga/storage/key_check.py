"""A look at every key of the key store: whether its files are whole, and each wrapped key opens under the one above."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from minga.domain.errors import KeysDamaged
from minga.domain.ids import SessionId
from minga.domain.secrecy import UserName
from minga.storage import receipts, session_keys
from minga.storage.database import Transaction
from minga.storage.engine import Row
from minga.storage.keys import KeyStore, UserKey
from minga.storage.session_keys import Grant
from minga.storage.wrapping import fingerprint

LIMIT_S = 5.0
"""Enough for some hundred thousand sessions; a master key in a server is asked once a user."""

AT_ONCE = 500
"""Rows of one transaction: others may write between two."""

_USERS = (
    "SELECT u.id, u.user_name, u.master_id, m.source, u.wrapped, u.fingerprint FROM user_keys u"
    " LEFT JOIN masters m ON m.id = u.master_id ORDER BY u.id"
)
_SESSIONS = (
    "SELECT session_id, user_name, via, access, owner, project, wrapped, fingerprint, user_key_id FROM session_keys"
    " WHERE (session_id, user_name, via) > (?, ?, ?) ORDER BY session_id, user_name, via LIMIT ?"
)

Place = tuple[str, str, str]
"""Of a session's key: what its row is named by."""


@dataclass(frozen=True, slots=True)
class Checked:
    """``keys`` were looked at and open; ``all_seen``: there are no others."""

    keys: int
    all_seen: bool


def check_keys(keys: KeyStore, limit_s: float = LIMIT_S) -> Checked:
    """Raises KeysDamaged where the files are damaged or a key does not open, MasterKeyLost, MasterKeyUnusable."""
    until = time.monotonic() + limit_s
    if problem := keys.place.database.use(keys.place.problem):
        raise KeysDamaged(store=keys.place.database.name(), detail=problem)
    users = keys.read(lambda transaction: _users(keys, transaction))
    looked = [key is not None for key in users.values()]
    looked += keys.read(lambda transaction: _store_keys(keys, transaction))
    last: Place | None = ("", "", "")
    while last is not None and time.monotonic() < until:
        some, last = keys.read(lambda transaction, after=last: _sessions(keys, transaction, users, after))  # type: ignore[misc]
        looked += some
    if damaged := looked.count(False):
        detail = f"{damaged} of the {len(looked)} keys that were looked at do not open or were changed"
        raise KeysDamaged(store=keys.place.database.name(), detail=detail)
    return Checked(len(looked), last is None)


def _users(keys: KeyStore, transaction: Transaction) -> dict[str, UserKey | None]:
    """The keys of users by their ids; None: it does not open."""
    found: dict[str, UserKey | None] = {}
    for key_id, name, master_id, source, wrapped, marked in transaction.execute(_USERS):
        found[key_id] = None
        with suppress(KeysDamaged):
            opened = keys.user_key(key_id, name, master_id, source, wrapped) if source else None
            found[key_id] = opened if opened and fingerprint(opened.key) == marked else None
    return found


def _store_keys(keys: KeyStore, transaction: Transaction) -> list[bool]:
    looked = []
    for name, shown in transaction.execute("SELECT name, shown FROM store_keys ORDER BY name"):
        key = None
        with suppress(KeysDamaged):
            key = keys.read_store_key(transaction, name)
        looked.append(key is not None and shown in ("", receipts.public_key(key)))
    return looked


def _sessions(
    keys: KeyStore, transaction: Transaction, users: Mapping[str, UserKey | None], after: Place
) -> tuple[list[bool], Place | None]:
    """Of the next keys of sessions, which open; and behind which to go on, None at the end."""
    rows = transaction.execute(_SESSIONS, (*after, AT_ONCE))
    last = (rows[-1][0], rows[-1][1], rows[-1][2]) if len(rows) == AT_ONCE else None
    return [_opens(keys, users.get(row[8]), row) for row in rows], last


def _opens(keys: KeyStore, user_key: UserKey | None, row: Row) -> bool:
    """A row that leads to no user's key opens for nobody."""
    grant = Grant(SessionId(row[0]), UserName(row[1]), row[2], row[3], UserName(row[4]), row[5])
    if user_key is None:
        return False
    try:
        marked: str = row[7]
        return fingerprint(session_keys.unwrap(keys, grant, user_key, bytes(row[6]))) == marked
    except KeysDamaged:
        return False
