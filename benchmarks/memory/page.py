"""The tables, for the terminal and for ``docs/reference/memory-benchmark.md``; the same, for other programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.gateway import page
from benchmarks.memory.section import Section

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "memory-benchmark.md"

MEASURED = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True)
class Run:
    """A section with how it was measured: the command, and the machine."""

    command: str
    machine: str
    section: Section


def show(console: Console, section: Section) -> None:
    console.rule(section.title)
    for one in section.tables:
        table = Table(title=one.title, title_justify="left")
        for head in one.heads:
            table.add_column(head)
        for row in one.rows:
            table.add_row(*row)
        console.print(table)
    for line in (*section.aims, *section.notes):
        console.print(f"- {line}", markup=False)


def write(runs: dict[str, Run]) -> None:
    """Put the runs into `MEASURED` and on the page; what was measured of other sections stays."""
    kept = {**measured(), **runs}
    MEASURED.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    for name, run in runs.items():
        page.put(name, text(run), PAGE, "memory")


def measured() -> dict[str, Run]:
    """By the names of sections; empty where nothing was written yet."""
    if not MEASURED.exists():
        return {}
    return msgspec.json.decode(MEASURED.read_bytes(), type=dict[str, Run])


def text(run: Run) -> str:
    """As Markdown, between the marks of the page."""
    parts = [f"`{run.command}`, {run.machine}."]
    parts += [f"**{one.title}**\n\n{page.table(one.heads, one.rows)}" for one in run.section.tables]
    return "\n\n".join(parts + _lines(run.section))


def _lines(section: Section) -> list[str]:
    lines: Sequence[str] = [f"- Aim: {aim}." for aim in section.aims] + [f"- {note}" for note in section.notes]
    return ["\n".join(lines)] if lines else []
