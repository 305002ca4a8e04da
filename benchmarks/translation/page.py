"""The table, for the terminal and for ``docs/reference/translation-benchmark.md``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.gateway import page
from benchmarks.gateway.load import CHUNKS
from benchmarks.gateway.page import NOTHING, QUIET
from benchmarks.machine import Machine
from benchmarks.translation.ways import LITELLM_WAYS, MINGA_WAYS, Way

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "translation-benchmark.md"

SMALL, LARGE, STREAM = "5 kB request", "200 kB request", f"stream of {CHUNKS} chunks"

HEADS = ("way", SMALL, ": passed on", LARGE, ": passed on", STREAM, "a chunk more")


@dataclass(frozen=True, slots=True)
class Figure:
    """``cpu_us`` of the gateway for one call or stream. ``others``: the share of the cores that other programs took."""

    way: Way
    measure: str
    cpu_us: float
    others: float


@dataclass(frozen=True, slots=True)
class Result:
    """``rounds`` that were asked for; ``command`` as it was given; ``versions`` of the gateways."""

    machine: Machine
    figures: Sequence[Figure]
    rounds: int
    command: str
    versions: Sequence[str]
    wrong: Sequence[str]

    def best(self, way: Way, measure: str) -> float | None:
        """Of the rounds: CPU time that others made longer is never made shorter."""
        found = [one.cpu_us for one in self.figures if one.way == way and one.measure == measure]
        return min(found, default=None)

    @property
    def quietness(self) -> str:
        most = max((one.others for one in self.figures), default=0.0)
        if most <= QUIET:
            return f"The machine was quiet: other programs took at most {most:.0%} of the cores."
        return (
            f"**The machine was not quiet**: other programs took up to {most:.0%} of the cores. CPU time suffers least "
            "from that, up to 1.5 times; ratios suffer less."
        )


def show(console: Console, result: Result) -> None:
    table = Table(title="CPU of the gateway, µs: best of the rounds", title_justify="left")
    for title in HEADS:
        table.add_column(title)
    for row in _rows(result):
        table.add_row(*row)
    console.print(table)
    console.print(result.quietness.replace("**", ""))
    for one in result.wrong:
        console.print(f"! {one}")


def write(result: Result) -> None:
    """Put the table between the marks of the page."""
    parts = [
        f"`{result.command}`, {result.machine}. {', '.join(result.versions)}. Rounds: {result.rounds}; µs, the best.",
        result.quietness,
        page.table(HEADS, _rows(result)),
        "What failed:\n\n" + "\n".join(f"- {one}" for one in result.wrong) if result.wrong else "Nothing failed.",
    ]
    page.put("table", "\n\n".join(parts), PAGE, "translation")


def _rows(result: Result) -> list[list[str]]:
    measured = {one.way for one in result.figures}
    return [_row(way, result) for way in (*MINGA_WAYS, *LITELLM_WAYS) if way in measured]


def _row(way: Way, result: Result) -> list[str]:
    cells = [str(way) if way.is_translated else f"{way} (passed on)"]
    for measure in (SMALL, LARGE):
        mine, passed = result.best(way, measure), result.best(way.passed, measure)
        cells.append(NOTHING if mine is None else f"{mine:,.0f}")
        cells.append(f"{mine / passed:.2f}" if way.is_translated and mine and passed else NOTHING)
    mine, passed = result.best(way, STREAM), result.best(way.passed, STREAM)
    cells.append(NOTHING if mine is None else f"{mine:,.0f}")
    cells.append(f"{(mine - passed) / CHUNKS:.1f}" if way.is_translated and mine and passed else NOTHING)
    return cells
