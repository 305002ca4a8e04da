"""The one event stream that every agent is translated into.

A turn is a sequence of events that ends with exactly one terminal event (`Finished`, `Failed`, `Cancelled`); an
attempt of one agent inside a turn is such a sequence too, and the pipeline turns the terminal event of a failed
attempt into an `AttemptFailed` when another agent takes over.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from minga.domain.failure import Failure
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId, TurnId
from minga.domain.verdict import Judgement, Verdict
from minga.domain.ways import Through


class ToolKind(StrEnum):
    """What a tool does to the world; decides what a permission policy may allow."""

    READ = "read"
    SEARCH = "search"
    EDIT = "edit"
    SHELL = "shell"
    WEB = "web"
    MCP = "mcp"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An agent was given the task. ``resumed`` is true when its own native session goes on."""

    attempt_id: AttemptId
    agent: AgentName
    version: str
    mode: str
    """Driving mode: the protocol, such as ``app-server``, ``stream-json``, ``acp``, ``builtin``."""
    resumed: bool
    through: Through = ""
    """Which way its model calls go; empty for an agent without a model."""


@dataclass(frozen=True, slots=True)
class NativeSession:
    """The CLI named its own session, which `minga run --session` resumes; ``model`` as the CLI reports it, or empty."""

    native_id: NativeId
    model: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer, in order; pieces of one attempt concatenate to what the agent said."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of the agent's reasoning, as far as the CLI shows it."""

    text: str


@dataclass(frozen=True, slots=True)
class PlanStep:
    text: str
    state: Literal["pending", "in-progress", "done"]


@dataclass(frozen=True, slots=True)
class PlanShown:
    """The agent's own to-do list; each replaces the one before."""

    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call begins. ``name`` is the CLI's own name for the tool; ``input`` is JSON text (empty where it
    is not known yet)."""

    call_id: str
    name: str
    kind: ToolKind
    title: str
    input: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool call ended. ``ok`` is false for an error and for a denied call; ``input`` are the call's arguments where
    they became known only now. What its CLI did not tell is ``UNTOLD`` in ``output``."""

    call_id: str
    ok: bool
    output: str
    input: str = ""


UNTOLD = "[the CLI did not tell it]"
"""Stands for the arguments or the result of a tool call that its CLI did not tell."""


FileChangeKind = Literal["added", "modified", "deleted"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file was changed by the agent. ``path`` is relative to the working directory where it lies inside."""

    path: str
    change: FileChangeKind
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class PermissionRequested:
    request_id: str
    call_id: str
    kind: ToolKind
    title: str
    detail: str
    """What would be done: the command line, or the paths; for the person who decides."""


@dataclass(frozen=True, slots=True)
class PermissionAnswered:
    request_id: str
    allowed: bool
    by: Literal["policy", "person", "timeout"]
    reason: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model calls: an increment, never a running total.

    ``input_tokens`` excludes the cached ones; ``output_tokens`` includes reasoning. ``cost_micro_usd`` is what the CLI
    itself claims, or None; Minga's own price table decides the receipt.
    """

    model: str
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    cost_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """State of a limit, as the CLI reports it. ``used_percent`` 0 to 100; ``resets_at`` aware UTC."""

    name: str
    used_percent: float | None
    resets_at: datetime | None
    reached: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know that is no failure: a warning, a retry of the CLI, a limit that was applied."""

    text: str


@dataclass(frozen=True, slots=True)
class CallFailed:
    """A model call failed and the CLI goes on trying; the terminal event says how it ended."""

    failure: Failure
    will_retry: bool


@dataclass(frozen=True, slots=True)
class RouteChosen:
    """The plan: agents in the order in which they will be tried, each with its reasons."""

    agents: tuple[AgentName, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErrorOutput:
    """What the CLI wrote to standard error in an attempt that failed: the last of it."""

    text: str


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """An attempt ended without an answer and the turn goes on with another agent."""

    attempt_id: AttemptId
    agent: AgentName
    failure: Failure


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer of an attempt was checked. ``stage`` counts the answers of the turn, from 1."""

    attempt_id: AttemptId
    agent: AgentName
    stage: int
    judgement: Judgement
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SpecialistChosen:
    """The agents of this turn work as a specialist. ``source``: where its text comes from; ``instead_of``: whose of the
    same name it takes the place of. ``permissions``, ``tools`` and ``budget_micro_usd``: the most that holds for the
    run. ``checks`` must prove the answer."""

    name: str
    title: str
    source: str
    instead_of: tuple[str, ...]
    permissions: str
    tools: tuple[ToolKind, ...]
    checks: tuple[str, ...]
    budget_micro_usd: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that agents are told of earlier sessions: a standing rule, a fact, a passage, a habit. ``item`` names
    it for `minga memory show`; the rest of its source is empty where it has none of its own. ``reasons``: why. ``text``
    is shown and not stored: what is forgotten must not stand in the record of another session."""

    item: str
    kind: str
    text: str
    session_id: SessionId | None
    at: datetime | None
    agent: AgentName
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What agents are told of earlier sessions before the task. ``by_meaning`` is false where only words were
    compared. ``tokens`` is an upper bound. ``left_out``: accepted rules for which there was no room."""

    pieces: tuple[Told, ...]
    tokens: int
    by_meaning: bool
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Another agent takes over with the conversation so far; ``files_changed`` were changed before and stay changed."""

    from_agent: AgentName
    to_agent: AgentName
    reason: str
    carried: Literal["native", "brief"]
    files_changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """Terminal: the agent ended its turn with this answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Terminal: no answer."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Terminal: a person or a program stopped the run."""

    reason: str


Terminal = Finished | Failed | Cancelled

Event = (
    RouteChosen
    | SpecialistChosen
    | AttemptStarted
    | NativeSession
    | Text
    | Reasoning
    | PlanShown
    | ToolCall
    | ToolResult
    | FileChange
    | PermissionRequested
    | PermissionAnswered
    | Usage
    | RateLimit
    | Notice
    | CallFailed
    | ErrorOutput
    | AttemptFailed
    | Verified
    | Remembered
    | HandedOver
    | Terminal
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is on disk. ``seq`` counts from 1 within the turn, without gaps. ``at`` is aware UTC."""

    session_id: SessionId
    turn_id: TurnId
    seq: int
    at: datetime
    attempt_id: AttemptId | None
    event: Event
