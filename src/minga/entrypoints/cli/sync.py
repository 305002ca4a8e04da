"""`minga sync`: the sessions of several devices in step."""

import sys
from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import NoSyncPlace
from minga.entrypoints.cli.packs import IDENTITY_BYTES_MAX
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.passphrase import read_small
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure.segment_server import place_at
from minga.infrastructure.segments import Segment
from minga.pipeline.syncing import Progress, Synced

EXIT_SKIPPED = 1

HELP = """Keep the sessions of your devices in step, through a folder or a server that sees only ciphertext.

Each device adds to a log of its own; none changes another's, so nothing conflicts: a session that went on in two
devices has two branches (minga sessions branches). Run it again after a cut: it goes on where it stopped.

\b
  minga sync init                       first device: makes the key of the group
  minga sync join sync.key              every other device, with a copy of that file
  minga sync --place ~/Nextcloud/minga  takes in what others left there, leaves what they lack
"""


@click.group(cls=Verbs, name="sync", help=HELP, invoke_without_command=True)
@option("--place", metavar="DIR|URL", default="", help="A shared folder, or a server; sync_place if left out.")
@option("--begin", is_flag=True, help="Begin a new place, on a device that joined; the first device does so itself.")
@option("--renew", is_flag=True, help="Write this device's log anew, without what was deleted, and remove the old one.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@option("--quiet", "-q", is_flag=True, help="Say only what went wrong.")
@click.pass_context
def command(ctx: click.Context, /, place: str, begin: bool, renew: bool, as_json: bool, quiet: bool) -> int:
    if ctx.invoked_subcommand is not None:
        return 0
    desk: Desk = ctx.obj

    name = place or desk.settings.text("sync_place")
    if not name:
        raise NoSyncPlace
    shown = _Shown(desk, quiet=quiet or as_json)

    async def work(minga: Minga) -> Synced:
        where = place_at(name, minga.syncing.key.token)
        return await minga.syncing.run(where, shown, begin=begin, renew=renew)

    synced = desk.run(work)
    if as_json:
        print(msgspec.json.encode(_fields(synced)).decode())
    elif not quiet:
        _tell(desk, synced)
    for one in synced.skipped:
        name = f"{one.segment.device}/{one.segment.number}"
        print(desk.say("not taken in: {name}: {reason}", name=name, reason=desk.say.told(one.reason)), file=sys.stderr)
    for session_id in sorted(synced.incoming.refused):
        print(
            desk.say("not taken in: the session {session} belongs to another user here", session=session_id),
            file=sys.stderr,
        )
    for session_id in synced.withheld:
        told = desk.say("stays here: the session {session} was deleted in this group before", session=session_id)
        print(told, file=sys.stderr)
    return EXIT_SKIPPED if synced.skipped or synced.incoming.refused else 0


def _tell(desk: Desk, synced: Synced) -> None:
    came = synced.incoming
    received, sent = (
        desk.say.counted(number, "1 message", "{count} messages") for number in (came.messages, synced.sent)
    )
    sessions = desk.say.counted(len(came.sessions), "1 session", "{count} sessions")
    print(
        desk.say("Received: {messages} in {sessions}. Sent: {sent}.", messages=received, sessions=sessions, sent=sent)
    )
    if synced.again:
        print(desk.say("All that is here was sent anew, under the name {device}.", device=synced.device))
    if came.deleted:
        told = desk.say.counted(
            len(came.deleted),
            "Deleted, as on another device: 1 session.",
            "Deleted, as on another device: {count} sessions.",
        )
        print(told)
    for one in synced.missing:
        print(
            desk.say(
                "The log of {device} lacks number {number}: not arrived yet, or removed.",
                device=one.device,
                number=one.number,
            ),
            file=sys.stderr,
        )


def _fields(synced: Synced) -> dict[str, object]:
    came = synced.incoming
    return {
        "device": synced.device,
        "received": came.messages,
        "sessions": sorted(came.sessions),
        "deleted": sorted(came.deleted),
        "refused": sorted(came.refused),
        "sent": synced.sent,
        "segments": synced.segments,
        "skipped": [{**_named(one.segment), "reason": one.reason} for one in synced.skipped],
        "missing": [_named(one) for one in synced.missing],
        "withheld": synced.withheld,
        "again": synced.again,
    }


def _named(segment: Segment) -> dict[str, object]:
    return {"device": segment.device, "number": segment.number}


class _Shown:
    """How far it is, at a terminal."""

    def __init__(self, desk: Desk, quiet: bool) -> None:
        self._desk = desk
        self._shown = sys.stderr.isatty() and not quiet

    def __call__(self, progress: Progress) -> None:
        if not self._shown:
            return
        if progress.new:
            told = self._desk.say("segments: {taken} of {new}", taken=progress.taken, new=progress.new)
        else:
            told = self._desk.say.counted(progress.sent, "sent: 1 message", "sent: {count} messages")
        print(f"  {told}", end="\n" if progress.taken == progress.new else "\r", file=sys.stderr, flush=True)


@command.command("init", help="First device: make the key of the group.")
@click.pass_obj
def init(desk: Desk, /) -> None:
    async def work(minga: Minga) -> tuple[Path, str]:
        return minga.syncing.key.path, minga.syncing.key.make()[1]

    path, public = desk.run(work)
    print(desk.say("The key of the group: {path} ({public})", path=path, public=public))
    print(desk.say("Copy that file to each other device by a way you trust, and there: minga sync join FILE"))


@command.command("join", help="Every other device: take over the key of the group; - reads standard input.")
@click.argument("file")
@click.pass_obj
def join(desk: Desk, /, file: str) -> None:
    content = sys.stdin.buffer.read(IDENTITY_BYTES_MAX) if file == "-" else read_small(Path(file), IDENTITY_BYTES_MAX)

    async def work(minga: Minga) -> str:
        return minga.syncing.key.join(content.decode("utf-8", "replace"))

    print(desk.say("This device belongs to the group {public} now.", public=desk.run(work)))
