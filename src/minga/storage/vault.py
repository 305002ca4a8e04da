"""The vault: seals and opens what sessions say, for one user."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from minga.domain.errors import ContentDamaged, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Access, DeletionReceipt, Share, UserName
from minga.storage import deletion, session_keys, sharing
from minga.storage.database import Transaction
from minga.storage.keys import KeyStore
from minga.storage.session_keys import Grant
from minga.storage.wrapping import Cipher, DoesNotOpen, new_key

CACHED_MAX = 4096
"""Sessions whose key is kept open in memory; the one that was not used for longest goes first."""

_SESSIONS = (
    "SELECT DISTINCT s.session_id FROM session_keys s JOIN user_keys u ON u.id = s.user_key_id"
    " JOIN masters m ON m.id = u.master_id WHERE s.user_name = ?"
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Opened:
    access: Access
    cipher: Cipher


class KeyVault:
    """Fulfils `domain.secrecy.Vault` over a key store. ``is_account``: the user exists from the first use on; a named
    profile must have been made, else all methods raise UnknownUser."""

    def __init__(self, keys: KeyStore, user: UserName, *, is_account: bool) -> None:
        self.user = user
        self._keys = keys
        self.is_account = is_account
        self._generation = 0
        self._opened: OrderedDict[SessionId, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def create(self, session_id: SessionId, project: str) -> None:
        self._refresh()
        mark = self._keys.project_mark(project)

        def work(transaction: Transaction) -> None:
            if not transaction.execute("SELECT 1 FROM session_keys WHERE session_id = ?", (session_id,)):
                key, grant = new_key(), Grant(session_id, self.user, "own", "own", self.user, mark)
                session_keys.insert(transaction, grant, key, self._keys.current_user_key(transaction, self.user))
                sharing.give_as_project(self._keys, transaction, grant, key)

        self._keys.write(work)

    def create_alike(self, session_id: SessionId, other: SessionId) -> None:
        self._change(lambda t: sharing.give_alike(self._keys, t, session_id, (other, self.user)))

    def seal(self, session_id: SessionId, content: bytes, place: str) -> bytes:
        return self.sealer(session_id)(content, place)

    def sealer(self, session_id: SessionId) -> Callable[[bytes, str], bytes]:
        cipher = self._entry(session_id).cipher
        return lambda content, place: cipher.seal(content, _name(session_id, place))

    def open(self, session_id: SessionId, sealed: bytes, place: str) -> bytes:
        try:
            return self._entry(session_id).cipher.open(sealed, _name(session_id, place))
        except DoesNotOpen as wrong:
            raise ContentDamaged(place=f"{session_id} {place}") from wrong

    def access(self, session_id: SessionId) -> Access | None:
        found = self._find(session_id)
        return found.access if found else None

    def readable(self) -> frozenset[SessionId]:
        return self._sessions("")

    def shared(self) -> frozenset[SessionId]:
        return self._sessions(" AND s.via <> 'own'")

    def destroyed(self, among: Collection[SessionId]) -> frozenset[SessionId]:
        self._refresh()
        return deletion.destroyed_sessions(self._keys, among)

    def generation(self) -> int:
        self._refresh()
        return self._generation

    def shred(self, session_id: SessionId) -> DeletionReceipt:
        self._refresh()
        return deletion.shred_session(self._keys, session_id, self.user)

    def share(self, session_id: SessionId, user: UserName, access: Access) -> None:
        self._change(lambda t: sharing.share_session(self._keys, t, (session_id, self.user), user, access))

    def unshare(self, session_id: SessionId, user: UserName) -> bool:
        return self._change(lambda t: sharing.unshare_session(self._keys, t, (session_id, self.user), user))

    def share_project(self, project: str, user: UserName, access: Access) -> int:
        mark = self._keys.project_mark(project)
        sealer = sharing.project_cipher(self._keys)
        share = sharing.ProjectShare(self.user, mark, user, access)
        return self._change(lambda t: sharing.share_project(self._keys, t, share, sealer.seal(project.encode(), b"")))

    def unshare_project(self, project: str, user: UserName) -> bool:
        mark = self._keys.project_mark(project)
        return self._change(lambda t: sharing.unshare_project(self._keys, t, self.user, mark, user))

    def shares(self) -> tuple[Share, ...]:
        self._refresh()
        sealer = sharing.project_cipher(self._keys)
        return self._keys.read(lambda transaction: sharing.shares_of(transaction, self.user, sealer))

    def _change(self, work: Callable[[Transaction], Result]) -> Result:
        self._refresh()
        return self._keys.write(work)

    def _entry(self, session_id: SessionId) -> _Opened:
        found = self._find(session_id)
        if found is None:
            raise UnknownSession(session=session_id)
        return found

    def _find(self, session_id: SessionId) -> _Opened | None:
        self._refresh()
        with self._lock:
            if session_id in self._opened:
                self._opened.move_to_end(session_id)
                return self._opened[session_id]
        generation = self._generation
        granted = self._keys.read(lambda t: session_keys.find(self._keys, t, session_id, self.user))
        if granted is None:
            return None
        opened = _Opened(granted.grant.access, Cipher(granted.key))
        with self._lock:
            if generation == self._generation:
                self._opened[session_id] = opened
            if len(self._opened) > CACHED_MAX:
                self._opened.popitem(last=False)
        return opened

    def _refresh(self) -> None:
        """Forget what was open if anybody's right to anything has ended since; make sure that the user exists."""
        generation = self._keys.generation()
        if generation == self._generation:
            return
        self._keys.admit(self.user, is_account=self.is_account)
        with self._lock:
            self._opened.clear()
            self._generation = generation

    def _sessions(self, condition: str) -> frozenset[SessionId]:
        """Those whose key can be looked up: its row leads to a master (`session_keys.find`)."""
        self._refresh()
        rows = self._keys.read(lambda transaction: transaction.execute(f"{_SESSIONS}{condition}", (self.user,)))
        return frozenset(SessionId(row[0]) for row in rows)


def _name(session_id: SessionId, place: str) -> bytes:
    return f"{session_id}\n{place}".encode("utf-8", "surrogatepass")
