"""A tax document as its rules see it: names without namespaces, texts as written, paths that a person can follow.

A path is the names of elements below the body (`Documento`, `Liquidacion`, `Exportaciones`), with the number of the
repetition where there may be several: ``Encabezado/Totales/IVA``, ``Detalle[2]/MontoItem``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import msgspec
from lxml import etree

Body = Literal["Documento", "Liquidacion", "Exportaciones"]

BODIES: tuple[Body, ...] = ("Documento", "Liquidacion", "Exportaciones")

NAMESPACE = "http://www.sii.cl/SiiDte"

DEPTH_MAX = 32
"""No schema of the SII nests half as deep."""


class Unreadable(ValueError):
    """A piece of a file is no document: ``why`` says so in a form that can be shown; ``rule`` is the rule broken."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule
        self.why = why


class Node(msgspec.Struct, eq=False, gc=False):
    """An element. ``text`` is as written, None where there are elements inside; ``parts`` are those, by their names.

    A document has a hundred, in a tree: a struct, which is made faster than other classes and which the collector of
    cycles need not look at.
    """

    tag: str
    text: str | None
    parts: "Mapping[str, Sequence[Node]]"
    attributes: Mapping[str, str]

    def first(self, path: str) -> "Node | None":
        """The first element at ``path``, or None."""
        node = self
        for name in path.split("/"):
            found = node.parts.get(name)
            if not found:
                return None
            node = found[0]
        return node

    def all(self, tag: str) -> Sequence["Node"]:
        return self.parts.get(tag, ())

    def each(self, tag: str) -> "Sequence[tuple[str, Node]]":
        """Those of that name, each with its step of a path: ``Detalle[2]``, or ``Detalle`` where it is alone."""
        found = self.parts.get(tag, ())
        if len(found) == 1:
            return ((tag, found[0]),)
        return [(f"{tag}[{place}]", node) for place, node in enumerate(found, 1)]

    def has(self, path: str) -> bool:
        return self.first(path) is not None

    def of(self, path: str) -> str | None:
        """The text at ``path`` without white space around it; None where the element is absent or holds elements."""
        node = self.first(path)
        return node.text.strip() if node is not None and node.text is not None else None

    def number(self, path: str) -> Decimal | None:
        """None where it is absent or no number; a rule of its own tells of those."""
        return as_number(self.of(path))

    def amount(self, path: str) -> Decimal:
        """Like `number`, and 0 where there is none: what a sum takes."""
        return self.number(path) or Decimal(0)

    def day(self, path: str) -> date | None:
        return as_day(self.of(path))

    def walk(self, path: str = "") -> Iterator[tuple[str, "Node"]]:
        """Every element below, with its path."""
        for tag, nodes in self.parts.items():
            for place, node in enumerate(nodes, 1):
                where = f"{path}{tag}[{place}]" if len(nodes) > 1 else f"{path}{tag}"
                yield where, node
                if node.parts:
                    yield from node.walk(where + "/")


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
    """A piece that could be read. ``kind`` is TipoDTE (0 where it is none), ``issued`` FchEmis."""

    piece: Piece
    body: Node
    element: etree._Element
    kind: int
    folio: int
    issuer: str
    receiver: str
    issued: date | None
    version: str | None

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
    found = next((each for each in root if isinstance(each.tag, str) and local_name(each.tag) in BODIES), None)
    if local_name(root.tag) != "DTE" or found is None:
        raise Unreadable("read-no-document", f"<{local_name(root.tag)}> holds no {', '.join(BODIES)}")
    body = as_node(found)
    return Document(
        piece,
        body,
        root,
        _whole(body.of("Encabezado/IdDoc/TipoDTE")),
        _whole(body.of("Encabezado/IdDoc/Folio")),
        body.of("Encabezado/Emisor/RUTEmisor") or "",
        body.of("Encabezado/Receptor/RUTRecep") or "",
        body.day("Encabezado/IdDoc/FchEmis"),
        root.get("version"),
    )


def as_number(text: str | None) -> Decimal | None:
    """A decimal number as XML writes it, or None: no exponent, no sign but a minus, no thousands, at most 60 signs."""
    return _number(text) if text and len(text) <= 60 else None


@lru_cache(maxsize=4096)
def _number(text: str) -> Decimal | None:
    if not text.isascii() or "e" in text.lower() or "_" in text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def as_day(text: str | None) -> date | None:
    """A date as AAAA-MM-DD, or None."""
    if text is None or len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


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
    attributes = {str(name): str(value) for name, value in element.items()} if element.keys() else _NONE
    if len(element) == 0:
        return Node(local_name(element.tag), element.text or "", _NO_PARTS, attributes)
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

_NONE: Mapping[str, str] = MappingProxyType({})
_NO_PARTS: Mapping[str, Sequence[Node]] = MappingProxyType({})
