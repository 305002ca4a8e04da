"""How fast native sessions come in: `minga sessions import --all` as a person types it, into a new encrypted store.

Beside it, in the same minute: the *floor*, which only parses the same JSON and drops it, and a second import, which
finds that nothing has changed. With ``--peers`` other programs that read the same files, installed into a folder that
goes away (`benchmarks.peers`).
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import homes, machine, peers
from benchmarks.homes import Home
from benchmarks.peers import Peer
from benchmarks.series import WrongResult
from benchmarks.spent import Spent, spend
from minga.agents import registry
from minga.sessions.formats.opencode import DATABASE

MEGABYTE = 1_000_000
PEAK_AIM_MB = 300

NOTHING = Spent(0.0, 0.0, 0.0, "")


@dataclass(frozen=True, slots=True)
class Imported:
    """One home. ``floor_s`` is the time of parsing alone, ``again_s`` of an import that finds nothing new; ``wrong`` is
    empty, or why there are no figures."""

    agent: str
    home: Home | None = None
    messages: int = 0
    first: Spent = NOTHING
    again_s: float = 0.0
    floor_s: float = 0.0
    peers: tuple[tuple[Peer, Spent | str], ...] = ()
    load: float = 0.0
    wrong: str = ""

    @property
    def size_mb(self) -> float:
        return self.home.size / MEGABYTE if self.home else 0.0

    def fields(self) -> dict[str, object]:
        if self.wrong or self.home is None:
            return {"agent": self.agent, "wrong": self.wrong}
        return {
            "agent": self.agent,
            "size_mb": round(self.size_mb, 1),
            "sessions": self.home.sessions,
            "messages": self.messages,
            "import_s": round(self.first.took_s, 2),
            "cpu_s": round(self.first.cpu_s, 2),
            "peak_mb": round(self.first.peak_mb),
            "again_s": round(self.again_s, 2),
            "floor_s": round(self.floor_s, 3),
            "peers": {peer.name: found if isinstance(found, str) else found.took_s for peer, found in self.peers},
            "load": self.load,
        }


def measure(
    agents: Sequence[str], size_mb: int, say: Callable[[str], None], *, with_peers: bool = False
) -> list[Imported]:
    """One home of ``size_mb`` for each of ``agents``; none of them has to be installed."""
    with machine.workplace() as tools:
        installed = peers.install(tools, say) if with_peers else {}
        return [_measure(agent, size_mb, installed, say) for agent in agents if agent in homes.FORMATS]


def _measure(agent: str, size_mb: int, tools: dict[str, list[Peer]], say: Callable[[str], None]) -> Imported:
    say(f"import: {size_mb} MB of {agent}")
    facts = registry.load(Path("/nonexistent")).get(agent)
    with machine.workplace() as folder:
        environment = {**machine.environment(folder, []), "MINGA_BACKUP_EVERY_MINUTES": "0"}
        home = homes.fill(facts, environment, folder / "work", size_mb * MEGABYTE)
        load = os.getloadavg()[0]
        command = (*machine.minga_command(), "sessions", "import", "--all", "--agent", agent, "--json")
        try:
            floor_s = _floor(home)
            first, again = (spend(command, cwd=folder, environment=environment) for _ in range(2))
            messages = _check(home, first, again)
        except WrongResult as wrong:
            return Imported(agent, wrong=str(wrong))
        beside = tuple((peer, _try(peer, home, folder, environment)) for peer in tools.get(agent, ()))
    return Imported(agent, home, messages, first, again.took_s, floor_s, beside, load)


def _check(home: Home, first: Spent, again: Spent) -> int:
    """How many messages came in. Raises WrongResult if a session is missing or came twice."""
    rows = [msgspec.json.decode(line) for line in first.output.splitlines()]
    if len(rows) != home.sessions or any(row["set_aside"] for row in rows):
        raise WrongResult(f"{len(rows)} of {home.sessions} sessions came in, or pieces of them were set aside")
    if again.output:
        raise WrongResult(f"the second import brought something in: {again.output[:300]}")
    return sum(int(row["messages"]) for row in rows)


def _floor(home: Home) -> float:
    """Seconds of parsing everything and keeping nothing."""
    began = time.perf_counter()
    for raw in _rows(home.folder / DATABASE) if home.agent == "opencode" else _lines(home.folder):
        msgspec.json.decode(raw)
    return time.perf_counter() - began


def _lines(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*.jsonl"):
        with path.open("rb") as file:
            yield from file


def _rows(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as database:
        for table in ("message", "part"):
            for (data,) in database.execute(f"SELECT CAST(data AS BLOB) FROM {table}"):
                yield data


def _try(peer: Peer, home: Home, folder: Path, environment: dict[str, str]) -> Spent | str:
    """What it took, or why it did not work."""
    try:
        return spend(peer.command(home.folder), cwd=folder, environment={**environment, **peer.variables(home.folder)})
    except (WrongResult, OSError) as wrong:
        return str(wrong)


def show(console: Console, found: list[Imported]) -> None:
    table = Table(title="Bringing in native sessions, into a new encrypted store", title_justify="left")
    for title in ("CLI", "home", "took, s", "of it CPU, s", "MB/s", "messages/s", f"peak, MB (aim ≤ {PEAK_AIM_MB})"):
        table.add_column(title)
    for title in ("nothing new, s", "parsing alone, MB/s", "load"):
        table.add_column(title)
    for one in found:
        if one.wrong or one.home is None:
            table.add_row(one.agent, f"[red]{one.wrong[:200]}[/red]")
            continue
        took_s = one.first.took_s
        table.add_row(
            one.agent,
            f"{one.size_mb:.0f} MB, {one.home.sessions} sessions, {one.messages} messages",
            f"{took_s:.2f}",
            f"{one.first.cpu_s:.2f}",
            f"{one.size_mb / took_s:.1f}",
            f"{one.messages / took_s:.0f}",
            f"{one.first.peak_mb:.0f}",
            f"{one.again_s:.2f}",
            f"{one.size_mb / one.floor_s:.0f}",
            f"{one.load:.1f}",
        )
    console.print(table)
    if any(one.peers for one in found):
        _show_peers(console, found)


def _show_peers(console: Console, found: list[Imported]) -> None:
    table = Table(title="Other programs on the same files", title_justify="left")
    for title in ("files of", "program", "licence", "what it does", "took, s", "MB/s", "peak, MB"):
        table.add_column(title)
    for one in found:
        for peer, spent in one.peers:
            head = one.agent, peer.name, peer.licence, peer.does
            if isinstance(spent, str):
                table.add_row(*head, f"[red]{spent[:120]}[/red]")
            else:
                speed = f"{one.size_mb / spent.took_s:.1f}"
                table.add_row(*head, f"{spent.took_s:.2f}", speed, f"{spent.peak_mb:.0f}")
    console.print(table)
