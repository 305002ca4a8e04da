"""`minga sessions import` and `watch`: what the CLIs have stored themselves."""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.domain.ids import AgentName
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.pipeline.bringing import Failed
from minga.sessions.formats.values import printed
from minga.sessions.importing import BroughtIn, Discovered

TO_DO = ("new", "changed")


@click.command(
    "import", cls=Verb, help="Bring in the sessions that your CLIs have stored themselves; nothing of theirs changes."
)
@click.argument("sessions", nargs=-1)
@option("--agent", "-a", "agents", multiple=True, metavar="NAME", help="Only sessions of this CLI.")
@option("--all", "every", is_flag=True, help="Bring in all that is new or has changed.")
@option("--json", "as_json", is_flag=True, help="One session a line as JSON.")
@option("--quiet", "-q", is_flag=True, help="Say only what went wrong.")
@click.pass_obj
def import_sessions(
    desk: Desk, /, sessions: tuple[str, ...], agents: tuple[str, ...], every: bool, as_json: bool, quiet: bool
) -> int:
    """Without names and without --all, it only shows what it found."""
    if every and sessions:
        raise click.UsageError(desk.say("Name the sessions to bring in, or give --all, not both."))

    async def work(minga: Minga) -> int:
        unlisted = _Unlisted(desk)
        found = await minga.bringing.discover([AgentName(name) for name in agents], unlisted)
        if every or sessions:
            chosen = _named(desk, found, sessions) if sessions else [one for one in found if one.state in TO_DO]
            code = await _bring_in(desk, minga, chosen, as_json=as_json, quiet=quiet)
            if every and not quiet and (told := _forgotten(desk, found)):
                print(told, file=sys.stderr)
            return code or unlisted.code
        for one in found:
            print(_listed(desk, one, as_json=as_json))
        if not quiet and not as_json and (found or not unlisted.said):
            print(_advice(desk, found), file=sys.stderr)
        return unlisted.code

    return desk.run(work)


class _Unlisted:
    """Says once of each CLI why not all of its sessions are found."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.said: set[tuple[AgentName, str]] = set()

    def __call__(self, agent: AgentName, detail: str) -> None:
        if (agent, detail) not in self.said:
            self.said.add((agent, detail))
            print(visible(f"{agent}: {self._desk.say.told(detail)}"), file=sys.stderr)

    @property
    def code(self) -> int:
        return 1 if self.said else 0


def _advice(desk: Desk, found: Sequence[Discovered]) -> str:
    if not found:
        return desk.say("No CLI has stored a session here.")
    if waiting := sum(one.state in TO_DO for one in found):
        return desk.say("{count} to bring in: minga sessions import --all, or name them.", count=waiting)
    return desk.say("All of it is brought in.")


def _forgotten(desk: Desk, found: Sequence[Discovered]) -> str:
    """What a CLI goes on writing there is not brought in by itself: it would bring back what was forgotten."""
    count = sum(one.state == "deleted" for one in found)
    if not count:
        return ""
    return desk.say.counted(
        count,
        "1 session not read: it, or messages of it, were forgotten.",
        "{count} sessions not read: they, or messages of them, were forgotten.",
    )


def _named(desk: Desk, found: Sequence[Discovered], names: Sequence[str]) -> list[Discovered]:
    chosen: list[Discovered] = []
    for name in names:
        fits = [one for one in found if one.file.native_id.startswith(name)]
        if not fits:
            raise BadInput(detail=desk.say("no CLI has stored a session {name!r}", name=name))
        if len(fits) > 1 and not any(one.file.native_id == name for one in fits):
            ids = ", ".join(one.file.native_id for one in fits[:5])
            raise BadInput(detail=desk.say("several stored sessions begin with {name!r}: {ids}", name=name, ids=ids))
        chosen.extend(one for one in fits if len(fits) == 1 or one.file.native_id == name)
    return chosen


async def _bring_in(
    desk: Desk, minga: Minga, chosen: Sequence[Discovered], *, as_json: bool, quiet: bool, only_news: bool = False
) -> int:
    """Say of each session what came of it; with ``only_news``, only where that is something. The exit code is 1 if one
    could not be read."""
    code, began, size = 0, time.monotonic(), 0
    show_progress = sys.stderr.isatty() and not quiet and not as_json
    count = 0
    async for one, result in minga.bringing.bring_in(chosen):
        count += 1
        size += one.file.size
        if isinstance(result, Failed):
            code = 1
            print(visible(f"{one.file.agent} {one.file.native_id}: {desk.say.told(result.detail)}"), file=sys.stderr)
        elif not result.session_id or (only_news and not (result.messages or result.set_aside)):
            pass
        elif as_json:
            print(msgspec.json.encode(_fields(one, result)).decode())
        elif not quiet:
            print(visible(_done(desk, one, result)))
        if show_progress:
            speed = size / 1e6 / max(time.monotonic() - began, 0.001)
            print(f"  {count}/{len(chosen)}  {size / 1e6:.1f} MB  {speed:.1f} MB/s", end="\r", file=sys.stderr)
    if show_progress and chosen:
        print(file=sys.stderr)
    return code


def _listed(desk: Desk, one: Discovered, *, as_json: bool) -> str:
    file = one.file
    at = datetime.fromtimestamp(file.modified_ns / 1e9, UTC)
    if as_json:
        fields = {
            "agent": file.agent,
            "native_id": file.native_id,
            "state": one.state,
            "session_id": one.session_id,
            "path": printed(str(file.path)),
            "bytes": file.size,
            "modified_at": at,
        }
        return msgspec.json.encode(fields).decode()
    row = f"{file.agent:<9} {desk.say(one.state):<9} {at:%Y-%m-%d %H:%M}  {file.size / 1000:>9.1f} kB  {file.native_id}"
    return visible(row)


def _done(desk: Desk, one: Discovered, result: BroughtIn) -> str:
    counted = desk.say.counted
    aside = counted(result.set_aside, ", 1 piece set aside", ", {count} pieces set aside") if result.set_aside else ""
    new = counted(result.messages, "1 new message", "{count} new messages")
    return f"{result.session_id}  {one.file.agent:<9} {new}{aside}  {result.title[:48]}"


def _fields(one: Discovered, result: BroughtIn) -> dict[str, object]:
    return {
        "agent": one.file.agent,
        "native_id": one.file.native_id,
        "session_id": result.session_id,
        "title": result.title,
        "messages": result.messages,
        "set_aside": result.set_aside,
        "bytes": result.size,
    }


@click.command(
    "watch", cls=Verb, help="Keep in step with your CLIs: bring in what they store, as they store it, until Ctrl-C."
)
@option("--agent", "-a", "agents", multiple=True, metavar="NAME", help="Only sessions of this CLI.")
@option(
    "--every", type=click.FloatRange(0.2), default=2.0, metavar="S", help="Seconds between two looks; 2 if left out."
)
@option("--json", "as_json", is_flag=True, help="One session a line as JSON.")
@option("--quiet", "-q", is_flag=True, help="Say only what went wrong.")
@click.pass_obj
def watch_sessions(desk: Desk, /, agents: tuple[str, ...], every: float, as_json: bool, quiet: bool) -> int:
    async def work(minga: Minga) -> int:
        unlisted = _Unlisted(desk)
        while True:
            found = await minga.bringing.discover([AgentName(name) for name in agents], unlisted)
            chosen = [one for one in found if one.state in TO_DO]
            await _bring_in(desk, minga, chosen, as_json=as_json, quiet=quiet, only_news=True)
            sys.stdout.flush()
            await asyncio.sleep(every)

    return desk.run(work)
