"""What encrypting costs: the same events into a plain SQLite file, into an encrypted one, and as Minga writes them:
into an encrypted one, each sealed with its session's key as well.

The three take turns in every round, so that what else the machine does falls on all. Ratios are of the minima: the disk
of a shared machine is noise that only adds. Rounds of their own count the processor's time, without the disk's.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.series import Series
from minga.storage.sqlite import Sqlite
from minga.storage.wrapping import Cipher

AIM = 1.5
"""The most that what Minga writes may take of the plain file's time."""

KEY = bytes(range(32))
EVENT = ("Una línea de la conversación, con algo de texto y su respuesta. " * 12).encode()
"""About 800 bytes, what an event of a CLI takes on average."""

CPU_ROUNDS = 3

SINGLE = 200
GROUPS = 200
GROUP_EVENTS = 50
"""Single commits wait for the disk; groups are what a busy CLI makes (docs/decisions/0009-group-commit.md)."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a file is written."""

    name: str
    key: bytes | None
    cipher: Cipher | None


WAYS = (
    Way("plain", None, None),
    Way("encrypted file", KEY, None),
    Way("encrypted, sealed events", KEY, Cipher(KEY)),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One kind of work in one way. ``cpu_s`` is the least processor time; ``each_s`` are the times of its transactions,
    of all rounds; ``events`` how many events one round wrote."""

    work: str
    way: str
    rounds: Series
    cpu_s: float
    each_s: tuple[float, ...] = ()
    events: int = 0

    @property
    def percentiles_ms(self) -> tuple[float, float]:
        """The 50th and the 95th of one transaction."""
        cuts = statistics.quantiles(self.each_s, n=20, method="inclusive")
        return cuts[9] * 1000, cuts[18] * 1000

    def fields(self) -> dict[str, object]:
        fields: dict[str, object] = {"work": self.work, "way": self.way, **self.rounds.fields()}
        fields["cpu_ms"] = round(self.cpu_s * 1000, 1)
        if self.each_s:
            p50, p95 = self.percentiles_ms
            fields |= {"p50_ms": round(p50, 3), "p95_ms": round(p95, 3), "events": self.events}
        return fields


def measure(rounds: int, say: Callable[[str], None]) -> list[Taken]:
    say("store: plain, encrypted, sealed")
    taken = [[_round(way, time.perf_counter) for way in WAYS] for _ in range(max(5, rounds))]
    worked = [[_round(way, time.process_time) for way in WAYS] for _ in range(CPU_ROUNDS)]
    found = []
    for place, (work, events) in enumerate(WORKS.items()):
        for number, way in enumerate(WAYS):
            parts = [one[number][place] for one in taken]
            each = tuple(s for part in parts for s in part) if events else ()
            cpu_s = min(sum(one[number][place]) for one in worked)
            found.append(Taken(work, way.name, Series(tuple(map(sum, parts))), cpu_s, each, events))
    return found


WORKS = {
    "first use, with the schema": 0,
    f"{SINGLE} single commits": SINGLE,
    f"{GROUPS} groups of {GROUP_EVENTS}": GROUPS * GROUP_EVENTS,
    "opening it again": 0,
    "reading everything": 0,
}
"""What a round does, and how many events that writes."""


def _round(way: Way, clock: Callable[[], float]) -> list[list[float]]:
    """Seconds, by ``clock``, of each piece of each work, in the order of `WORKS`."""
    with tempfile.TemporaryDirectory(prefix="minga-bench-") as folder:
        path = Path(folder) / "minga.db"
        began = clock()
        engine = Sqlite(path, way.key)
        engine.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, session TEXT, body BLOB)")
        engine.execute("CREATE INDEX by_session ON events (session, id)")
        times = [[clock() - began]]
        for commits, size in ((SINGLE, 1), (GROUPS, GROUP_EVENTS)):
            times.append([_write(engine, way, f"session-{number % 20}", size, clock) for number in range(commits)])
        engine.close()
        began = clock()
        engine = Sqlite(path, way.key)
        engine.execute("SELECT COUNT(*) FROM sqlite_master")
        times.append([clock() - began])
        began = clock()
        for session, body in engine.execute("SELECT session, body FROM events"):
            if way.cipher is not None:
                way.cipher.open(body, session.encode())
        times.append([clock() - began])
        engine.close()
        return times


def _write(engine: Sqlite, way: Way, session: str, size: int, clock: Callable[[], float]) -> float:
    began = clock()
    engine.begin(writing=True)
    for _ in range(size):
        body = EVENT if way.cipher is None else way.cipher.seal(EVENT, session.encode())
        engine.execute("INSERT INTO events (session, body) VALUES (?, ?)", (session, body))
    engine.commit()
    return clock() - began


def show(console: Console, found: list[Taken]) -> None:
    table = Table(title="The encrypted store, ms: min / median / max of a round", title_justify="left")
    for title in ("work", "how", "time", f"of plain (aim ≤ {AIM})", "processor, ms", "of plain", "events/s"):
        table.add_column(title)
    table.add_column("one transaction, ms: p50 / p95")
    plain = {one.work: one for one in found if one.way == WAYS[0].name}
    for one in found:
        base = plain[one.work]
        first = one is base
        speed = each = ""
        if one.each_s:
            speed = f"{one.events / one.rounds.minimum:.0f}"
            each = "{:.2f} / {:.2f}".format(*one.percentiles_ms)
        table.add_row(
            one.work if first else "",
            one.way,
            str(one.rounds),
            "" if first else f"×{one.rounds.minimum / base.rounds.minimum:.2f}",
            f"{one.cpu_s * 1000:.1f}",
            "" if first else f"×{one.cpu_s / base.cpu_s:.2f}",
            speed,
            each,
            end_section=one.way == WAYS[-1].name,
        )
    console.print(table)
