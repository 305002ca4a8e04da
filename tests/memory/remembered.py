"""A log in memory, an encoder without a model, and all that a memory holds in a form that can be compared."""

import array
import hashlib
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minga.domain.ids import AgentName, SessionId
from minga.domain.meaning import Encoded, Encoder
from minga.domain.memory import LogKey, LogMessage, Question
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, Role, TextPart
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory
from minga.memory.recall.words import terms
from minga.storage.database import Transaction
from minga.storage.engine import Value

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))
PROJECT = "/src"


class Written:
    """A log that a test writes. Fits `domain.memory.Log`."""

    user = UserName("ana")

    def __init__(self) -> None:
        self.messages: list[LogMessage] = []
        self.closed: set[SessionId] = set()
        self.rights = 1

    def say(
        self, session: str, text: str, role: Role = "user", at: datetime | None = NOON, project: str = PROJECT
    ) -> LogMessage:
        seq = len(self.messages) + 1
        message = Message(f"{session}-{seq}", "", at, role, (TextPart(text),), AgentName("codex"))
        made = LogMessage(seq, SessionId(session), message, AgentName("codex"), project, project, UserName("ana"))
        self.messages.append(made)
        return made

    async def complete(self) -> None: ...

    async def newest(self) -> int:
        return max((one.seq for one in self.messages), default=0)

    async def keys(self, after: int, session_id: SessionId | None = None) -> list[LogKey]:
        fit = [one for one in self.messages if one.seq > after and session_id in (None, one.session_id)]
        return [LogKey(one.seq, one.session_id, one.message.id) for one in sorted(fit, key=lambda one: one.seq)][:50]

    async def holds(self, key: LogKey) -> bool:
        return any(
            (one.seq, one.session_id, one.message.id) == (key.seq, key.session_id, key.message_id)
            for one in self.messages
        )

    async def read(self, keys: Sequence[LogKey]) -> list[LogMessage]:
        wanted = {key.seq for key in keys}
        return [one for one in self.messages if one.seq in wanted and one.session_id not in self.closed]

    def readable(self) -> frozenset[SessionId]:
        return frozenset(one.session_id for one in self.messages) - self.closed

    def may_read(self, session_id: SessionId) -> bool:
        return session_id not in self.closed

    def generation(self) -> int:
        return self.rights


class Hashing:
    """Words that are the same give the same numbers: near enough to a meaning for tests."""

    def __init__(self, name: str = "hashing", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions
        self.made = 0

    def question(self, text: str) -> Encoded:
        numbers = [0.01] * self.dimensions
        for term in terms(text):
            numbers[hashlib.sha256(term.encode()).digest()[0] % self.dimensions] += 1.0
        length = math.sqrt(sum(number * number for number in numbers))
        return Encoded(array.array("f", [number / length for number in numbers]).tobytes())

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        """What was said before counts a little, as it does for the real one."""
        self.made += len(texts)
        return [self.question(f"{before[:40]} {text} {text}") for before, text in texts]


def memory_of(path: Path, log: Written, encoder: Callable[[], Encoder | None] = Hashing) -> Memory:
    return Memory(MemoryFile(path, lambda: KEY, lambda: True), log, encoder)


def question(words: str, **more: object) -> Question:
    return Question(words, (PROJECT,), NOON + timedelta(days=365), **more)  # type: ignore[arg-type]


async def texts(memory: Memory, words: str, **more: object) -> list[str]:
    return [one.passage.text for one in (await memory.recall(question(words, **more))).recalled]


_CONTENTS = {
    "passages": "SELECT id, at, part, role, agent, kind, language, said, asks, leads, body FROM passages",
    "words": "SELECT p.id FROM words w JOIN passages p ON p.number = w.rowid"
    " WHERE words MATCH 'marks : s* OR marks : p*'",
    "vectors": "SELECT p.id, v.body FROM vectors v JOIN passages p ON p.number = v.number",
    "mentions": "SELECT p.id, e.kind, e.name, m.start, m.end FROM mentions m JOIN passages p ON p.number = m.passage"
    " JOIN entities e ON e.number = m.entity",
    "statements": "SELECT p.id, e.kind, e.name, s.predicate, s.value, s.start, s.end, s.confidence,"
    " s.valid_from, s.valid_to FROM statements s JOIN passages p ON p.number = s.passage"
    " JOIN entities e ON e.number = s.subject",
    "proposals": "SELECT p.id, o.text, o.scope, o.confidence FROM proposals o JOIN passages p ON p.number = o.passage",
    "notes": "SELECT p.id, n.kind, n.scope, n.about, n.valid_from, n.subject FROM notes n"
    " JOIN passages p ON p.number = n.passage",
    "entities": "SELECT kind, name FROM entities",
    "digests": "SELECT of, first, last, made, model, headline, summary, dropped, fault FROM digests",
    "claims": "SELECT message, quote, subject, predicate, value, single, valid_from FROM claims",
    "places": "SELECT s.id, j.name, s.owner FROM sessions s JOIN projects j ON j.number = s.project",
}


async def contents(memory: Memory) -> dict[str, frozenset[tuple[Value, ...]]]:
    """All that is derived, without the numbers of rows."""

    def work(transaction: Transaction) -> dict[str, frozenset[tuple[Value, ...]]]:
        return {name: frozenset(map(tuple, transaction.execute(select))) for name, select in _CONTENTS.items()}

    await memory.catch_up()
    await memory.embed()
    return await memory.read(work)
