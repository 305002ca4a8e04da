"""What checks made of answers, and how the answers turned out: kept, so that the checks themselves can be measured.

No word of what anybody said: these tables are not sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.secrecy import UserName
from minga.domain.task import Strategy
from minga.domain.verdict import CheckState, Judgement
from minga.infrastructure.clock import Clock
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row

MIGRATIONS = Path(__file__).parent / "migrations"


class Source(StrEnum):
    """Who says how an answer turned out. A person's word counts before what git shows."""

    PERSON = "person"
    GIT = "git"


class Outcome(StrEnum):
    """``good`` and ``bad`` are a person's word, ``corrected``: of use after a correction, so not right. ``kept``,
    ``reverted`` and ``broke`` (a check of the same project failed later on the same files) are found in git."""

    GOOD = "good"
    BAD = "bad"
    CORRECTED = "corrected"
    KEPT = "kept"
    REVERTED = "reverted"
    BROKE = "broke"

    @property
    def is_right(self) -> bool:
        return self in (Outcome.GOOD, Outcome.KEPT)


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer and its verdict. ``kind`` is the task's label; ``stage`` counts the answers of a turn from 1.
    ``propensity``: how probable it was, before the turn began, that its first agent would be this turn's first; 1 also
    where that agent gave no answer: what others did after it tells nothing of a choice."""

    attempt_id: AttemptId
    turn_id: TurnId
    session_id: SessionId
    agent: AgentName
    model: str
    family: str
    kind: str
    strategy: Strategy
    stage: int
    propensity: float
    judgement: Judgement
    checks: tuple[tuple[str, CheckState], ...]
    cost_micro_usd: int | None


@dataclass(frozen=True, slots=True)
class Label:
    """A `Judged` answer and when, with its outcome by each source that told one."""

    judged: Judged
    at: datetime
    outcomes: tuple[tuple[Source, Outcome], ...]

    @property
    def outcome(self) -> Outcome | None:
        """The person's, else git's, else None."""
        return dict(self.outcomes).get(Source.PERSON) or dict(self.outcomes).get(Source.GIT)


_SELECT = (
    "SELECT attempt_id, turn_id, session_id, agent, model, family, kind, strategy, stage, propensity, judgement,"
    " checks, cost_micro_usd, judged_at FROM verdicts WHERE owner = ?"
)

_OUTCOMES = (
    "SELECT o.attempt_id, o.source, o.outcome FROM verdict_outcomes o"
    " JOIN verdicts v ON v.attempt_id = o.attempt_id WHERE owner = ?"
)


class Labels:
    """Those of ``user``."""

    def __init__(self, database: Database, clock: Clock, user: UserName) -> None:
        self._database = database
        self._clock = clock
        self.user = user

    async def note(self, judged: Judged) -> None:
        """Add a verdict; an attempt that has one keeps it."""
        row = (
            judged.attempt_id,
            judged.turn_id,
            judged.session_id,
            self.user,
            judged.agent,
            judged.model,
            judged.family,
            judged.kind,
            judged.strategy.value,
            judged.stage,
            judged.propensity,
            judged.judgement.value,
            msgspec.json.encode(judged.checks).decode(),
            judged.cost_micro_usd,
            int(self._clock.now().timestamp()),
        )
        await self._database.write(
            lambda transaction: transaction.insert("verdicts", [row], "ON CONFLICT (attempt_id) DO NOTHING")
        )

    async def note_outcome(self, attempt_ids: Sequence[AttemptId], source: Source, outcome: Outcome) -> None:
        """The newest word of a source replaces the one before."""
        now = int(self._clock.now().timestamp())
        rows = [(attempt_id, source.value, outcome.value, now) for attempt_id in attempt_ids]
        newest = (
            "ON CONFLICT (attempt_id, source) DO UPDATE SET outcome = excluded.outcome, noted_at = excluded.noted_at"
        )
        await self._database.write(lambda transaction: transaction.insert("verdict_outcomes", rows, newest))

    async def add_check(self, attempt_id: AttemptId, name: str, state: CheckState) -> None:
        """Add to the verdict of an attempt what was found after it."""

        def work(transaction: Transaction) -> None:
            transaction.hold(attempt_id)
            for (told,) in transaction.execute("SELECT checks FROM verdicts WHERE attempt_id = ?", (attempt_id,)):
                checks = msgspec.json.decode(told, type=tuple[tuple[str, CheckState], ...])
                added = msgspec.json.encode((*checks, (name, state))).decode()
                transaction.execute("UPDATE verdicts SET checks = ? WHERE attempt_id = ?", (added, attempt_id))

        await self._database.write(work)

    async def all(self) -> list[Label]:
        """Every label, the oldest first."""
        return await self._database.read(self._read)

    async def of_turn(self, turn_id: TurnId) -> list[Label]:
        """The answers of one turn in their order."""
        return await self._database.read(lambda transaction: self._read(transaction, " AND turn_id = ?", turn_id))

    async def of_kind(self, kind: str) -> list[Label]:
        """Those of one kind of task, the oldest first."""
        return await self._database.read(lambda transaction: self._read(transaction, " AND kind = ?", kind))

    def _read(self, transaction: Transaction, where: str = "", *keys: str) -> list[Label]:
        rows = transaction.execute(f"{_SELECT}{where} ORDER BY judged_at, attempt_id", (self.user, *keys))
        outcomes: dict[str, list[tuple[Source, Outcome]]] = {}
        told = transaction.execute(f"{_OUTCOMES}{where} ORDER BY o.attempt_id, o.source", (self.user, *keys))
        for attempt_id, source, outcome in told:
            outcomes.setdefault(attempt_id, []).append((Source(source), Outcome(outcome)))
        return [_label(row, tuple(outcomes.get(row[0], ()))) for row in rows]


def forget(transaction: Transaction, key: Literal["session_id", "owner"], value: str) -> None:
    """Take out every label of a session, whoever's it is, or of a user."""
    attempts = f"(SELECT attempt_id FROM verdicts WHERE {key} = ?)"  # noqa: S608 - constants
    for table in ("verdict_outcomes", "verdict_files"):
        transaction.execute(f"DELETE FROM {table} WHERE attempt_id IN {attempts}", (value,))  # noqa: S608 - constants
    transaction.execute(f"DELETE FROM verdicts WHERE {key} = ?", (value,))  # noqa: S608 - constants


def _label(row: Row, outcomes: tuple[tuple[Source, Outcome], ...]) -> Label:
    judged = Judged(
        attempt_id=AttemptId(row[0]),
        turn_id=TurnId(row[1]),
        session_id=SessionId(row[2]),
        agent=AgentName(row[3]),
        model=row[4],
        family=row[5],
        kind=row[6],
        strategy=Strategy(row[7]),
        stage=row[8],
        propensity=float(row[9]),
        judgement=Judgement(row[10]),
        checks=msgspec.json.decode(row[11], type=tuple[tuple[str, CheckState], ...]),
        cost_micro_usd=row[12],
    )
    return Label(judged, datetime.fromtimestamp(row[13], UTC), outcomes)
