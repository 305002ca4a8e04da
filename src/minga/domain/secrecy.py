"""Who may read what: the port through which sessions are sealed and opened."""

from typing import Literal, NewType, Protocol

from minga.domain.ids import SessionId

UserName = NewType("UserName", str)
"""An operating-system account or a named local profile."""

Access = Literal["own", "continue", "read"]


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

    def seal(self, session_id: SessionId, content: bytes, place: str) -> bytes:
        """Raises UnknownSession where the user has no key to the session."""
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

    def shred(self, session_id: SessionId) -> None:
        """Destroy the key of a session, for every user; what was sealed with it can never be opened again."""
        ...
