"""Reading what is stored: list, show. Never writes. Finding by words stands in `search`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from minga.domain.errors import AmbiguousSession, UnknownSession
from minga.domain.events import Recorded
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.secrecy import UserName, Vault
from minga.domain.sessions import PastAttempt, PastTurn, SessionSummary, Turn
from minga.domain.transcript import Transcript
from minga.sessions.codec import decode
from minga.sessions.notes import NO_NOTE, is_note
from minga.sessions.own_turns import turns_of
from minga.sessions.transcripts import read_transcript, title_of
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row, Value
from minga.storage.instants import from_micros

CANDIDATES_SHOWN = 5

ROWS_MAX = 2**31

SHARED_AT_ONCE = 500
"""Parameters of one query."""


class History:
    """The read side of sessions."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def latest(self, limit: int) -> list[SessionSummary]:
        """The sessions that were used last, newest first: the user's own and those shared with them, no notes."""
        return await self._database.read(lambda transaction: _latest(transaction, self._vault, limit))

    async def summary(self, session_id: SessionId) -> SessionSummary:
        """Raises UnknownSession."""
        found = await self._database.read(lambda transaction: _summary(transaction, self._vault, session_id))
        if found is None:
            raise UnknownSession(session=session_id)
        return found

    async def resolve(self, prefix: str) -> SessionId:
        """Return the one session whose id begins with ``prefix``. Raises UnknownSession, AmbiguousSession."""
        if not prefix or "%" in prefix or "_" in prefix:
            raise UnknownSession(session=prefix)
        pattern = f"{prefix.lower()}%"
        rows = await self._database.read(
            lambda transaction: transaction.execute("SELECT id FROM sessions WHERE id LIKE ? ORDER BY id", (pattern,))
        )
        found = [SessionId(row[0]) for row in rows if self._vault.access(SessionId(row[0])) is not None]
        if not found:
            raise UnknownSession(session=prefix)
        if len(found) > 1:
            raise AmbiguousSession(session=prefix, candidates=", ".join(found[:CANDIDATES_SHOWN]))
        return found[0]

    async def turns(self, session_id: SessionId) -> list[PastTurn]:
        """Return every turn that Minga ran of a session, with its events, in order. Raises UnknownSession."""
        return await self._database.read(lambda transaction: _turns(transaction, self._vault, session_id))

    async def conversation(self, session_id: SessionId, head: str = "") -> list[PastTurn]:
        """Return the whole conversation up to ``head`` (else to where the session stands), whichever CLI it was held
        in: Minga's own turns with all that is recorded of them, the others as far as their transcript tells.

        Numbers count from 1 along this conversation. Raises UnknownSession.
        """
        return await self._database.read(lambda transaction: _conversation(transaction, self._vault, session_id, head))

    async def transcript(self, session_id: SessionId) -> Transcript:
        """Return the neutral transcript of a session. Raises UnknownSession."""
        return await self._database.read(lambda transaction: read_transcript(transaction, self._vault, session_id))

    async def attempt(self, attempt_id: AttemptId) -> PastAttempt:
        """Return one attempt with what is recorded of it. It must exist."""
        return await self._database.read(lambda transaction: _attempt(transaction, self._vault, attempt_id))


_SUMMARY = (
    "SELECT s.id, s.title, s.cwd, s.created_at, s.updated_at, s.owner,"
    " (SELECT COUNT(*) FROM turns t WHERE t.session_id = s.id)"
    " + (SELECT COUNT(*) FROM messages m WHERE m.session_id = s.id AND m.role = 'user' AND m.chain = ''"
    " AND m.turn_id = ''),"
    " (SELECT state FROM turns l WHERE l.session_id = s.id ORDER BY l.number DESC LIMIT 1) FROM sessions s"
)


def _latest(transaction: Transaction, vault: Vault, limit: int) -> list[SessionSummary]:
    order = " ORDER BY s.updated_at DESC, s.id DESC LIMIT ?"
    own = f"{_SUMMARY} WHERE s.owner = ? AND {NO_NOTE}{order}"
    rows = transaction.execute(own, (vault.user, limit))
    if any(vault.access(row[0]) is None for row in rows):  # their keys are destroyed, and a backup brought them back
        rows = transaction.execute(own, (vault.user, ROWS_MAX))
        rows = [row for row in rows if vault.access(row[0]) is not None]
    shared = sorted(one for one in vault.shared() if not is_note(one))
    for place in range(0, len(shared), SHARED_AT_ONCE):
        some = shared[place : place + SHARED_AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows += transaction.execute(f"{_SUMMARY} WHERE s.id IN ({marks}){order}", (*some, limit))
    rows.sort(key=lambda row: (row[4], row[0]), reverse=True)
    return [_summary_of(transaction, vault, row) for row in rows[:limit]]


def _summary(transaction: Transaction, vault: Vault, session_id: SessionId) -> SessionSummary | None:
    if vault.access(session_id) is None:
        return None
    rows = transaction.execute(f"{_SUMMARY} WHERE s.id = ?", (session_id,))
    return _summary_of(transaction, vault, rows[0]) if rows else None


def _summary_of(transaction: Transaction, vault: Vault, row: Row) -> SessionSummary:
    return SessionSummary(
        id=SessionId(row[0]),
        title=title_of(vault, SessionId(row[0]), row[1]),
        cwd=Path(row[2]),
        created_at=from_micros(row[3]),
        updated_at=from_micros(row[4]),
        turns=row[6],
        last_state=row[7] or "finished",
        agents=_agents(transaction, row[0]),
        owner=UserName(row[5]),
    )


def _agents(transaction: Transaction, session_id: str) -> tuple[AgentName, ...]:
    rows = transaction.execute(
        "SELECT agent FROM natives WHERE session_id = ? AND origin = 'found' ORDER BY noted_at", (session_id,)
    )
    rows += transaction.execute(
        "SELECT a.agent FROM attempts a JOIN turns t ON t.id = a.turn_id WHERE t.session_id = ?"
        " ORDER BY t.number, a.number",
        (session_id,),
    )
    rows = rows or transaction.execute(  # it came from another device
        "SELECT agent FROM messages WHERE session_id = ? AND agent <> '' GROUP BY agent ORDER BY MIN(seq)",
        (session_id,),
    )
    return tuple(dict.fromkeys(AgentName(row[0]) for row in rows))


def _turns(transaction: Transaction, vault: Vault, session_id: SessionId) -> list[PastTurn]:
    if vault.access(session_id) is None or not transaction.execute(
        "SELECT 1 FROM sessions WHERE id = ?", (session_id,)
    ):
        raise UnknownSession(session=session_id)
    return past_turns(transaction, vault, session_id, "session_id = ? ORDER BY number", (session_id,))


def past_turns(
    transaction: Transaction, vault: Vault, session_id: SessionId, where: str, parameters: Sequence[Value]
) -> list[PastTurn]:
    """Minga's own turns that meet ``where``, with their events."""
    rows = transaction.execute(
        f"SELECT id, number, prompt, cwd, state, started_at, ended_at, asked_by FROM turns WHERE {where}",  # noqa: S608 - no input
        parameters,
    )
    return [_past_turn(transaction, vault, session_id, row) for row in rows]


def _conversation(transaction: Transaction, vault: Vault, session_id: SessionId, head: str) -> list[PastTurn]:
    own = {past.turn.id: past for past in _turns(transaction, vault, session_id)}
    transcript = read_transcript(transaction, vault, session_id)
    told = turns_of(session_id, transcript.workspace.cwd, transcript.lineage(head))
    line = [own.pop(past.turn.id, past) for past in told]
    told_ids = {
        row[0]
        for row in transaction.execute("SELECT id FROM turns WHERE session_id = ? AND in_transcript = 1", (session_id,))
    }
    line += [past for past in own.values() if not head and past.turn.id not in told_ids]
    return [replace(past, turn=replace(past.turn, number=number)) for number, past in enumerate(line, 1)]


def _past_turn(transaction: Transaction, vault: Vault, session_id: SessionId, row: Row) -> PastTurn:
    prompt = vault.open(session_id, bytes(row[2]), f"turns:{row[0]}").decode()
    turn = Turn(TurnId(row[0]), session_id, row[1], prompt, Path(row[3]), row[7])
    events = transaction.execute(
        "SELECT seq, at, attempt_id, kind, body FROM events WHERE turn_id = ? ORDER BY seq", (turn.id,)
    )
    return PastTurn(
        turn=turn,
        state=row[4],
        started_at=from_micros(row[5]),
        ended_at=None if row[6] is None else from_micros(row[6]),
        events=tuple(_recorded(vault, turn, event) for event in events),
    )


def _attempt(transaction: Transaction, vault: Vault, attempt_id: AttemptId) -> PastAttempt:
    [row] = transaction.execute(
        "SELECT a.agent, t.id, t.session_id, t.number, t.prompt, t.cwd FROM attempts a"
        " JOIN turns t ON t.id = a.turn_id WHERE a.id = ?",
        (attempt_id,),
    )
    prompt = vault.open(SessionId(row[2]), bytes(row[4]), f"turns:{row[1]}").decode()
    turn = Turn(TurnId(row[1]), SessionId(row[2]), row[3], prompt, Path(row[5]))
    events = transaction.execute(
        "SELECT seq, at, attempt_id, kind, body FROM events WHERE turn_id = ? AND attempt_id = ? ORDER BY seq",
        (turn.id, attempt_id),
    )
    return PastAttempt(attempt_id, AgentName(row[0]), turn, tuple(_recorded(vault, turn, event) for event in events))


def _recorded(vault: Vault, turn: Turn, row: Row) -> Recorded:
    attempt = None if row[2] is None else AttemptId(row[2])
    body = vault.open(turn.session_id, bytes(row[4]), f"events:{turn.id}:{row[0]}")
    return Recorded(turn.session_id, turn.id, row[0], from_micros(row[1]), attempt, decode(row[3], body))
