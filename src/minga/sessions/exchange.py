"""What goes out to a place of sync: the user's own sessions as records, and how far that has come.

Nothing is ordered by a clock. A device's position is the number that its own store gave to each message; a header says
of itself which revision it is; where a session stands is a fact per device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.infrastructure.ids import NewId
from minga.sessions.codec import to_json
from minga.sessions.container import Record
from minga.sessions.sync_state import NOTHING, Header, Known, SyncState
from minga.sessions.telling import tell, untold
from minga.sessions.transcripts import title_of
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row

MIGRATIONS = Path(__file__).parent / "sync_migrations"

SEGMENT_SIZE = 4 * 1024 * 1024
"""Bytes of records after which a segment is full; one record that is larger is a segment of its own."""

ROWS = 200

_UNSENT = (
    "SELECT m.seq, m.session_id, m.id FROM messages m JOIN sessions s ON s.id = m.session_id"
    " WHERE m.seq > ? AND s.owner = ?"
    " AND NOT EXISTS (SELECT 1 FROM sync_came c WHERE c.owner = ? AND c.place = ? AND c.seq = m.seq)"
    " AND NOT EXISTS (SELECT 1 FROM sync_sessions g"
    " WHERE g.owner = ? AND g.place = ? AND g.session_id = m.session_id AND g.gone > 0)"
    " ORDER BY m.seq LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Position:
    """A device at a place: its name there, and the last of its messages that it has sent."""

    place: str
    device: str
    sent: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Records of one segment; ``sent`` is the position once they are stored there."""

    records: tuple[Record, ...]
    sent: int


class Exchange:
    """Reads what a place has not been told of yet, and notes what it has been told."""

    def __init__(self, database: Database, vault: Vault, new_id: NewId) -> None:
        self._database = database
        self._vault = vault
        self._new_id = new_id

    async def begin(self, place: str) -> Position:
        """Where this device stands at ``place``; at a new one it gets a name. Turns that have ended are told first."""

        def work(transaction: Transaction) -> Position:
            for session_id in untold(transaction):
                if self._vault.access(session_id) == "own":
                    tell(transaction, self._vault, session_id)
            key = self._vault.user, place
            found = transaction.execute("SELECT device, sent FROM sync_places WHERE owner = ? AND place = ?", key)
            if found:
                return Position(place, found[0][0], found[0][1])
            device = self._new_id()
            transaction.execute("INSERT INTO sync_places VALUES (?, ?, ?, 0)", (*key, device))
            transaction.execute("INSERT INTO sync_names VALUES (?, ?, ?)", (*key, device))
            return Position(place, device, 0)

        return await self._database.write(work)

    async def begin_anew(self, position: Position) -> Position:
        """Take another name at the place, and send everything again under it: what came from there too, which may be
        lost there now."""

        def work(transaction: Transaction) -> Position:
            key = self._vault.user, position.place
            device = self._new_id()
            update = "UPDATE sync_places SET device = ?, sent = 0 WHERE owner = ? AND place = ?"
            transaction.execute(update, (device, *key))
            transaction.execute("INSERT INTO sync_names VALUES (?, ?, ?)", (*key, device))
            transaction.execute("DELETE FROM sync_came WHERE owner = ? AND place = ?", key)
            SyncState(transaction, self._vault, position.place).forget_told()
            return Position(position.place, device, 0)

        return await self._database.write(work)

    async def former_names(self, position: Position) -> set[str]:
        """Names that this store had at the place before its present one."""
        select = "SELECT device FROM sync_names WHERE owner = ? AND place = ? AND device <> ?"
        key = self._vault.user, position.place, position.device
        rows = await self._database.read(lambda transaction: transaction.execute(select, key))
        return {row[0] for row in rows}

    async def withheld(self, position: Position) -> list[SessionId]:
        """Sessions of the user's own that are here again after the group deleted them: they stay here."""
        select = (
            "SELECT s.id FROM sessions s JOIN sync_sessions g ON g.session_id = s.id AND g.owner = s.owner"
            " WHERE s.owner = ? AND g.place = ? AND g.gone > 0 ORDER BY s.id"
        )
        key = self._vault.user, position.place
        rows = await self._database.read(lambda transaction: transaction.execute(select, key))
        return [SessionId(row[0]) for row in rows]

    async def taken(self, place: str) -> set[tuple[str, int]]:
        """The segments (device and number) that are in this store already."""
        select = "SELECT device, number FROM sync_taken WHERE owner = ? AND place = ?"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (self._vault.user, place)))
        return {(row[0], row[1]) for row in rows}

    async def facts(self, position: Position) -> list[Outgoing]:
        """What has changed of sessions since it was sent: deletions, headers, where they stand. A segment each."""
        records = await self._database.read(lambda transaction: self._facts(transaction, position.place))
        return [Outgoing(tuple(part), position.sent) for part in _parts(records)]

    async def messages(self, position: Position) -> Outgoing:
        """The next messages to send; none: all are sent."""
        return await self._database.read(lambda transaction: self._messages(transaction, position))

    async def sent(self, position: Position, number: int, outgoing: Outgoing) -> Position:
        """A segment of this device is stored as ``number`` (0: there was nothing to store): go on after it."""

        def work(transaction: Transaction) -> Position:
            state = SyncState(transaction, self._vault, position.place)
            if number:
                state.taken(position.device, number)
            for record in outgoing.records:
                _note(state, record)
            transaction.execute(
                "UPDATE sync_places SET sent = ? WHERE owner = ? AND place = ?", (outgoing.sent, *state.key)
            )
            transaction.execute(
                "DELETE FROM sync_came WHERE owner = ? AND place = ? AND seq <= ?", (*state.key, outgoing.sent)
            )
            return replace(position, sent=outgoing.sent)

        return await self._database.write(work)

    def _facts(self, transaction: Transaction, place: str) -> list[Record]:
        state = SyncState(transaction, self._vault, place)
        rows = {
            SessionId(row[0]): row[1:]
            for row in transaction.execute(
                "SELECT id, title, cwd, remote, branch, commit_id, head, created_at FROM sessions WHERE owner = ?"
                " ORDER BY id",
                (self._vault.user,),
            )
        }
        deleted = [*(session_id for session_id in state.living() if session_id not in rows), *state.untold_deletions()]
        records = [Record("gone", b"", {"session_id": session_id}) for session_id in deleted]
        for session_id, row in rows.items():
            if self._vault.access(session_id) != "own":
                continue
            known = state.known(session_id) or NOTHING
            if not known.gone:
                records += self._facts_of(session_id, row, known)
        return records

    def _facts_of(self, session_id: SessionId, row: Row, known: Known) -> list[Record]:
        title, cwd, remote, branch, commit, head, created_at = row
        shown = title_of(self._vault, session_id, title)
        header = Header(shown, remote, branch, commit, known.revision + 1, cwd, created_at)
        records: list[Record] = []
        if known.said != header.said():
            records.append(Record("session", to_json(header), {"session_id": session_id}))
        if head and known.head != head:
            records.append(Record("head", b"", {"session_id": session_id, "head": head}))
        return records

    def _messages(self, transaction: Transaction, position: Position) -> Outgoing:
        key = self._vault.user, position.place
        records: list[Record] = []
        sent, size = position.sent, 0
        while size < SEGMENT_SIZE:
            rows = transaction.execute(_UNSENT, (sent, self._vault.user, *key, *key, ROWS))
            if not rows:
                break
            for seq, session_id, message_id in rows:
                if size >= SEGMENT_SIZE:
                    break
                sent = seq
                if self._vault.access(session_id) == "own":
                    [(sealed,)] = transaction.execute("SELECT body FROM messages WHERE seq = ?", (seq,))
                    body = self._vault.open(session_id, bytes(sealed), f"messages:{message_id}")
                    records.append(Record("message", body, {"session_id": session_id}))
                    size += len(body)
        return Outgoing(tuple(records), sent)


def _note(state: SyncState, record: Record) -> None:
    session_id = SessionId(record.names["session_id"])
    match record.kind:
        case "gone":
            state.know_gone(session_id)
        case "session":
            state.know_header(session_id, msgspec.json.decode(record.body, type=Header))
        case "head":
            state.know_head(session_id, record.names["head"])
        case _:
            pass


def _parts(records: Sequence[Record]) -> list[list[Record]]:
    """Cut into segments."""
    parts: list[list[Record]] = []
    size = SEGMENT_SIZE
    for record in records:
        if size >= SEGMENT_SIZE:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += len(record.body) + ROWS
    return parts
