"""The tables of sync: how far this store and a place have told each other of everything, for one user."""

from dataclasses import dataclass

import msgspec

from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.sessions.codec import to_json
from minga.storage.database import Transaction


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said of a session beside its messages. ``cwd`` and ``created_at`` (microseconds) count only where the
    session is new; of two headers the one of the higher revision holds, of equal ones the greater text."""

    title: str
    remote: str = ""
    branch: str = ""
    commit: str = ""
    revision: int = 0
    cwd: str = ""
    created_at: int = 0

    def said(self) -> bytes:
        """What two headers are compared by."""
        return to_json([self.title, self.remote, self.branch, self.commit])


@dataclass(frozen=True, slots=True)
class Known:
    """What the place and this store last told each other of a session; ``said`` is of its header, ``head`` what this
    device told. ``gone``: it was deleted, for good."""

    revision: int
    said: bytes
    head: str
    gone: bool


NOTHING = Known(0, b"", "", False)


@dataclass(frozen=True, slots=True)
class SyncState:
    """The state of one ``place`` within a transaction."""

    transaction: Transaction
    vault: Vault
    place: str

    @property
    def key(self) -> tuple[str, str]:
        return self.vault.user, self.place

    def taken(self, device: str, number: int) -> None:
        """The segment is in this store."""
        self.transaction.execute(
            "INSERT INTO sync_taken VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (*self.key, device, number)
        )

    def living(self) -> list[SessionId]:
        """The sessions that the place has and that nobody has deleted."""
        rows = self.transaction.execute(
            "SELECT session_id FROM sync_sessions WHERE owner = ? AND place = ? AND gone = 0 ORDER BY session_id",
            self.key,
        )
        return [SessionId(row[0]) for row in rows]

    def untold_deletions(self) -> list[SessionId]:
        """Deleted sessions of which the place must be told again."""
        select = "SELECT session_id FROM sync_sessions WHERE owner = ? AND place = ? AND gone = 2 ORDER BY session_id"
        return [SessionId(row[0]) for row in self.transaction.execute(select, self.key)]

    def forget_told(self) -> None:
        """Let the place be told of every header, head and deletion again."""
        where = "WHERE owner = ? AND place = ?"
        headers = f"UPDATE sync_sessions SET head = '', header = ? {where} AND gone = 0"  # noqa: S608 - constants
        self.transaction.execute(headers, (b"", *self.key))
        self.transaction.execute(f"UPDATE sync_sessions SET gone = 2 {where} AND gone = 1", self.key)  # noqa: S608 - constants

    def known(self, session_id: SessionId) -> Known | None:
        """None: the place and this store have never told each other of it."""
        rows = self.transaction.execute(
            "SELECT revision, header, head, gone FROM sync_sessions WHERE owner = ? AND place = ? AND session_id = ?",
            (*self.key, session_id),
        )
        if not rows:
            return None
        [(revision, header, head, gone)] = rows
        sealed = bytes(header)
        readable = sealed and self.vault.access(session_id) == "own"  # else it was deleted here
        said = self.vault.open(session_id, sealed, "sync_sessions:header") if readable else b""
        return Known(revision, said, head, bool(gone))

    def know(self, session_id: SessionId) -> None:
        """Note that the place has the session."""
        self.transaction.execute(
            "INSERT INTO sync_sessions VALUES (?, ?, ?, 0, ?, '', 0) ON CONFLICT DO NOTHING",
            (*self.key, session_id, b""),
        )

    def know_header(self, session_id: SessionId, header: Header) -> None:
        self.know(session_id)
        sealed = self.vault.seal(session_id, header.said(), "sync_sessions:header")
        self.transaction.execute(
            "UPDATE sync_sessions SET revision = ?, header = ? WHERE owner = ? AND place = ? AND session_id = ?",
            (header.revision, sealed, *self.key, session_id),
        )

    def know_head(self, session_id: SessionId, head: str) -> None:
        self.know(session_id)
        self.transaction.execute(
            "UPDATE sync_sessions SET head = ? WHERE owner = ? AND place = ? AND session_id = ?",
            (head, *self.key, session_id),
        )

    def know_gone(self, session_id: SessionId) -> None:
        self.know(session_id)
        self.transaction.execute(
            "UPDATE sync_sessions SET gone = 1, header = ? WHERE owner = ? AND place = ? AND session_id = ?",
            (b"", *self.key, session_id),
        )
        self.transaction.execute(
            "DELETE FROM sync_heads WHERE owner = ? AND place = ? AND session_id = ?", (*self.key, session_id)
        )

    def stands(self, session_id: SessionId, segment: tuple[str, int], head: str) -> None:
        """A device said in its segment (device and number) where it stands. Segments may come in any order: what it
        said last holds."""
        device, number = segment
        key = *self.key, session_id, device
        where = "WHERE owner = ? AND place = ? AND session_id = ? AND device = ?"
        known = self.transaction.execute(f"SELECT number FROM sync_heads {where}", key)  # noqa: S608 - constants
        if known and known[0][0] >= number:
            return
        self.transaction.execute(f"DELETE FROM sync_heads {where}", key)  # noqa: S608 - constants
        self.transaction.execute("INSERT INTO sync_heads VALUES (?, ?, ?, ?, ?, ?)", (*key, number, head))

    def heads(self, session_id: SessionId) -> list[str]:
        """Where the other devices stand."""
        rows = self.transaction.execute(
            "SELECT head FROM sync_heads WHERE owner = ? AND place = ? AND session_id = ? ORDER BY device",
            (*self.key, session_id),
        )
        return [row[0] for row in rows]

    def came(self, session_id: SessionId, message_ids: list[str]) -> None:
        """These messages came from the place: it need not be told of them."""
        for message_id in message_ids:
            self.transaction.execute(
                "INSERT INTO sync_came SELECT ?, ?, seq FROM messages WHERE session_id = ? AND id = ?"
                " ON CONFLICT DO NOTHING",
                (*self.key, session_id, message_id),
            )
