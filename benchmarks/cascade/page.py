"""The tables, for the terminal and for ``docs/reference/cascade-benchmark.md``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.table import Table

from benchmarks.cascade import bound, watch
from benchmarks.cascade.replay import BASELINES, Check, Order, Row
from benchmarks.gateway import page
from benchmarks.gateway.page import NOTHING
from benchmarks.machine import Machine

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cascade-benchmark.md"

AIM, AIM_BASELINE = 0.5, "Claude 4.5 Opus"
QUALITY_LOST_MAX = 0.01

COUNTED = {1: "A cheaper single model, without a check", 2: "Two agents in turn", 3: "Three agents in turn"}

Replayed: TypeAlias = Mapping[Check, Mapping[str, Row]]
Rows: TypeAlias = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """``check``: whose rates the aim is about, and ``source``: where they come from. ``whole``: dollars and the share
    solved by each baseline. ``replayed`` by the most agents in turn."""

    machine: Machine
    command: str
    check: Check
    source: str
    splits: int
    whole: Mapping[str, tuple[float, float]]
    replayed: Mapping[int, Replayed]
    bounds: Sequence[bound.Row]
    watches: Sequence[watch.Row]

    @property
    def missed(self) -> list[str]:
        """The aims that are missed, as sentences."""
        found = []
        for stages, replayed in self.replayed.items():
            row = replayed[self.check][AIM_BASELINE]
            if stages > 1 and (row.saving < AIM or row.quality < -QUALITY_LOST_MAX):
                found.append(f"{stages} agents in turn save {row.saving:.0%} at {100 * row.quality:+.1f} pp")
        for one in self.bounds:
            for method, kept in one.kept.items():
                if kept.kept < bound.KEPT_MIN:
                    found.append(f"{one.answers}, {one.alpha:.0%}, {one.labels} labels, {method}: {kept.kept} kept")
        return found + [f"false alarms at {one.promised:.0%}: {one.share:.1%}" for one in self.watches if one.is_false]

    @property
    def aim(self) -> str:
        told = f"at least {AIM:.0%} saved against {AIM_BASELINE} at no more than -{100 * QUALITY_LOST_MAX:.0f} pp"
        told = f"The aims ({told}; bounds kept in {bound.KEPT_MIN} of {bound.SPLITS}; false alarms at most 5 %)"
        return f"{told} are missed: {'; '.join(self.missed)}." if self.missed else f"{told} are met."


def show(console: Console, result: Result) -> None:
    console.print(str(result.machine))
    console.print(_rates(result))
    for title, heads, rows in _tables(result):
        table = Table(title=title, title_justify="left")
        for head in heads:
            table.add_column(head)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(result.aim)


def write(result: Result) -> None:
    """Put the tables between the marks of the page."""
    parts = [f"`{result.command}`, {result.machine}.", _rates(result), result.aim]
    for title, heads, rows in _tables(result):
        parts += [f"### {title}", page.table(heads, rows)]
    page.put("tables", "\n\n".join(parts), PAGE, "cascade")


def _rates(result: Result) -> str:
    check = result.check
    return f"The check accepts {check.tpr:.1%} of right and {check.fpr:.1%} of wrong answers: {result.source}."


def _tables(result: Result) -> list[tuple[str, Sequence[str], Rows]]:
    tables = [
        (
            COUNTED[stages],
            ("against", *(str(check) if stages > 1 else "change" for check in each)),
            _against(result, each),
        )
        for stages, each in result.replayed.items()
    ]
    orders = [row for stages in result.replayed if stages > 1 for row in _orders(stages, result)]
    return [
        *tables,
        (f"What was chosen, check {result.check}", ("agents", "against", "most chosen order", "splits"), orders),
        (
            f"Bounds on the wrong among the answered, {1 - bound.DELTA:.0%} sure, of {bound.SPLITS} splits",
            ("answers", "at most wrong", "labels", *bound.METHODS),
            [_bound(row) for row in result.bounds],
        ),
        (
            f"The watch, {watch.ANSWERS:,} answers in a stream",
            ("promised", "true", "streams", "with alarm", "median answers until then"),
            [_watch(row) for row in result.watches],
        ),
    ]


def _against(result: Result, replayed: Replayed) -> Rows:
    rows = []
    for name in next(iter(replayed.values())):
        dollars, solved = result.whole.get(name, (0.0, 0.0))
        title = f"{name} (${dollars:,.0f}, {solved:.1%})" if name in BASELINES else name
        rows.append((title, *(_change(each[name]) for each in replayed.values())))
    return rows


def _change(row: Row) -> str:
    cost, quality = -100 * row.saving or 0.0, round(100 * row.quality, 1) + 0.0
    return f"{cost:+.0f} ± {100 * row.saving_sd:.0f} %, {quality:+.1f} ± {100 * row.quality_sd:.1f} pp"


def _orders(stages: int, result: Result) -> Rows:
    rows = []
    for name, row in result.replayed[stages][result.check].items():
        order, count = row.orders[0]
        rows.append((f"at most {stages}", name, _told(order), f"{count} of {result.splits}"))
    return rows


def _told(order: Order) -> str:
    return " → ".join(model.split(" (")[0] for model in order)


def _bound(row: bound.Row) -> Sequence[str]:
    return (row.answers, f"{row.alpha:.0%}", f"{row.labels:,}", *(str(kept) for kept in row.kept.values()))


def _watch(row: watch.Row) -> Sequence[str]:
    after = NOTHING if row.median is None else f"{row.median:,.0f}"
    return (f"{row.promised:.0%}", f"{row.true:.0%}", f"{row.streams}", f"{row.share:.1%}", after)
