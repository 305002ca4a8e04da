"""How long Minga itself takes to start: its help, and `minga doctor` for all installed CLIs."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.machine import Cli
from benchmarks.series import Series, time_command

HELP_AIM_MS = 150
DOCTOR_AIM_MS = 4000


@dataclass(frozen=True, slots=True)
class Startup:
    """``python`` is the floor: an interpreter that does nothing."""

    python: Series
    help: Series
    builtin: Series
    doctor: Series
    doctor_clis: tuple[str, ...]

    def fields(self) -> dict[str, object]:
        series = {name: getattr(self, name).fields() for name in ("python", "help", "builtin", "doctor")}
        return {**series, "doctor_clis": self.doctor_clis}


def measure(clis: list[Cli], pairs: int, say: Callable[[str], None]) -> Startup:
    say("start-up: help, built-in agent, doctor")
    with machine.workplace() as folder:
        environment = {**machine.environment(folder, clis), "MINGA_ENDPOINT": "http://127.0.0.1:9"}
        minga = machine.minga_command()
        commands = (
            (sys.executable, "-c", "pass"),
            (*minga, "--help"),
            (*minga, "run", "--quiet", "--agent", "builtin", "validate RUT 12.345.678-5"),
        )

        def take() -> tuple[float, ...]:
            return tuple(time_command(command, cwd=folder, environment=environment) for command in commands)

        take()
        rounds = [take() for _ in range(max(10, pairs))]
        python, shown, builtin = (Series(column) for column in zip(*rounds, strict=True))
        doctor = Series(
            tuple(time_command((*minga, "doctor"), cwd=folder, environment=environment) for _ in range(pairs))
        )
    return Startup(python, shown, builtin, doctor, tuple(cli.facts.name for cli in clis))


def show(console: Console, found: Startup) -> None:
    table = Table(title="Start-up of Minga, ms: min / median / max", title_justify="left")
    for title in ("command", "time", "aim"):
        table.add_column(title)
    table.add_row("python -c pass (the floor)", str(found.python), "")
    table.add_row("minga --help", str(found.help), f"≤ {HELP_AIM_MS}")
    table.add_row("minga run --agent builtin", str(found.builtin), "")
    names = ", ".join(found.doctor_clis)
    table.add_row(f"minga doctor ({names})", str(found.doctor), f"≤ {DOCTOR_AIM_MS}")
    console.print(table)
