"""The messages of the store in the order in which it learned of them, for whoever derives something from them."""

from collections.abc import Sequence
from contextlib import suppress

from minga.domain.errors import UnknownSession
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogKey, LogMessage, project_of
from minga.domain.secrecy import UserName, Vault
from minga.sessions import digests, index_source, notes
from minga.sessions.telling import tell_waiting
from minga.sessions.transcripts import open_message
from minga.storage.database import Database, Transaction


class Feed:
    """What the vault's user may read: fits `domain.memory.Log`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @property
    def user(self) -> UserName:
        return self._vault.user

    async def complete(self) -> None:
        """Bring turns that have ended into the transcript. Raises StoreError."""
        await tell_waiting(self._database, self._vault)

    async def newest(self) -> int:
        return await self._database.read(index_source.newest_seq)

    async def keys(self, after: int, session_id: SessionId | None = None) -> list[LogKey]:
        return await self._database.read(lambda transaction: index_source.keys_after(transaction, after, session_id))

    async def holds(self, key: LogKey) -> bool:
        return await self._database.read(lambda transaction: index_source.holds(transaction, key))

    async def read(self, keys: Sequence[LogKey]) -> list[LogMessage]:
        return await self._database.read(lambda transaction: _read(transaction, self._vault, keys)) if keys else []

    def readable(self) -> frozenset[SessionId]:
        return self._vault.readable()

    def may_read(self, session_id: SessionId) -> bool:
        return self._vault.access(session_id) is not None

    def generation(self) -> int:
        return self._vault.generation()


_SELECT = (
    "SELECT m.seq, m.session_id, m.id, m.agent, m.body, s.cwd, s.remote, s.owner FROM messages m"
    " JOIN sessions s ON s.id = m.session_id WHERE m.seq BETWEEN ? AND ? ORDER BY m.seq"
)


def _read(transaction: Transaction, vault: Vault, keys: Sequence[LogKey]) -> list[LogMessage]:
    wanted = {key.seq for key in keys}
    readable = {one for one in {key.session_id for key in keys} if vault.access(one) is not None}
    found: list[LogMessage] = []
    for row in transaction.execute(_SELECT, (min(wanted), max(wanted))):
        seq, session_id, message_id, agent, body, cwd, remote, owner = row
        if seq not in wanted or session_id not in readable:
            continue
        with suppress(UnknownSession):  # another process has destroyed its key since
            message = open_message(vault, SessionId(session_id), (message_id, body))
            who = AgentName(agent) or index_source.asked(transaction, seq, SessionId(session_id), message_id)
            note = notes.read(message) if notes.is_note(session_id) else None
            digest = digests.read(SessionId(session_id), message) if digests.is_digest(session_id) else None
            place = project_of(remote, cwd), cwd, UserName(owner)
            found.append(LogMessage(seq, SessionId(session_id), message, who, *place, note, digest))
    return found
