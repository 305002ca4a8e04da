"""What a file holds: its kind, its cover, its documents, the elements that were signed besides them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from lxml import etree

from minga.dte.document import Document, Piece
from minga.dte.finding import Fault
from minga.dte.node import Node

Kind = Literal[
    "DTE",
    "EnvioDTE",
    "EnvioBOLETA",
    "AEC",
    "RespuestaDTE",
    "EnvioRecibos",
    "LibroCompraVenta",
    "LibroGuia",
    "LibroBoleta",
    "ConsumoFolios",
    "wrapper",
    "nothing",
]
"""As the SII names the outermost element. ``wrapper``: an element of somebody else's around documents. ``nothing``: no
document and no message of the SII's stands there."""


@dataclass(frozen=True, slots=True)
class Signed:
    """An element outside the documents (`SetDTE`, `DocumentoCesion`, `EnvioLibro` …) and the `Signature` after it, as
    they stand in the file. ``declared`` are the namespaces around both. Where an element has several signatures, it
    comes once for each."""

    name: str
    file: bytes
    element: tuple[int, int]
    sealed: tuple[int, int]
    encoding: str
    declared: Mapping[str, str]
    place: str

    @property
    def raw(self) -> bytes:
        return self.file[self.element[0] : self.element[1]]

    @property
    def signature(self) -> bytes:
        return self.file[self.sealed[0] : self.sealed[1]]


@dataclass(frozen=True, slots=True)
class Container:
    """One file, or one entry of an archive. ``root`` is its outermost element and ``namespace`` the one that this is in
    ("" for none, as downloads from the SII's free service). ``cover`` is all that is not in a document, None where it
    cannot be read; ``element`` is the same with its namespaces. In both the first document is an empty element and the
    others are not there. ``faults`` are those of reading: `check_container` makes findings of them."""

    kind: Kind
    place: str
    root: str = ""
    namespace: str = ""
    encoding: str = "ISO-8859-1"
    cover: Node | None = None
    element: etree._Element | None = None
    pieces: tuple[Piece, ...] = ()
    signed: tuple[Signed, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def caratula(self) -> Node | None:
        """Who sends what to whom: below the element that is signed, or below the outermost one."""
        if self.cover is None:
            return None
        inside = (node for nodes in self.cover.parts.values() for node in nodes)
        return next((found for node in (self.cover, *inside) if (found := node.first("Caratula")) is not None), None)


class Head(NamedTuple):
    """What an envelope tells again of each document. ``total`` is MntTotal, ``mark`` the ID of the body."""

    kind: int
    folio: int
    issuer: str
    receiver: str
    issued: date | None
    total: Decimal | None
    mark: str


def head(document: Document) -> Head:
    return Head(
        document.kind,
        document.folio,
        document.issuer,
        document.receiver,
        document.issued,
        document.body.number("Encabezado/Totales/MntTotal"),
        document.body.attributes.get("ID", ""),
    )


Heads = Sequence[Head]
