"""A tax document as its rules see it: names without namespaces, texts as written, paths that a person can follow.

A path is the names of elements below the body (`Documento`, `Liquidacion`, `Exportaciones`), with the number of the
repetition where there may be several: ``Encabezado/Totales/IVA``, ``Detalle[2]/MontoItem``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Literal

from lxml import etree

from minga.dte.node import DEPTH_MAX, NO_ATTRIBUTES, NO_PARTS, Node
from minga.dte.plain import Plain, plain

Body = Literal["Documento", "Liquidacion", "Exportaciones"]

BODIES: tuple[Body, ...] = ("Documento", "Liquidacion", "Exportaciones")

NAMESPACE = "http://www.sii.cl/SiiDte"


class Unreadable(ValueError):
    """A piece of a file is no document: ``why`` says so in a form that can be shown; ``rule`` is the rule broken."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule
        self.why = why


@dataclass(frozen=True, slots=True)
class Piece:
    """One ``DTE`` element as it stands in its file: what signatures and stamps are verified on.

    ``raw`` is in the file's own bytes, read by ``encoding``. ``declared`` are the namespaces that elements around it
    declare (prefix, "" for the default one, to name). ``place`` says where: file, entry of an archive, number in it.
    """

    raw: bytes
    encoding: str = "ISO-8859-1"
    declared: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a document one of its kind: no two documents of an issuer share type and folio."""

    issuer: str
    kind: int
    folio: int


@dataclass(frozen=True, slots=True)
class Document:
    """A piece that could be read. ``kind`` is TipoDTE (0 where it is none), ``issued`` FchEmis. ``plain`` is None where
    the text is written in an unusual way."""

    piece: Piece
    body: Node
    element: etree._Element
    kind: int
    folio: int
    issuer: str
    receiver: str
    issued: date | None
    version: str | None
    plain: Plain | None = field(default=None, repr=False)

    @property
    def identity(self) -> Identity:
        return Identity(self.issuer, self.kind, self.folio)

    @property
    def lines(self) -> Sequence[Node]:
        return self.body.all("Detalle")

    @property
    def is_boleta(self) -> bool:
        return self.kind in (39, 41)

    @property
    def is_export(self) -> bool:
        return self.kind in (110, 111, 112)


def read(piece: Piece) -> Document:
    """Raises Unreadable: no XML, a DTD, too deep, or no body that a DTE may have."""
    root = parse(with_namespaces(piece.raw, piece.declared), piece.encoding)
    written = plain(piece.raw, piece.encoding)
    body = written.node if written else _body(root)
    head = body.first("Encabezado") or _EMPTY
    return Document(
        piece,
        body,
        root,
        _whole(head.of("IdDoc/TipoDTE")),
        _whole(head.of("IdDoc/Folio")),
        head.of("Emisor/RUTEmisor") or "",
        head.of("Receptor/RUTRecep") or "",
        head.day("IdDoc/FchEmis"),
        root.get("version"),
        written,
    )


def _body(root: etree._Element) -> Node:
    found = next((each for each in root if isinstance(each.tag, str) and local_name(each.tag) in BODIES), None)
    if local_name(root.tag) != "DTE" or found is None:
        raise Unreadable("read-no-document", f"<{local_name(root.tag)}> holds no {', '.join(BODIES)}")
    return as_node(found)


def parse(raw: bytes, encoding: str) -> etree._Element:
    """The element that ``raw`` is, without comments. Raises Unreadable; entities and other files are never read."""
    try:
        root = etree.fromstring(raw, _parser(encoding))
    except (etree.XMLSyntaxError, LookupError, ValueError) as wrong:
        raise Unreadable("read-not-xml", str(wrong)) from wrong
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("read-dtd", "a document type declaration (DTD) is refused")
    return root


@lru_cache(maxsize=16)
def _parser(encoding: str) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def with_namespaces(raw: bytes, declared: Mapping[str, str]) -> bytes:
    """The element with the namespaces that are declared around it in its own start tag, where it does not redeclare
    them: what it means when it stands alone. ``raw`` is in an encoding that is ASCII where ASCII is."""
    start = _START.match(raw) if declared else None
    if start is None:
        return raw
    own = {(each[1] or b"").decode("ascii", "replace") for each in _DECLARED.finditer(start[0])}
    added = "".join(
        f' xmlns{":" if prefix else ""}{prefix}="{name}"' for prefix, name in declared.items() if prefix not in own
    )
    return raw[: start.end(1)] + added.encode() + raw[start.end(1) :]


def as_node(element: etree._Element, depth: int = 0) -> Node:
    """The element and all below it. Raises Unreadable where it is nested too deep."""
    if depth > DEPTH_MAX:
        raise Unreadable("read-too-deep", f"elements are nested more than {DEPTH_MAX} deep")
    attributes = {str(name): str(value) for name, value in element.items()} if element.keys() else NO_ATTRIBUTES
    if len(element) == 0:
        return Node(local_name(element.tag), element.text or "", NO_PARTS, attributes)
    parts: dict[str, list[Node]] = {}
    for child in element:
        node = as_node(child, depth + 1)
        parts.setdefault(node.tag, []).append(node)
    return Node(local_name(element.tag), None, parts, attributes)


@lru_cache(maxsize=4096)
def local_name(tag: str) -> str:
    """Without its namespace."""
    return tag[tag.rfind("}") + 1 :]


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else 0


_START = re.compile(rb"\s*(<[^\s/>]+)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_DECLARED = re.compile(rb"\sxmlns(?::([^\s=]+))?\s*=")

_EMPTY = Node("", "", NO_PARTS, NO_ATTRIBUTES)
