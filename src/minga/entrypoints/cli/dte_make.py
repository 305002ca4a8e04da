"""`minga dte make`: a signed document from a short form."""

import hashlib
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TextIO

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadDraft, BadInput, MingaError, UnfitDocument
from minga.dte.folios import Folios
from minga.dte.kinds import kinds
from minga.dte.making import Draft, Made, example, field_names, make, make_trial, read_draft
from minga.dte.messages import SII, Sender, envelope
from minga.dte.printing import Copies, Letterhead, Paper, check_logo, print_document, unprintable
from minga.dte.printing.figures import figure
from minga.dte_wiring import folios_of
from minga.entrypoints.cli.dte_outgoing import (
    CAF_BYTES_MAX,
    LOGO_BYTES_MAX,
    GivenKey,
    Signer,
    at,
    complain_of,
    grounds,
    key_options,
    marked,
    now,
    refuse_in_the_way,
    refuse_unfit,
    signer,
    tell_unprintable,
    text_of,
    write,
)
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.passphrase import read_small
from minga.entrypoints.cli.verb import Desk

HELP = """Make a tax document from a short form: totals, folio, stamp and signature are Minga's work.

\b
  minga dte make --example 33 > invoice.toml       a short form to begin with, of any type
  minga dte make invoice.toml --trial --pdf invoice.pdf
  minga dte folios add caf.xml                     the folios that the SII gave you
  minga dte make invoice.toml --key certificate.p12 --envelope sii

The short form is TOML or JSON. The document is checked against every rule before it takes a folio: one that is wrong is
not made, and costs none. Nothing is sent: upload the envelope yourself.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What becomes of the document."""

    output: str | None
    addressee: str | None
    pdf: str | None
    paper: Paper
    copies: Copies
    logo: bytes


@click.command(cls=Verb, name="make", help=HELP)
@click.argument("file", required=False, metavar="FILE")
@option("--example", "kind", type=int, metavar="TYPE", help="Print a short form of this type (33, 34, 39 …) and end.")
@option("--fields", is_flag=True, help="Print every field of the short form and end.")
@key_options
@option("--caf", metavar="FILE", help="Add this folio authorisation first, as `minga dte folios add` does.")
@option("--output", "-o", metavar="FILE", help="Where it goes, - to standard output; RUT-TYPE-FOLIO.xml if left out.")
@option(
    "--envelope",
    "addressee",
    type=click.Choice(["sii", "exchange"]),
    help="In an envelope: for the SII, or for the receiver.",
)
@option("--pdf", metavar="FILE", help="Print it too, with its stamp.")
@option(
    "--paper",
    type=click.Choice(["letter", "a4", "ticket"]),
    default="letter",
    help="Of the PDF; ticket: a roll of 80 mm.",
)
@option(
    "--copies",
    type=click.Choice(["all", "original", "assignable"]),
    default="all",
    help="Of the PDF; all: also the assignable copy, of a document that has one.",
)
@option("--logo", metavar="FILE", help="For the PDF: PNG or JPEG.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    file: str | None,
    kind: int | None,
    fields: bool,
    key: str | None,
    device: str | None,
    token: str | None,
    key_password_file: str | None,
    trial: bool,
    caf: str | None,
    output: str | None,
    addressee: str | None,
    pdf: str | None,
    paper: Paper,
    copies: Copies,
    logo: str | None,
    as_json: bool,
) -> None:
    if kind is not None:
        sys.stdout.write(example(kind))
        return
    if fields:
        print("\n".join(field_names()))
        return
    if file is None:
        raise BadInput(detail="give a short form; --example 33 prints one to begin with")
    draft = read_draft(text_of(file))
    if trial and caf:
        raise BadInput(detail="--trial takes no folios: --caf goes without it")
    wanted = Wanted(output, addressee, pdf, paper, copies, _logo(logo))
    refuse_in_the_way(output, pdf)
    if addressee:
        _resolution(draft, is_trial=trial)
    owner = signer(desk, GivenKey(key, device, token, key_password_file, trial))
    try:
        if trial:
            made = make_trial(draft, grounds(desk, is_trial=True), now())
            files = _keep(desk, made, draft, wanted, owner)
        else:
            made, files = _make(desk, draft, wanted, owner, caf)
    except UnfitDocument as unfit:
        complain_of(desk, unfit.values["findings"])
        raise
    _tell(desk, made, files, as_json=as_json)


def _make(desk: Desk, draft: Draft, wanted: Wanted, owner: Signer, caf: str | None) -> tuple[Made, dict[str, str]]:
    async def work(minga: Minga) -> tuple[Made, dict[str, str]]:
        folios = folios_of(minga)
        if caf:
            await folios.add(read_small(at(caf), CAF_BYTES_MAX), caf)
        made = await make(draft, folios, owner.key, grounds(desk, is_trial=False), now())
        try:
            files = _keep(desk, made, draft, wanted, owner)
        except MingaError:
            if wanted.pdf != "-":  # a print that went out cannot be taken back
                await _release(folios, made)
            raise
        assert made.folio is not None, "only a trial has none"
        await folios.settle(made.folio, hashlib.sha256(made.document.piece.raw).hexdigest())
        return made, files

    return desk.run(work)


async def _release(folios: Folios, made: Made) -> None:
    """Nothing of the document is left: its folio is free again."""
    assert made.folio is not None, "only a trial has none"
    await folios.release(*made.folio.key)


def _keep(desk: Desk, made: Made, draft: Draft, wanted: Wanted, owner: Signer) -> dict[str, str]:
    """Write its files; the document itself last: with it the folio is used. Returns their names by what they are."""
    document, files = made.document, {}
    content = made.file
    if wanted.addressee:
        to = SII if wanted.addressee == "sii" else document.receiver
        resolution, resolved = _resolution(draft, is_trial=made.folio is None)
        content = envelope([document], to, Sender(owner.rut, resolution, resolved), owner.key, now())
        refuse_unfit(desk, content, grounds(desk, is_trial=made.folio is None))
    if wanted.pdf:
        letterhead = _letterhead(draft, made, wanted)
        write(wanted.pdf, print_document(document, letterhead, wanted.paper, wanted.copies))
        tell_unprintable(desk, wanted.pdf, unprintable(document, letterhead))
        files["pdf"] = wanted.pdf
    name = wanted.output or f"{document.issuer}-{document.kind}-{document.folio}.xml"
    try:
        write(name, marked(content) if made.folio is None else content)
    except MingaError:
        if wanted.pdf and wanted.pdf != "-":
            with suppress(OSError):
                at(wanted.pdf).unlink()
        raise
    return {"file": name, **files}


def _resolution(draft: Draft, *, is_trial: bool) -> tuple[int, date]:
    """What an envelope names. Raises BadDraft."""
    number, day = draft.issuer.resolution, draft.issuer.resolved
    if is_trial and number is None:
        return 0, date(2026, 1, 1)
    if number is None or day is None:
        detail = "an envelope names the SII's resolution that lets you issue, and its day"
        raise BadDraft(place="issuer.resolution, issuer.resolved", detail=detail, suggestion="")
    return number, day


def _letterhead(draft: Draft, made: Made, wanted: Wanted) -> Letterhead:
    issuer = draft.issuer
    return Letterhead(
        unit=issuer.office or "",
        resolution=issuer.resolution,
        year=issuer.resolved.year if issuer.resolved else None,
        logo=wanted.logo,
        words=draft.words,
        is_trial=made.folio is None,
    )


def _tell(desk: Desk, made: Made, files: dict[str, str], *, as_json: bool) -> None:
    document = made.document
    if as_json:
        print(msgspec.json.encode(_fields(desk, made, files)).decode(), file=_beside(files))
        return
    name = kinds()[document.kind][desk.say.language]
    total = figure(document.body.amount("Encabezado/Totales/MntTotal"))
    told = desk.say(
        "{kind} {folio} of {issuer}, total {total}",
        kind=name,
        folio=document.folio,
        issuer=document.issuer,
        total=total,
    )
    written = [f"  {file}" for file in files.values() if file != "-"]
    print("\n".join([told, *written]), file=_beside(files), flush=True)  # before what is said of it
    if made.folio is None:
        print(desk.say("A trial: it is worth nothing."), file=sys.stderr)
    complain_of(desk, made.notes)


def _fields(desk: Desk, made: Made, files: dict[str, str]) -> dict[str, object]:
    document = made.document
    return {
        "issuer": document.issuer,
        "type": document.kind,
        "folio": document.folio,
        "issued": document.issued,
        "receiver": document.receiver,
        "total": str(document.body.amount("Encabezado/Totales/MntTotal")),
        "trial": made.folio is None,
        **files,
        "notes": [{"rule": note.rule.id, "path": note.path, "found": note.found} for note in made.notes],
    }


def _beside(files: dict[str, str]) -> TextIO:
    """Standard output, unless the document goes there."""
    return sys.stderr if "-" in files.values() else sys.stdout


def _logo(file: str | None) -> bytes:
    if file is None:
        return b""
    content = read_small(at(file), LOGO_BYTES_MAX)
    check_logo(content)
    return content
