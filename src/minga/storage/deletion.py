"""Deleting by destroying keys: what was sealed with them stays where it is and can be read by nobody, in no copy.

The words of a session also stand in the search index and in the memory of everybody who could read it. So the keys of
these go too; they can be made again.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Literal

from minga.domain.errors import UnfitFile, UnknownUser
from minga.domain.ids import SessionId
from minga.domain.secrecy import DeletionReceipt, DestroyedKey, UserName
from minga.storage import receipts, session_keys
from minga.storage.database import Transaction
from minga.storage.keys import KeyStore, memory_key, search_key

SIGNING_KEY = "receipts"


def shred_session(keys: KeyStore, session_id: SessionId, by: UserName) -> DeletionReceipt:
    """Destroy the key of a session, for everybody. Raises UnknownSession, NotTheOwner."""

    def destroy(transaction: Transaction) -> list[DestroyedKey]:
        session_keys.owned(keys, transaction, session_id, by)
        delete = "DELETE FROM session_keys WHERE session_id = ? RETURNING fingerprint, user_name"
        rows = transaction.execute(delete, (session_id,))
        _destroy_indexes(keys, transaction, {row[1] for row in rows})
        return _destroyed(session_id, [(row[0],) for row in rows])

    return _shred(keys, destroy, what="session", name=session_id, by=by)


def shred_user(keys: KeyStore, user: UserName, by: UserName) -> DeletionReceipt:
    """Destroy the key of a user and those of all sessions that the user owns, for everybody. Raises UnknownUser."""

    def destroy(transaction: Transaction) -> list[DestroyedKey]:
        delete = "DELETE FROM session_keys WHERE owner = ? RETURNING session_id, fingerprint, user_name"
        rows = transaction.execute(delete, (user,))
        gone = [DestroyedKey(SessionId(row[0]), row[1]) for row in rows]
        _destroy_indexes(keys, transaction, {user, *(row[2] for row in rows)})
        transaction.execute("DELETE FROM session_keys WHERE user_name = ?", (user,))
        transaction.execute("DELETE FROM project_shares WHERE owner = ? OR user_name = ?", (user, user))
        own = transaction.execute("DELETE FROM user_keys WHERE user_name = ? RETURNING fingerprint", (user,))
        if not transaction.execute("DELETE FROM users WHERE name = ? RETURNING name", (user,)):
            raise UnknownUser(name=user)
        return [*_destroyed(None, own), *sorted(set(gone), key=lambda key: str(key.session_id))]

    return _shred(keys, destroy, what="user", name=user, by=by)


def past_receipts(keys: KeyStore) -> list[DeletionReceipt]:
    """All that were ever signed here, the oldest first."""
    rows = keys.read(lambda transaction: transaction.execute("SELECT body FROM receipts ORDER BY at, id"))
    return [receipts.from_json(row[0]) for row in rows]


def destroyed_sessions(keys: KeyStore, among: Collection[SessionId]) -> frozenset[SessionId]:
    """Those of ``among`` that a receipt names, which the store's own key has signed. A receipt that was changed says
    nothing."""
    wanted, found = frozenset(among), set[SessionId]()
    if not wanted:
        return wanted
    public = keys.shown(SIGNING_KEY)
    for (body,) in keys.read(lambda transaction: transaction.execute("SELECT body FROM receipts")):
        with suppress(UnfitFile):
            receipt = receipts.from_json(body)
            named = wanted & {key.session_id for key in receipt.keys}
            if named and receipts.is_genuine(receipt, public):
                found |= named
    return frozenset(found)


def _shred(
    keys: KeyStore,
    destroy: Callable[[Transaction], list[DestroyedKey]],
    *,
    what: Literal["session", "user"],
    name: str,
    by: UserName,
) -> DeletionReceipt:
    """The keys go and the receipt comes in one transaction: there is never one without the other."""
    seed = keys.store_key(SIGNING_KEY, receipts.public_key)

    def work(transaction: Transaction) -> DeletionReceipt:
        at = keys.now()
        destroyed = tuple(destroy(transaction))
        receipt = receipts.signed(DeletionReceipt(keys.new_id(), what, name, by, at, destroyed, "", ""), seed)
        values = (receipt.id, int(at.timestamp() * 1_000_000), receipts.to_json(receipt))
        transaction.execute("INSERT INTO receipts VALUES (?, ?, ?)", values)
        keys.end_generation(transaction)
        return receipt

    receipt = keys.write(work)
    keys.scrub()
    return receipt


def _destroy_indexes(keys: KeyStore, transaction: Transaction, users: Iterable[str]) -> None:
    for user in users:
        for name in (search_key(user), memory_key(user)):
            keys.destroy_store_key(transaction, name)


def _destroyed(session_id: SessionId | None, rows: Iterable[tuple[str]]) -> list[DestroyedKey]:
    return [DestroyedKey(session_id, fingerprint) for fingerprint in sorted({row[0] for row in rows})]
