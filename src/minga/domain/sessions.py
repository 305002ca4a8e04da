"""What is known about past and running conversations."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from minga.domain.events import Recorded
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId, TurnId
from minga.domain.secrecy import UserName
from minga.domain.transcript import Asker

TurnState = Literal["running", "finished", "failed", "cancelled"]


class Claim(Protocol):
    """What a process owns its turns and worktrees with: the ``place`` whose processes can see each other, and the
    ``key`` by which they see whether it lives. Both raise StoreUnwritable or StoreFull."""

    def place(self) -> str: ...

    def key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One task of a session, as it was opened. ``number`` counts from 1 within the session."""

    id: TurnId
    session_id: SessionId
    number: int
    prompt: str
    cwd: Path
    asked_by: Asker = ""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn with everything that is recorded of it."""

    turn: Turn
    state: TurnState
    started_at: datetime
    ended_at: datetime | None
    events: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    id: SessionId
    title: str
    cwd: Path
    created_at: datetime
    updated_at: datetime
    turns: int
    last_state: TurnState
    agents: tuple[AgentName, ...]
    owner: UserName


@dataclass(frozen=True, slots=True)
class NativeTrail:
    """Where a session's conversation stands inside a CLI's own store.

    ``through`` is the last turn that this native session took part in, or the last message that it holds; ``home`` says
    which configuration home holds it (empty: the person's own).
    """

    agent: AgentName
    native_id: NativeId
    home: str
    through: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    id: AttemptId
    turn_id: TurnId
    number: int
    agent: AgentName
    home: str


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """An attempt with its own events."""

    id: AttemptId
    agent: AgentName
    turn: Turn
    events: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find. ``words``: words, ``"quoted phrases"`` and ``begin*``; without any, what the person said in the
    sessions that fit.

    ``project``: an absolute directory, or a git remote or its last names. ``file``: a path or its last names, changed
    in the session. ``since`` and ``until``: aware; from the one on, before the other. Costs are those of the whole
    session; one whose cost is not wholly known has no upper bound.
    """

    words: str
    agent: AgentName | None = None
    project: str = ""
    file: str = ""
    since: datetime | None = None
    until: datetime | None = None
    cost_micro_usd_min: int | None = None
    cost_micro_usd_max: int | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A message in which searched words stand. ``agent``: the CLI it was said in; ``role``: who wrote it. ``marks`` are
    the places of the words in ``excerpt``: begin and end."""

    session_id: SessionId
    message_id: str
    at: datetime
    agent: AgentName
    role: Literal["person", "agent", "tool"]
    excerpt: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """``found``: the best first. ``ranked``: more fit than were compared; these are the best of the newest so many."""

    found: tuple[Found, ...]
    ranked: int | None
