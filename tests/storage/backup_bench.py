"""A store with accounts whose sum never changes, its backups, and a clock that the test moves."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minga.infrastructure.clock import FakeClock
from minga.storage.backup import Backups, Plan
from minga.storage.database import Migration, migrate
from minga.storage.sqlite import Sqlite
from stores import KEY

SCHEMA = (Migration("accounts", 1, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, sum INTEGER, note TEXT);\n"),)
ACCOUNTS = 200
NOTE = "la glosa de la cuenta "
START = datetime(2026, 11, 24, 4, 0, 30, tzinfo=UTC)


@dataclass
class Bench:
    """All below ``root``. ``key`` is what the backups ask for."""

    root: Path
    plan: Plan = field(default_factory=Plan)
    key: bytes = KEY
    schema: tuple[Migration, ...] = SCHEMA
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))

    @property
    def store(self) -> Path:
        return self.root / "minga.db"

    @property
    def backups(self) -> Backups:
        folder = self.root / "backups"
        return Backups(self.store, folder, lambda: self.key, self.clock.now, self.plan, self.schema)

    def fill(self) -> None:
        engine = self.open()
        migrate(engine, SCHEMA)
        engine.begin(writing=True)
        for number in range(ACCOUNTS):
            engine.execute("INSERT INTO accounts VALUES (?, 100, ?)", (number, NOTE * 20))
        engine.commit()
        engine.close()

    def open(self) -> Sqlite:
        return Sqlite(self.store, KEY, 0.3)

    def move(self, one: int, other: int, amount: int) -> None:
        """Move an amount from one account to another."""
        engine = self.open()
        transfer(engine, one, other, amount)
        engine.close()

    def sums(self) -> list[int]:
        engine = self.open()
        try:
            return [row[0] for row in engine.execute("SELECT sum FROM accounts ORDER BY id")]
        finally:
            engine.close()

    def advance(self, **by: float) -> None:
        self.clock.advance(timedelta(**by).total_seconds())

    def manifest(self, name: str) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.root / "backups" / f"{name}.json").read_text())
        return found

    def flip(self, file: Path, at: int) -> None:
        content = bytearray(file.read_bytes())
        content[at] ^= 0x10
        file.write_bytes(content)


def transfer(engine: Sqlite, one: int, other: int, amount: int) -> None:
    engine.begin(writing=True)
    engine.execute("UPDATE accounts SET sum = sum - ? WHERE id = ?", (amount, one))
    engine.execute("UPDATE accounts SET sum = sum + ? WHERE id = ?", (amount, other))
    engine.commit()
