"""`minga run`: one task, live."""

import asyncio
import importlib
import signal
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from minga.agents.attempt import Stop
from minga.bootstrap import Minga, shelf
from minga.domain.errors import BadInput
from minga.domain.events import Cancelled, Event
from minga.domain.sessions import Turn
from minga.domain.task import OnLimit, Strategy, Task
from minga.entrypoints.cli.agent_options import agent_options
from minga.entrypoints.cli.asking import TerminalAsker, open_terminal
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.request import PATH, Request, read_task
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import JsonView, QuietView, View, exit_code
from minga.pipeline.task import TaskRun
from minga.specialists.assign import assign

Result = TypeVar("Result")

PARALLEL = "minga.entrypoints.cli.parallel"
PANEL = "minga.entrypoints.cli.panel"
"""Imported when they are used, like the live view: a plain run is quick to start."""

HELP = """Give a task to the best agent and watch it work.

The router chooses among the CLIs that are installed and logged in; if one fails or hits its limit, the next takes over
with the whole conversation. Standard input, if piped in, is given as context.

\b
  minga run "fix the failing test"
  git diff | minga run --permissions read-only "review this change"
  minga run --agents codex,claude --parallel "write the parser"
  minga run --strategy cascade --verify "pytest -q" "fix the failing test"
  minga run --session 0199f "now add a test"
  minga run --as dte --file factura.xml "is this invoice right?"
  minga run --endpoint http://127.0.0.1:8080 --api-key-env KEY --model m1 "explain main.py"
"""


@click.command(cls=Verb, name="run", help=HELP)
@click.argument("task", nargs=-1)
@agent_options
@option("--agents", multiple=True, metavar="A,B", help="Use these agents, in this order.")
@option("--cwd", "-C", type=PATH, default=Path(), help="Directory to work in; this one if left out.")
@option("--worktree", is_flag=True, help="Work in a new git worktree, apart from your files.")
@option("--parallel", is_flag=True, help="Run each of --agents in a worktree of its own and compare their changes.")
@option("--timeout", type=float, metavar="SECONDS", help="End the run after so long; 1800 if left out.")
@option("--budget-usd", type=float, metavar="USD", help="End the run when so much is spent, by list price.")
@option(
    "--on-limit",
    type=click.Choice([policy.value for policy in OnLimit]),
    help="When a rate limit is spent: switch to the next agent (default), wait for the reset, or stop.",
)
@option("--file", "files", multiple=True, type=PATH, help="Give this text file with the task.")
@option("--image", "images", multiple=True, type=PATH, help="Give this picture with the task; up to 20 MB in all.")
@option("--mcp", type=PATH, metavar="FILE", help='MCP servers for the agent: a JSON file {"mcpServers": …}.')
@option("--session", metavar="ID", help="Go on with this conversation.")
@option(
    "--strategy",
    type=click.Choice([strategy.value for strategy in Strategy]),
    help="auto (default): where a check refutes an answer, the next agent is told why and tries. cascade: the same,"
    " the cheapest agent first. single: one answer, whatever its checks say. panel: several answers side by side.",
)
@option(
    "--verify", "commands", multiple=True, metavar="COMMAND", help="The answer is right if this command ends with 0."
)
@option("--no-verify", is_flag=True, help="Check nothing.")
@option("--schema", type=PATH, metavar="FILE", help="The answer must be JSON that fits this JSON Schema.")
@option("--allow", "allowed", multiple=True, metavar="PATH", help="Files may be changed below this path only.")
@option("--isolated", is_flag=True, help="Use a configuration home of Minga's, not yours, for the agent.")
@option("--as", "specialist", metavar="NAME", help="Work as this specialist; `minga specialists list` has them.")
@option("--no-memory", is_flag=True, help="Tell the agent nothing of earlier sessions.")
@option("--explain", is_flag=True, help="Show why the agents are tried in this order, and what is remembered and why.")
@option("--json", "as_json", is_flag=True, help="One event a line as JSON; the last line is the receipt.")
@option("--quiet", "-q", is_flag=True, help="Only the answer.")
@click.pass_obj
def command(desk: Desk, /, **given: Any) -> int:
    request = Request(**given)
    if request.as_json and request.quiet:
        raise BadInput(detail=desk.say("--json and --quiet exclude each other"))
    task = as_specialist(desk, read_task(desk, request), request)
    return desk.run(lambda minga: _run(desk, minga, task, request))


def as_specialist(desk: Desk, task: Task, request: Request) -> Task:
    """``task`` narrowed to the specialist of ``--as``. Raises UnknownSpecialist, BadSpecialist, BadInput."""
    if request.specialist is None:
        return task
    specialist = shelf(desk.settings).get(request.specialist, task.cwd)
    if request.no_verify and specialist.checks:
        detail = "--no-verify excludes --as {name}, whose answers must pass checks"
        raise BadInput(detail=desk.say(detail, name=specialist.name))
    return assign(task, specialist)


async def _run(desk: Desk, minga: Minga, task: Task, request: Request) -> int:
    if task.strategy is Strategy.PANEL:
        return int(await importlib.import_module(PANEL).run(desk, minga, task, request))
    if request.parallel:
        return int(await importlib.import_module(PARALLEL).run(desk, minga, task, request))
    if request.session:
        task = replace(task, session_id=await minga.history.resolve(request.session))
    if request.worktree:
        return int(await importlib.import_module(PARALLEL).run_in_worktree(desk, minga, task, request))
    return (await run_task(desk, minga, task, make_view(desk, request)))[1]


def make_view(desk: Desk, request: Request) -> View:
    if request.as_json:
        return JsonView()
    if request.quiet:
        return QuietView(desk.say)
    rich_view = importlib.import_module("minga.entrypoints.cli.rich_view")
    console = importlib.import_module("minga.entrypoints.cli.console").Console(highlight=False)
    view: View = rich_view.RichView(console, desk.say, explain=request.explain)
    return view


async def run_task(desk: Desk, minga: Minga, task: Task, view: View, *, warm: bool = False) -> tuple[Turn, int]:
    """Run ``task`` and show it; return its turn and the exit code. Ctrl-C cancels the turn; its end is recorded."""
    terminal = open_terminal()
    asker = None if terminal is None else TerminalAsker(terminal, view, desk.say)
    stop = Stop()

    async def work() -> tuple[Turn, int]:
        run = await minga.runner.start(task, stop, asker=asker, warm=warm)
        last = await follow(run, view, stop, asker)
        if run.receipt:
            view.receipt(run.receipt)
        return run.turn, exit_code(last)

    return await stopping_on_signals(stop, work)


async def follow(run: TaskRun, view: View, stop: Stop, asker: TerminalAsker | None = None) -> Event:
    """Show what ``run`` does, and return its last event. Where standard output can no longer be written, the turn is
    stopped and followed to its end before that is raised as the OSError that it was."""
    last: Event | None = None
    broken: OSError | None = None
    async with aclosing(run.events()) as events:
        async for recorded in events:
            last = recorded.event
            try:
                if broken is None:
                    view.show(recorded)
                if asker is not None:
                    asker.shown(recorded.event)
            except OSError as wrong:
                broken = wrong
                stop.stop(Cancelled(f"standard output cannot be written: {wrong.strerror}"))
    if broken is not None:
        raise broken
    assert last is not None
    return last


async def stopping_on_signals(stop: Stop, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do ``work``; Ctrl-C, a hang-up or SIGTERM ask it to end its turn properly."""
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, stop.stop, Cancelled(sign.name))
    try:
        return await work()
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(sign)
