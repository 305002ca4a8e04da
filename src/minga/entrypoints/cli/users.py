"""`minga users`: whose sessions lie in the store."""

import asyncio
import sys
from datetime import UTC, datetime
from functools import partial

import click

from minga.domain.errors import BadInput, StoreError
from minga.domain.secrecy import DeletionReceipt, UserName
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.keys import opened_keys
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.receipt import keep
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.storage import deletion, receipts
from minga.storage.derived import remove_file

NAME_LENGTH_MAX = 64

HELP = """Whose sessions lie in the store: list, add, remove.

A user is an account of the operating system, from its first use on, or a profile that was added and that MINGA_USER (or
the setting user) names. Each sees their own sessions, and what was shared with them.
"""


@click.group(cls=Verbs, name="users", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("list", help="Show every user, since when, and how many sessions are theirs; * is who you are.")
@click.pass_obj
def list_users(desk: Desk, /) -> None:
    with opened_keys(desk) as minga:
        for name, since, sessions in minga.keys.users():
            mark = "*" if name == minga.vault.user else " "
            begun = datetime.fromtimestamp(since / 1_000_000, UTC)
            print(f"{mark} {visible(name):<20}  {begun:%Y-%m-%d %H:%M}  {sessions:>5}")


@command.command("add", help="Make a profile; MINGA_USER=NAME works as it.")
@click.argument("name")
@click.pass_obj
def add(desk: Desk, /, name: str) -> None:
    if not 0 < len(name) <= NAME_LENGTH_MAX or not all(letter.isalnum() or letter in "._@-" for letter in name):
        raise BadInput(detail=f"{name!r} is no name for a user: letters, digits and . _ @ - make one, at most 64")
    with opened_keys(desk) as minga:
        minga.keys.add_user(UserName(name))


@command.command("remove", help="Destroy a user's keys with all their sessions, in every backup too. No way back.")
@click.argument("name")
@option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(desk: Desk, /, name: str, yes: bool) -> None:
    with opened_keys(desk) as minga:
        if not yes:
            _confirm(desk, name)
        receipt = deletion.shred_user(minga.keys, UserName(name), minga.vault.user)
        hand_out(desk, receipt)
        for derived in (desk.settings.search_index(name), desk.settings.memory_file(name)):
            remove_file(derived)
        try:
            asyncio.run(minga.retention.take_out_of(UserName(name), partial(say_left, desk)))
        except StoreError as wrong:  # what is left there can be read by nobody
            complain(*desk.say.error(wrong))


def hand_out(desk: Desk, receipt: DeletionReceipt) -> None:
    """Print a deletion receipt, and keep it as a file in the data directory."""
    try:
        path = keep(desk.settings, receipt)
    finally:
        sys.stdout.write(receipts.to_json(receipt))
    print(desk.say("The receipt is in {path}", path=str(path)), file=sys.stderr)


def say_left(desk: Desk, what: str) -> None:
    """Of a deleted session, a native one that is not Minga's to take away."""
    print(desk.say("left: {what}", what=visible(desk.say.told(what))), file=sys.stderr)


def _confirm(desk: Desk, name: str) -> None:
    question = desk.say("All sessions of {name!r} will be unreadable for ever. Type the name to go on: ", name=name)
    if not sys.stdin.isatty():
        raise BadInput(detail="nobody can be asked here; --yes removes without asking")
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != name:
        raise BadInput(detail="nothing was removed")
