"""The sessions' tables: open a turn, append events durably, end each turn exactly once, recover after a crash.

What a person or an agent said is sealed with the session's own key; names, paths and times are not.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from minga.domain.errors import ReadOnlySession, SessionBusy, TooManySessions, UnknownSession
from minga.domain.events import Cancelled, Event, Failed, Finished, NativeSession, Recorded
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId, TurnId
from minga.domain.secrecy import Vault
from minga.domain.sessions import AttemptRecord, Claim, NativeTrail, Turn, TurnState
from minga.domain.transcript import Asker, ImagePart, Workspace
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.sessions.codec import encode, kind_of, to_bytes
from minga.sessions.notes import is_note
from minga.sessions.telling import tell
from minga.sessions.transcripts import insert_session
from minga.storage.database import Database, Transaction
from minga.storage.instants import to_micros

MIGRATIONS = Path(__file__).parent / "migrations"

TITLE_LENGTH = 80

AT_WORK_MAX = 50


class TurnEnded(Exception):
    """The turn has its terminal event already (another process recovered it, or it was ended twice)."""


class Sessions:
    """Writes turns and their events. Reading of past sessions stands in `history`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        new_id: NewId,
        claim: Claim,
        vault: Vault,
        at_work_max: int = AT_WORK_MAX,
    ) -> None:
        """``at_work_max``: how many sessions of one user may be at work at once."""
        self._at_work_max = at_work_max
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._claim = claim
        self._vault = vault

    async def open(
        self,
        session_id: SessionId | None,
        prompt: str,
        cwd: Path,
        pictures: Sequence[ImagePart] = (),
        *,
        begins: SessionId | None = None,
        asked_by: Asker = "",
    ) -> Turn:
        """Start a turn, in a new session if ``session_id`` is None (of the id ``begins``, where that was told before);
        it follows the message at which the session stands.

        Raises UnknownSession, SessionBusy, ReadOnlySession, TooManySessions.
        """
        now = to_micros(self._clock.now())
        turn_id = TurnId(self._new_id())
        owner = self._claim.place(), self._claim.key()

        def work(transaction: Transaction) -> Turn:
            self._make_sure_of_room(transaction)
            if session_id is None:
                session, number, head = begins or SessionId(self._new_id()), 1, ""
                title = " ".join(prompt.split())[:TITLE_LENGTH]
                insert_session(transaction, self._vault, session, title, Workspace(str(cwd)), now)
            else:
                transaction.hold(session_id)
                session = may_write(self._vault, session_id)
                number = _next_number(transaction, session)
                if transaction.execute("SELECT 1 FROM turns WHERE session_id = ? AND state = 'running'", (session,)):
                    raise SessionBusy(session=session)
                head = tell(transaction, self._vault, session)
                transaction.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (now, session))
            turn = Turn(turn_id, session, number, prompt, cwd, asked_by)
            sealed = self._vault.seal(session, to_bytes(prompt), f"turns:{turn_id}")
            transaction.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, 'running', ?, NULL, 0, ?, ?, ?)",
                (turn.id, session, number, head, sealed, str(cwd), now, *owner, asked_by),
            )
            for place, picture in enumerate(pictures):
                body = self._vault.seal(session, picture.data, f"pictures:{turn_id}:{place}")
                transaction.execute(
                    "INSERT INTO pictures VALUES (?, ?, ?, ?)", (turn_id, place, picture.media_type, body)
                )
            return turn

        return await self._database.write(work)

    def _make_sure_of_room(self, transaction: Transaction) -> None:
        transaction.hold(f"at work: {self._vault.user}")
        [(count,)] = transaction.execute(
            "SELECT COUNT(*) FROM turns t JOIN sessions s ON s.id = t.session_id"
            " WHERE t.state = 'running' AND s.owner = ?",
            (self._vault.user,),
        )
        if count >= self._at_work_max:
            raise TooManySessions(user=self._vault.user, limit=self._at_work_max)

    async def check(self, session_id: SessionId, *, writing: bool) -> None:
        """Raises UnknownSession, also for a note; SessionBusy while a turn runs in it, and ReadOnlySession if it is to
        be gone on in (``writing``) and may not."""
        if writing or is_note(session_id):
            may_write(self._vault, session_id)
        running = "SELECT 1 FROM turns WHERE session_id = ? AND state = 'running'"
        if await self._database.read(lambda transaction: transaction.execute(running, (session_id,))):
            raise SessionBusy(session=session_id)

    async def tell(self, session_id: SessionId) -> None:
        """Bring the turns of a session that have ended into its transcript. Raises UnknownSession."""
        await self._database.write(lambda transaction: tell(transaction, self._vault, session_id))

    async def begin_attempt(self, turn: Turn, attempt_id: AttemptId, agent: AgentName, home: str) -> AttemptRecord:
        """Record, before a CLI is started, that it will be: so a crash leaves a trace of what may have run."""

        def work(transaction: Transaction) -> AttemptRecord:
            transaction.hold(turn.id)
            [(count,)] = transaction.execute("SELECT COUNT(*) FROM attempts WHERE turn_id = ?", (turn.id,))
            record = AttemptRecord(attempt_id, turn.id, count + 1, agent, home)
            transaction.execute(
                "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, NULL)", (attempt_id, turn.id, record.number, agent, home)
            )
            return record

        return await self._database.write(work)

    async def append(self, turn: Turn, attempt_id: AttemptId | None, events: Sequence[Event]) -> list[Recorded]:
        """Store ``events`` in order; they are durable when this returns.

        A terminal event ends the turn and must be the last. Raises TurnEnded if the turn has ended already.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> list[Recorded]:
            transaction.hold(turn.id)
            first = _next_seq(transaction, turn.id)
            recorded = [
                Recorded(turn.session_id, turn.id, first + index, now, attempt_id, event)
                for index, event in enumerate(events)
            ]
            for item in recorded:
                _insert(transaction, self._vault, item)
            return recorded

        return await self._database.write(work)

    async def abandoned(self, is_alive: Callable[[str], bool]) -> list[AttemptId]:
        """Return the attempts of turns whose process is gone and that have not been ended yet."""
        dead = await self._dead(is_alive)
        select = "SELECT id FROM attempts WHERE turn_id = ? ORDER BY number"
        return await self._database.read(
            lambda transaction: [AttemptId(row[0]) for turn, _ in dead for row in transaction.execute(select, (turn,))]
        )

    async def recover(self, is_alive: Callable[[str], bool]) -> list[AttemptId]:
        """End every turn whose process is gone as interrupted; return their attempts, whose processes may be left.

        Turns of other places are left alone (whether their process lives cannot be seen from here), and so are those of
        other users: only they can write into their sessions.
        """
        dead = await self._dead(is_alive)
        if not dead:
            return []
        return await self._database.write(
            lambda transaction: [attempt for turn in dead for attempt in self._interrupt(transaction, *turn)]
        )

    async def _dead(self, is_alive: Callable[[str], bool]) -> list[tuple[TurnId, SessionId]]:
        select = "SELECT id, session_id, owner_key FROM turns WHERE state = 'running' AND owner_place = ? ORDER BY id"
        place = self._claim.place()
        running = await self._database.read(lambda transaction: transaction.execute(select, (place,)))
        return [
            (TurnId(turn_id), SessionId(session_id))
            for turn_id, session_id, key in running
            if self._vault.access(SessionId(session_id)) in ("own", "continue") and not is_alive(key)
        ]

    def _interrupt(self, transaction: Transaction, turn_id: TurnId, session_id: SessionId) -> list[AttemptId]:
        failure = Failure(
            FailureCode.INTERRUPTED,
            "Minga ended while this turn was running.",
            f"Go on with: minga sessions resume {session_id}",
        )
        transaction.hold(turn_id)
        seq = _next_seq(transaction, turn_id)
        event = Recorded(session_id, turn_id, seq, self._clock.now(), None, Failed(failure))
        try:
            _insert(transaction, self._vault, event)
        except TurnEnded:
            return []
        return [
            AttemptId(row[0]) for row in transaction.execute("SELECT id FROM attempts WHERE turn_id = ?", (turn_id,))
        ]

    async def native_trail(self, session_id: SessionId, agent: AgentName, home: str) -> NativeTrail | None:
        """Return where ``agent`` has this session in its own store: the latest that an attempt of it named, or that was
        brought in from it or written for it. What was written is as old as the last turn in it."""
        rows = await self._database.read(
            lambda transaction: transaction.execute(
                "SELECT a.native_id, t.id, t.started_at AS at, t.number AS turn, a.number AS attempt"
                " FROM attempts a JOIN turns t ON t.id = a.turn_id"
                " WHERE t.session_id = ? AND a.agent = ? AND a.home = ? AND a.native_id IS NOT NULL"
                " UNION ALL SELECT n.native_id, n.through, COALESCE((SELECT w.started_at FROM turns w"
                " WHERE w.id = n.through AND n.origin = 'written'), n.noted_at), 2147483647, 0 FROM natives n"
                " WHERE n.session_id = ? AND n.agent = ? AND n.home = ? AND n.owner = ?"
                " ORDER BY at DESC, turn DESC, attempt DESC",
                (*(session_id, agent, home) * 2, self._vault.user),
            )
        )
        return NativeTrail(agent, NativeId(rows[0][0]), home, rows[0][1]) if rows else None


def may_write(vault: Vault, session_id: SessionId) -> SessionId:
    """Raises UnknownSession where the user may not even read it, or where it is a note, which nobody goes on with;
    ReadOnlySession where they may no more than read it."""
    access = vault.access(session_id)
    if access is None or is_note(session_id):
        raise UnknownSession(session=session_id)
    if access == "read":
        raise ReadOnlySession(session=session_id)
    return session_id


def _next_number(transaction: Transaction, session_id: SessionId) -> int:
    if not transaction.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)):
        raise UnknownSession(session=session_id)
    [(highest,)] = transaction.execute("SELECT MAX(number) FROM turns WHERE session_id = ?", (session_id,))
    return int(highest or 0) + 1


def _next_seq(transaction: Transaction, turn_id: TurnId) -> int:
    [(highest,)] = transaction.execute("SELECT MAX(seq) FROM events WHERE turn_id = ?", (turn_id,))
    return int(highest or 0) + 1


def _state_after(event: Event) -> TurnState | None:
    match event:
        case Finished():
            return "finished"
        case Failed():
            return "failed"
        case Cancelled():
            return "cancelled"
        case _:
            return None


def _insert(transaction: Transaction, vault: Vault, item: Recorded) -> None:
    at = to_micros(item.at)
    if state := _state_after(item.event):
        ending = "UPDATE turns SET state = ?, ended_at = ? WHERE id = ? AND state = 'running' RETURNING id"
        open_turn = transaction.execute(ending, (state, at, item.turn_id))
    else:
        open_turn = transaction.execute("SELECT 1 FROM turns WHERE id = ? AND state = 'running'", (item.turn_id,))
    if not open_turn:
        raise TurnEnded(item.turn_id)
    body = vault.seal(item.session_id, encode(item.event).encode(), f"events:{item.turn_id}:{item.seq}")
    transaction.execute(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
        (item.turn_id, item.seq, at, item.attempt_id, kind_of(item.event), body),
    )
    if isinstance(item.event, NativeSession):
        transaction.execute("UPDATE attempts SET native_id = ? WHERE id = ?", (item.event.native_id, item.attempt_id))
