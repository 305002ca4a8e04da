"""`minga costs`: what the gateway's calls used and cost."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import get_args

import click
import msgspec
from rich.table import Table

from minga.bootstrap import Minga
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import dollars, span
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.reports.costs import By, Costs, Sum

HELP = """What the calls through the gateway used and cost, by list price.

Tokens are those that providers report; calls whose provider told none are counted as estimated, and calls of a model
without a list price as unpriced, never as free.

\b
  minga costs --by user --by model --since 7d
  minga costs --by agent --by account --since 1d
"""


@click.command(cls=Verb, name="costs", help=HELP)
@option(
    "--by",
    type=click.Choice(get_args(By)),
    multiple=True,
    help="Group so; may be given several times.",
)
@option("--since", metavar="WHEN", help="From this date (UTC) on, such as 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Up to the end of this date (UTC), or up to so long ago.")
@option("--json", "as_lines", is_flag=True, help="One row a line as JSON.")
@click.pass_obj
def command(desk: Desk, /, by: Sequence[By], since: str | None, until: str | None, as_lines: bool) -> None:
    by = tuple(dict.fromkeys(by))
    now = datetime.now(UTC)
    bounds = span(desk.say, since, until, now, UTC)

    async def work(minga: Minga) -> tuple[list[Sum], list[tuple[str, int]]]:
        costs = Costs(minga.database)
        return await costs.sums(by, *bounds), await costs.unpriced(*bounds)

    found, unpriced = desk.run(work)
    if as_lines:
        for one in found:
            print(msgspec.json.encode({**_named(by, one), **_figures(one)}).decode())
    elif found:
        _show(desk, by, found)
        _warn(desk, unpriced)
    else:
        print(desk.say("No calls in this time."), file=sys.stderr)


def _warn(desk: Desk, unpriced: Sequence[tuple[str, int]]) -> None:
    """Which calls are not in the sums."""
    if unpriced:
        models = ", ".join(f"{visible(model) or '–'} ({calls})" for model, calls in unpriced)
        print(desk.say("Calls without a price: {models}. Set one in prices.toml.", models=models), file=sys.stderr)


def _named(by: Sequence[By], one: Sum) -> dict[str, str]:
    return dict(zip(by, one.names, strict=True))


def _figures(one: Sum) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name != "names"}


def _show(desk: Desk, by: Sequence[By], found: Sequence[Sum]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in by:
        table.add_column(desk.say(name))
    for title in ("calls", "failed", "from cache", "input", "cached", "cache writes", "output"):
        table.add_column(desk.say(title), justify="right")
    for title in ("cost", "saved", "unpriced", "estimated"):
        table.add_column(desk.say(title), justify="right")
    for one in found:
        cost, saved = (dollars(amount, 4) for amount in (one.cost_micro_usd, one.saved_micro_usd))
        calls = [one.calls, one.failed, one.answered]
        tokens = [one.input_tokens, one.cached_input_tokens, one.cache_write_tokens, one.output_tokens]
        row = [*map(str, [*calls, *tokens]), cost, saved, str(one.unpriced), str(one.estimated)]
        table.add_row(*(visible(shown) or "–" for shown in _named(by, one).values()), *row)
    console = Console() if sys.stdout.isatty() else Console(width=400)
    console.print(table, markup=False)
