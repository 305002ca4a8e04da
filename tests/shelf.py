"""Stored sessions to search and to count, in the order in which a test puts them there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from minga.domain.errors import UnknownSession
from minga.domain.events import Event, Finished
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.secrecy import Access
from minga.domain.sessions import Findings, Found, Turn, Wanted
from minga.domain.transcript import FileChangePart, Message, Part, Role, TextPart, Workspace
from minga.infrastructure.clock import FakeClock
from minga.sessions.search import Search
from minga.sessions.store import Sessions
from minga.sessions.transcripts import insert_messages, insert_session
from minga.storage.database import Database
from minga.storage.following import OnProgress
from minga.storage.instants import to_micros
from stores import KEY, Owner, PlainVault

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Rights(PlainVault):
    """A vault in which a test says what the user may no longer, or not yet, read."""

    def __init__(self) -> None:
        self.closed: set[SessionId] = set()
        self.made: set[SessionId] = set()
        self.of_others: set[SessionId] = set()
        self.doomed: set[SessionId] = set()
        """Their keys are destroyed between the look whether they are there and their use."""

    def open(self, session_id: SessionId, sealed: bytes, place: str) -> bytes:
        if session_id in self.doomed:
            raise UnknownSession(session=session_id)
        return super().open(session_id, sealed, place)

    def create(self, session_id: SessionId, project: str) -> None:
        self.made.add(session_id)

    def access(self, session_id: SessionId) -> Access | None:
        return None if session_id in self.closed else "own"

    def readable(self) -> frozenset[SessionId]:
        return frozenset(self.made - self.closed)

    def generation(self) -> int:
        return 1 + hash((frozenset(self.closed), frozenset(self.of_others))) % 1_000_000

    def shared(self) -> frozenset[SessionId]:
        return frozenset(self.of_others - self.closed)


class Shelf:
    """``costs``: session -> micro-USD, and whether that is all."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.vault = Rights()
        self.clock = FakeClock(NOON)
        self.path = folder / "search" / "ana.db"
        self.costs: dict[SessionId, tuple[int, bool]] = {}
        self.key = KEY
        self.search = self.another()
        self._numbers = count(1)
        self.sessions = Sessions(database, self.clock, self._new_id, Owner("here", "1"), self.vault)

    def another(self) -> Search:
        """As another process would open the index."""
        return Search(self.database, self.vault, self.path, lambda: self.key, self._costs)

    async def find(self, words: str, on_progress: OnProgress = lambda _: None, **bounds: object) -> list[Found]:
        return list((await self.findings(words, on_progress, **bounds)).found)

    async def findings(self, words: str, on_progress: OnProgress = lambda _: None, **bounds: object) -> Findings:
        return await self.search.find(replace(Wanted(words), **bounds), on_progress)  # type: ignore[arg-type]

    async def texts(self, words: str, **bounds: object) -> list[str]:
        return [one.excerpt for one in await self.find(words, **bounds)]

    async def bring(
        self, session: str, *texts: str | tuple[Part, ...], cwd: str = "/src", remote: str = "", agent: str = "codex"
    ) -> SessionId:
        """Messages of a CLI, in turn the person's and the agent's, a minute apart."""
        session_id = SessionId(session)
        messages: list[Message] = []
        for place, text in enumerate(texts):
            self.clock.advance(60)
            parts = (TextPart(text),) if isinstance(text, str) else text
            role: Role = "assistant" if place % 2 else "user"
            number = f"{session}-{next(self._numbers):03}"
            messages.append(Message(number, "", self.clock.now(), role, parts, AgentName(agent)))
        await self.put(session_id, messages, Workspace(cwd, remote))
        return session_id

    async def put(self, session_id: SessionId, messages: Sequence[Message], workspace: Workspace) -> None:
        now = to_micros(self.clock.now())

        def work(transaction) -> None:  # type: ignore[no-untyped-def]
            if not transaction.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)):
                insert_session(transaction, self.vault, session_id, "", workspace, now)
            insert_messages(transaction, self.vault, session_id, messages)

        await self.database.write(work)

    async def run(self, prompt: str, *events: Event, agent: str = "codex", end: Event | None = None) -> Turn:
        """A turn of Minga's own, an hour long."""
        self.clock.advance(60)
        turn = await self.sessions.open(None, prompt, Path("/src"))
        attempt = AttemptId(f"{turn.id}-{agent}")
        await self.sessions.begin_attempt(turn, attempt, AgentName(agent), "")
        for event in events:
            await self.sessions.append(turn, attempt, [event])
            self.clock.advance(60)
        self.clock.advance((timedelta(hours=1) - timedelta(minutes=len(events))).total_seconds())
        await self.sessions.append(turn, None, [end or Finished("done")])
        return turn

    async def delete(self, session_id: SessionId) -> None:
        """As the store does it when a session is shredded."""

        def work(transaction) -> None:  # type: ignore[no-untyped-def]
            transaction.execute("DELETE FROM messages WHERE session_id = ?", (session_id,))
            transaction.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

        await self.database.write(work)

    def _new_id(self) -> str:
        return f"0199f-{next(self._numbers):03}"

    async def _costs(self, session_ids: Sequence[SessionId]) -> Mapping[SessionId, tuple[int, bool]]:
        return {one: self.costs[one] for one in session_ids if one in self.costs}


def changed(path: str) -> tuple[Part, ...]:
    return (FileChangePart(path, "modified"),)


AsShelf = Callable[[Database, Path], Shelf]

Play = Callable[[Callable[[Shelf], Awaitable[None]]], None]
"""Runs a scene with a shelf."""
