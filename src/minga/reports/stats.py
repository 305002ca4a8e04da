"""What sessions took and cost: per user, project, agent, model and day.

Tokens, costs and errors are those of the ledger's entries; turns and times those of the sessions. Only sessions that
the user may read are counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from minga.domain.events import (
    AttemptStarted,
    HandedOver,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    ToolCall,
    ToolKind,
    ToolResult,
)
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, ToolCallPart, ToolResultPart
from minga.ledger.book import CANCELLED
from minga.reports.figures import Asked, Figures, Group, Groups
from minga.reports.lines import lines_of
from minga.sessions.codec import decode
from minga.sessions.notes import is_note
from minga.sessions.transcripts import open_message
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row
from minga.storage.instants import from_micros

LIMIT_WAIT = re.compile(r"waiting \d+ s until the limit of ")
"""The notice with which a run begins to wait for a limit; the next attempt ends it."""

EVENTS = (
    "tool-call",
    "tool-result",
    "permission-requested",
    "permission-answered",
    "handed-over",
    "attempt-started",
    "notice",
)


class Statistics:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def report(self, asked: Asked) -> list[Group]:
        """Return the groups, sorted by their keys; without ``by``, one of everything. Raises StoreError.

        A session counts in each of its groups, so that sessions of all groups together may be more than there are.
        Everything that was said is opened: about a minute for a million messages.
        """
        return await self._database.read(lambda transaction: _report(transaction, self._vault, asked))


@dataclass(frozen=True, slots=True)
class _Session:
    id: SessionId
    values: dict[str, str]
    """User and project."""
    models: dict[str, str]
    """Attempt, or ``session:message`` of what was brought in -> model."""


def _report(transaction: Transaction, vault: Vault, asked: Asked) -> list[Group]:
    groups = Groups(asked)
    for row in transaction.execute("SELECT id, owner, cwd, remote FROM sessions ORDER BY id"):
        session_id = SessionId(row[0])
        if not is_note(session_id) and vault.access(session_id) is not None:
            values = {"user": row[1], "project": row[3] or row[2]}
            session = _Session(session_id, values, {})
            _count_entries(transaction, session, groups)
            _count_turns(transaction, vault, session, groups)
            _count_messages(transaction, vault, session, groups)
    return groups.sorted()


def _count_entries(transaction: Transaction, session: _Session, groups: Groups) -> None:
    rows = transaction.execute(
        "SELECT attempt_id, agent, model, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,"
        " cost_micro_usd, failure, booked_at FROM usage_entries WHERE session_id = ?",
        (session.id,),
    )
    for row in rows:
        session.models[row[0]] = row[2]
        values = {**session.values, "agent": row[1], "model": row[2]}
        figures = groups.at(datetime.fromtimestamp(row[9], UTC), values)
        if figures is None:
            continue
        figures.session_ids.add(session.id)
        figures.input_tokens += row[3]
        figures.cached_input_tokens += row[4]
        figures.cache_write_tokens += row[5]
        figures.output_tokens += row[6]
        figures.cost_micro_usd += row[7] or 0
        figures.calls_of_unknown_cost += row[7] is None
        if row[8] not in ("", CANCELLED):
            figures.errors[row[8]] += 1


def _count_turns(transaction: Transaction, vault: Vault, session: _Session, groups: Groups) -> None:
    """Minga's own turns. One counts to the agent that it ended with; what an agent did, to that agent."""
    for turn_id, started_at, ended_at in transaction.execute(
        "SELECT id, started_at, ended_at FROM turns WHERE session_id = ? ORDER BY number", (session.id,)
    ):
        attempts = transaction.execute("SELECT id, agent FROM attempts WHERE turn_id = ? ORDER BY number", (turn_id,))
        began = from_micros(started_at)
        last = attempts[-1] if attempts else ("", "")
        figures = groups.at(began, _values(session, last))
        if figures is not None:
            figures.session_ids.add(session.id)
            figures.turns += 1
            figures.duration_ms += ((ended_at or started_at) - started_at) // 1000
            _count_events(transaction, vault, session, groups, _Turn(turn_id, began, tuple(attempts)))


@dataclass(frozen=True, slots=True)
class _Turn:
    id: str
    began: datetime
    attempts: tuple[Row, ...]


def _values(session: _Session, attempt: Row) -> dict[str, str]:
    return {**session.values, "agent": attempt[1], "model": session.models.get(attempt[0], "")}


def _count_events(transaction: Transaction, vault: Vault, session: _Session, groups: Groups, turn: _Turn) -> None:
    attempts = {attempt[0]: attempt for attempt in turn.attempts}
    by_agent = {attempt[1]: attempt for attempt in turn.attempts}
    marks = ", ".join("?" * len(EVENTS))
    rows = transaction.execute(
        f"SELECT seq, at, attempt_id, kind, body FROM events WHERE turn_id = ? AND kind IN ({marks}) ORDER BY seq",  # noqa: S608 - only placeholders
        (turn.id, *EVENTS),
    )
    work = _Work()
    waits_since: int | None = None
    for seq, at, attempt_id, kind, body in rows:
        event = decode(kind, vault.open(session.id, bytes(body), f"events:{turn.id}:{seq}"))
        attempt = attempts.get(attempt_id, ("", ""))
        if isinstance(event, HandedOver):
            attempt = by_agent.get(event.from_agent, attempt)
        elif waits_since is not None and isinstance(event, AttemptStarted):
            attempt = by_agent.get(event.agent, attempt)
        figures = groups.at(turn.began, _values(session, attempt))
        assert figures is not None
        match event:
            case ToolCall():
                work.called(figures, event.call_id, event.kind, event.input)
            case ToolResult():
                work.returned(figures, event.call_id, ok=event.ok)
            case PermissionRequested(request_id=request):
                work.asked[request] = at
            case PermissionAnswered(request_id=request) if request in work.asked:
                figures.waiting_ms += (at - work.asked.pop(request)) // 1000
            case HandedOver():
                figures.fallbacks += 1
            case Notice(text=text) if LIMIT_WAIT.match(text):
                waits_since = at
            case AttemptStarted() if waits_since is not None:
                figures.waiting_ms += (at - waits_since) // 1000
                waits_since = None
            case _:
                pass


@dataclass(slots=True)
class _Work:
    """Tool calls and questions that are still open."""

    edits: dict[str, str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def called(self, figures: Figures, call_id: str, kind: ToolKind, given: str) -> None:
        figures.tools[kind.value] += 1
        if kind is ToolKind.EDIT:
            self.edits[call_id] = given

    def returned(self, figures: Figures, call_id: str, *, ok: bool) -> None:
        """An edit counts when it was done."""
        given = self.edits.pop(call_id, None)
        if given is None or not ok:
            return
        lines = lines_of(given)
        if lines is None:
            figures.edits_of_unknown_size += 1
        else:
            figures.lines_added += lines[0]
            figures.lines_removed += lines[1]


def _count_messages(transaction: Transaction, vault: Vault, session: _Session, groups: Groups) -> None:
    """What was brought in from a CLI. A turn begins with what the person said and lasts until the last message before
    the next one; it counts to the agent and the model that answered first."""
    rows = transaction.execute(
        "SELECT id, body FROM messages WHERE session_id = ? AND turn_id = '' ORDER BY seq", (session.id,)
    )
    messages = [open_message(vault, session.id, row) for row in rows]
    turns: list[list[Message]] = []
    for message in messages:
        if not turns or (message.role == "user" and not message.chain):
            turns.append([])
        turns[-1].append(message)
    for turn in turns:
        times = [message.at for message in turn if message.at is not None]
        if times:
            _count_brought_in(session, groups, turn, times)


def _count_brought_in(session: _Session, groups: Groups, turn: Sequence[Message], times: Sequence[datetime]) -> None:
    answers = [message for message in turn if message.role == "assistant"]
    agent = next((message.agent for message in answers), turn[0].agent)
    model = next((message.model for message in answers if message.model), "")
    figures = groups.at(times[0], {**session.values, "agent": agent, "model": model})
    if figures is None:
        return
    figures.session_ids.add(session.id)
    figures.turns += turn[0].role == "user"
    figures.duration_ms += (max(times) - min(times)) // timedelta(milliseconds=1)
    work = _Work()
    for message in turn:
        for part in message.parts:
            match part:
                case ToolCallPart():
                    work.called(figures, part.call_id, part.kind, part.arguments)
                case ToolResultPart():
                    work.returned(figures, part.call_id, ok=part.ok)
                case _:
                    pass
