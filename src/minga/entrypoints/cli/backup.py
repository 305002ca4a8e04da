"""`minga backup`: copies of the store, and how one of them takes its place again."""

import sys

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import MingaError, NoBackupHere
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.verb import Desk
from minga.storage.backup import Backup, Kind
from minga.storage.restore import restore as restore_store
from minga.storage.sqlite import LOCK_LIMIT_S
from minga.store_wiring import KEY_SCHEMA

HELP = """Encrypted backups of the store: now, list, verify, restore.

Minga makes one by itself after a command, if the last is older than an hour. Keys are in no backup.
"""

PG_DUMP = f"pg_dump --format=custom --exclude-schema={KEY_SCHEMA} --file=minga.dump $MINGA_DATABASE_URL"
"""A dump must not hold the keys, and restoring one must leave them alone."""


@click.group(cls=Verbs, name="backup", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("now", help="Make a backup; it stays until you remove it.")
@click.pass_obj
def now(desk: Desk, /) -> None:
    made = _open(desk).backups.make(Kind.MANUAL)
    print(f"{made.name}  {_size(made.size)}")


@command.command("list", help="Show every backup, the newest first.")
@option("--json", "as_lines", is_flag=True, help="One backup a line as JSON.")
@click.pass_obj
def list_backups(desk: Desk, /, as_lines: bool) -> None:
    found = _open(desk).backups.all()
    for one in found:
        print(msgspec.json.encode(one).decode() if as_lines else _row(desk, one))
    if not found and not as_lines:
        print(desk.say("No backups yet. Make one: minga backup now"), file=sys.stderr)


@command.command("verify", help="Read backups whole and say which are good; all of them if no NAME is given.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.pass_obj
def verify(desk: Desk, /, names: tuple[str, ...]) -> int:
    backups = _open(desk).backups
    code = 0
    for one in [backups.find(name) for name in names] or backups.all():
        try:
            rows = backups.verify(one).rows
        except MingaError as wrong:
            complain(*desk.say.error(wrong))
            code = wrong.exit_code
            continue
        counts = {table: rows.get(table, 0) for table in ("sessions", "turns", "messages", "events")}
        told = desk.say(
            "{name}  in order; sessions: {sessions}, turns: {turns}, messages: {messages}, events: {events}",
            name=one.name,
            **counts,
        )
        print(told)
    return code


@command.command("restore", help="Put a backup in the place of the store. The present one is kept.")
@click.argument("name")
@click.pass_obj
def restore(desk: Desk, /, name: str) -> None:
    minga = _open(desk)
    limit_s = desk.settings.number("lock_wait_s", LOCK_LIMIT_S)
    done = restore_store(minga.backups, minga.backups.find(name), minga.presence.others, limit_s)
    print(desk.say("The store is that of {when} again.", when=_when(done.backup)))
    if done.kept is not None:
        print(desk.say("What was there before: minga backup restore {name}", name=done.kept.name))
    if done.damaged is not None:
        print(desk.say("The damaged store was kept: {path}", path=done.damaged))


def _open(desk: Desk) -> Minga:
    """Raises NoBackupHere if the store is in PostgreSQL."""
    if desk.settings.text("database_url"):
        raise NoBackupHere(command=PG_DUMP)
    return desk.build()


def _row(desk: Desk, one: Backup) -> str:
    state = "" if one.sha256 else f"  {desk.say('damaged')}"
    return f"{one.name:<36}  {_when(one)}  {_size(one.size):>9}  {one.kind}{state}"


def _when(one: Backup) -> str:
    return f"{one.made_at.astimezone():%Y-%m-%d %H:%M:%S}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
