"""`minga budgets`: what users, teams, projects and models may spend."""

import sys
from collections.abc import Callable
from typing import Any, get_args

import click
import msgspec
from rich.table import Table

from minga.domain.budgets import ALERT_PERCENT, Budget, BudgetScope, BudgetWindow
from minga.domain.errors import BadInput
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.spans import dollars, micro_usd
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.gateway_wiring import budget_states, budgets
from minga.reports.budgets import BudgetState

HELP = """Budgets of the gateway: list, set, remove.

One of a user, a team, a project or the models of a pattern holds for all calls of theirs together, whatever keys they
use; the budget of one key is given with the key. A call must fit into every budget that holds for it.

\b
  minga budgets set --team dev --usd 200 --for month
  minga budgets set --model 'gpt-5*' --usd 30 --for day --alert 90 --soft
"""

_Decorator = Callable[[Any], Any]


def _subject(command: _Decorator) -> _Decorator:
    """Whose budget, and for which window."""
    for name, metavar, what in (
        ("--model", "PATTERN", "The budget of the models of this pattern, as gpt-5*."),
        ("--project", "NAME", "The budget of this project."),
        ("--team", "NAME", "The budget of this team."),
        ("--user", "NAME", "The budget of this user."),
    ):
        command = option(name, metavar=metavar, help=what)(command)
    return command


_window = option(
    "--for", "window", type=click.Choice(get_args(BudgetWindow)), default="month", help="month if left out."
)


@click.group(cls=Verbs, name="budgets", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("list", help="Show every budget, what is spent of it in its window, and what is left.")
@option("--json", "as_lines", is_flag=True, help="One budget a line as JSON.")
@click.pass_obj
def list_budgets(desk: Desk, /, as_lines: bool) -> None:
    states = desk.run(lambda minga: budget_states(minga).all())
    if as_lines:
        for state in states:
            print(msgspec.json.encode(_fields(state)).decode())
    elif states:
        _show(desk, states)
    else:
        print(desk.say("No budgets yet. Set one: minga budgets set --team NAME --usd 200"), file=sys.stderr)


@command.command("set", help="Put a budget in force, in the place of the one before.")
@_subject
@option("--usd", type=click.FloatRange(0, min_open=True), required=True, metavar="USD", help="Most that may be spent.")
@_window
@option(
    "--alert",
    type=click.IntRange(1, 100),
    default=ALERT_PERCENT,
    metavar="PERCENT",
    help="From which share on it alerts; 80 if left out.",
)
@option("--soft", is_flag=True, help="Only alert, stop nothing.")
@click.pass_obj
def set_budget(desk: Desk, /, usd: float, window: BudgetWindow, alert: int, soft: bool, **subjects: str | None) -> None:
    scope, name = _chosen(desk, subjects)
    amount = micro_usd(desk.say, "--usd", usd) or 0
    budget = Budget(scope, name, name, amount, window, alert, is_hard=not soft)
    desk.run(lambda minga: budgets(minga).set(budget))
    print(desk.say("It holds within a second, also for what was spent in this window before."), file=sys.stderr)


@command.command("remove", help="End a budget.")
@_subject
@_window
@click.pass_obj
def remove(desk: Desk, /, window: BudgetWindow, **subjects: str | None) -> None:
    scope, name = _chosen(desk, subjects)
    desk.run(lambda minga: budgets(minga).remove(scope, name, window))
    print(desk.say("Removed."), file=sys.stderr)


def _chosen(desk: Desk, subjects: dict[str, str | None]) -> tuple[BudgetScope, str]:
    """Raises BadInput."""
    given = [(scope, name) for scope in get_args(BudgetScope) if (name := subjects.get(scope))]
    if len(given) != 1:
        raise BadInput(detail=desk.say("give one of --user, --team, --project and --model"))
    return given[0]


def _fields(state: BudgetState) -> dict[str, object]:
    budget, span = state.budget, state.span
    return {
        "scope": budget.scope,
        "name": budget.name,
        "window": budget.window,
        "began": span.began,
        "ends": span.ends,
        "micro_usd": budget.micro_usd,
        "spent_micro_usd": state.spent_micro_usd,
        "left_micro_usd": state.left_micro_usd,
        "alert_percent": budget.alert_percent,
        "is_hard": budget.is_hard,
    }


def _show(desk: Desk, states: list[BudgetState]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("budget", "name", "window"):
        table.add_column(desk.say(title))
    for title in ("amount", "spent", "left", "alert"):
        table.add_column(desk.say(title), justify="right")
    table.add_column("")
    for state in states:
        budget = state.budget
        amounts = map(dollars, (budget.micro_usd, state.spent_micro_usd, state.left_micro_usd))
        stops = "" if budget.is_hard else desk.say("only alerts")
        names = desk.say(budget.scope), visible(budget.name), desk.say(budget.window)
        table.add_row(*names, *amounts, f"{budget.alert_percent}%", stops)
    console = Console() if sys.stdout.isatty() else Console(width=400)
    console.print(table, markup=False)
