"""`minga dte respond`: what the receiver of documents answers to their issuer."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

import click

from minga.domain.errors import BadInput
from minga.dte.checking import check_around, check_piece
from minga.dte.document import Document, Identity
from minga.dte.grounds import Grounds
from minga.dte.making import plain_rut
from minga.dte.messages import Answerer, Arrived, receipts, reception, results
from minga.dte.reading import Container, head
from minga.entrypoints.cli.dte_outgoing import (
    GivenKey,
    Signer,
    container_in,
    documents_in,
    grounds,
    key_options,
    marked,
    now,
    refuse_in_the_way,
    refuse_unfit,
    signer,
    write,
)
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

Answer = Literal["reception", "accepted", "accepted-with-discrepancies", "rejected", "receipt"]

HELP = """Answer documents that you received: that they came, that you accept or reject them, that the goods came.

\b
  minga dte respond envio.xml --as reception --key certificate.p12 -o answer.xml
  minga dte respond envio.xml --as rejected --reason "other price" --key certificate.p12 -o answer.xml
  minga dte respond envio.xml --as receipt --place "Main store" --key certificate.p12 -o receipt.xml

`reception` checks the envelope and its documents, and says of each how it came. Answers go to the issuer. The SII's
register of claims is another thing: `minga dte claim` tells what it answers, and `minga dte deadlines` until when.
"""

_ID = re.compile(rb"<[^>]*?\sID\s*=\s*[\"']([^\"']*)")
_DIGEST = re.compile(rb"<(?:\w+:)?DigestValue>([^<]*)<")

SIGNATURE_RULES = ("signature-", "certificate-", "stamp-", "caf-")


@click.command(cls=Verb, name="respond", help=HELP)
@click.argument("file", metavar="FILE")
@option("--as", "answer", type=click.Choice(get_args(Answer)), required=True, help="What is answered.")
@key_options
@option("--output", "-o", metavar="FILE", required=True, help="Where it goes, - to standard output.")
@option("--reason", default="", metavar="TEXT", help="Why, of what is rejected or has discrepancies.")
@option("--place", default="", metavar="TEXT", help="Where the goods or services were received.")
@option("--rut", metavar="RUT", help="Who answers; the receiver of the documents if left out.")
@option("--number", type=click.IntRange(1, 9_999_999_999), default=1, metavar="N", help="Your number of this answer.")
@option("--contact", default="", metavar="NAME", help="Whom the issuer can ask.")
@option("--email", default="", metavar="ADDRESS", help="Of the contact.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    file: str,
    answer: Answer,
    key: str | None,
    device: str | None,
    token: str | None,
    key_password_file: str | None,
    trial: bool,
    output: str,
    reason: str,
    place: str,
    rut: str | None,
    number: int,
    contact: str,
    email: str,
) -> None:
    if answer == "rejected" and not reason:
        raise BadInput(detail="say why it is rejected: --reason TEXT")
    if answer == "receipt" and not place:
        raise BadInput(detail="say where it was received: --place TEXT")
    refuse_in_the_way(output)
    container = container_in(file)
    documents = documents_in(container)
    owner = signer(desk, GivenKey(key, device, token, key_password_file, trial))
    answerer = Answerer(
        plain_rut(rut) if rut else _only({each.receiver for each in documents}),
        _only({each.issuer for each in documents}),
        number,
        contact=contact,
        email=email,
    )
    found = grounds(desk, is_trial=trial)
    match answer:
        case "reception":
            content = _reception(container, documents, answerer, owner, found)
        case "receipt":
            content = receipts(answerer, documents, place, owner.rut, owner.key, now())
        case _:
            content = results(answerer, documents, answer, reason, owner.key, now())
    refuse_unfit(desk, content, found)
    write(output, marked(content) if trial else content)


def _only(ruts: set[str]) -> str:
    """An answer is from one company to one. Raises BadInput."""
    if len(ruts) != 1:
        raise BadInput(detail="the documents are of several companies: answer them one by one")
    return next(iter(ruts))


def _reception(
    container: Container, documents: Sequence[Document], answerer: Answerer, owner: Signer, found: Grounds
) -> bytes:
    moment = now()
    states = _document_states(documents, answerer.rut, found)
    arrived = _arrived(container, documents, answerer, found, moment)
    return reception(answerer, arrived, states if arrived.state == 0 else [], owner.key, moment)


def _arrived(
    container: Container, documents: Sequence[Document], answerer: Answerer, found: Grounds, moment: datetime
) -> Arrived:
    caratula = container.caratula
    receiver = (caratula.of("RutReceptor") if caratula else None) or answerer.rut
    around = check_around(container, found, [head(each) for each in documents])
    broken = {each.rule.id for each in around.findings if each.severity in ("rejected", "error")}
    state = 0
    if receiver != answerer.rut:
        state = 3
    elif any(rule.startswith(SIGNATURE_RULES) for rule in broken):
        state = 2
    elif any(rule.startswith("schema-") for rule in broken):
        state = 1
    signed = next((each for each in container.signed if each.name == "SetDTE"), None)
    name = container.place.rpartition("/")[2]
    return Arrived(name, moment, _mark(signed.raw) if signed else name, _digest(signed.signature) if signed else "",
                   answerer.to, receiver, state)  # fmt: skip


def _mark(element: bytes) -> str:
    found = _ID.match(element)
    return found[1].decode("iso-8859-1") if found else ""


def _digest(signature: bytes) -> str:
    """As it stands in the signature, base64."""
    found = _DIGEST.search(signature)
    return "".join(found[1].decode("ascii", "replace").split()) if found else ""


def _document_states(documents: Sequence[Document], receiver: str, found: Grounds) -> list[tuple[Document, int]]:
    """EstadoRecepDTE of each."""
    seen: set[Identity] = set()
    states = []
    for document in documents:
        rules = {
            each.rule.id
            for each in check_piece(document.piece, found).findings
            if each.severity in ("rejected", "error")
        }
        state = 0
        if any(rule.startswith(SIGNATURE_RULES) for rule in rules):
            state = 1
        elif document.receiver != receiver:
            state = 3
        elif document.identity in seen:
            state = 4
        elif rules:
            state = 99
        seen.add(document.identity)
        states.append((document, state))
    return states
