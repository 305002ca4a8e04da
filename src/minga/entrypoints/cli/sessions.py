"""`minga sessions`: what was said and done before."""

import shutil
import sys
from dataclasses import replace
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, DirectoryGone
from minga.domain.events import NativeSession
from minga.domain.ids import SessionId
from minga.domain.sessions import PastTurn, SessionSummary
from minga.domain.task import Task
from minga.domain.transcript import Transcript
from minga.entrypoints.cli.agent_options import agent_options
from minga.entrypoints.cli.bringing import import_sessions, watch_sessions
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.export import Stored, as_markdown
from minga.entrypoints.cli.finding import search
from minga.entrypoints.cli.keeping import delete, keys_missing, retention, share, unshare
from minga.entrypoints.cli.packs import branches, pack, switch, unpack
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.request import Request, read_task
from minga.entrypoints.cli.run import make_view, run_task
from minga.entrypoints.cli.stats import stats
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import View
from minga.entrypoints.cli.visible import for_reader, visible
from minga.sessions.codec import as_json
from minga.sessions.transcript_codec import transcript_lines

TITLE_LENGTH = 48
TITLE_LENGTH_MIN = 16

ID_LENGTH = 13
"""The time in an id, to the millisecond: enough to name a conversation by."""


HELP = "Past conversations: list, search, show, resume, export, import, share and more."


@click.group(cls=Verbs, name="sessions", help=HELP)
def command() -> None:
    """A verb each."""


command.add_command(import_sessions)
command.add_command(watch_sessions)
command.add_command(search)
command.add_command(stats)
for one in (share, unshare, delete, retention, pack, unpack, branches, switch):
    command.add_command(one)


@command.command("list", help="Show the conversations that were used last.")
@option("--limit", "-n", type=click.IntRange(1), metavar="N", default=20, help="How many; 20 if left out.")
@option("--json", "as_lines", is_flag=True, help="One conversation a line as JSON.")
@click.pass_obj
def list_sessions(desk: Desk, /, limit: int, as_lines: bool) -> None:
    found = desk.run(lambda minga: _latest(desk, minga, limit))
    if as_lines:
        for one in found:
            print(msgspec.json.encode({**_fields(one), "cwd": str(one.cwd)}).decode())
        return
    if not found:
        print(desk.say('No conversations yet. Begin one: minga run "…"'), file=sys.stderr)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for one in found:
        print(visible(_row(desk, one, width)))


async def _latest(desk: Desk, minga: Minga, limit: int) -> list[SessionSummary]:
    if missing := await minga.retention.keyless():
        complain(*desk.say.error(keys_missing(minga, missing)))
    return await minga.history.latest(limit)


def _row(desk: Desk, one: SessionSummary, width: int | None) -> str:
    """A line; where a terminal of ``width`` columns shows it, the id is cut to what names it, and the title to fit."""
    agents = ", ".join(one.agents) or "–"
    state = desk.say(one.last_state)
    name = one.id if width is None else one.id[:ID_LENGTH]
    row = f"{name}  {one.updated_at:%Y-%m-%d %H:%M}  {one.turns:>3}  {state:<9}  {agents:<9}  "
    room = TITLE_LENGTH if width is None else max(width - len(row), TITLE_LENGTH_MIN)
    return row + (one.title if len(one.title) <= room else one.title[: room - 1] + "…")


def _fields(one: SessionSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "turns": one.turns,
        "last_state": one.last_state,
        "agents": one.agents,
    }


@command.command("show", help="Show a conversation as it went.")
@click.argument("session")
@click.pass_obj
def show(desk: Desk, /, session: str) -> None:
    print(for_reader(as_markdown(desk.run(lambda minga: _stored(minga, session))), sys.stdout))


EXPORT = """Write a conversation to standard output.

md: to read. json: one event a line, with what each attempt cost. transcript: the neutral form, one message a line.
native: the bytes of the CLI that it was brought in from, unchanged (the newest, where there are several).
"""


@command.command("export", help=EXPORT)
@click.argument("session")
@option(
    "--format", "form", type=click.Choice(["md", "json", "transcript", "native"]), default="md", help="md if left out."
)
@click.pass_obj
def export(desk: Desk, /, session: str, form: str) -> None:
    match form:
        case "md":
            print(for_reader(as_markdown(desk.run(lambda minga: _stored(minga, session))), sys.stdout))
        case "json":
            _export_events(desk.run(lambda minga: _stored(minga, session)))
        case "transcript":
            for line in transcript_lines(desk.run(lambda minga: _transcript(minga, session))):
                print(line.decode())
        case _:
            sys.stdout.buffer.write(desk.run(lambda minga: _native_bytes(desk, minga, session)))


def _export_events(turns: list[Stored]) -> None:
    for past, costs in turns:
        head = {"kind": "turn", "turn": {**_turn_fields(past), "cwd": str(past.turn.cwd)}}
        print(msgspec.json.encode(head).decode())
        for recorded in past.events:
            print(as_json(recorded).decode())
        print(msgspec.json.encode({"kind": "costs", "turn_id": past.turn.id, "attempts": costs}).decode())


async def _transcript(minga: Minga, session: str) -> Transcript:
    session_id = await minga.history.resolve(session)
    await minga.sessions.tell(session_id)
    return await minga.history.transcript(session_id)


async def _native_bytes(desk: Desk, minga: Minga, session: str) -> bytes:
    session_id = await minga.history.resolve(session)
    if kept := await minga.migrator.natives.newest_bytes(session_id):
        return kept
    raise BadInput(detail=desk.say("the session {session} was not brought in from a CLI", session=session_id))


def _turn_fields(past: PastTurn) -> dict[str, Any]:
    return {
        "session_id": past.turn.session_id,
        "id": past.turn.id,
        "number": past.turn.number,
        "prompt": past.turn.prompt,
        "state": past.state,
        "started_at": past.started_at,
        "ended_at": past.ended_at,
    }


@command.command("resume", help="Go on with a conversation; after an interruption, with the task that was cut off.")
@click.argument("session")
@click.argument("task", nargs=-1)
@agent_options
@option("--json", "as_json", is_flag=True, help="One event a line as JSON; the last line is the receipt.")
@option("--quiet", "-q", is_flag=True, help="Only the answer.")
@click.pass_obj
def resume(desk: Desk, /, session: str, **given: Any) -> int:
    request = Request(**given)
    task = read_task(desk, request, with_stdin=bool(request.task))
    return desk.run(lambda minga: _resume(desk, minga, session, task, make_view(desk, request)))


async def _resume(desk: Desk, minga: Minga, session: str, task: Task, view: View) -> int:
    session_id = await minga.history.resolve(session)
    last = (await minga.history.conversation(session_id))[-1]
    summary = await minga.history.summary(session_id)
    if not task.prompt.strip() and last.state != "finished":
        task = replace(task, prompt=_go_on(last))
    if not last.turn.cwd.is_dir():
        raise DirectoryGone(path=str(last.turn.cwd), command=f"minga run --session {session_id}")
    agents = task.agents or tuple(summary.agents[-1:])
    task = replace(task, session_id=SessionId(session_id), cwd=last.turn.cwd, agents=agents)
    return (await run_task(desk, minga, task, view))[1]


def _go_on(past: PastTurn) -> str:
    """An agent that has the task in its own session needs only to be told to go on."""
    known = any(isinstance(recorded.event, NativeSession) for recorded in past.events)
    return "Go on with the task that was interrupted." if known else past.turn.prompt


async def _stored(minga: Minga, session: str) -> list[Stored]:
    turns = await minga.history.conversation(await minga.history.resolve(session))
    return [(past, await minga.runner.ledger.of_turn(past.turn.id)) for past in turns]
