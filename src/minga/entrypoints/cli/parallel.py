"""`minga run --worktree` and `--parallel`: agents work in trees of their own, and their changes are shown."""

import asyncio
from dataclasses import dataclass, replace

import msgspec
from rich.columns import Columns
from rich.panel import Panel
from rich.syntax import Syntax

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.domain.ids import AgentName
from minga.domain.ledger import Receipt
from minga.domain.task import Task
from minga.domain.workspaces import Worktree
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.request import Request
from minga.entrypoints.cli.rich_view import RichView, receipt_panel
from minga.entrypoints.cli.run import follow, make_view, run_task, stopping_on_signals
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import JsonView, QuietView, View, exit_code
from minga.entrypoints.cli.visible import visible
from minga.pipeline.task import TaskRun

DIFF_LINES = 60
COLUMN_WIDTH_MIN = 60


async def run_in_worktree(desk: Desk, minga: Minga, task: Task, request: Request) -> int:
    """Run ``task`` in a new worktree, show its changes, and say how to take them over."""
    await minga.worktrees.clear()
    tree = await minga.worktrees.add(task.cwd, task.agents[0] if task.agents else "auto")
    _, code = await run_task(desk, minga, replace(task, cwd=tree.cwd), make_view(desk, request))
    await show_diffs(desk, minga, [tree], request)
    return code


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several runs at once; ``tree`` is its worktree, if it has one."""

    tree: Worktree | None
    run: TaskRun
    view: View


async def run(desk: Desk, minga: Minga, task: Task, request: Request) -> int:
    """Run every agent of the task at once, each in its worktree. 0 if all of them finished."""
    if len(task.agents) < 2:
        raise BadInput(detail=desk.say("--parallel needs at least two agents: --agents codex,claude"))
    if request.worktree or request.session:
        detail = "--parallel makes worktrees and sessions of its own; leave out --worktree and --session"
        raise BadInput(detail=desk.say(detail))
    for name in task.agents:
        minga.roster.registry.check(name)
    await minga.worktrees.clear()
    stop = Stop()
    entries: list[Entry] = []

    async def work() -> int:
        for agent in task.agents:
            entries.append(await _enter(desk, minga, task, agent, stop, request))
        return await run_all(entries, stop)

    code = await stopping_on_signals(stop, work)
    receipts = [entry.run.receipt for entry in entries if entry.run.receipt]
    show_receipts(desk, receipts, request)
    await show_diffs(desk, minga, [entry.tree for entry in entries if entry.tree], request)
    return code


async def _enter(desk: Desk, minga: Minga, task: Task, agent: AgentName, stop: Stop, request: Request) -> Entry:
    tree = await minga.worktrees.add(task.cwd, agent)
    run = await minga.runner.start(replace(task, agents=(agent,), cwd=tree.cwd), stop)
    if request.as_json:
        return Entry(tree, run, JsonView())
    if request.quiet:
        return Entry(tree, run, QuietView(desk.say))
    return Entry(tree, run, RichView(Console(highlight=False), desk.say, label=agent))


async def run_all(entries: list[Entry], stop: Stop) -> int:
    """Every turn is ended, also where one of them cannot be shown."""
    ways = (follow(entry.run, entry.view, stop) for entry in entries)
    ends = await asyncio.gather(*ways, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return max(exit_code(end) for end in ends if not isinstance(end, BaseException))


def show_receipts(desk: Desk, receipts: list[Receipt], request: Request) -> None:
    if request.as_json:
        for receipt in receipts:
            JsonView().receipt(receipt)
    elif not request.quiet:
        for receipt in receipts:
            Console(highlight=False).print(receipt_panel(receipt, desk.say))


async def show_diffs(desk: Desk, minga: Minga, trees: list[Worktree], request: Request) -> None:
    """Side by side where the terminal is wide enough, else one below the other."""
    diffs = [await minga.worktrees.diff(tree) for tree in trees]
    if request.as_json:
        for tree, diff in zip(trees, diffs, strict=True):
            body = {
                "kind": "worktree",
                "agent": tree.agent,
                "path": str(tree.path),
                "branch": tree.branch,
                "diff": diff,
            }
            print(msgspec.json.encode(body).decode())
        return
    if request.quiet:
        return
    console = Console(highlight=False)
    side_by_side = console.width // len(trees)
    width = side_by_side if side_by_side >= COLUMN_WIDTH_MIN else console.width
    panels = [_diff_panel(desk, tree, diff, width) for tree, diff in zip(trees, diffs, strict=True)]
    console.print(Columns(panels, padding=0))
    for tree in trees:
        print(f"  minga worktrees merge {tree.path.name}")


def _diff_panel(desk: Desk, tree: Worktree, diff: str, width: int) -> Panel:
    lines = visible(diff).splitlines()
    shown = "\n".join(lines[:DIFF_LINES]) or desk.say("(no changes)")
    subtitle = f"… +{len(lines) - DIFF_LINES}" if len(lines) > DIFF_LINES else None
    body = Syntax(shown, "diff", word_wrap=True, background_color="default")
    return Panel(body, title=tree.agent, subtitle=subtitle, width=width, title_align="left")
