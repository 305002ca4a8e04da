"""Who may read what: the port through which sessions are sealed and opened."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType, Protocol

from minga.domain.ids import SessionId

UserName = NewType("UserName", str)
"""An operating-system account or a named local profile."""

Access = Literal["own", "continue", "read"]


@dataclass(frozen=True, slots=True)
class Share:
    """Something that was given to ``user``: a session, or all sessions of a project (working directory or git remote);
    one of the two is None."""

    user: UserName
    access: Access
    session_id: SessionId | None
    project: str | None


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """``fingerprint`` names the key without telling anything of it; ``session_id`` is None for the key of a user."""

    session_id: SessionId | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class DeletionReceipt:
    """Proof that ``what`` with the id or name ``name`` was deleted: which keys were destroyed. ``public_key`` and
    ``signature`` are Ed25519 (RFC 8032), in Base64; what is signed is the JSON text of all other fields."""

    id: str
    what: Literal["session", "user"]
    name: str
    by: UserName
    at: datetime
    keys: tuple[DestroyedKey, ...]
    public_key: str
    signature: str


class Vault(Protocol):
    """Seals the content of sessions for one user. Every session has a key of its own; each user who may read it has
    that key wrapped with theirs. All methods are quick, do no more than a small durable write, and may be called on any
    thread. ``place`` names where the content stands (``events:<turn>:<seq>``): moved elsewhere it does not open.
    """

    user: UserName

    def create(self, session_id: SessionId, project: str) -> None:
        """Make the session's key, durable when this returns; the user owns it. ``project`` (working directory or git
        remote) gives it to those with whom that project is shared. A session that has a key keeps it."""
        ...

    def create_alike(self, session_id: SessionId, other: SessionId) -> None:
        """Make the session's key, durable when this returns, and give it to everybody who has that of ``other``, with
        the same rights and no others. Where it has a key, that stays.

        Raises UnknownSession, NotTheOwner; SessionOfAnother where it is there and belongs to another user.
        """
        ...

    def seal(self, session_id: SessionId, content: bytes, place: str) -> bytes:
        """Raises UnknownSession where the user has no key to the session."""
        ...

    def sealer(self, session_id: SessionId) -> Callable[[bytes, str], bytes]:
        """`seal` for many contents of one session: the user's right is looked up once, so keep it no longer than a
        transaction. Raises UnknownSession where the user has no key to the session."""
        ...

    def open(self, session_id: SessionId, sealed: bytes, place: str) -> bytes:
        """Raises UnknownSession where the user has no key to the session, ContentDamaged where it does not open."""
        ...

    def access(self, session_id: SessionId) -> Access | None:
        """What the user may do with a session; None: nothing, not even know that it exists."""
        ...

    def readable(self) -> frozenset[SessionId]:
        """All sessions to which the user has a key."""
        ...

    def shared(self) -> frozenset[SessionId]:
        """The sessions of others to which the user has a key."""
        ...

    def destroyed(self, among: Collection[SessionId]) -> frozenset[SessionId]:
        """Those of ``among`` whose keys were destroyed, as a genuine deletion receipt of this store says. A session
        without a key that is not among them lost it otherwise."""
        ...

    def generation(self) -> int:
        """Another number whenever rights to sessions that are there have changed: a share, its end, a deletion."""
        ...

    def shred(self, session_id: SessionId) -> DeletionReceipt:
        """Destroy the key of a session, for every user; what was sealed with it can never be opened again.

        Raises UnknownSession where the user has no key to the session, NotTheOwner where it was shared with them.
        """
        ...

    def share(self, session_id: SessionId, user: UserName, access: Access) -> None:
        """Give a session to another user, to read or to continue; what they had before by such a share is replaced.

        Raises UnknownSession, NotTheOwner, UnknownUser, BadInput.
        """
        ...

    def unshare(self, session_id: SessionId, user: UserName) -> bool:
        """Take it back; return whether it was shared. Raises UnknownSession, NotTheOwner."""
        ...

    def share_project(self, project: str, user: UserName, access: Access) -> int:
        """Give another user all sessions of the user's in a project, also those to come; return how many there are.

        Raises UnknownUser, BadInput.
        """
        ...

    def unshare_project(self, project: str, user: UserName) -> bool:
        """Take it back; return whether it was shared. Sessions that were shared one by one stay so."""
        ...

    def shares(self) -> tuple[Share, ...]:
        """What the user shares with others."""
        ...
