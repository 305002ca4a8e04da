"""`minga chat`: task after task in one conversation; the agent's process stays warm between them."""

import select
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from minga.bootstrap import Minga
from minga.domain.ids import SessionId
from minga.entrypoints.cli.agent_options import agent_options
from minga.entrypoints.cli.ending import EXIT_CANCELLED
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.request import PATH, Request, read_task
from minga.entrypoints.cli.run import make_view, run_task
from minga.entrypoints.cli.verb import Desk

IDLE_HOURS = 24.0

STEP_S = 0.5

HELP = """Talk with an agent; its process stays warm between tasks.

One line is one task. An empty line or Ctrl-D ends the chat; the conversation stays and goes on later with
`minga chat --session ID` or `minga run --session ID`.
"""


@click.command(cls=Verb, name="chat", help=HELP)
@agent_options
@option("--cwd", "-C", type=PATH, default=Path(), help="Directory to work in; this one if left out.")
@option("--session", metavar="ID", help="Go on with this conversation.")
@option("--json", "as_json", is_flag=True, help="One event a line as JSON; the last line is the receipt.")
@click.pass_obj
def command(desk: Desk, /, **given: Any) -> int:
    request = Request(**given)
    read_task(desk, request, with_stdin=False)
    return desk.run(lambda minga: _chat(desk, minga, request))


async def _chat(desk: Desk, minga: Minga, request: Request) -> int:
    session_id = await minga.history.resolve(request.session) if request.session else None
    idle_s = desk.settings.number("session_idle_hours", IDLE_HOURS) * 3600
    while prompt := _next(desk, session_id, idle_s, shows_prompt=sys.stdin.isatty() and not request.as_json):
        task = read_task(desk, replace(request, task=(prompt,)), with_stdin=False)
        task = replace(task, session_id=session_id)
        turn, code = await run_task(desk, minga, task, make_view(desk, request), warm=True)
        if code == EXIT_CANCELLED:
            return code
        session_id = turn.session_id
    return 0


def _next(desk: Desk, session_id: SessionId | None, idle_s: float, *, shows_prompt: bool) -> str:
    """The next task; empty at the end, at a terminal also when nobody has typed anything for ``idle_s``: whoever writes
    into a pipe closes it."""
    if shows_prompt and not _typed_within(idle_s):
        said = desk.say("Nobody wrote for {hours:g} hours: the chat ends.", hours=idle_s / 3600)
        if session_id:
            said += " " + desk.say("Go on with: minga chat --session {session}", session=session_id)
        print(f"\n{said}", file=sys.stderr)
        return ""
    return _line()


def _typed_within(idle_s: float) -> bool:
    """Show the prompt and wait; in steps, so that an interrupt is never seen too late."""
    print("minga> ", end="", flush=True)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    until = time.monotonic() + idle_s
    try:
        while time.monotonic() < until:
            if select.select([sys.stdin], [], [], min(STEP_S, idle_s))[0]:
                return True
    finally:
        signal.signal(signal.SIGINT, handler)
    return False


def _line() -> str:
    """Read one line; it blocks, so Ctrl-C must raise here instead of waiting for the event loop."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline().strip()
    finally:
        signal.signal(signal.SIGINT, handler)
