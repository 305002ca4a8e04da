"""The bytes of a file taken apart without changing one: each ``DTE`` as it stands, and what else was signed.

Markup is found by its own form, so that ``<DTE`` in a comment, a text section (CDATA), an instruction or an attribute
is none. Time grows with the length of the file, whatever stands in it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from minga.dte.finding import Fault
from minga.dte.node import DEPTH_MAX

TEXT_MAX = 10_000_000
"""Bytes of one document or one text: as much as the XML library takes. A picture in a cession has 4 MB at most."""

TAGS_MAX = 1_000_000
"""Tags outside documents: a book of some 25,000 lines."""

DOCUMENTS_MAX = 100_000
"""The SII takes 2,000 in an envelope."""

Declared = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """An element from its first byte to behind its last; ``tag`` is where its start tag ends. ``declared`` are the
    namespaces around it, their names as written. ``outermost``: nothing is around it."""

    name: str
    start: int
    tag: int
    end: int
    declared: Declared
    outermost: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """``skeleton`` is the file without its documents, with as many lines; the first document, and any outermost, stands
    empty in it. ``signed`` are elements outside documents, each with the `Signature` that follows it under the same
    parent."""

    documents: tuple[Span, ...]
    signed: tuple[tuple[Span, Span], ...]
    skeleton: bytes
    faults: tuple[Fault, ...]


_ATTRIBUTES = rb"(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>"
_MARKUP = re.compile(
    rb"<(?:(?P<aside>!--|!\[CDATA\[|\?)|(?P<dtd>!DOCTYPE)|/(?P<ended>[^\s<>/]++)\s*+>|(?P<name>[^\s<>/!?]++)"
    + _ATTRIBUTES
    + b")"
)
_INSIDE = {
    name: re.compile(
        rb"<(?:(?P<aside>!--|!\[CDATA\[|\?)|(?P<close>/)?+(?:[^\s<>/:]++:)?+"
        + name
        + rb"(?=[\s/>])"
        + _ATTRIBUTES
        + b")"
    )
    for name in (b"DTE", b"Signature")
}
"""Elements that are passed over as wholes, and what counts in them: their own ends."""
_NAMESPACE = re.compile(rb"(?<!\S)xmlns(?::(?P<prefix>[^\s=]+))?\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_ENDS = {b"!--": b"-->", b"![CDATA[": b"]]>", b"?": b"?>"}
_AROUND: Declared = {}


def cut(data: bytes) -> Cut:
    """Never raises. Where it had to stop, a fault says why, and what came before is there."""
    knife = _Knife(data)
    faults = tuple(knife.cut())
    return Cut(tuple(knife.documents), tuple(knife.signed), _without(data, knife.documents), faults)


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet. ``previous`` is the last whole element in it that is no signature: its
    name, where it starts, where its start tag ends, where it ends."""

    qualified: bytes
    start: int
    tag: int
    declared: Declared
    previous: tuple[bytes, int, int, int] | None = None


@dataclass(slots=True)
class _Knife:
    data: bytes
    documents: list[Span] = field(default_factory=list)
    signed: list[tuple[Span, Span]] = field(default_factory=list)
    open: list[_Open] = field(default_factory=lambda: [_Open(b"", 0, 0, _AROUND)])

    def cut(self) -> Iterator[Fault]:
        at, tags = 0, 0
        while found := _MARKUP.search(self.data, at):
            tags += 1
            if tags > TAGS_MAX or len(self.documents) > DOCUMENTS_MAX:
                yield Fault("read-too-many", self._path(), f"{tags:,}, {len(self.documents):,}", _MOST)
                return
            if found.start() - at > TEXT_MAX:
                yield Fault("read-too-large", self._path(), f"{found.start() - at:,}", f"{TEXT_MAX:,}")
            if found.lastgroup == "dtd":
                yield Fault("read-dtd", "")
                self.documents.clear()
                return
            at = self._take(found)
            if at < 0:
                yield Fault("read-half", self._path())
                return
            if len(self.open) > DEPTH_MAX:
                yield Fault("read-too-deep", self._path(), f"> {DEPTH_MAX}", str(DEPTH_MAX))
                return
        if len(self.open) > 1 or _unfinished(self.data, at):
            yield Fault("read-half", self._path())
        if len(self.data) - at > TEXT_MAX:
            yield Fault("read-too-large", self._path(), f"{len(self.data) - at:,}", f"{TEXT_MAX:,}")

    def _take(self, found: re.Match[bytes]) -> int:
        """Where to look on; -1 where the file ends first."""
        start, end = found.span()
        if found.lastgroup == "aside":
            return _behind(self.data, _ENDS[found["aside"]], end)
        if found.lastgroup == "ended":
            self._close(found["ended"], end)
            return end
        name, attributes = found.group("name", "attributes")
        inside = _INSIDE.get(_local(name))
        if inside is not None:
            return self._whole(name, start, end, end if attributes.endswith(b"/") else _end(self.data, end, inside))
        declared = _declared(attributes, self.open[-1].declared) if attributes else self.open[-1].declared
        self.open.append(_Open(name, start, end, declared))
        if attributes.endswith(b"/"):
            self._close(name, end)
        return end

    def _whole(self, name: bytes, start: int, tag: int, end: int) -> int:
        """A document or a signature. ``end`` is -1 where the file ends first."""
        parent = self.open[-1]
        if end < 0:
            return end
        if _local(name) == b"DTE":
            self.documents.append(self._span(name, start, tag, end))
            parent.previous = None
        elif parent.previous is not None:
            self.signed.append((self._span(*parent.previous), self._span(name, start, tag, end)))
        return end

    def _close(self, name: bytes, end: int) -> None:
        """An end that fits no start changes nothing: the parser tells of it."""
        if self.open[-1].qualified != name:
            return
        closed = self.open.pop()
        self.open[-1].previous = (name, closed.start, closed.tag, end)

    def _span(self, name: bytes, start: int, tag: int, end: int) -> Span:
        shown = _local(name).decode("latin-1")
        return Span(shown, start, tag, end, self.open[-1].declared, len(self.open) == 1)

    def _path(self) -> str:
        return "/".join(_local(each.qualified).decode("latin-1") for each in self.open[1:8])


_MOST = f"{TAGS_MAX:,}, {DOCUMENTS_MAX:,}"


def _end(data: bytes, at: int, inside: re.Pattern[bytes]) -> int:
    """Behind the end tag of the element that begins before ``at``, or -1."""
    plain = _plain_end(data, at) if inside is _INSIDE[b"DTE"] else -1
    if plain >= 0:
        return plain
    depth = 1
    while found := inside.search(data, at):
        at = found.end()
        if found["aside"]:
            at = _behind(data, _ENDS[found["aside"]], at)
            if at < 0:
                return -1
        elif found["close"]:
            depth -= 1
            if depth == 0:
                return at
        elif not found["attributes"].endswith(b"/"):
            depth += 1
    return -1


def _plain_end(data: bytes, at: int) -> int:
    """The same of a ``DTE`` in which no other one begins and nothing stands but elements and texts; -1 of others."""
    end = data.find(b"</DTE>", at)
    if end < 0 or data.find(b":DTE", at, end) >= 0 or data.find(b"<DTE", at, end) >= 0:
        return -1
    if data.find(b"!", at, end) >= 0 and data.find(b"<!", at, end) >= 0:
        return -1
    return -1 if data.find(b"?", at, end) >= 0 and data.find(b"<?", at, end) >= 0 else end + len(b"</DTE>")


def _behind(data: bytes, end: bytes, at: int) -> int:
    found = data.find(end, at)
    return found + len(end) if found >= 0 else -1


def _unfinished(data: bytes, at: int) -> bool:
    """Whether the file ends within a tag."""
    last = data.rfind(b"<", at)
    return last >= 0 and data.find(b">", last) < 0


def _declared(attributes: bytes, around: Declared) -> Declared:
    if b"xmlns" not in attributes:
        return around
    found = dict(around)
    for each in _NAMESPACE.finditer(attributes):
        value = each["double"] if each["double"] is not None else each["single"].replace(b'"', b"&quot;")
        found[(each["prefix"] or b"").decode("latin-1")] = value.decode("latin-1")
    return {prefix: name for prefix, name in found.items() if name}


def _without(data: bytes, documents: list[Span]) -> bytes:
    parts, at = [], 0
    for each in documents:
        stays = each.outermost or each is documents[0]
        empty = data[each.start : each.tag].rstrip(b"/>") + b"/>" if stays else b""
        parts += [data[at : each.start], empty, b"\n" * data.count(b"\n", each.tag if stays else each.start, each.end)]
        at = each.end
    return b"".join([*parts, data[at:]])


def _local(name: bytes) -> bytes:
    return name[name.rfind(b":") + 1 :]
