"""The budgets of users, teams, projects and models: set, listed, removed; and which alerts were given."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minga.domain.budgets import Budget, BudgetAlert, BudgetScope, BudgetWindow
from minga.domain.errors import UnknownBudget
from minga.infrastructure.clock import Clock
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row
from minga.storage.instants import to_micros

MIGRATIONS = Path(__file__).parent / "migrations"

KNOWN_FOR = timedelta(seconds=1)
"""So late a budget that another process set or removed is seen."""

_NEXT_REVISION = "UPDATE budget_revision SET revision = revision + 1"


@dataclass(frozen=True, slots=True)
class InForce:
    """``revision`` grows with every change."""

    revision: int
    budgets: tuple[Budget, ...]


class Budgets:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known = InForce(0, ())
        self._known_until = datetime.min.replace(tzinfo=UTC)

    async def in_force(self) -> InForce:
        """As of `KNOWN_FOR` ago at most."""
        now = self._clock.now()
        if now >= self._known_until:
            self._known = await self._database.read(_read)
            self._known_until = now + KNOWN_FOR
        return self._known

    async def all(self) -> tuple[Budget, ...]:
        """Every budget, by scope and name."""
        return (await self._database.read(_read)).budgets

    async def set(self, budget: Budget) -> None:
        """Put ``budget`` in force, in the place of the one that its subject has for the same window."""
        keys = budget.scope, budget.subject, budget.window
        row = (*keys, budget.micro_usd, budget.alert_percent, int(budget.is_hard))

        def work(transaction: Transaction) -> None:
            transaction.hold("budgets")
            _delete(transaction, *keys)
            transaction.insert("budgets", [row])
            transaction.execute(_NEXT_REVISION)

        await self._database.write(work)

    async def remove(self, scope: BudgetScope, subject: str, window: BudgetWindow) -> None:
        """Raises UnknownBudget."""

        def work(transaction: Transaction) -> None:
            transaction.hold("budgets")
            if not any((one.scope, one.subject, one.window) == (scope, subject, window) for one in _all(transaction)):
                raise UnknownBudget(scope=scope, name=subject, window=window)
            _delete(transaction, scope, subject, window)
            transaction.execute(_NEXT_REVISION)

        await self._database.write(work)

    async def note(self, alert: BudgetAlert) -> bool:
        """Keep that ``alert`` is given; return whether it is the first of its window and amount."""
        budget = alert.budget
        began = 0 if alert.span.began is None else to_micros(alert.span.began)
        keys = budget.scope, budget.subject, budget.window, began, budget.micro_usd
        row = (*keys, alert.spent_micro_usd, to_micros(alert.at))

        def work(transaction: Transaction) -> bool:
            transaction.hold("budgets")
            same = "scope = ? AND subject = ? AND budget_window = ? AND began_at = ? AND micro_usd = ?"
            if transaction.execute(f"SELECT 1 FROM budget_alerts WHERE {same}", keys):  # noqa: S608 - constants
                return False
            transaction.insert("budget_alerts", [row])
            return True

        return await self._database.write(work)


def _delete(transaction: Transaction, scope: str, name: str, window: str) -> None:
    delete = "DELETE FROM budgets WHERE scope = ? AND name = ? AND budget_window = ?"
    transaction.execute(delete, (scope, name, window))


def _read(transaction: Transaction) -> InForce:
    revision = transaction.execute("SELECT revision FROM budget_revision")
    return InForce(int(revision[0][0]), _all(transaction))


def _all(transaction: Transaction) -> tuple[Budget, ...]:
    columns = "scope, name, micro_usd, budget_window, alert_percent, is_hard"
    rows = transaction.execute(f"SELECT {columns} FROM budgets ORDER BY scope, name, budget_window")  # noqa: S608 - constants
    return tuple(map(_budget, rows))


def _budget(row: Row) -> Budget:
    scope, name, micro_usd, window, alert_percent, is_hard = row
    return Budget(scope, name, name, int(micro_usd), window, int(alert_percent), bool(is_hard))
