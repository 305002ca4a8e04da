"""Reading what is stored: list, show, find by words. Never writes."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from minga.domain.errors import AmbiguousSession, UnknownSession
from minga.domain.events import Finished, Recorded
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.sessions import Found, PastAttempt, PastTurn, SessionSummary, Turn
from minga.sessions.codec import decode, from_micros
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row

EXCERPT_BEFORE = 80
EXCERPT_AFTER = 160


class History:
    """The read side of sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, limit: int) -> list[SessionSummary]:
        """Return the sessions that were used last, newest first."""
        return await self._database.read(lambda transaction: _summaries(transaction, "", limit))

    async def summary(self, session_id: SessionId) -> SessionSummary:
        """Raises UnknownSession."""
        found = await self._database.read(lambda transaction: _summaries(transaction, session_id, 1))
        if not found:
            raise UnknownSession(session=session_id)
        return found[0]

    async def resolve(self, prefix: str) -> SessionId:
        """Return the one session whose id begins with ``prefix``. Raises UnknownSession, AmbiguousSession."""
        pattern = prefix.lower().replace("%", "").replace("_", "") + "%"
        rows = await self._database.read(
            lambda transaction: transaction.execute("SELECT id FROM sessions WHERE id LIKE ? LIMIT 2", (pattern,))
        )
        if not rows or not prefix:
            raise UnknownSession(session=prefix)
        if len(rows) > 1:
            raise AmbiguousSession(session=prefix)
        return SessionId(rows[0][0])

    async def turns(self, session_id: SessionId) -> list[PastTurn]:
        """Return every turn of a session with its events, in order. Raises UnknownSession."""
        return await self._database.read(lambda transaction: _turns(transaction, session_id))

    async def attempt(self, attempt_id: AttemptId) -> PastAttempt:
        """Return one attempt with what is recorded of it. It must exist."""
        return await self._database.read(lambda transaction: _attempt(transaction, attempt_id))

    async def search(self, words: str, limit: int) -> list[Found]:
        """Return ended turns whose task or answer holds all of ``words`` (case and accents apart), newest first."""
        wanted = fold(unicodedata.normalize("NFC", words)).split()
        if not wanted:
            return []
        return await self._database.read(lambda transaction: _find(transaction, wanted, limit))


def fold(text: str) -> str:
    """Lower case without accents, for comparing: ``Qué`` -> ``que``. One character becomes one character."""
    return "".join(unicodedata.normalize("NFD", character)[0].lower()[:1] for character in text)


def _summaries(transaction: Transaction, session_id: str, limit: int) -> list[SessionSummary]:
    """All sessions, or the one with ``session_id`` if that is not empty."""
    rows = transaction.execute(
        "SELECT s.id, s.title, s.cwd, s.created_at, s.updated_at, COUNT(t.id),"
        " (SELECT state FROM turns l WHERE l.session_id = s.id ORDER BY l.number DESC LIMIT 1)"
        " FROM sessions s JOIN turns t ON t.session_id = s.id WHERE (s.id = ? OR ? = '')"
        " GROUP BY s.id, s.title, s.cwd, s.created_at, s.updated_at ORDER BY s.updated_at DESC, s.id DESC LIMIT ?",
        (session_id, session_id, limit),
    )
    return [
        SessionSummary(
            id=SessionId(row[0]),
            title=row[1],
            cwd=Path(row[2]),
            created_at=from_micros(row[3]),
            updated_at=from_micros(row[4]),
            turns=row[5],
            last_state=row[6],
            agents=_agents(transaction, row[0]),
        )
        for row in rows
    ]


def _agents(transaction: Transaction, session_id: str) -> tuple[AgentName, ...]:
    rows = transaction.execute(
        "SELECT a.agent FROM attempts a JOIN turns t ON t.id = a.turn_id WHERE t.session_id = ?"
        " ORDER BY t.number, a.number",
        (session_id,),
    )
    return tuple(dict.fromkeys(AgentName(row[0]) for row in rows))


def _turns(transaction: Transaction, session_id: SessionId) -> list[PastTurn]:
    rows = transaction.execute(
        "SELECT id, number, prompt, cwd, state, started_at, ended_at FROM turns WHERE session_id = ? ORDER BY number",
        (session_id,),
    )
    if not rows:
        raise UnknownSession(session=session_id)
    return [_past_turn(transaction, session_id, row) for row in rows]


def _past_turn(transaction: Transaction, session_id: SessionId, row: Row) -> PastTurn:
    turn = Turn(TurnId(row[0]), session_id, row[1], row[2], Path(row[3]))
    events = transaction.execute(
        "SELECT seq, at, attempt_id, kind, body FROM events WHERE turn_id = ? ORDER BY seq", (turn.id,)
    )
    return PastTurn(
        turn=turn,
        state=row[4],
        started_at=from_micros(row[5]),
        ended_at=None if row[6] is None else from_micros(row[6]),
        events=tuple(_recorded(turn, event) for event in events),
    )


def _attempt(transaction: Transaction, attempt_id: AttemptId) -> PastAttempt:
    [row] = transaction.execute(
        "SELECT a.agent, t.id, t.session_id, t.number, t.prompt, t.cwd FROM attempts a"
        " JOIN turns t ON t.id = a.turn_id WHERE a.id = ?",
        (attempt_id,),
    )
    turn = Turn(TurnId(row[1]), SessionId(row[2]), row[3], row[4], Path(row[5]))
    events = transaction.execute(
        "SELECT seq, at, attempt_id, kind, body FROM events WHERE turn_id = ? AND attempt_id = ? ORDER BY seq",
        (turn.id, attempt_id),
    )
    return PastAttempt(attempt_id, AgentName(row[0]), turn, tuple(_recorded(turn, event) for event in events))


def _recorded(turn: Turn, row: Row) -> Recorded:
    attempt = None if row[2] is None else AttemptId(row[2])
    return Recorded(turn.session_id, turn.id, row[0], from_micros(row[1]), attempt, decode(row[3], row[4]))


def _find(transaction: Transaction, wanted: Sequence[str], limit: int) -> list[Found]:
    rows = transaction.execute(
        "SELECT t.session_id, t.id, t.started_at, t.prompt, e.body FROM turns t"
        " LEFT JOIN events e ON e.turn_id = t.id AND e.kind = 'finished' WHERE t.state <> 'running'"
        " ORDER BY t.started_at DESC"
    )
    found: list[Found] = []
    for session_id, turn_id, started_at, prompt, body in rows:
        answer = decode("finished", body) if body else None
        said: list[tuple[Literal["person", "agent"], str]] = [("person", prompt)]
        if isinstance(answer, Finished):
            said.append(("agent", answer.answer))
        for role, text in said:
            if excerpt := _excerpt(text, wanted):
                found.append(Found(SessionId(session_id), TurnId(turn_id), from_micros(started_at), role, excerpt))
        if len(found) >= limit:
            break
    return found[:limit]


def _excerpt(text: str, wanted: Sequence[str]) -> str:
    text = unicodedata.normalize("NFC", text)
    folded = fold(text)
    if not all(word in folded for word in wanted):
        return ""
    start = folded.index(wanted[0])
    piece = text[max(0, start - EXCERPT_BEFORE) : start + EXCERPT_AFTER]
    return " ".join(piece.split())
