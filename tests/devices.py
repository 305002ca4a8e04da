"""Devices that keep their sessions in step: a store each, and a place in memory between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from minga.domain.errors import ContentDamaged, UnknownSession
from minga.domain.ids import AgentName, SessionId
from minga.domain.secrecy import Access, DeletionReceipt
from minga.domain.transcript import Message, Part, TextPart, Transcript, Workspace
from minga.infrastructure.clock import FakeClock
from minga.infrastructure.segments import Place, Segment, Taken
from minga.pipeline.syncing import Synced, Syncing, SyncKey
from minga.sessions.arriving import Arrivals
from minga.sessions.branches import Branch, Branches
from minga.sessions.exchange import Exchange
from minga.sessions.history import History
from minga.sessions.natives import Trace
from minga.sessions.retention import Retention
from minga.sessions.search import Search
from minga.sessions.transcripts import head_of, insert_messages, insert_session, set_head
from minga.storage.database import Database, Transaction
from minga.storage.instants import to_micros
from minga.storage.sqlite import Sqlite
from stores import KEY, MIGRATIONS, PlainVault

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Memory:
    """A place of sync as its Protocol says, without a file."""

    name = "memory"

    def __init__(self) -> None:
        self.kept: bytes | None = None
        self.logs: dict[Segment, bytes] = {}

    async def marker(self) -> bytes | None:
        return self.kept

    async def mark(self, content: bytes) -> None:
        if self.kept is not None:
            raise Taken("marker")
        self.kept = content

    async def segments(self) -> list[Segment]:
        return sorted(self.logs)

    async def read(self, segment: Segment) -> bytes:
        return self.logs[segment]

    async def add(self, segment: Segment, content: bytes) -> None:
        if segment in self.logs:
            raise Taken(str(segment))
        self.logs[segment] = content

    async def remove(self, segment: Segment) -> None:
        self.logs.pop(segment, None)


class Keys(PlainVault):
    """A vault that forgets what was shredded."""

    def __init__(self) -> None:
        self.held: set[SessionId] = set()
        self.shredded: list[SessionId] = []

    def create(self, session_id: SessionId, project: str) -> None:
        self.held.add(session_id)

    def access(self, session_id: SessionId) -> Access | None:
        return "own" if session_id in self.held else None

    def seal(self, session_id: SessionId, content: bytes, place: str) -> bytes:
        return f"key {self.shredded.count(session_id)} ".encode() + super().seal(session_id, content, place)

    def open(self, session_id: SessionId, sealed: bytes, place: str) -> bytes:
        """What was sealed before the session was shredded does not open with the key that it got later."""
        if session_id not in self.held:
            raise UnknownSession(session=session_id)
        key = f"key {self.shredded.count(session_id)} ".encode()
        if not sealed.startswith(key):
            raise ContentDamaged(place=place)
        return super().open(session_id, sealed.removeprefix(key), place)

    def shred(self, session_id: SessionId) -> DeletionReceipt:
        self.held.discard(session_id)
        self.shredded.append(session_id)
        return DeletionReceipt("session", session_id, self.user, (), NOON, self.user, "", "")


@dataclass
class Device:
    """``late``: how far its clock is behind."""

    name: str
    folder: Path
    key: SyncKey
    late: timedelta = timedelta()
    vault: Keys = field(default_factory=Keys)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(lambda: Sqlite(self.folder / "minga.db", None, 10.0), MIGRATIONS)
        self.clock = FakeClock(NOON - self.late)
        self.history = History(self.database, self.vault)
        search = Search(self.database, self.vault, self.folder / "search.db", lambda: KEY, _no_costs)
        self.retention = Retention(self.database, self.clock, self.vault, (search,), _nothing_to_erase)
        self.branches = Branches(self.database, self.vault)
        self.syncing = Syncing(
            Exchange(self.database, self.vault, self._new_id),
            Arrivals(self.database, self.vault, self.clock, self.retention),
            self._new_id,
            self.key,
        )

    def _new_id(self) -> str:
        device = "".join(f"{ord(letter):02x}" for letter in self.name)[:8].ljust(8, "0")
        return f"{device}-0000-4000-8000-{next(self.numbers):012}"

    async def sync(self, place: Place, *, begin: bool = True, renew: bool = False) -> Synced:
        return await self.syncing.run(place, begin=begin, renew=renew)

    async def begin(self, session: str, title: str = "", cwd: str = "/src") -> SessionId:
        session_id = SessionId(session)

        def work(transaction: Transaction) -> None:
            now = to_micros(self.clock.now())
            insert_session(transaction, self.vault, session_id, title or session, Workspace(cwd, "git@x:y"), now)

        await self.database.write(work)
        return session_id

    async def say(self, session_id: SessionId, *said: str | tuple[Part, ...]) -> str:
        """Go on where the session stands here; return the id of the last message."""
        last = ""
        for what in said:
            self.clock.advance(1)
            parts = (TextPart(what),) if isinstance(what, str) else what

            def work(transaction: Transaction, parts: tuple[Part, ...] = parts) -> str:
                parent = head_of(transaction, session_id)
                message = Message(self._new_id(), parent, self.clock.now(), "user", parts, AgentName("codex"))
                insert_messages(transaction, self.vault, session_id, [message])
                set_head(transaction, session_id, message.id, message.at)
                return message.id

            last = await self.database.write(work)
        return last

    async def rewrite(self, session_id: SessionId, message_id: str, text: str) -> None:
        """As an importer does when the CLI has written more of a message."""

        def work(transaction: Transaction, parts: tuple[Part, ...] = (TextPart(text),)) -> None:
            message = Message(message_id, "", self.clock.now(), "user", parts, AgentName("codex"))
            insert_messages(transaction, self.vault, session_id, [message])

        await self.database.write(work)

    async def delete(self, session_id: SessionId) -> None:
        await self.retention.delete(session_id)

    async def transcript(self, session_id: SessionId) -> Transcript:
        return await self.history.transcript(session_id)

    async def texts(self, session_id: SessionId) -> list[str]:
        """The conversation where it stands."""
        lineage = (await self.transcript(session_id)).lineage()
        return [part.text for message in lineage for part in message.parts if isinstance(part, TextPart)]

    async def branches_of(self, session_id: SessionId) -> list[Branch]:
        return await self.branches.of(session_id)

    async def everything(self) -> dict[SessionId, tuple[str, frozenset[Message], frozenset[str]]]:
        """Session -> its title, its messages, the ends of its branches: what all devices must agree on."""
        found: dict[SessionId, tuple[str, frozenset[Message], frozenset[str]]] = {}
        for one in await self.history.latest(1000):
            told = await self.transcript(one.id)
            plain = frozenset(replace(message, at=None) for message in told.messages)
            found[one.id] = told.title, plain, frozenset(leaf.id for leaf in told.leaves())
        return found


async def _nothing_to_erase(traces: Sequence[Trace]) -> list[str]:
    return []


async def _no_costs(session_ids: Sequence[SessionId]) -> Mapping[SessionId, tuple[int, bool]]:
    return {}


def group(folder: Path, *names: str) -> list[Device]:
    """Devices of one group: each with a copy of its key."""
    keys = [SyncKey(folder / name / "sync.key") for name in names]
    secret, _ = keys[0].make()
    for key in keys[1:]:
        key.join(secret)
    return [Device(name, folder / name, key) for name, key in zip(names, keys, strict=True)]
