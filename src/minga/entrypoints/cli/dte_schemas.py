"""`minga dte schemas`: which of the SII's schemas are installed, and how they come here."""

import asyncio
import sys
from datetime import date
from pathlib import Path

import click

from minga.domain.errors import BadInput, SchemasUnfit, UnreadableFile
from minga.dte.schemas import Installed, NotASet, Schemas, install
from minga.dte.schemas.installing import Own, from_archive, from_folder
from minga.entrypoints.cli.dte_given import DAY
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure.downloads import DownloadFailed, download

HELP = """The SII's XML schemas: list, update.

They are the SII's files and are not shipped with Minga. Install them once from where you have them: the folder of your
billing program, an archive, or an address that you trust. Known sets are recognised by their digests.

\b
  minga dte schemas update ~/Downloads/schema_dte.zip
"""

SIZE_MAX = 64 * 1024 * 1024


@click.group(cls=Verbs, name="schemas", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("list", help="Show the installed sets, and for which documents each is used.")
@click.pass_obj
def list_sets(desk: Desk, /) -> None:
    installed = Schemas.at(desk.settings.dte_schemas).sets
    for each in installed:
        begin = each.valid_from.isoformat() if each.valid_from else "…"
        print(desk.say("{name}: for documents issued from {begin} on", name=each.name, begin=begin))
    if not installed:
        print(desk.say("No schemas yet. Install them: minga dte schemas update PLACE"), file=sys.stderr)


@command.command(
    "update", cls=Verb, help="Install a set from a folder, a zip archive (also a Python wheel) or an https address."
)
@click.argument("place")
@option("--as", "name", metavar="NAME", help="Take a set that Minga does not know, under this name.")
@option("--valid-from", "day", type=DAY, metavar="DATE", help="With --as: the first day of issue that the set is for.")
@click.pass_obj
def update(desk: Desk, /, place: str, name: str | None, day: date | None) -> None:
    if (name is None) != (day is None):
        raise BadInput(detail=desk.say("--as and --valid-from go together"))
    own = Own(name, day) if name and day else None
    try:
        found = _found(place)
        made = install(found, place, desk.settings.dte_schemas, own)
    except NotASet as wrong:
        raise SchemasUnfit(place=place, detail=str(wrong)) from wrong
    _tell(desk, made)


def _found(place: str) -> dict[str, bytes]:
    """Raises NotASet, UnreadableFile, BadInput."""
    if place.startswith("https://"):
        try:
            return from_archive(asyncio.run(download(place, SIZE_MAX)))
        except DownloadFailed as wrong:
            raise UnreadableFile(path=place, detail=str(wrong)) from wrong
    path = Path(place).expanduser()
    try:
        return from_folder(path) if path.is_dir() else from_archive(path.read_bytes())
    except OSError as wrong:
        raise UnreadableFile(path=place, detail=wrong.strerror or str(wrong)) from wrong


def _tell(desk: Desk, made: Installed) -> None:
    print(
        desk.say.counted(made.files, "Installed: {name}, 1 file.", "Installed: {name}, {count} files.", name=made.name),
        file=sys.stderr,
    )
