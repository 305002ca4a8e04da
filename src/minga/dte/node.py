"""An element of a document, and what its text may be."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

import msgspec

DEPTH_MAX = 32
"""No schema of the SII nests half as deep."""


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
        node = self
        for name in path.split("/"):
            found = node.parts.get(name)
            if not found:
                return None
            node = found[0]
        return None if node.text is None else node.text.strip()

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


def as_number(text: str | None) -> Decimal | None:
    """A decimal number as XML writes it, or None: no exponent, no sign but a minus, no thousands, at most 60 signs."""
    if not text or len(text) > 60:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return Decimal(text)
    return _number(text)


def _number(text: str) -> Decimal | None:
    """Of what is not digits alone."""
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


NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
NO_PARTS: Mapping[str, Sequence[Node]] = MappingProxyType({})
