"""The bytes of a file become a container."""

from typing import get_args

from lxml import etree

from minga.dte.document import NAMESPACE, Piece, Unreadable, as_node, local_name, parse
from minga.dte.finding import Fault
from minga.dte.node import Node
from minga.dte.reading.container import Container, Kind, Signed
from minga.dte.reading.cutting import TEXT_MAX, Cut, Span, cut
from minga.dte.reading.encodings import Letters, letters, without_declaration

FILE_MAX = 100 * 1024 * 1024
"""Bytes of one file. An envelope of 2,000 documents of 6 kB has 12 MB."""

_ROOTS: dict[str, Kind] = {name: name for name in get_args(Kind) if name not in ("wrapper", "nothing")}
_STOPPED = frozenset({"read-dtd", "read-too-deep", "read-too-many", "read-half"})
"""Faults of cutting after which there is no whole cover."""
_BEGINNINGS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0")


def opened(data: bytes, place: str) -> Container:
    """Take one file apart. Never raises: what keeps it from being read is a fault of the container."""
    if len(data) > FILE_MAX:
        return refused(place, Fault("read-too-large", "", f"{len(data):,}", f"{FILE_MAX:,}"))
    start = data[:1024].lstrip()
    if not start and not data.strip():
        return refused(place, Fault("read-empty", ""))
    if not start.startswith(_BEGINNINGS):
        return refused(place, Fault("read-not-xml", "", _shown(start)))
    text = letters(data)
    return _taken_apart(text, cut(text.data), place)


def refused(place: str, fault: Fault) -> Container:
    """What could not be opened."""
    return Container("nothing", place, faults=(fault,))


def _taken_apart(text: Letters, found: Cut, place: str) -> Container:
    faults = [*text.faults, *found.faults]
    if text.data[:1].isspace() and text.data[:1024].lstrip().startswith(b"<?xml"):
        faults.append(Fault("read-before-declaration", ""))
    pieces = tuple(_pieces(text, found.documents, place, faults))
    outermost = _outermost(found, text.encoding, faults)
    root, namespace = ("", "") if outermost is None else _name(outermost)
    kind: Kind = _ROOTS.get(root) or ("wrapper" if pieces else "nothing")
    cover = _cover(outermost, faults) if outermost is not None and kind != "DTE" else None
    signed = tuple(_signed(text, element, seal, place) for element, seal in found.signed)
    faults += _about(kind, root, namespace, text.data, faults)
    element = outermost if cover is not None else None
    return Container(kind, place, root, namespace, text.encoding, cover, element, pieces, signed, tuple(faults))


def _outermost(found: Cut, encoding: str, faults: list[Fault]) -> etree._Element | None:
    """All that is outside the documents. None where it is no XML: then a fault tells so."""
    if any(each.rule in _STOPPED for each in found.faults):
        return None
    try:
        return parse(without_declaration(found.skeleton), encoding)
    except Unreadable as wrong:
        faults.append(Fault(wrong.rule, "", wrong.why))
        return None


def _cover(outermost: etree._Element, faults: list[Fault]) -> Node | None:
    try:
        return as_node(outermost)
    except Unreadable as wrong:
        faults.append(Fault(wrong.rule, "", wrong.why))
        return None


def _name(element: etree._Element) -> tuple[str, str]:
    namespace, brace, _ = str(element.tag)[1:].rpartition("}")
    return local_name(str(element.tag)), namespace if brace else ""


def _about(kind: Kind, root: str, namespace: str, data: bytes, faults: list[Fault]) -> list[Fault]:
    """What the outermost element tells."""
    if kind == "nothing":
        if any(each.rule in _UNREAD for each in faults):
            return []
        hidden = [Fault("read-as-text", "")] if any(each in data for each in _AS_TEXT) else []
        return [Fault("read-no-document", "", f"<{root}>"), *hidden]
    if kind == "wrapper":
        return [Fault("read-wrapped", "", f"<{root}>")] if root else []
    if kind == "DTE":
        return []
    return [] if namespace == NAMESPACE else [Fault("read-namespace", "", namespace, NAMESPACE)]


_AS_TEXT = (b"&lt;DTE", b"<DTE")
_UNREAD = _STOPPED | {"read-not-xml", "read-too-large"}


def _pieces(text: Letters, documents: tuple[Span, ...], place: str, faults: list[Fault]) -> list[Piece]:
    pieces = []
    for number, each in enumerate(documents, 1):
        if each.end - each.start > TEXT_MAX:
            faults.append(Fault("read-too-large", f"#{number}", f"{each.end - each.start:,}", f"{TEXT_MAX:,}"))
            continue
        where = f"{place}#{number}" if len(documents) > 1 else place
        pieces.append(Piece(text.data[each.start : each.end], text.encoding, each.declared, where))
    return pieces


def _signed(text: Letters, element: Span, seal: Span, place: str) -> Signed:
    spans = (element.start, element.end), (seal.start, seal.end)
    return Signed(element.name, text.data, *spans, text.encoding, element.declared, place)


def _shown(data: bytes) -> str:
    """The beginning of what is no XML."""
    return data[:24].decode("ascii", "replace").replace("\ufffd", "·")
