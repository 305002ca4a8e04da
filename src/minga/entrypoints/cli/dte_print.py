"""`minga dte print`: any tax document as a PDF, with its stamp."""

from datetime import date
from pathlib import Path

import click

from minga.domain.errors import BadInput
from minga.dte.document import Document
from minga.dte.printing import Copies, Letterhead, Paper, check_logo, print_document, unprintable
from minga.dte.reading import Container
from minga.dte.stamps.folios import TRIAL_KEY
from minga.entrypoints.cli.dte_given import DAY
from minga.entrypoints.cli.dte_outgoing import (
    LOGO_BYTES_MAX,
    at,
    container_in,
    documents_in,
    refuse_in_the_way,
    tell_unprintable,
    write,
)
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.passphrase import read_small
from minga.entrypoints.cli.verb import Desk

HELP = """Print tax documents as PDF: yours, or those that you received, alone or in an envelope.

\b
  minga dte print invoice.xml -o invoice.pdf
  minga dte print envio.xml -o folder/             one file a document

The resolution that stands below the stamp is taken from the envelope; of a document alone, give it.
"""


@click.command(cls=Verb, name="print", help=HELP)
@click.argument("file", metavar="FILE")
@option("--output", "-o", metavar="FILE|FOLDER", required=True, help="Where it goes, - to standard output.")
@option("--paper", type=click.Choice(["letter", "a4", "ticket"]), default="letter", help="Ticket: a roll of 80 mm.")
@option(
    "--copies",
    type=click.Choice(["all", "original", "assignable"]),
    default="original",
    help="All: also the assignable copy, of a document that has one.",
)
@option("--logo", metavar="FILE", help="PNG or JPEG.")
@option("--office", default="", metavar="NAME", help="The issuer's office of the SII.")
@option("--resolution", type=int, metavar="N", help="The SII's resolution that lets the issuer issue.")
@option("--resolved", type=DAY, metavar="DATE", help="The day of that resolution.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    file: str,
    output: str,
    paper: Paper,
    copies: Copies,
    logo: str | None,
    office: str,
    resolution: int | None,
    resolved: date | None,
) -> None:
    container = container_in(file)
    documents = documents_in(container)
    picture = read_small(at(logo), LOGO_BYTES_MAX) if logo else b""
    if picture:
        check_logo(picture)
    names = _names(documents, output)
    refuse_in_the_way(*names)
    told, day = _resolution(container)
    number, year = (told, day) if resolution is None else (resolution, resolved)
    for document, name in zip(documents, names, strict=True):
        letterhead = Letterhead(office, number, year.year if year else None, logo=picture, is_trial=_is_trial(document))
        write(name, print_document(document, letterhead, paper, copies))
        tell_unprintable(desk, name, unprintable(document, letterhead))


def _names(documents: list[Document], output: str) -> list[str]:
    """Raises BadInput: several documents need a folder."""
    if output != "-" and at(output).is_dir():
        return [str(Path(output) / f"{each.issuer}-{each.kind}-{each.folio}.pdf") for each in documents]
    if len(documents) != 1:
        raise BadInput(detail="there are several documents: give an existing folder as --output")
    return [output]


def _resolution(container: Container) -> tuple[int | None, date | None]:
    caratula = container.caratula
    number = caratula.number("NroResol") if caratula else None
    return (None if number is None else int(number)), caratula.day("FchResol") if caratula else None


def _is_trial(document: Document) -> bool:
    return document.body.of("TED/DD/CAF/DA/IDK") == str(TRIAL_KEY)
