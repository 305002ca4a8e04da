"""The parts of the corpus (corpus/README.md) as the log of a user, and the questions that are asked about them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogKey, LogMessage, Question
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, Part, TextPart, ToolCallPart, ToolResultPart

CORPUS = Path(__file__).parent / "corpus"
TRAIN, HELD_OUT = "train", ("a", "b")

ASKED_AFTER = timedelta(days=7)
"""After the last turn of the part."""

CHILE = "-03:00"

BATCH = 200


CHANGED = "changed"
"""The kind of the questions for what changed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``evidence`` names turns, ``SESSION:INDEX``. ``pair``: the language of the question, and that of the sessions
    where its evidence lies."""

    id: str
    words: str
    kind: str
    evidence: tuple[str, ...]
    pair: str
    known_by: datetime | None

    @property
    def is_answerable(self) -> bool:
        return bool(self.evidence)

    @property
    def sessions(self) -> frozenset[str]:
        """Of its evidence."""
        return frozenset(turn.partition(":")[0] for turn in self.evidence)

    @property
    def rests_on_one(self) -> bool:
        """Whether nothing answers it without the one session of its evidence: of what changed, others tell an earlier
        value."""
        return len(self.sessions) == 1 and self.kind != CHANGED


@dataclass(frozen=True, slots=True)
class CorpusPart:
    """``now``: when everything is asked. ``texts``: what was said and done in each turn, by its name."""

    name: str
    log: tuple[LogMessage, ...]
    asked: tuple[Asked, ...]
    texts: dict[str, str]
    now: datetime

    def question(self, asked: Asked, limit: int) -> Question:
        return Question(asked.words, None, self.now, limit=limit, known_by=asked.known_by)


def read(name: str, corpus: Path = CORPUS, every: int = 1) -> CorpusPart:
    """``every``: so that only each such question is taken."""
    sessions = [json.loads(file.read_text("utf-8")) for file in sorted((corpus / name / "sessions").glob("*.json"))]
    sessions.sort(key=lambda session: datetime.fromisoformat(session["started"]))
    log = [entry for session in sessions for entry in _entries(session)]
    numbered = tuple(_numbered(log))
    languages = {session["id"]: session["language"] for session in sessions}
    questions = json.loads((corpus / name / "questions.json").read_text("utf-8"))[::every]
    texts = {turn_name(entry.session_id, entry.message.id): _text(entry.message.parts) for entry in numbered}
    last = max(entry.message.at for entry in numbered if entry.message.at)
    return CorpusPart(name, numbered, tuple(_asked(one, languages) for one in questions), texts, last + ASKED_AFTER)


def turn_name(session_id: str, message_id: str) -> str:
    return f"{session_id}:{message_id}"


def _numbered(log: Sequence[LogMessage]) -> Iterator[LogMessage]:
    for seq, entry in enumerate(log, 1):
        yield LogMessage(seq, entry.session_id, entry.message, entry.agent, entry.project, entry.cwd, entry.owner)


def _entries(session: dict[str, Any]) -> Iterator[LogMessage]:
    agent = AgentName(session["agent"])
    for number, turn in enumerate(session["turns"]):
        message = Message(
            id=str(number),
            parent=str(number - 1) if number else "",
            at=datetime.fromisoformat(turn["at"]).astimezone(UTC),
            role=turn["role"],
            parts=tuple(_parts(turn)),
            agent=agent,
        )
        project, owner = session["project"], UserName(session["user"])
        yield LogMessage(0, SessionId(session["id"]), message, agent, project, f"/work/{project}", owner)


def _parts(turn: dict[str, Any]) -> Iterator[Part]:
    yield TextPart(turn["text"])
    for number, tool in enumerate(turn.get("tools", ())):
        yield ToolCallPart(str(number), tool["name"], ToolKind.OTHER, tool["input"])
        yield ToolResultPart(str(number), not tool["failed"], tool["output"])


def _text(parts: Sequence[Part]) -> str:
    lines: list[str] = []
    for part in parts:
        match part:
            case TextPart():
                lines.append(part.text)
            case ToolCallPart():
                lines.append(f"{part.name}: {part.arguments}")
            case ToolResultPart():
                lines.append(part.output)
            case _:
                pass
    return "\n".join(lines)


def _asked(one: dict[str, Any], languages: dict[str, str]) -> Asked:
    evidence = tuple(one["evidence"])
    told = sorted({languages[turn.partition(":")[0]] for turn in evidence})
    pair = f"{one['language']} → {' + '.join(told) or 'none'}"
    return Asked(one["id"], one["question"], one["kind"], evidence, pair, _end_of_day(one.get("as_of", "")))


def _end_of_day(day: str) -> datetime | None:
    return datetime.fromisoformat(f"{day}T23:59:59{CHILE}").astimezone(UTC) if day else None


class ListedLog:
    """A log that is all in memory, readable as a whole. Fits `domain.memory.Log`."""

    user = UserName("")

    def __init__(self, entries: Sequence[LogMessage]) -> None:
        self._entries = {entry.seq: entry for entry in sorted(entries, key=lambda entry: entry.seq)}
        self._sessions = frozenset(entry.session_id for entry in entries)

    async def complete(self) -> None:
        """It never grows."""

    async def newest(self) -> int:
        return max(self._entries, default=0)

    async def keys(self, after: int, session_id: SessionId | None = None) -> list[LogKey]:
        found = [
            _key(one) for one in self._entries.values() if one.seq > after and session_id in (None, one.session_id)
        ]
        return found[:BATCH]

    async def holds(self, key: LogKey) -> bool:
        return key.seq in self._entries and _key(self._entries[key.seq]) == key

    async def read(self, keys: Sequence[LogKey]) -> list[LogMessage]:
        return [self._entries[key.seq] for key in keys]

    def readable(self) -> frozenset[SessionId]:
        return self._sessions

    def may_read(self, session_id: SessionId) -> bool:
        return session_id in self._sessions

    def generation(self) -> int:
        return 1


def _key(entry: LogMessage) -> LogKey:
    return LogKey(entry.seq, entry.session_id, entry.message.id)
