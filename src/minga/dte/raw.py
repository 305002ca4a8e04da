"""Where elements stand in the raw bytes of a file: what was signed is cut out as it was written.

Only for text that has been parsed: it is well-formed and has no DTD. Comments, processing instructions and CDATA are
blanked first, so that nothing that only looks like an element is taken for one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_NO_ELEMENTS = re.compile(rb"<(?:!(?:--.*?--|\[CDATA\[.*?\]\])|\?.*?\?)>", re.DOTALL)
_START = re.compile(rb"<([^\s<>/!?]+)([^<>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*)*)>")
_PREFIX = re.compile(rb"<[^\s<>/!?\"'=]+")
_BEHIND_NAME = (b" ", b"\t", b"\r", b"\n", b"/", b">")
_TAIL = re.compile(rb"\s*>")
_DECLARED = re.compile(rb"\sxmlns(?::([^\s=]+))?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_WIDE = ("utf-16", "utf_16", "utf16", "utf-32", "utf_32", "utf32", "ucs")


class CutFailed(ValueError):
    """The text is not the well-formed one that it was taken for."""


class Span(NamedTuple):
    """An element: its name without prefix, where it starts and ends."""

    name: str
    start: int
    end: int


REMEMBERED_MAX = 16_384
"""Bytes of a key, certificate or folio authorisation that are remembered with what was read of them: real ones have a
few thousand, and a stranger's file is not to fill the memory."""


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of one element. ``blanked`` has the same places, with spaces where no elements stand."""

    text: bytes
    blanked: bytes
    encoding: str

    def cut(self, span: Span) -> "Raw":
        text = self.text[span.start : span.end]
        return Raw(text, text if self.blanked is self.text else self.blanked[span.start : span.end], self.encoding)


def read(text: bytes, encoding: str) -> Raw:
    """Raises CutFailed where ``text`` is not in that encoding. Two-byte encodings become UTF-8: places are of bytes."""
    if encoding.lower().startswith(_WIDE):
        try:
            text, encoding = text.decode(encoding).encode(), "UTF-8"
        except UnicodeDecodeError as wrong:
            raise CutFailed(str(wrong)) from wrong
    blanked = _NO_ELEMENTS.sub(_spaces, text) if b"!" in text or b"?" in text else text
    return Raw(text, blanked, encoding)


def inside(of: Raw) -> int:
    """Where the start tag of the outermost element ends."""
    return _tag(of.blanked, of.blanked.find(b"<")).end()


def children(of: Raw) -> Iterator[Span]:
    """The elements right inside the outermost one. Raises CutFailed."""
    start = inside(of)
    return iter(()) if of.blanked[start - 2 : start] == b"/>" else _elements(of.blanked, start)


def child(of: Raw, name: str) -> Raw | None:
    """The first of that name right inside, cut out; None where there is none."""
    return next((of.cut(span) for span in children(of) if span.name == name), None)


def parts(of: Raw) -> dict[str, Raw]:
    """The first of each name right inside."""
    found: dict[str, Raw] = {}
    for span in children(of):
        if span.name not in found:
            found[span.name] = of.cut(span)
    return found


def only(of: Raw, name: bytes) -> Raw | None:
    """The element of that name, where there is but one in the whole text and it is plainly written; else None."""
    opening, closing = b"<" + name, b"</" + name + b">"
    start, end = of.blanked.find(opening), of.blanked.find(closing)
    if start < 0 or end < start or count(of, name) != 1:
        return None
    return of.cut(Span(name.decode(), start, end + len(closing)))


def content(of: Raw) -> bytes:
    """What stands between its start tag and its end tag."""
    return of.text[inside(of) : max(0, of.blanked.rfind(b"</"))]


def declared(of: Raw) -> Mapping[str, str]:
    """The namespaces that its own start tag declares, by prefix ("" for the default one)."""
    tag = of.text[: inside(of)]
    if b"xmlns" not in tag:
        return {}
    return {
        (prefix or b"").decode("utf-8", "replace"): _unescaped((double or single).decode("utf-8", "replace"))
        for prefix, double, single in _DECLARED.findall(tag)
    }


def count(of: Raw, name: bytes) -> int:
    """How many elements of that name stand anywhere in it, whatever their prefix."""
    text, total = of.blanked, 0
    at = text.find(name)
    while at >= 0:
        before, behind = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if behind in _BEHIND_NAME and (before == b"<" or (before == b":" and _opens(text, at))):
            total += 1
        at = text.find(name, at + len(name))
    return total


def _opens(text: bytes, at: int) -> bool:
    """Whether the name at that place, which has a prefix, is that of a start tag."""
    start = text.rfind(b"<", 0, at)
    return start >= 0 and _PREFIX.fullmatch(text, start, at) is not None


def _elements(text: bytes, at: int) -> Iterator[Span]:
    while True:
        at = text.find(b"<", at)
        if at < 0 or text.startswith(b"</", at):
            return
        tag = _tag(text, at)
        name = tag[1]
        end = tag.end() if tag[2].endswith(b"/") else _end(text, name, tag.end())
        yield Span(name[name.rfind(b":") + 1 :].decode("utf-8", "replace"), at, end)
        at = end


def _tag(text: bytes, at: int) -> "re.Match[bytes]":
    found = _START.match(text, at) if at >= 0 else None
    if found is None:
        raise CutFailed("a start tag is missing or has no end")
    return found


def _end(text: bytes, name: bytes, at: int) -> int:
    """Behind the end tag of the element of that name whose start tag ends at ``at``."""
    close, opening = b"</" + name, b"<" + name
    depth, seen = 1, at
    while True:
        found = text.find(close, at)
        if found < 0:
            raise CutFailed(f"<{name.decode('utf-8', 'replace')}> has no end")
        if text.find(opening, seen, found) >= 0:
            depth += _opened(text, opening, seen, found)
        seen = at = found + len(close)
        tail = _TAIL.match(text, at)
        if tail is not None:
            depth -= 1
            if depth == 0:
                return tail.end()


def _opened(text: bytes, opening: bytes, start: int, end: int) -> int:
    """How many elements begin so between the two places and are not empty."""
    total, at = 0, text.find(opening, start, end)
    while at >= 0:
        tag = _START.match(text, at)
        total += tag is not None and tag[1] == opening[1:] and not tag[2].endswith(b"/")
        at = text.find(opening, at + 1, end)
    return total


def _spaces(match: "re.Match[bytes]") -> bytes:
    return b" " * (match.end() - match.start())


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
