"""`minga dte cede`: the claim of a document is given to another (AEC)."""

import sys

import click

from minga.domain.errors import BadInput
from minga.dte.making import read_short
from minga.dte.messages import Giving, Terms, cession, further_cession
from minga.entrypoints.cli.dte_outgoing import (
    GivenKey,
    at,
    container_in,
    documents_in,
    grounds,
    key_options,
    marked,
    now,
    refuse_in_the_way,
    refuse_unfit,
    signer,
    text_of,
    write,
)
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.passphrase import read_small
from minga.entrypoints.cli.verb import Desk

EXAMPLE = """# What is given, by whom, to whom.
amount = 1057450
due = 2026-12-10
signer_name = "Ana Ejemplo"

[giver]
rut = "76086428-5"
name = "Maderas del Estero SpA"
address = "Camino al Estero 120, Temuco"
email = "pagos@maderas.example"

[taker]
rut = "76902318-6"
name = "Factoring Tres Esteros SpA"
address = "Bandera 1, Santiago"
email = "dte@factoring.example"
"""

HELP = """Give the claim of an invoice to another: the electronic cession file (AEC) for the SII's register.

\b
  minga dte cede --example > terms.toml            what is given, by whom, to whom
  minga dte cede invoice.xml terms.toml --key certificate.p12 -o aec.xml
  minga dte cede aec.xml terms.toml --key certificate.p12 -o aec-2.xml

A cession file as FILE is given on: its earlier cessions stay as they are. Nothing is sent.
"""

PDF_BYTES_MAX = 3_000_000
AEC_BYTES_MAX = 20_000_000


@click.command(cls=Verb, name="cede", help=HELP)
@click.argument("file", required=False, metavar="FILE")
@click.argument("terms", required=False, metavar="TERMS")
@option("--example", "wants_example", is_flag=True, help="Print terms to begin with, and end.")
@key_options
@option("--output", "-o", metavar="FILE", default="-", help="Where it goes; standard output if left out.")
@option("--pdf", metavar="FILE", help="A print of the document, to go with it.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    file: str | None,
    terms: str | None,
    wants_example: bool,
    key: str | None,
    device: str | None,
    token: str | None,
    key_password_file: str | None,
    trial: bool,
    output: str,
    pdf: str | None,
) -> None:
    if wants_example:
        sys.stdout.write(EXAMPLE)
        return
    if file is None or terms is None:
        raise BadInput(detail="give the document and the terms; --example prints terms to begin with")
    found = read_short(text_of(terms), Terms)
    refuse_in_the_way(output)
    container = container_in(file)
    documents = documents_in(container)
    if len(documents) != 1:
        raise BadInput(detail="one document at a time is ceded")
    owner = signer(desk, GivenKey(key, device, token, key_password_file, trial))
    giving = Giving(owner.key, owner.rut, now())
    if container.kind == "AEC":
        if pdf:
            raise BadInput(detail="--pdf goes with the first cession only")
        content = further_cession(read_small(at(file), AEC_BYTES_MAX), documents[0], found, giving)
    else:
        image = read_small(at(pdf), PDF_BYTES_MAX) if pdf else b""
        content = cession(documents[0], found, giving, image)
    refuse_unfit(desk, content, grounds(desk, is_trial=trial))
    write(output, marked(content) if trial else content)
