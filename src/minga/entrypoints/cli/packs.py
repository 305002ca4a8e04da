"""`minga sessions pack, unpack, branches, switch`: one session on its way to another device, and where it forked."""

import sys
import time
from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadAgeKey, UnreadableFile, WrongPassphrase
from minga.domain.ids import SessionId
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.passphrase import ask, ask_new, read_small
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.infrastructure import age
from minga.pipeline.moving import Arrived, Packed
from minga.sessions.branches import Branch

IDENTITY_BYTES_MAX = 100_000

SHOWN_EVERY_S = 0.2

PATH = click.Path(path_type=Path)

PACK = """Write a session to one encrypted file (age), for another device.

All of it goes in: every branch, pictures, the native bytes of the CLIs, and where it stands in git. It opens with a
passphrase, or with the secret key to a public one.

\b
  minga sessions pack 0199f -o work.age
  minga sessions pack 0199f -o work.age --to age1… --with-diff
"""

UNPACK = """Take in a session that was packed; what was said here since stays, as a branch.

\b
  minga sessions unpack work.age --cwd ~/src/shop
  minga sessions unpack work.age --identity key.txt --apply-diff
"""


@click.command("pack", cls=Verb, help=PACK)
@click.argument("session")
@option("--output", "-o", type=PATH, required=True, metavar="FILE", help="The file to write.")
@option("--to", "recipients", multiple=True, metavar="KEY", help="Public age key that opens it; several may be given.")
@option("--passphrase-file", metavar="FILE", help="The first line of this file is the passphrase; else you are asked.")
@option("--with-diff", is_flag=True, help="Take along what is not committed in the session's directory.")
@option("--force", is_flag=True, help="Replace the file if there is one.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def pack(
    desk: Desk,
    /,
    session: str,
    output: Path,
    recipients: tuple[str, ...],
    passphrase_file: str | None,
    with_diff: bool,
    force: bool,
    as_json: bool,
) -> None:
    lock = _lock(desk, recipients, passphrase_file)

    async def work(minga: Minga) -> tuple[SessionId, Packed]:
        session_id = await minga.history.resolve(session)
        progress = _Progress(quiet=as_json)
        done = await minga.moving.pack(session_id, output, lock, progress, with_diff=with_diff, force=force)
        progress.end()
        return session_id, done

    session_id, packed = desk.run(work)
    if as_json:
        fields = {"session_id": session_id, "path": str(packed.path), "bytes": packed.size, "diff_bytes": packed.diff}
        print(msgspec.json.encode(fields).decode())
        return
    print(desk.say("Packed {session}: {path}, {size}", session=session_id, path=packed.path, size=_size(packed.size)))
    if packed.diff:
        print(desk.say("With the uncommitted changes: {size}", size=_size(packed.diff)))


def _lock(desk: Desk, recipients: tuple[str, ...], passphrase_file: str | None) -> age.Passphrase | age.Recipients:
    if not recipients:
        return age.Passphrase(ask_new(desk, passphrase_file))
    if passphrase_file is not None:
        raise click.UsageError(desk.say("Give --to or --passphrase-file, not both."))
    try:
        return age.recipients(recipients)
    except age.BadKey as wrong:
        raise BadAgeKey(key=str(wrong), detail="a public key is needed") from wrong


@click.command("unpack", cls=Verb, help=UNPACK)
@click.argument("file", type=PATH)
@option("--identity", "-i", type=PATH, metavar="FILE", help="File with the secret age key that it was packed to.")
@option("--passphrase-file", metavar="FILE", help="The first line of this file is the passphrase; else you are asked.")
@option("--cwd", "-C", type=PATH, default=None, metavar="DIR", help="The session's directory on this device.")
@option("--apply-diff", is_flag=True, help="Put the uncommitted changes of the pack into that directory.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def unpack(
    desk: Desk,
    /,
    file: Path,
    identity: Path | None,
    passphrase_file: str | None,
    cwd: Path | None,
    apply_diff: bool,
    as_json: bool,
) -> None:
    key = _key(desk, file, identity, passphrase_file)
    progress = _Progress(quiet=as_json)
    place = cwd and cwd.expanduser().absolute()
    arrived = desk.run(lambda minga: minga.moving.unpack(file, key, place, progress, apply_diff=apply_diff))
    progress.end()
    if as_json:
        print(msgspec.json.encode(_fields(arrived)).decode())
    else:
        _tell(desk, arrived, asked_to_apply=apply_diff)


def _key(desk: Desk, file: Path, identity: Path | None, passphrase_file: str | None) -> age.Key:
    if identity is not None:
        if passphrase_file is not None:
            raise click.UsageError(desk.say("Give --identity or --passphrase-file, not both."))
        try:
            return age.identities(read_small(identity, IDENTITY_BYTES_MAX).decode("utf-8", "replace"))
        except age.BadKey as wrong:
            raise BadAgeKey(key=str(identity), detail=str(wrong)) from wrong
    try:
        opens_with_passphrase = age.wants_passphrase(file)
    except OSError as wrong:
        raise UnreadableFile(path=str(file), detail=wrong.strerror or str(wrong)) from wrong
    if not opens_with_passphrase and passphrase_file is None:
        raise WrongPassphrase(path=str(file))  # nobody need type a passphrase that cannot help
    return age.Passphrase(ask(desk, passphrase_file))


def _tell(desk: Desk, arrived: Arrived, *, asked_to_apply: bool) -> None:
    unpacked, manifest = arrived.unpacked, arrived.unpacked.manifest
    session_id = manifest.session_id
    new = desk.say.counted(unpacked.messages, "1 new message", "{count} new messages")
    print(visible(f"{session_id}  {new}  {manifest.title[:48]}"))
    if manifest.head and unpacked.stands != manifest.head:
        print(
            desk.say(
                "It had gone on here too: it has two branches now. minga sessions branches {session}",
                session=session_id,
            )
        )
    if arrived.missing:
        print(
            desk.say(
                "Its directory {path!r} is not on this device; say where: minga sessions unpack … --cwd DIR",
                path=unpacked.cwd,
            ),
            file=sys.stderr,
        )
    if manifest.commit:
        place = visible(" ".join(filter(None, (manifest.remote, manifest.branch, manifest.commit[:12]))))
        print(desk.say("It stood at: {place}", place=place), file=sys.stderr)
    if arrived.applied:
        print(desk.say("Its uncommitted changes are in your files now."))
    elif manifest.diff:
        print(desk.say("It holds uncommitted changes: --apply-diff puts them into your files."), file=sys.stderr)
    elif asked_to_apply:
        print(desk.say("It holds no uncommitted changes."), file=sys.stderr)


def _fields(arrived: Arrived) -> dict[str, object]:
    unpacked, manifest = arrived.unpacked, arrived.unpacked.manifest
    return {
        "session_id": manifest.session_id,
        "title": manifest.title,
        "messages": unpacked.messages,
        "created": unpacked.created,
        "cwd": unpacked.cwd,
        "cwd_missing": arrived.missing,
        "branched": bool(manifest.head) and unpacked.stands != manifest.head,
        "remote": manifest.remote,
        "branch": manifest.branch,
        "commit": manifest.commit,
        "diff_bytes": manifest.diff,
        "diff_applied": arrived.applied,
    }


class _Progress:
    """Megabytes so far, at a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = sys.stderr.isatty() and not quiet
        self._size = 0
        self._next = time.monotonic() + SHOWN_EVERY_S
        self._written = False

    def __call__(self, size: int) -> None:
        self._size += size
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + SHOWN_EVERY_S
            self._written = True
            print(f"  {_size(self._size)}", end="\r", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._written:
            print(file=sys.stderr)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


BRANCHES = """Show the branches of a session: one for each place where it was gone on with. * is where it stands.

A session that went on in two devices, or that was taken up at an earlier point, has several.
"""


@click.command("branches", cls=Verb, help=BRANCHES)
@click.argument("session")
@option("--json", "as_lines", is_flag=True, help="One branch a line as JSON.")
@click.pass_obj
def branches(desk: Desk, /, session: str, as_lines: bool) -> None:
    async def work(minga: Minga) -> list[Branch]:
        return await minga.branches.of(await minga.history.resolve(session))

    for one in desk.run(work):
        print(msgspec.json.encode(one).decode() if as_lines else visible(_row(desk, one)))


def _row(desk: Desk, one: Branch) -> str:
    mark = "*" if one.stands else " "
    at = f"{one.at:%Y-%m-%d %H:%M}" if one.at else "–"
    apart = "" if one.stands else "  " + desk.say.counted(one.apart, "1 task of its own", "{count} tasks of its own")
    return f"{mark} {one.leaf}  {at}  {one.agent or '–':<9}  {one.words}{apart}"


@click.command("switch", cls=Verb, help="Let a session stand at another of its branches; the next task goes on there.")
@click.argument("session")
@click.argument("branch")
@click.pass_obj
def switch(desk: Desk, /, session: str, branch: str) -> None:
    async def work(minga: Minga) -> Branch:
        return await minga.branches.switch(await minga.history.resolve(session), branch)

    print(visible(_row(desk, desk.run(work))))
