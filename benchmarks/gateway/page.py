"""The table, for the terminal and for ``docs/reference/gateway-benchmark.md``."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.gateway.measures import DIRECT, MEASURES, Measure, figure, ratio
from benchmarks.gateway.targets import Target
from benchmarks.gateway.visit import Visit
from benchmarks.machine import Machine

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "gateway-benchmark.md"

QUIET = 0.1
"""Share of the cores that others may take in a quiet run."""

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Result:
    """``rounds`` that were asked for; ``command`` as it was given; ``booked`` calls in Minga's ledger at the end."""

    machine: Machine
    targets: Sequence[Target]
    visits: Sequence[Visit]
    rounds: int
    command: str
    booked: int

    def names(self, group: str) -> list[str]:
        return [one.name for one in self.targets if one.group == group]

    def others(self, target: str) -> float:
        return statistics.median([one.others_share for one in self.visits if one.target == target] or [0.0])

    @property
    def answered(self) -> int:
        """Calls that Minga answered whole."""
        return sum(one.answered for one in self.visits if one.target in self.names("ours"))

    @property
    def ledger(self) -> str:
        return (
            f"Minga answered {self.answered:,} calls whole; its ledger holds {self.booked:,} (also those that "
            "were under way when the load stopped)."
        )

    @property
    def quietness(self) -> str:
        """Whether the figures can be trusted, in plain words."""
        shares = {one.name: self.others(one.name) for one in self.targets}
        noisy = {name: share for name, share in shares.items() if share > QUIET}
        if not noisy:
            return f"The machine was quiet: other programs took at most {max(shares.values()):.0%} of the cores."
        told = ", ".join(f"{name} {share:.0%}" for name, share in noisy.items())
        return (
            f"**The machine was not quiet**; other programs took of the cores: {told}. Times and requests a second of "
            "those columns are far worse than they are by themselves. The CPU figures suffer least, up to 1.5 times "
            "(caches are shared); compare the best rounds of those."
        )


def show(console: Console, result: Result) -> None:
    table = Table(title="Gateways: median of the rounds (best round)", title_justify="left", show_lines=False)
    for title in _heads(result):
        table.add_column(title)
    for row in _rows(result):
        table.add_row(*row)
    console.print(table)
    console.print(result.quietness.replace("**", ""))
    if result.answered:
        console.print(result.ledger)
    for told in _troubles(result):
        console.print(f"! {told}")


def write(result: Result, part: str = "table") -> None:
    """Put the table between the marks of the page."""
    put(part, _markdown(result))


def put(part: str, text: str, page: Path = PAGE, program: str = "gateway") -> None:
    """Between the marks of the page."""
    begin, end = f"<!-- {part}: written by `python -m benchmarks {program}` -->", f"<!-- end of {part} -->"
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page} has no part {part!r}")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", "utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _markdown(result: Result) -> str:
    does = [[one.name, one.version or NOTHING, one.does] for one in result.targets]
    troubles = [f"- {one}" for one in _troubles(result)]
    parts = [
        f"`{result.command}`, {result.machine}. Rounds: {result.rounds}, in turn; median, and in brackets the best.",
        result.quietness,
        table(_heads(result), _rows(result)),
        table(("what", "version", "what it does for a call"), does),
        result.ledger,
        "What failed:\n\n" + "\n".join(troubles) if troubles else "Nothing failed.",
    ]
    return "\n\n".join(parts)


def _heads(result: Result) -> list[str]:
    return ["", *(one.name for one in result.targets), "Minga : nginx", "Minga : best peer"]


def _rows(result: Result) -> list[list[str]]:
    shares = [f"{result.others(one.name):.0%}" for one in result.targets]
    return [*(_row(measure, result) for measure in MEASURES), ["cores taken by others", *shares, "", ""]]


def _row(measure: Measure, result: Result) -> list[str]:
    figures = [figure(measure, one.name, result.visits) for one in result.targets]
    cells = [NOTHING if one is None else one.told(measure) for one in figures]
    if measure.added:
        bare = figure(replace(measure, added=False), DIRECT, result.visits)
        told = {DIRECT: NOTHING if bare is None else f"itself {bare.told(measure)}"}
        cells = [told.get(one.name, cell) for one, cell in zip(result.targets, cells, strict=True)]
    ours = (result.names("ours") or [""])[0]
    floor = ratio(measure, ours, [name for name in result.names("floor") if name == "nginx"], result.visits)
    peer = ratio(measure, ours, result.names("peer"), result.visits)
    title = f"{measure.title}, {measure.unit}" if measure.unit else measure.title
    return [
        title,
        *cells,
        NOTHING if floor is None else floor.told(),
        NOTHING if peer is None else f"{peer.told()} ({peer.other})",
    ]


def _troubles(result: Result) -> list[str]:
    """Each once, with how often."""
    seen: dict[str, int] = {}
    for one in result.visits:
        for wrong in one.wrong:
            name, _, why = wrong.partition(": ")
            told = f"{one.target}, {name}: {' '.join(why.split())[:160]}"
            seen[told] = seen.get(told, 0) + 1
    return [f"{told} ({count} ×)" if count > 1 else told for told, count in seen.items()]
