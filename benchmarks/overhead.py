"""What `minga run` costs over the CLI alone: same prompt, same scripted server, same settings, in pairs.

Four things are measured one after the other in every round, so that a busy machine is busy for all of them:

- *bare*: a new CLI process in its own headless mode, whole process;
- *cold*: a new `minga run --quiet` process, Python's start included, which starts a new CLI process;
- *library*: a new CLI process started through Minga in a Python process that already runs;
- *next turn*: a further turn in a CLI process that Minga keeps (`minga chat`).

The bare run is another mode of the CLI (`codex exec` against `codex app-server`, `-p` against ACP): it is what a person
would otherwise do.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.bare import MODES, one_shot
from benchmarks.machine import KEY_VARIABLE, MODEL, Cli
from benchmarks.series import Series, WrongResult, time_command
from minga.agents.attempt import Stop
from minga.bootstrap import Minga, build
from minga.domain.events import Event, Finished
from minga.domain.ids import AgentName, SessionId
from minga.domain.task import Endpoint, Permissions, Task
from minga.settings import read
from minga.testing import Say, Script

ANSWER = "the scripted answer"
PROMPT = "Say the scripted answer."

COLD_AIM_MS = 350
LIBRARY_AIM_MS = 120

NOTHING = Series(())


@dataclass(frozen=True, slots=True)
class Overhead:
    """One CLI. ``wrong`` is empty, or why there are no figures; ``load`` is the average of the minute before."""

    agent: str
    bare_mode: str
    minga_mode: str
    load: float
    bare: Series = NOTHING
    cold: Series = NOTHING
    library: Series = NOTHING
    next_turn: Series = NOTHING
    wrong: str = ""

    def fields(self) -> dict[str, object]:
        if self.wrong:
            return {"agent": self.agent, "wrong": self.wrong}
        series = {name: getattr(self, name).fields() for name in ("bare", "cold", "library", "next_turn")}
        return {
            "agent": self.agent,
            "bare_mode": self.bare_mode,
            "minga_mode": self.minga_mode,
            "load": self.load,
            **series,
        }


def measure(clis: list[Cli], pairs: int, say: Callable[[str], None]) -> list[Overhead]:
    """Measure each CLI in ``pairs`` rounds, after one round that does not count (it fills homes and caches)."""
    found = []
    for cli in clis:
        say(f"overhead: {cli.facts.name}")
        one = Overhead(cli.facts.name, MODES[cli.facts.name][0], cli.facts.driver, os.getloadavg()[0])
        with machine.workplace() as folder, machine.scripted_server(Script(default=Say(ANSWER)), folder) as url:
            try:
                found.append(asyncio.run(_Bench(cli, clis, folder, url).run(one, pairs)))
            except WrongResult as wrong:
                found.append(replace(one, wrong=str(wrong)))
    return found


class _Bench:
    def __init__(self, cli: Cli, clis: list[Cli], folder: Path, url: str) -> None:
        self._cli = cli
        self._clis = clis
        self._folder = folder
        self._url = url
        self._cwd = machine.make_repository(folder / "work")

    async def run(self, one: Overhead, pairs: int) -> Overhead:
        library, keeping = self._minga("library"), self._minga("keeping")
        try:
            session = await _turn(keeping, self._task(), warm=True)
            await self._round(library, keeping, session)
            rounds = [await self._round(library, keeping, session) for _ in range(pairs)]
        finally:
            await library.close()
            await keeping.close()
        bare, cold, library_s, next_turn = (Series(column) for column in zip(*rounds, strict=True))
        return replace(one, bare=bare, cold=cold, library=library_s, next_turn=next_turn)

    async def _round(self, library: Minga, keeping: Minga, session: SessionId) -> tuple[float, float, float, float]:
        bare = await asyncio.to_thread(self._bare)
        cold = await asyncio.to_thread(self._cold)
        began = time.perf_counter()
        await _turn(library, self._task())
        in_library = time.perf_counter() - began
        began = time.perf_counter()
        await _turn(keeping, replace(self._task(), session_id=session), warm=True)
        return bare, cold, in_library, time.perf_counter() - began

    def _bare(self) -> float:
        home = self._folder / "bare"
        home.mkdir(exist_ok=True)
        command, environment = one_shot(
            self._cli,
            PROMPT,
            cwd=self._cwd,
            url=self._url,
            homes=home / "homes",
            inherited=machine.environment(home, self._clis),
        )
        return time_command(command, cwd=self._cwd, environment=environment, expected=ANSWER)

    def _cold(self) -> float:
        command = (
            *(*machine.minga_command(), "run", "--quiet", "--agent", self._cli.facts.name),
            *("--endpoint", self._url, "--api-key-env", KEY_VARIABLE, "--model", MODEL),
            *("--permissions", "all", PROMPT),
        )
        return time_command(command, cwd=self._cwd, environment=self._environment("cold"), expected=ANSWER)

    def _environment(self, name: str) -> Mapping[str, str]:
        home = self._folder / name
        home.mkdir(exist_ok=True)
        return machine.environment(home, self._clis)

    def _minga(self, name: str) -> Minga:
        return build(read(self._environment(name)))

    def _task(self) -> Task:
        return Task(
            PROMPT,
            self._cwd,
            agents=(AgentName(self._cli.facts.name),),
            model=MODEL,
            permissions=Permissions.ALL,
            endpoint=Endpoint(self._url, "k"),
        )


async def _turn(minga: Minga, task: Task, *, warm: bool = False) -> SessionId:
    """Run one task to its very end. Raises WrongResult if it did not finish with the answer."""
    run = await minga.runner.start(task, Stop(), warm=warm)
    last: Event | None = None
    async for recorded in run.events():
        last = recorded.event
    if not isinstance(last, Finished) or ANSWER not in last.answer:
        raise WrongResult(f"the run ended with {last}")
    return run.turn.session_id


def show(console: Console, found: list[Overhead]) -> None:
    table = Table(title="Overhead of Minga over the CLI alone, ms: min / median / max", title_justify="left")
    for title in ("CLI", "bare, new process", "cold: minga run", "library, new process", "next turn, kept process"):
        table.add_column(title)
    for one in found:
        if one.wrong:
            table.add_row(one.agent, f"[red]{one.wrong[:200]}[/red]")
        else:
            columns = (one.bare, one.cold, one.library, one.next_turn)
            modes = (one.bare_mode, "process + " + one.minga_mode, one.minga_mode, one.minga_mode)
            cells = [f"{series}\n[dim]{mode}[/dim]" for series, mode in zip(columns, modes, strict=True)]
            table.add_row(f"{one.agent}\n[dim]load {one.load:.1f}[/dim]", *cells)
    console.print(table)
    compared = Table(title="Difference to the bare CLI: of medians (of minima), ratio of medians", title_justify="left")
    for title in (
        "CLI",
        f"cold (aim ≤ {COLD_AIM_MS} ms)",
        f"library (aim ≤ {LIBRARY_AIM_MS} ms and ≤ 5 %)",
        "next turn",
    ):
        compared.add_column(title)
    for one in found:
        if not one.wrong:
            cells = [_compared(one.bare, series) for series in (one.cold, one.library, one.next_turn)]
            compared.add_row(one.agent, *cells)
    console.print(compared)


def _compared(bare: Series, series: Series) -> str:
    of_medians = (series.median - bare.median) * 1000
    of_minima = (series.minimum - bare.minimum) * 1000
    return f"{of_medians:+.0f} ms ({of_minima:+.0f} ms), ×{series.median / bare.median:.2f}"
