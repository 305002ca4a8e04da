"""Giving others a session, or a project with all its sessions that are and that come; and taking it back.

A share wraps the session's key with the other user's key. Taking it back deletes that row: what the other has read they
have read, but nothing opens for them from then on.
"""

from dataclasses import dataclass, replace

from minga.domain.errors import BadInput, SessionOfAnother
from minga.domain.ids import SessionId
from minga.domain.secrecy import Access, Share, UserName
from minga.storage import session_keys
from minga.storage.database import Transaction
from minga.storage.keys import KeyStore
from minga.storage.session_keys import Grant
from minga.storage.wrapping import Cipher, new_key

SHARED: tuple[Access, ...] = ("read", "continue")


@dataclass(frozen=True, slots=True)
class ProjectShare:
    """``mark`` stands for the project (`KeyStore.project_mark`)."""

    owner: UserName
    mark: str
    user: UserName
    access: Access


def share_session(
    keys: KeyStore, transaction: Transaction, owned: tuple[SessionId, UserName], user: UserName, access: Access
) -> None:
    """``owned`` is the session and who shares it. Raises UnknownSession, NotTheOwner, UnknownUser."""
    session_id, owner = owned
    own = session_keys.owned(keys, transaction, session_id, owner)
    _check(owner, user, access)
    grant = Grant(session_id, user, "session", access, owner, own.grant.project)
    session_keys.insert(transaction, grant, own.key, keys.current_user_key(transaction, user))
    keys.end_generation(transaction)


def unshare_session(
    keys: KeyStore, transaction: Transaction, owned: tuple[SessionId, UserName], user: UserName
) -> bool:
    """Return whether it was shared. A share of its whole project stays. Raises UnknownSession, NotTheOwner."""
    session_keys.owned(keys, transaction, *owned)
    keys.end_generation(transaction)
    return session_keys.delete(transaction, owned[0], user, "session")


def share_project(keys: KeyStore, transaction: Transaction, share: ProjectShare, shown: bytes) -> int:
    """Give all sessions of a project; return how many these are. ``shown`` is its sealed name. Raises UnknownUser."""
    _check(share.owner, share.user, share.access)
    theirs = keys.current_user_key(transaction, share.user)
    _forget(transaction, share.owner, share.mark, share.user)
    values = (share.owner, share.mark, share.user, share.access, shown)
    transaction.execute("INSERT INTO project_shares VALUES (?, ?, ?, ?, ?)", values)
    select = "SELECT session_id FROM session_keys WHERE owner = ? AND project = ? AND via = 'own'"
    sessions = [SessionId(row[0]) for row in transaction.execute(select, (share.owner, share.mark))]
    for session_id in sessions:
        own = session_keys.owned(keys, transaction, session_id, share.owner)
        grant = Grant(session_id, share.user, "project", share.access, share.owner, share.mark)
        session_keys.insert(transaction, grant, own.key, theirs)
    keys.end_generation(transaction)
    return len(sessions)


def unshare_project(keys: KeyStore, transaction: Transaction, owner: UserName, mark: str, user: UserName) -> bool:
    """Return whether it was shared. Sessions that were shared one by one stay so."""
    keys.end_generation(transaction)
    return _forget(transaction, owner, mark, user)


def give_as_project(keys: KeyStore, transaction: Transaction, own: Grant, key: bytes) -> None:
    """A new session belongs to everybody with whom its project is shared."""
    select = "SELECT user_name, access FROM project_shares WHERE owner = ? AND project = ?"
    for user, access in transaction.execute(select, (own.owner, own.project)):
        grant = Grant(own.session_id, UserName(user), "project", access, own.owner, own.project)
        session_keys.insert(transaction, grant, key, keys.current_user_key(transaction, UserName(user)))


def give_alike(
    keys: KeyStore, transaction: Transaction, session_id: SessionId, owned: tuple[SessionId, UserName]
) -> None:
    """Give a session, with a key of its own, to everybody who has the other one (``owned``, and whose it is), as they
    have that. What was given of it before ends. Raises UnknownSession, NotTheOwner, SessionOfAnother."""
    session_keys.owned(keys, transaction, *owned)
    before = session_keys.all_of(keys, transaction, session_id)
    if any(one.grant.owner != owned[1] for one in before):
        raise SessionOfAnother(session=session_id)
    key = before[0].key if before else new_key()
    transaction.execute("DELETE FROM session_keys WHERE session_id = ?", (session_id,))
    for one in session_keys.all_of(keys, transaction, owned[0]):
        grant = replace(one.grant, session_id=session_id)
        session_keys.insert(transaction, grant, key, keys.current_user_key(transaction, grant.user))
    if before:
        keys.end_generation(transaction)


def shares_of(transaction: Transaction, owner: UserName, names: Cipher) -> tuple[Share, ...]:
    """All that ``owner`` shares, sessions first."""
    sessions = transaction.execute(
        "SELECT session_id, user_name, access FROM session_keys WHERE owner = ? AND via = 'session'"
        " ORDER BY session_id, user_name",
        (owner,),
    )
    projects = transaction.execute(
        "SELECT shown, user_name, access FROM project_shares WHERE owner = ? ORDER BY project, user_name", (owner,)
    )
    return (
        *(Share(UserName(user), access, SessionId(session), None) for session, user, access in sessions),
        *(
            Share(UserName(user), access, None, names.open(bytes(name), b"").decode())
            for name, user, access in projects
        ),
    )


def project_cipher(keys: KeyStore) -> Cipher:
    """Seals the names of shared projects, so that their owner can be shown them."""
    return Cipher(keys.store_key("project-names"))


def _check(owner: UserName, user: UserName, access: Access) -> None:
    if access not in SHARED:
        raise BadInput(detail="what is shared is shared to read or to continue")
    if user == owner:
        raise BadInput(detail="it is yours already")


def _forget(transaction: Transaction, owner: UserName, mark: str, user: UserName) -> bool:
    which = (owner, mark, user)
    sessions = "DELETE FROM session_keys WHERE owner = ? AND project = ? AND user_name = ? AND via = 'project'"
    transaction.execute(sessions, which)
    share = "DELETE FROM project_shares WHERE owner = ? AND project = ? AND user_name = ? RETURNING access"
    return bool(transaction.execute(share, which))
