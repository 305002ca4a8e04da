"""What was learned from earlier attempts: limits until their reset, failures of the last hour that were no limit.

No word of what a CLI said: these tables are not sealed.
"""

from datetime import datetime, timedelta
from pathlib import Path

from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.infrastructure.clock import Clock
from minga.storage.database import Database, Transaction

MIGRATIONS = Path(__file__).parent / "migrations"

RECENT = timedelta(hours=1)

RESET_UNKNOWN = timedelta(minutes=5)
"""How long a limit is remembered whose reset time the vendor did not say."""

_NOT_ITS_FAULT = frozenset({FailureCode.CANNOT, FailureCode.PERMISSION_DENIED, FailureCode.BUDGET_SPENT})


class Health:
    """Remembers limits per account and model family, and how attempts ended per agent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def limits(self) -> dict[tuple[str, str], datetime]:
        """Return the limits still in force: (account, model family) -> reset instant."""
        now = int(self._clock.now().timestamp())
        select = "SELECT account, model_family, until FROM limits WHERE until > ?"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (now,)))
        return {(row[0], row[1]): datetime.fromtimestamp(row[2], self._clock.now().tzinfo) for row in rows}

    async def recent_failures(self) -> dict[AgentName, int]:
        """Return how many attempts of the last hour failed by the agent's own fault, per agent. A rate limit is none:
        it is remembered by itself until its reset, and over then."""
        since = int((self._clock.now() - RECENT).timestamp())
        select = "SELECT agent, COUNT(*) FROM outcomes WHERE ended_at > ? AND failure NOT IN ('', ?) GROUP BY agent"
        key = since, FailureCode.RATE_LIMITED.value
        rows = await self._database.read(lambda transaction: transaction.execute(select, key))
        return {AgentName(row[0]): row[1] for row in rows}

    async def note(
        self, attempt_id: AttemptId, agent: AgentName, account: str, model_family: str, failure: Failure | None
    ) -> None:
        """Record how an attempt ended (None: well). A rate limit is remembered until its reset; a success clears it."""
        now = self._clock.now()
        code = "" if failure is None or failure.code in _NOT_ITS_FAULT else failure.code.value

        def work(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO outcomes VALUES (?, ?, ?, ?)", (attempt_id, agent, int(now.timestamp()), code)
            )
            if failure is None:
                transaction.execute(
                    "DELETE FROM limits WHERE account = ? AND model_family = ?", (account, model_family)
                )
            elif failure.code is FailureCode.RATE_LIMITED:
                until = failure.resets_at or now + RESET_UNKNOWN
                transaction.execute(
                    "INSERT INTO limits VALUES (?, ?, ?)"
                    " ON CONFLICT (account, model_family) DO UPDATE SET until = excluded.until",
                    (account, model_family, int(until.timestamp()) + 1),
                )

        await self._database.write(work)
