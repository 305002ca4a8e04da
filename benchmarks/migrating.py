"""How long it takes to go on in another CLI: every ordered pair of the installed CLIs.

A conversation of `ITEMS` items lies in the first CLI's own form and is brought in; then, for each other CLI:

- *as typed*: `minga continue SESSION --in NAME`, a new process, Python's start included, verified by replay;
- *written*: the same in a Python process that already runs, without the replay (what a fallback takes where the
  installed version is proven: reading the transcript, the native form, its place, and reading that again);
- *replayed*: what verifying adds to it, in that process: the CLI's start, its request, the comparison.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import homes, machine
from benchmarks.machine import Cli
from benchmarks.series import Series, WrongResult
from benchmarks.spent import spend
from minga.bootstrap import Minga, build
from minga.domain.errors import MingaError
from minga.domain.ids import AgentName, SessionId
from minga.domain.task import Task
from minga.settings import read

ITEMS = 60
"""Texts of both sides and tool calls with their results: some ten questions, about 100 kB."""

NOTHING = Series(())


@dataclass(frozen=True, slots=True)
class Pair:
    """``wrong`` is empty, or why there are no figures. Times as in the module's text."""

    source: str
    target: str
    load: float
    typed: Series = NOTHING
    written: Series = NOTHING
    replayed: Series = NOTHING
    level: str = ""
    wrong: str = ""

    def fields(self) -> dict[str, object]:
        head = {"source": self.source, "target": self.target, "load": self.load, "level": self.level}
        if self.wrong:
            return {**head, "wrong": self.wrong}
        return {**head, **{name: getattr(self, name).fields() for name in ("typed", "written", "replayed")}}


def measure(clis: list[Cli], rounds: int, say: Callable[[str], None]) -> list[Pair]:
    """All pairs, ``rounds`` times each."""
    with machine.workplace() as folder:
        cwd = machine.make_repository(folder / "work")
        environment = {**machine.environment(folder, clis), "MINGA_BACKUP_EVERY_MINUTES": "0"}
        sessions = {cli.facts.name: _bring_in(cli, folder, environment, cwd) for cli in clis}
        found = [
            Pair(source, cli.facts.name, os.getloadavg()[0])
            for source in sessions
            for cli in clis
            if source != cli.facts.name
        ]
        return [_Bench(pair, sessions[pair.source], environment, cwd).run(rounds, say) for pair in found]


def _bring_in(cli: Cli, folder: Path, environment: Mapping[str, str], cwd: Path) -> SessionId:
    """A session of this CLI's, brought in from a home of its own: what the CLIs write to lies apart."""
    name = cli.facts.name
    own = {**environment, "HOME": str(folder / f"from-{name}")}
    homes.put(cli.facts, own, cwd, homes.turns(ITEMS))
    command = (*machine.minga_command(), "sessions", "import", "--all", "--agent", name, "--json")
    done = spend(command, cwd=cwd, environment=own)
    return SessionId(msgspec.json.decode(done.output)["session_id"])


@dataclass(frozen=True, slots=True)
class _Bench:
    pair: Pair
    session_id: SessionId
    environment: Mapping[str, str]
    cwd: Path

    def run(self, rounds: int, say: Callable[[str], None]) -> Pair:
        say(f"migrate: {self.pair.source} to {self.pair.target}")
        levels: set[str] = set()
        try:
            taken = [(self._typed(levels), *asyncio.run(self._in_library(levels))) for _ in range(rounds)]
        except (WrongResult, MingaError) as wrong:
            return replace(self.pair, wrong=str(wrong))
        typed, written, replayed = (Series(column) for column in zip(*taken, strict=True))
        level = " ".join(sorted(levels))
        return replace(self.pair, typed=typed, written=written, replayed=replayed, level=level)

    def _typed(self, levels: set[str]) -> float:
        command = (*machine.minga_command(), "continue", self.session_id, "--in", self.pair.target, "--json")
        done = spend(command, cwd=self.cwd, environment=self.environment)
        said = msgspec.json.decode(done.output)
        if not said["verified"]:
            raise WrongResult("it was written without being verified")
        levels.add(said["level"])
        return done.took_s

    async def _in_library(self, levels: set[str]) -> tuple[float, float]:
        """Seconds of writing, and of what the replay adds."""
        minga = build(read(self.environment))
        try:
            written = await self._migrate(minga, levels, verify=False)
            return written, await self._migrate(minga, levels, verify=True) - written
        finally:
            await minga.close()

    async def _migrate(self, minga: Minga, levels: set[str], *, verify: bool) -> float:
        agent = AgentName(self.pair.target)
        task = Task("", self.cwd, agents=(agent,))
        examined = await minga.roster.examine(minga.roster.registry.get(agent), task)
        began = time.perf_counter()
        lineage = (await minga.history.transcript(self.session_id)).lineage()
        migrated = await minga.migrator.migrate(self.session_id, lineage, examined, task, verify=verify)
        took_s = time.perf_counter() - began
        levels.add(migrated.level)
        return took_s


def show(console: Console, found: list[Pair]) -> None:
    targets = list(dict.fromkeys(one.target for one in found))
    table = Table(title="Going on in another CLI as typed, verified by replay, s: median", title_justify="left")
    table.add_column("from \\ in")
    parts = Table(title="In a running process, ms: min / median / max over all pairs", title_justify="left")
    for title in ("in", "written", "replayed", "level"):
        parts.add_column(title)
    for target in sorted(targets):
        table.add_column(target)
        to_it = [one for one in found if one.target == target and not one.wrong]
        if to_it:
            written, replayed = (
                Series(tuple(s for one in to_it for s in getattr(one, name).times_s))
                for name in ("written", "replayed")
            )
            parts.add_row(target, str(written), str(replayed), " ".join(sorted({one.level for one in to_it})))
    for source in sorted({one.source for one in found}):
        row = {one.target: one for one in found if one.source == source}
        table.add_row(source, *(_cell(row.get(target)) for target in sorted(targets)))
    console.print(table)
    console.print(parts)
    for one in found:
        if one.wrong:
            console.print(f"[red]{one.source} to {one.target}: {one.wrong[:400]}[/red]")


def _cell(pair: Pair | None) -> str:
    if pair is None:
        return "–"
    return "[red]wrong[/red]" if pair.wrong else f"{pair.typed.median:.2f}"
