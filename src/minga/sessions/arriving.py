"""What comes in from a place of sync: whole segments of other devices, each taken in at once or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, Workspace
from minga.infrastructure.clock import Clock
from minga.sessions.codec import to_bytes
from minga.sessions.container import NotWhole, Record, TooNew
from minga.sessions.merging import advance, merge_messages, touch
from minga.sessions.retention import Retention
from minga.sessions.sync_state import Header, SyncState
from minga.sessions.transcript_codec import decode_message
from minga.sessions.transcripts import insert_session
from minga.storage.database import Database, Transaction
from minga.storage.instants import to_micros


@dataclass(frozen=True, slots=True)
class SessionNews:
    """What one segment says of one session. ``heads``: where the device that wrote it stood, the last one last."""

    session_id: SessionId
    headers: tuple[Header, ...]
    messages: tuple[Message, ...]
    heads: tuple[str, ...]
    gone: bool


@dataclass(slots=True)
class Incoming:
    """What came of the segments so far. ``refused`` are sessions that belong to another user of this store."""

    messages: int = 0
    sessions: set[SessionId] = field(default_factory=set)
    deleted: set[SessionId] = field(default_factory=set)
    refused: set[SessionId] = field(default_factory=set)


def parse(records: Sequence[Record]) -> list[SessionNews]:
    """Raises NotWhole for what is no record, TooNew for a kind of record that only a newer Minga knows."""
    by_session: dict[SessionId, list[Record]] = {}
    for record in records:
        if record.kind not in ("session", "message", "head", "gone"):
            raise TooNew(0)
        session_id = record.names.get("session_id")
        if not isinstance(session_id, str) or (record.kind == "head" and not isinstance(record.names.get("head"), str)):
            raise NotWhole("a record does not say what it is about")
        by_session.setdefault(SessionId(session_id), []).append(record)
    try:
        return [_news(session_id, said) for session_id, said in by_session.items()]
    except msgspec.DecodeError as wrong:
        raise NotWhole("a record is not what it says") from wrong


def _news(session_id: SessionId, said: Sequence[Record]) -> SessionNews:
    return SessionNews(
        session_id,
        tuple(msgspec.json.decode(record.body, type=Header) for record in said if record.kind == "session"),
        tuple(decode_message(record.body) for record in said if record.kind == "message"),
        tuple(record.names["head"] for record in said if record.kind == "head"),
        any(record.kind == "gone" for record in said),
    )


class Arrivals:
    """Merges segments into the store."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, retention: Retention) -> None:
        self._database = database
        self._retention = retention
        self._vault = vault
        self._clock = clock

    async def take(
        self, place: str, segment: tuple[str, int], news: Sequence[SessionNews], so_far: Incoming
    ) -> Incoming:
        """Merge one segment (device and number) and note it as taken; return what has come so far with it.

        Killed in the middle, nothing of it has happened, but that sessions are gone already that were deleted there.
        Raises SessionBusy where one of those is at work here, and errors under `StoreError`.
        """
        gone = {one.session_id for one in news if one.gone and await self._delete(one.session_id)}

        def work(transaction: Transaction) -> Incoming:
            transaction.hold("messages")
            state = SyncState(transaction, self._vault, place)
            came = Incoming(so_far.messages, set(so_far.sessions), so_far.deleted | gone, set(so_far.refused))
            for one in news:
                self._session(state, segment, one, came)
            state.taken(*segment)
            return came

        return await self._database.write(work)

    async def _delete(self, session_id: SessionId) -> bool:
        """Delete a session of the user's own; False where there is none. Raises SessionBusy."""
        if self._vault.access(session_id) != "own":
            return False
        await self._retention.delete(session_id)
        return True

    def _session(self, state: SyncState, segment: tuple[str, int], news: SessionNews, came: Incoming) -> None:
        session_id = news.session_id
        owners = [row[0] for row in state.transaction.execute("SELECT owner FROM sessions WHERE id = ?", (session_id,))]
        if owners and (owners != [self._vault.user] or not (news.gone or self._vault.access(session_id) == "own")):
            came.refused.add(session_id)
            return
        known = state.known(session_id)
        if known is not None and (known.gone or not owners):
            return
        if news.gone:
            state.know_gone(session_id)
            return
        if not owners:
            self._create(state, news)
        for header in news.headers:
            self._describe(state, session_id, header)
        merged = merge_messages(state.transaction, self._vault, session_id, news.messages)
        state.came(session_id, [message.id for message in (*merged.changed, *merged.same)])
        if news.heads:
            state.stands(session_id, segment, news.heads[-1])
        advance(state.transaction, session_id, state.heads(session_id))
        touch(state.transaction, session_id)
        came.messages += len(merged.changed)
        came.sessions.add(session_id)

    def _create(self, state: SyncState, news: SessionNews) -> None:
        """Its header may come later, from another segment."""
        header = max(news.headers, key=lambda one: one.revision, default=Header(""))
        times = [to_micros(message.at) for message in news.messages if message.at]
        created = header.created_at or min(times, default=to_micros(self._clock.now()))
        workspace = Workspace(header.cwd)
        insert_session(state.transaction, self._vault, news.session_id, "", workspace, created)
        state.know(news.session_id)

    def _describe(self, state: SyncState, session_id: SessionId, header: Header) -> None:
        known = state.known(session_id)
        if known is not None and (header.revision, header.said()) <= (known.revision, known.said):
            return
        sealed = self._vault.seal(session_id, to_bytes(header.title), "sessions:title")
        state.transaction.execute(
            "UPDATE sessions SET title = ?, remote = ?, branch = ?, commit_id = ? WHERE id = ?",
            (sealed, header.remote, header.branch, header.commit, session_id),
        )
        state.transaction.execute(
            "UPDATE sessions SET cwd = ?, created_at = ? WHERE id = ? AND cwd = ''",
            (header.cwd, header.created_at, session_id),
        )
        state.know_header(session_id, header)
