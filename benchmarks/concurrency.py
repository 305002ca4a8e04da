"""Twenty runs at once: the memory of Minga itself, lost events, processes left over, a store that all of them share.

Once as runs of one Minga process (the library), once as so many `minga run` processes on one SQLite file.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.crowd import Crowd
from benchmarks.machine import KEY_VARIABLE, MODEL, Cli
from benchmarks.talk import BUILTIN, asked, pieces, script

LIMIT_S = 300
CHEAP = ("codex", "claude")
"""Which CLI to take: the one with the smallest processes that is installed."""


@dataclass(frozen=True, slots=True)
class Result:
    """``wrong`` is empty, or everything that should not have been."""

    how: str
    runs: int
    took_s: float
    crowd: Crowd | None
    wrong: tuple[str, ...]

    def fields(self) -> dict[str, object]:
        crowd = None if self.crowd is None else msgspec.to_builtins(self.crowd)
        return {**asdict(self), "crowd": crowd}


def measure(clis: list[Cli], runs: int, say: Callable[[str], None]) -> list[Result]:
    cheap = next((cli.facts.name for name in CHEAP for cli in clis if cli.facts.name == name), None)
    found = []
    for agent in (BUILTIN, *filter(None, (cheap,))):
        say(f"concurrency: {runs} runs of {agent} in one process")
        found.append(_one_process(agent, clis, runs))
        say(f"concurrency: {runs} processes of minga run --agent {agent}")
        found.append(_many_processes(agent, clis, runs))
    return found


def _one_process(agent: str, clis: list[Cli], runs: int) -> Result:
    how = f"one process, {agent}"
    with machine.workplace() as folder, machine.scripted_server(script(runs), folder) as url:
        cwd = machine.make_repository(folder / "work")
        environment = machine.environment(folder, clis)
        command = (sys.executable, "-m", "benchmarks.crowd", agent, str(runs), url, str(cwd))
        try:
            done = subprocess.run(
                command,
                env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
                capture_output=True,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return Result(how, runs, LIMIT_S, None, (f"no end within {LIMIT_S} s",))
        if done.returncode != 0:
            return Result(how, runs, 0.0, None, (done.stderr.decode("utf-8", "replace")[-800:],))
        crowd = msgspec.json.decode(done.stdout, type=Crowd)
        left = _left_in(folder)
    wrong = [*crowd.lost, *([f"{crowd.orphans} processes outlived their run"] if crowd.orphans else []), *left]
    return Result(how, runs, crowd.took_s, crowd, tuple(wrong))


def _many_processes(agent: str, clis: list[Cli], runs: int) -> Result:
    """Start them all at once on a store that does not exist yet: the first ones also race to make it."""
    with machine.workplace() as folder, machine.scripted_server(script(runs), folder) as url:
        cwd = machine.make_repository(folder / "work")
        environment = machine.environment(folder, clis)
        flags = ("--endpoint", url, "--api-key-env", KEY_VARIABLE, "--model", MODEL, "--permissions", "all")
        began = time.perf_counter()
        started = [
            subprocess.Popen(
                (*machine.minga_command(), "run", "--quiet", "--agent", agent, *flags, asked(agent, number)),
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for number in range(runs)
        ]
        try:
            outputs = [one.communicate(timeout=LIMIT_S) for one in started]
        except subprocess.TimeoutExpired:
            for one in started:
                one.kill()
            return Result(f"{runs} processes, {agent}", runs, LIMIT_S, None, (f"no end within {LIMIT_S} s",))
        took_s = time.perf_counter() - began
        wrong = list(_left_in(folder))
    for number, (process, (said, errors)) in enumerate(zip(started, outputs, strict=True)):
        expected = "".join(pieces(number)).strip() if agent != BUILTIN else "RUT"
        if process.returncode != 0 or expected not in said.decode("utf-8", "replace"):
            wrong.append(
                f"process {number} ended with {process.returncode}: {errors.decode('utf-8', 'replace')[-300:]}"
            )
    return Result(f"{runs} processes, {agent}", runs, took_s, None, tuple(wrong))


def _left_in(folder: Path) -> list[str]:
    """Processes whose environment names ``folder`` as their home: all that a run starts do."""
    left = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                left.append(f"still alive: {process.pid} {' '.join(process.cmdline())[:100]}")
        except psutil.Error:
            continue
    return left


def show(console: Console, found: list[Result]) -> None:
    table = Table(title="Many runs at once on one SQLite store", title_justify="left")
    for title in ("runs", "took, s", "events", "Minga's memory before / peak / after, MB", "faults and orphans"):
        table.add_column(title)
    for one in found:
        crowd = one.crowd
        memory = "" if crowd is None else f"{crowd.before_mb:.0f} / {crowd.peak_mb:.0f} / {crowd.after_mb:.0f}"
        events = "" if crowd is None else str(crowd.events)
        faults = "[red]" + "\n".join(one.wrong[:5]) + "[/red]" if one.wrong else "none"
        table.add_row(f"{one.runs}: {one.how}", f"{one.took_s:.2f}", events, memory, faults)
    console.print(table)
