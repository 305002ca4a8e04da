"""`minga keys`: the keys of the store, and where the one above all others lies."""

import asyncio
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, MasterKeyUnusable, UnfitFile
from minga.domain.secrecy import DeletionReceipt
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.passphrase import ask, ask_new, read_small
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure import age
from minga.storage import deletion, receipts, recovery, rotation
from minga.storage.keys import Master

RECOVERY_BYTES_MAX = 1_000_000
RECEIPT_BYTES_MAX = 100_000_000

EXIT_NOT_GENUINE = 1

HELP = """The keys of the store: show, rotate, move, export, import; deletion receipts.

Every session has a key, wrapped by a key of its user, wrapped by the master key. Without the master key nothing can be
read: make a recovery file with `minga keys export` and keep it elsewhere.
"""


@click.group(cls=Verbs, name="keys", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("show", help="Show the master key's place and id, and the key that signs deletion receipts.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def show(desk: Desk, /, as_json: bool) -> None:
    with opened_keys(desk) as minga:
        masters = [(master, _state(minga, master)) for master in minga.keys.masters()]
        shown = {
            "masters": [
                {"id": master.id, "place": minga.keys.source(master.source).shown, "state": state}
                for master, state in masters
            ],
            "receipts": minga.keys.shown(deletion.SIGNING_KEY),
            "user": minga.vault.user,
        }
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    said = {
        "in-use": desk.say("in use"),
        "unfinished": desk.say("rotation unfinished"),
        "lost": desk.say("lost"),
        "unusable": desk.say("unusable"),
    }
    for master, state in masters:
        print(f"{master.id}  {said[state]:<12}  {minga.keys.source(master.source).shown}")
    if not masters:
        print(desk.say("No keys yet; the first session makes them."), file=sys.stderr)
    if shown["receipts"]:
        print(desk.say("Deletion receipts are signed with {key}", key=shown["receipts"]))


@command.command("rotate", help="Put a new key in the place of the master's or your own; sessions stay as they are.")
@click.argument("which", type=click.Choice(["master", "user"]))
@click.pass_obj
def rotate(desk: Desk, /, which: str) -> None:
    with opened_keys(desk) as minga:
        if which == "user":
            done = rotation.rotate_user(minga.keys, minga.vault.user)
        else:
            current = [master.source for master in minga.keys.masters() if master.state == "current"]
            done = rotation.rotate_master(minga.keys, (*current, minga.keys.first_source)[0])
    _tell(desk, done, is_master=which == "master")


@command.command("move", help="Make a new master key elsewhere and destroy the present one.")
@option("--to", "place", required=True, metavar="PLACE", help="file, keyring or vault:ADDRESS.")
@click.pass_obj
def move(desk: Desk, /, place: str) -> None:
    with opened_keys(desk) as minga:
        done = rotation.rotate_master(minga.keys, place)
    _tell(desk, done, is_master=True)


@command.command("export", help="Write the master key to a recovery file that opens with a passphrase (age).")
@click.argument("file", type=click.Path(path_type=Path))
@option("--passphrase-file", metavar="FILE", help="The first line of this file is the passphrase; else you are asked.")
@click.pass_obj
def export(desk: Desk, /, file: Path, passphrase_file: str | None) -> None:
    with opened_keys(desk) as minga:
        content = recovery.exported(minga.keys)
    passphrase = ask_new(desk, passphrase_file)
    sealed = io.BytesIO()
    age.encrypt(io.BytesIO(content), sealed, age.Passphrase(passphrase))
    try:
        with open(file, "xb", opener=_private) as target:
            target.write(sealed.getvalue())
    except OSError as wrong:
        raise BadInput(detail=f"{str(file)!r} cannot be written: {wrong.strerror}") from wrong


@command.command("import", help="Put the master key back from a recovery file.")
@click.argument("file", type=click.Path(path_type=Path))
@option("--passphrase-file", metavar="FILE", help="The first line of this file is the passphrase; else you are asked.")
@option("--to", "place", default="", metavar="PLACE", help="file or keyring; where it was if left out.")
@click.pass_obj
def import_(desk: Desk, /, file: Path, passphrase_file: str | None, place: str) -> None:
    sealed = read_small(file, RECOVERY_BYTES_MAX)
    content = io.BytesIO()
    try:
        age.decrypt(io.BytesIO(sealed), content, age.Passphrase(ask(desk, passphrase_file)))
    except age.WrongKey as wrong:
        raise UnfitFile(
            detail="the passphrase does not open it",
            suggestion="Give the passphrase that it was exported with; only the first line of --passphrase-file is"
            " taken.",
        ) from wrong
    except age.Damaged as wrong:
        raise recovery.no_recovery_file() from wrong
    with opened_keys(desk) as minga:
        for master_id in recovery.bring_back(minga.keys, content.getvalue(), place):
            print(desk.say("The master key {key} is back.", key=master_id))


@command.command("check-receipt", help="Say whether deletion receipts are genuine; exit code 0 if all are, else 1.")
@click.argument("file", type=click.Path(path_type=Path))
@option(
    "--public-key", metavar="KEY", help="The key that signed it, as `minga keys show` says; this store's if left out."
)
@click.pass_obj
def check_receipt(desk: Desk, /, file: Path, public_key: str | None) -> int:
    try:
        found = receipts.all_from_json(read_small(file, RECEIPT_BYTES_MAX).decode())
    except UnicodeDecodeError as wrong:
        raise receipts.no_receipt() from wrong
    if public_key is None:
        with opened_keys(desk) as minga:
            public_key = minga.keys.shown(deletion.SIGNING_KEY)
    genuine = [_tell_receipt(desk, one, is_genuine=receipts.is_genuine(one, public_key)) for one in found]
    return 0 if all(genuine) else EXIT_NOT_GENUINE


def _tell_receipt(desk: Desk, receipt: DeletionReceipt, *, is_genuine: bool) -> bool:
    if not is_genuine:
        print(desk.say("Not genuine: it was changed, or another store signed it."))
        return False
    what = (
        desk.say("Genuine: the session {name}") if receipt.what == "session" else desk.say("Genuine: the user {name}")
    )
    print(what.format(name=receipt.name))
    print(
        desk.say(
            "was deleted on {at} by {by}; keys destroyed: {count}",
            at=f"{receipt.at:%Y-%m-%d %H:%M:%S} UTC",
            by=receipt.by,
            count=len(receipt.keys),
        )
    )
    return True


@command.command("receipts", help="Print every deletion receipt of yours again, the oldest first.")
@click.pass_obj
def past_receipts(desk: Desk, /) -> None:
    with opened_keys(desk) as minga:
        for receipt in deletion.past_receipts(minga.keys):
            if receipt.by == minga.vault.user:
                sys.stdout.write(receipts.to_json(receipt))


@contextmanager
def opened_keys(desk: Desk) -> Iterator[Minga]:
    """Minga, of which only the keys are used: it works also where the store itself cannot be opened."""
    minga = desk.build()
    try:
        yield minga
    finally:
        asyncio.run(minga.close())


def _state(minga: Minga, master: Master) -> str:
    try:
        here = minga.keys.opens(master)
    except MasterKeyUnusable:
        return "unusable"
    if not here:
        return "lost"
    return "in-use" if master.state == "current" else "unfinished"


def _tell(desk: Desk, done: rotation.Rotated, *, is_master: bool) -> None:
    if done.resumed:
        print(desk.say("An earlier rotation had been cut off; it is finished now."))
    print(desk.say("The new key is {key}; keys wrapped anew: {count}", key=done.new_id, count=done.rewrapped))
    if is_master:
        print(desk.say("An older recovery file does not help any more: minga keys export FILE"))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
