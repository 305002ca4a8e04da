"""How long a search takes in a store of made-up sessions, beside a plain, unencrypted FTS5 table of the same texts."""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import apsw
from rich.console import Console
from rich.table import Table

from benchmarks import corpus, filled, floor, machine
from benchmarks.filled import Work
from benchmarks.questions import asked
from benchmarks.series import Series, time_command
from minga.bootstrap import Minga, build
from minga.domain.ids import AgentName, SessionId
from minga.domain.sessions import Wanted
from minga.domain.transcript import TextPart
from minga.settings import read
from minga.storage.sqlite import Sqlite

AIM_MS = 50
"""Of `Search.find` in a process that runs: looking whether the store has something new, asking the index, looking up
rights, cutting out excerpts. Python's start and the opening of the files are the command's, and stand beside it."""

TURNS = 100_000
COMMANDS = ("zanahoria", "factura", "de")


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one kind of question. ``cpu`` is what the process worked for it: on a busy machine the rest is waiting for
    others. ``newest`` and ``ranked`` are the floor's: the newest 20, and the best 20 of all."""

    kind: str
    minga: Series
    cpu: Series
    newest: Series
    ranked: Series

    def fields(self) -> dict[str, object]:
        names = ("minga", "cpu", "newest", "ranked")
        tails = {"p95_ms": round(1000 * p95(self.minga), 1), "cpu_p95_ms": round(1000 * p95(self.cpu), 1)}
        return {**tails, **{one: getattr(self, one).fields() for one in names}}


@dataclass(frozen=True, slots=True)
class Searched:
    """``first``: the first search of a process, with all that it opens; ``after_turn``: the first one after a new turn,
    which it takes in. ``commands``: whole processes, for each of `COMMANDS`."""

    turns: int
    made: Work | None
    indexed: Work | None
    sizes_mb: dict[str, float]
    latencies: tuple[Latency, ...]
    first: Series
    after_turn: Series
    python: Series
    commands: dict[str, Series]

    @property
    def all(self) -> Series:
        return Series(tuple(time_s for one in self.latencies for time_s in one.minga.times_s))

    def fields(self) -> dict[str, object]:
        return {
            "turns": self.turns,
            "made": self.made and asdict(self.made),
            "indexed": self.indexed and asdict(self.indexed),
            "sizes_mb": self.sizes_mb,
            "questions": {one.kind: one.fields() for one in self.latencies},
            "p95_ms": round(1000 * p95(self.all), 1),
            **{one: getattr(self, one).fields() for one in ("first", "after_turn", "python")},
            "commands": {word: one.fields() for word, one in self.commands.items()},
        }


def p95(series: Series) -> float:
    return sorted(series.times_s)[int(0.95 * (len(series.times_s) - 1))]


def measure(turns: int, rounds: int, kept: Path | None, say: Callable[[str], None]) -> Searched:
    """``kept``: a folder to make the store in, or to find it made by an earlier call; else it is made and removed."""
    with machine.workplace() as passing:
        home = (kept or passing) / f"search-{turns}"
        made = indexed = None
        if not home.exists():
            say(f"search: a store of {turns} turns")
            part = _emptied(home.with_suffix(".part"))
            made = filled.apart(filled.fill, part, turns)
            part.rename(home)
        if not (home / "search").exists():
            say("search: its index")
            indexed = filled.apart(filled.index, home, turns)
        plain = home / "plain.db"
        if not plain.exists():
            say("search: the plain table beside it")
            filled.apart(floor.make, home, turns)
        say("search: questions")
        latencies, after_turn = asyncio.run(_in_process(home, plain, max(5, rounds), say))
        first = Series(tuple(asyncio.run(_first(home)) for _ in range(max(5, rounds))))
        say("search: commands")
        python, commands = _whole(home, passing, max(5, rounds))
        files = {"store": home / "minga.db", "index": next((home / "search").glob("*.db")), "plain table": plain}
        sizes = {name: round(file.stat().st_size / 1_000_000, 1) for name, file in files.items()}
        return Searched(turns, made, indexed, sizes, tuple(latencies), first, after_turn, python, commands)


def _emptied(folder: Path) -> Path:
    """What an earlier call was killed over is of no use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def show(console: Console, found: Searched) -> None:
    title = f"Search in {found.turns} turns, ms (aim: p95 ≤ {AIM_MS}); plain table and ratios: p50 of CPU time"
    table = Table(title=title, title_justify="left")
    headings = ("p50", "p95", "max", "CPU p50", "p95", "plain, newest 20", "ratio", "plain, best 20 of all", "ratio")
    for heading in ("asked for", *headings):
        table.add_column(heading)
    for one in found.latencies:
        times = (one.minga.median, p95(one.minga), one.minga.maximum, one.cpu.median, p95(one.cpu))
        beside = (text for other in (one.newest, one.ranked) for text in _beside(one.cpu, other))
        table.add_row(one.kind, *(f"{1000 * time_s:.1f}" for time_s in times), *beside)
    console.print(table)
    table = Table(title="Around it, ms: min / median / max", title_justify="left")
    for heading in ("what", "time"):
        table.add_column(heading)
    table.add_row("the first search of a process, without Python's start", str(found.first))
    table.add_row("the first search after a new turn, which it takes in", str(found.after_turn))
    table.add_row("python -c pass (the floor of a command)", str(found.python))
    for word, series in found.commands.items():
        table.add_row(f"minga sessions search {word}, the whole command", str(series))
    console.print(table)
    for name, work in (("store", found.made), ("index", found.indexed)):
        if work is not None:
            console.print(f"{name} made in {work.took_s:.0f} s, {work.peak_mb:.0f} MB of memory at most")
    console.print(", ".join(f"{name} {size:.0f} MB" for name, size in found.sizes_mb.items()))


def _beside(minga: Series, other: Series) -> tuple[str, str]:
    return f"{1000 * other.median:.1f}", f"×{minga.median / other.median:.2f}"


async def _in_process(home: Path, plain: Path, rounds: int, say: Callable[[str], None]) -> tuple[list[Latency], Series]:
    """The plain table's turn comes last: ranking a million rows leaves a process slower for a moment."""
    minga = build(read(filled.environment(home)))
    await minga.search.find(Wanted("factura"))
    taken = {kind: await _taken(minga, some, rounds) for kind, some in asked().items()}
    after_turns = await _after_turns(minga, rounds)
    await minga.close()
    say("search: the same of the plain table")
    connection = floor.open_plain(plain)
    newest, best = (
        {kind: _floor(connection, some, order) for kind, some in asked().items()}
        for order in (floor.NEWEST, floor.BEST)
    )
    latencies = [Latency(kind, *taken[kind], newest[kind], best[kind]) for kind in taken]
    connection.close()
    return latencies, after_turns


async def _taken(minga: Minga, some: Sequence[Wanted], rounds: int) -> tuple[Series, Series]:
    """Wall and CPU time of all questions of a kind, ``rounds`` times each."""
    times: list[float] = []
    worked: list[float] = []
    for wanted in [*some] * rounds:
        began, before = time.perf_counter(), time.process_time()
        await minga.search.find(wanted)
        times.append(time.perf_counter() - began)
        worked.append(time.process_time() - before)
    return Series(tuple(times)), Series(tuple(worked))


def _floor(connection: apsw.Connection, some: Sequence[Wanted], order: floor.Order) -> Series:
    """CPU time of each MATCH, once: to rank a million rows takes seconds."""
    times: list[float] = []
    for wanted in {(one.words, one.agent): one for one in some}.values():
        began = time.process_time()
        floor.ask(connection, wanted, order)
        times.append(time.process_time() - began)
    return Series(tuple(times))


async def _after_turns(minga: Minga, rounds: int) -> Series:
    """New turns as a running CLI leaves them: in the store, not yet in the index."""
    engine = Sqlite(minga.settings.store, minga.backups.key())
    pattern = next(corpus.sessions(1))
    times: list[float] = []
    for number in range(rounds):
        word = f"novedad{time.time_ns()}"
        first, *rest = pattern.messages
        messages = (replace(first, parts=(TextPart(f"una {word} de la factura"),)), *rest)
        made = replace(pattern, id=SessionId(f"{word}-{number}"), messages=messages)
        filled.add_turn(minga, engine, made)
        began = time.perf_counter()
        findings = await minga.search.find(Wanted(word))
        times.append(time.perf_counter() - began)
        assert len(findings.found) == 1
    engine.close()
    return Series(tuple(times))


async def _first(home: Path) -> float:
    minga = build(read(filled.environment(home)))
    began = time.perf_counter()
    await minga.search.find(Wanted("factura timbre", agent=AgentName("claude")))
    took_s = time.perf_counter() - began
    await minga.close()
    return took_s


def _whole(home: Path, folder: Path, rounds: int) -> tuple[Series, dict[str, Series]]:
    environment = {**machine.environment(folder, []), **filled.environment(home)}

    def take(*command: str) -> Series:
        return Series(tuple(time_command(command, cwd=folder, environment=environment) for _ in range(rounds + 1))[1:])

    search = (*machine.minga_command(), "sessions", "search")
    return take(sys.executable, "-c", "pass"), {word: take(*search, word) for word in COMMANDS}
