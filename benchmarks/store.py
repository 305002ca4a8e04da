"""What encrypting the store costs: transactions and scans on the encrypted file beside the plain one."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.series import Series
from minga.storage.sqlite import Sqlite

AIM = 1.5
"""The most that the encrypted file may take of the plain one's time for writing."""

KEY = bytes(range(32))
EVENT = "Una línea de la conversación, con algo de texto y su respuesta. " * 12
"""About 800 bytes, what an event of a CLI takes on average."""

SINGLE_COMMITS = 200
GROUPS = 200
GROUP_EVENTS = 50
"""Single commits wait for the disk; groups are what a busy CLI makes (docs/decisions/0009-group-commit.md)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of work on both files."""

    name: str
    plain: Series
    encrypted: Series

    @property
    def aim(self) -> str:
        return f"≤ {AIM}" if "commits" in self.name or "groups" in self.name else ""

    @property
    def ratio(self) -> float:
        """Of the minima: the disk of a shared machine is noise that only adds."""
        return self.encrypted.minimum / self.plain.minimum

    def fields(self) -> dict[str, object]:
        return {"plain": self.plain.fields(), "encrypted": self.encrypted.fields(), "ratio": round(self.ratio, 2)}


def measure(rounds: int, say: Callable[[str], None]) -> list[Compared]:
    """Both files in turns, so that what else the machine does falls on both."""
    say("store: encrypted and plain")
    taken = [(_round(None), _round(KEY)) for _ in range(max(5, rounds))]
    names = ("first use, with the schema", f"{SINGLE_COMMITS} single commits", f"{GROUPS} groups of {GROUP_EVENTS}")
    return [
        Compared(
            name,
            Series(tuple(plain[place] for plain, _ in taken)),
            Series(tuple(encrypted[place] for _, encrypted in taken)),
        )
        for place, name in enumerate((*names, "opening it again", "reading everything"))
    ]


def show(console: Console, found: list[Compared]) -> None:
    table = Table(title="The encrypted store, ms: min / median / max", title_justify="left")
    for title in ("work", "plain", "encrypted", "ratio of the minima", "aim"):
        table.add_column(title)
    for one in found:
        table.add_row(one.name, str(one.plain), str(one.encrypted), f"{one.ratio:.2f}", one.aim)
    console.print(table)


def _round(key: bytes | None) -> tuple[float, ...]:
    with tempfile.TemporaryDirectory(prefix="minga-bench-") as folder:
        path = Path(folder) / "minga.db"
        began = time.perf_counter()
        engine = Sqlite(path, key)
        engine.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, session TEXT, body TEXT)")
        engine.execute("CREATE INDEX by_session ON events (session, id)")
        times = [time.perf_counter() - began]
        for commits, size in ((SINGLE_COMMITS, 1), (GROUPS, GROUP_EVENTS)):
            began = time.perf_counter()
            for number in range(commits):
                _write(engine, f"session-{number % 20}", size)
            times.append(time.perf_counter() - began)
        engine.close()
        began = time.perf_counter()
        engine = Sqlite(path, key)
        engine.execute("SELECT COUNT(*) FROM sqlite_master")
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
        engine.execute("SELECT SUM(LENGTH(body)) FROM events")
        times.append(time.perf_counter() - began)
        engine.close()
        return tuple(times)


def _write(engine: Sqlite, session: str, size: int) -> None:
    engine.begin(writing=True)
    for _ in range(size):
        engine.execute("INSERT INTO events (session, body) VALUES (?, ?)", (session, EVENT))
    engine.commit()
