"""New keys for old ones, while others work: each step is durable by itself, and what was cut off is finished by the
next call. Until the end both keys are known; nothing is ever wrapped by a key that is to go.
"""

from dataclasses import dataclass

from minga.domain.errors import UnknownUser
from minga.domain.ids import SessionId
from minga.domain.secrecy import UserName
from minga.storage import session_keys
from minga.storage.database import Transaction
from minga.storage.engine import Row
from minga.storage.keys import Held, KeyStore, Master, UserKey
from minga.storage.session_keys import Grant

BATCH = 200
"""Session keys that are wrapped anew in one transaction: others wait for no more than these."""

_UNDER_MASTER = (
    "SELECT 'user_keys', id, 'user:' || user_name || ':' || id, master_id, wrapped FROM user_keys WHERE master_id <> ?"
    " UNION ALL"
    " SELECT 'store_keys', name, 'store:' || name, master_id, wrapped FROM store_keys WHERE master_id <> ?"
)
_RETIRE = (
    "UPDATE masters SET state = 'retired' WHERE state = 'retiring'"
    " AND NOT EXISTS (SELECT 1 FROM user_keys u WHERE u.master_id = masters.id)"
    " AND NOT EXISTS (SELECT 1 FROM store_keys k WHERE k.master_id = masters.id)"
)
"""What wraps nothing any more, and never will: only the current master wraps. Another rotation may have begun since."""

_REWRAPPED = {
    "user_keys": "UPDATE user_keys SET master_id = ?, wrapped = ? WHERE id = ?",
    "store_keys": "UPDATE store_keys SET master_id = ?, wrapped = ? WHERE name = ?",
}


@dataclass(frozen=True, slots=True)
class Rotated:
    """``new_id`` is the key that is now in use, ``rewrapped`` how many keys this call wrapped anew, ``resumed`` whether
    it finished what an earlier one had begun."""

    new_id: str
    rewrapped: int
    resumed: bool


def rotate_master(keys: KeyStore, source: str) -> Rotated:
    """Make a new master key in ``source`` the only one; the old ones are destroyed. If an earlier rotation into the
    same source was cut off, that is finished instead.

    Raises MasterKeyLost, MasterKeyUnusable.
    """
    resumed = _is_unfinished(keys, source)
    current = keys.write(lambda t: keys.master(t) if resumed else keys.insert_master(t, source))
    count = 0
    while keys.write(lambda transaction: _rewrap_one(keys, transaction)):
        count += 1
    keys.write(lambda transaction: transaction.execute(_RETIRE))
    for old in keys.masters():
        if old.state == "retired":
            _destroy(keys, old)
    keys.scrub()
    return Rotated(current.id, count, resumed)


def rotate_user(keys: KeyStore, user: UserName) -> Rotated:
    """Give ``user`` a new key and destroy the old one, or finish that. Raises UnknownUser, MasterKeyLost."""
    resumed = bool(keys.read(lambda transaction: _old_keys(transaction, user)))
    if not resumed:
        keys.write(lambda transaction: _replace_user_key(keys, transaction, user))
    count = 0
    while done := keys.write(lambda transaction: _rewrap_sessions(keys, transaction, user)):
        count += done
    new_id = keys.write(lambda transaction: _drop_old_keys(keys, transaction, user))
    keys.scrub()
    return Rotated(new_id, count, resumed)


def _is_unfinished(keys: KeyStore, source: str) -> bool:
    masters = keys.masters()
    current = [master for master in masters if master.state == "current"]
    return len(masters) > len(current) and current[0].source == source


def _rewrap_one(keys: KeyStore, transaction: Transaction) -> bool:
    """Return whether there was one. Nothing is left behind: what is made meanwhile is made under the current master."""
    current = keys.master(transaction)
    rows = transaction.execute(f"{_UNDER_MASTER} LIMIT 1", (current.id, current.id))
    for table, row_id, name, master_id, wrapped in rows:
        select = "SELECT source FROM masters WHERE id = ?"
        source = transaction.execute(select, (master_id,))[0][0]
        key = keys.unwrap(Held(name, master_id, source, bytes(wrapped)))
        anew = keys.source(current.source).wrap(current.id, key, name)
        transaction.execute(_REWRAPPED[table], (current.id, anew, row_id))
    return bool(rows)


def _destroy(keys: KeyStore, old: Master) -> None:
    """The key goes before the row that names it: a call that is cut off between the two is finished by the next."""
    keys.source(old.source).destroy(old.id)
    keys.write(lambda transaction: transaction.execute("DELETE FROM masters WHERE id = ?", (old.id,)))


def _replace_user_key(keys: KeyStore, transaction: Transaction, user: UserName) -> None:
    if not transaction.execute("UPDATE user_keys SET state = 'retiring' WHERE user_name = ? RETURNING id", (user,)):
        raise UnknownUser(name=user)
    keys.insert_user_key(transaction, user)


def _rewrap_sessions(keys: KeyStore, transaction: Transaction, user: UserName) -> int:
    """Return how many it was."""
    new = keys.current_user_key(transaction, user)
    rows = transaction.execute(
        "SELECT s.session_id, s.via, s.access, s.owner, s.project, s.wrapped, u.id, u.master_id, m.source, u.wrapped"
        " FROM session_keys s JOIN user_keys u ON u.id = s.user_key_id JOIN masters m ON m.id = u.master_id"
        " WHERE s.user_name = ? AND s.user_key_id <> ? LIMIT ?",
        (user, new.id, BATCH),
    )
    for row in rows:
        _rewrap_session(keys, transaction, (user, new), row)
    return len(rows)


def _rewrap_session(keys: KeyStore, transaction: Transaction, theirs: tuple[UserName, UserKey], row: Row) -> None:
    user, new = theirs
    grant = Grant(SessionId(row[0]), user, row[1], row[2], UserName(row[3]), row[4])
    old = keys.user_key(row[6], user, *row[7:])
    session_keys.insert(transaction, grant, session_keys.unwrap(keys, grant, old, bytes(row[5])), new)


def _old_keys(transaction: Transaction, user: UserName) -> list[Row]:
    return transaction.execute("SELECT id FROM user_keys WHERE user_name = ? AND state = 'retiring'", (user,))


def _drop_old_keys(keys: KeyStore, transaction: Transaction, user: UserName) -> str:
    transaction.execute(
        "DELETE FROM user_keys WHERE user_name = ? AND state = 'retiring'"
        " AND NOT EXISTS (SELECT 1 FROM session_keys s WHERE s.user_key_id = user_keys.id)",
        (user,),
    )
    keys.end_generation(transaction)
    return keys.current_user_key(transaction, user).id
