"""`minga sessions stats`: what sessions took and cost."""

import csv
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import click
import msgspec
from rich.table import Table

from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import MICRO_USD, span
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.reports.figures import DIMENSIONS, Asked, Dimension, Figures, Group

COLUMNS = (
    "Sessions",
    "Turns",
    "Input",
    "Cached",
    "Cache writes",
    "Output",
    "Cost",
    "Duration",
    "Waiting",
    "Tools",
    "Errors",
    "Fallbacks",
    "Lines",
)


@click.command("stats", cls=Verb, help="What sessions took and cost: by user, project, agent, model or day.")
@option("--by", "by", multiple=True, type=click.Choice(DIMENSIONS), help="Group so; may be given several times.")
@option("--since", metavar="WHEN", help="From this date (UTC) on, such as 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Up to the end of this date (UTC), or up to so long ago.")
@option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", help="table if left out.")
@click.pass_obj
def stats(desk: Desk, /, by: tuple[str, ...], since: str | None, until: str | None, form: str) -> None:
    now = datetime.now(UTC)
    dimensions = cast(tuple[Dimension, ...], tuple(dict.fromkeys(by)))
    asked = Asked(dimensions, *span(desk.say, since, until, now, UTC))
    groups = desk.run(lambda minga: minga.statistics.report(asked))
    if form == "json":
        print(msgspec.json.encode([{**group.key, **group.figures.fields()} for group in groups]).decode())
    elif form == "csv":
        _write_csv(asked, groups)
    else:
        _show(desk, asked, groups)


def _write_csv(asked: Asked, groups: Sequence[Group]) -> None:
    """Tools and errors as ``name=count`` pairs."""
    names = list(Figures().fields())
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*asked.by, *names])
    for group in groups:
        fields = group.figures.fields()
        writer.writerow([*(_cell(value) for value in group.key.values()), *(_flat(fields[name]) for name in names)])


def _cell(text: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _flat(value: int | dict[str, int] | None) -> int | str:
    match value:
        case None:
            return ""
        case dict():
            return " ".join(f"{name}={count}" for name, count in value.items())
        case _:
            return value


def _show(desk: Desk, asked: Asked, groups: Sequence[Group]) -> None:
    say = desk.say
    if not groups:
        print(say("No sessions in this time."), file=sys.stderr)
        return
    table = Table(box=None, pad_edge=False)
    for dimension in asked.by:
        table.add_column(say(dimension))
    for column in COLUMNS:
        table.add_column(say(column), justify="right")
    total = Figures()
    for group in groups:
        total.add(group.figures)
        table.add_row(*(visible(value) or "–" for value in group.key.values()), *_cells(desk, group.figures))
    if asked.by:
        table.add_section()
        table.add_row(*[say("all"), *[""] * (len(asked.by) - 1)], *_cells(desk, total))
    console = Console()
    console = console if sys.stdout.isatty() else Console(width=400)
    console.print(table, markup=False)


def _cells(desk: Desk, one: Figures) -> list[str]:
    cost = f"${one.cost_micro_usd / MICRO_USD:.4f}"
    if one.calls_of_unknown_cost:
        cost += f" + {one.calls_of_unknown_cost} ?"
    return [
        f"{len(one.session_ids)}",
        f"{one.turns}",
        *map(str, (one.input_tokens, one.cached_input_tokens, one.cache_write_tokens, one.output_tokens)),
        cost,
        _time(one.duration_ms),
        _time(one.waiting_ms),
        _counts(one.tools),
        _counts(one.errors),
        f"{one.fallbacks}",
        _lines(desk, one),
    ]


def _lines(desk: Desk, one: Figures) -> str:
    known = f"+{one.lines_added} -{one.lines_removed}"
    if not one.edits_of_unknown_size:
        return known
    if one.lines_added or one.lines_removed:
        return f"{known} + {one.edits_of_unknown_size} ?"
    return desk.say("unknown")


def _counts(counts: dict[str, int]) -> str:
    return " ".join(f"{name}:{count}" for name, count in sorted(counts.items())) or "0"


def _time(milliseconds: int) -> str:
    seconds = round(milliseconds / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
