"""What a batch keeps of a document: who it is, what it comes to, what it refers to. It can go between processes."""

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from minga.dte.content.references import references
from minga.dte.document import Document
from minga.dte.node import Node

_NOT_CONTENT = ("TED", "TmstFirma")


class Link(NamedTuple):
    """A reference to a tax document of an issuer. ``place`` is its number among the references, 0 where it is alone."""

    place: int
    issuer: str
    kind: int
    folio: int
    day: date | None
    code: str


class Entry(NamedTuple):
    """``digest`` is the same for documents that say the same, whenever they were stamped and signed."""

    issuer: str
    kind: int
    folio: int
    receiver: str
    issued: date | None
    total: Decimal
    digest: int
    links: tuple[Link, ...]


def entry(document: Document) -> Entry:
    """What a batch keeps of the document."""
    return Entry(
        document.issuer,
        document.kind,
        document.folio,
        document.receiver,
        document.issued,
        document.body.amount("Encabezado/Totales/MntTotal"),
        _digest(document.body),
        tuple(_links(document)),
    )


def _links(document: Document) -> Iterator[Link]:
    found = references(document)
    for each in found:
        if each.is_tax and each.folio.isascii() and each.folio.isdecimal() and int(each.folio[:18]):
            place = each.place if len(found) > 1 else 0
            yield Link(place, each.other or document.issuer, int(each.kind), int(each.folio[:18]), each.day, each.code)


def _digest(body: Node) -> int:
    told: list[str] = []
    _tell(body, told)
    text = "\x1f".join(told)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _tell(node: Node, told: list[str]) -> None:
    """Adds the names and texts of everything inside."""
    for tag, nodes in node.parts.items():
        if tag in _NOT_CONTENT:
            continue
        for each in nodes:
            told.append(tag)
            if each.text is not None:
                told.append(each.text.strip())
            else:
                _tell(each, told)
                told.append("/")
