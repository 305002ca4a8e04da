"""`minga continue`: go on with a session in another CLI, in its own native form."""

import os
import shlex
import shutil
import sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, DirectoryGone, UndoFailed
from minga.domain.ids import AgentName, SessionId
from minga.domain.task import GatewayUse, Task
from minga.entrypoints.cli.agent_options import agent_options
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.request import PATH, Request, read_task
from minga.entrypoints.cli.run import make_view, run_task
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.pipeline.migration import Migrated

HELP = """Go on with a session in another CLI, with its whole history there.

Minga writes a native session of that CLI, starts the CLI against a model server of its own that only records, and
compares what the CLI sends with what was said: what you get is proven in the version you have. Nothing that a CLI wrote
itself is changed. With a TASK, that CLI goes on at once; without, you are told the command that opens it there.

\b
  minga continue 0199f --in claude                   write it, verify it, say how to open it
  minga continue 0199f --in claude "now the tests"   and go on with a task
  minga continue 0199f --in claude --undo            take the written session away again
"""

RESUME = {
    "claude": "--resume {id}",
    "codex": "resume {id}",
    "copilot": "--resume={id}",
    "gemini": "--resume {id}",
    "opencode": "--session {id}",
    "qwen": "--resume {id}",
}
"""How a person opens a native session: the CLIs' own help pages, November 2026."""


@click.command(cls=Verb, name="continue", help=HELP)
@click.argument("session")
@click.argument("task", nargs=-1)
@option("--in", "target", metavar="NAME", required=True, help="The CLI to go on in.")
@option("--cwd", "-C", type=PATH, default=None, help="Directory to work in; the session's own if left out.")
@option("--undo", is_flag=True, help="Take away what was written for that CLI, if it has not been used since.")
@agent_options
@option("--json", "as_json", is_flag=True, help="One event a line as JSON; the last line is the receipt.")
@option("--quiet", "-q", is_flag=True, help="Only the answer.")
@click.pass_obj
def command(desk: Desk, /, session: str, target: str, cwd: Path | None, undo: bool, **given: Any) -> int:
    request = Request(**{**given, "cwd": cwd or Path()})
    _check(desk, request, undo=undo)
    task = read_task(desk, request, with_stdin=bool(request.task))
    task = replace(task, cwd=task.cwd.resolve(), agents=(AgentName(target),))  # some CLIs find a session only there
    if not request.task:  # a person goes on in the CLI's own home
        task = replace(task, gateway=GatewayUse.OFF)

    async def work(minga: Minga) -> int:
        session_id = await minga.history.resolve(session)
        minga.roster.registry.check(AgentName(target))
        if undo:
            return await _undo(desk, minga, session_id, task)
        return await _go_on(
            desk, minga, session_id, task if cwd else await _in_own_place(desk, minga, session_id, task), request
        )

    return desk.run(work)


def _check(desk: Desk, request: Request, *, undo: bool) -> None:
    if request.as_json and request.quiet:
        raise BadInput(detail=desk.say("--json and --quiet exclude each other"))
    if request.agent:
        raise BadInput(detail=desk.say("--in names the CLI to go on in; leave out --agent"))
    if undo and request.task:
        raise BadInput(detail=desk.say("--undo takes no task"))


async def _in_own_place(desk: Desk, minga: Minga, session_id: SessionId, task: Task) -> Task:
    cwd = (await minga.history.summary(session_id)).cwd
    if not cwd.is_dir():
        raise DirectoryGone(path=str(cwd), command=f"minga continue {session_id} --in {task.agents[0]} --cwd DIR")
    return replace(task, cwd=cwd.resolve())


async def _go_on(desk: Desk, minga: Minga, session_id: SessionId, task: Task, request: Request) -> int:
    migrated = await minga.migrator.into(session_id, task)
    if request.as_json:
        print(msgspec.json.encode(_fields(session_id, migrated)).decode())
    elif not request.quiet:
        _say(desk, migrated)
    if not task.prompt.strip():
        if not request.as_json:
            print(_opening(desk, session_id, migrated, task, request))
        return 0
    task = replace(task, session_id=session_id)
    return (await run_task(desk, minga, task, make_view(desk, request)))[1]


def _say(desk: Desk, migrated: Migrated) -> None:
    level = desk.say("native" if migrated.level == "native" else "flattened")
    if migrated.level == "native" and migrated.lost:
        level = desk.say("native, not all of it")
    proof = desk.say("verified") if migrated.verified else desk.say("proven version")
    print(f"{migrated.agent} {migrated.version}: {level} ({proof})  {migrated.native_id}", file=sys.stderr)
    for lost in migrated.lost:
        print(f"  {desk.say('not carried over')}: {visible(desk.say.told(lost))}", file=sys.stderr)


def _opening(desk: Desk, session_id: SessionId, migrated: Migrated, task: Task, request: Request) -> str:
    """The command that goes on, to be pasted into a shell: the CLI's own, or Minga's where the CLI needs Minga to find
    the home and the model."""
    there = f"cd {_quoted(str(task.cwd))} && "
    if task.endpoint is None:
        return f"{there}{_program(desk, migrated)} {RESUME[migrated.agent].format(id=migrated.native_id)}"
    flags = {
        "--endpoint": request.endpoint,
        "--api-key-env": request.api_key_env,
        "--model": request.model,
        "--permissions": request.permissions,
    }
    given = "".join(f" {name} {_quoted(value)}" for name, value in flags.items() if value)
    return f"{there}minga chat --agent {migrated.agent} --session {session_id}{given}"


def _program(desk: Desk, migrated: Migrated) -> str:
    """Its name, where the person's shell finds the same program by it as Minga does; else the whole path."""
    named = Path(migrated.program).name
    found = shutil.which(named, path=desk.settings.environment.get("PATH", ""))
    return (
        named if found and os.path.realpath(found) == os.path.realpath(migrated.program) else _quoted(migrated.program)
    )


def _quoted(text: str) -> str:
    """For a shell. Control characters are written as bash, zsh and ksh read them: a terminal would obey them."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_escaped(char) for char in text) + "'"


def _escaped(char: str) -> str:
    if char.isprintable():
        return f"\\{char}" if char in "'\\" else char
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(char))


def _fields(session_id: SessionId, migrated: Migrated) -> dict[str, object]:
    return {
        "kind": "continued",
        "session_id": session_id,
        "agent": migrated.agent,
        "version": migrated.version,
        "native_id": migrated.native_id,
        "path": str(migrated.path),
        "level": migrated.level,
        "verified": migrated.verified,
        "not_carried_over": migrated.lost,
    }


async def _undo(desk: Desk, minga: Minga, session_id: SessionId, task: Task) -> int:
    removed = 0
    async with aclosing(minga.migrator.undo(session_id, task)) as undone:
        async for what in undone:
            removed += 1
            print(desk.say("removed: {path}", path=visible(what)), file=sys.stderr)
    if not removed:
        detail = "nothing was written for it; what was written with --endpoint is taken away with the same --endpoint"
        raise UndoFailed(agent=task.agents[0], detail=desk.say(detail))
    return 0
