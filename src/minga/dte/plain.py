"""Documents as most programs write them: taken apart in a few steps of C, and known to be canonical as they stand.

In the body of a *plain* document there is no tag but ``<Name>``, ``</Name>`` and ``<Name attribute="value">``, no
comment, instruction or text section, no carriage return, and no reference but ``&amp; &lt; &gt;``. Such a text is its
own canonical form (Canonical XML 1.0), but for the encoding. All others are read by the XML library and cut by `raw`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from minga.dte.node import DEPTH_MAX, NO_ATTRIBUTES, NO_PARTS, Node
from minga.dte.writing import Order, orders

DIRECT = ("iso-8859-1", "utf-8")
"""Encodings that Python reads just as libxml2 does."""


@dataclass(frozen=True, slots=True)
class Plain:
    """``node`` is the body, ``text`` how it is written, and ``canonical`` its canonical form where no namespace holds.
    ``start`` is the start tag of ``DTE``, ``tail`` all that stands behind the body."""

    node: Node
    start: bytes
    text: bytes
    canonical: bytes
    tail: bytes


_Entry = tuple[str, Mapping[str, str]] | tuple[()]
"""What a tag says: a name and its attributes; nothing where it is an end tag."""

_HEAD = re.compile(rb"\s*(<DTE(?:\s[^<>]*)?>)\s*<(Documento|Liquidacion|Exportaciones)(?: ID=\"[A-Za-z0-9_.-]*\")?>")
_TAG = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)(?: ([A-Za-z_][A-Za-z0-9_.-]*)=\"([^<>&\"\t\r\n]*)\")?")
_REFERENCES = ("&amp;", "&lt;", "&gt;")
_USUAL = ('TED version="1.0"', 'CAF version="1.0"', 'FRMA algoritmo="SHA1withRSA"', 'FRMT algoritmo="SHA1withRSA"')


def plain(raw: bytes, encoding: str) -> Plain | None:
    """``raw`` is a ``DTE`` that has been parsed, so it is well-formed. None where it is not plain."""
    head = _HEAD.match(raw) if encoding.lower() in DIRECT else None
    if head is None:
        return None
    name, begin = head[2], head.start(2) - 1
    end = raw.rfind(b"</" + name + b">") + len(name) + 3
    body = raw[begin:end]
    try:
        text = body.decode(encoding)
        return Plain(_node(text), head[1], body, text.encode(), raw[end:])
    except (UnicodeDecodeError, _NotPlain):
        return None


class _NotPlain(ValueError):
    """It is written in another way."""


class _Entries(dict[str, _Entry]):
    """What usual tags say. The others are read each time: a stranger's file is not to fill the memory."""

    def __missing__(self, tag: str) -> _Entry:
        found = _TAG.fullmatch(tag.removeprefix("/"))
        if found is None or found[2] == "xmlns" or (found[2] and tag[0] == "/"):
            raise _NotPlain(tag)
        if tag[0] == "/":
            return ()
        return found[1], {found[2]: found[3]} if found[2] else NO_ATTRIBUTES


@cache
def _entries() -> _Entries:
    found = _Entries()
    for name in _names(orders()):
        found[name], found["/" + name] = (name, NO_ATTRIBUTES), ()
    for tag in _USUAL:
        found[tag] = found[tag]
    return found


def _names(order: Order) -> Iterable[str]:
    for name, inside in order.items():
        yield name
        yield from _names(inside)


def _node(text: str) -> Node:
    """The element that ``text`` is, without going through it sign by sign: between one ``<`` and the next stands one
    ``>``, for there are as many. Raises _NotPlain."""
    cut = text.replace(">", "<").split("<")
    tags, texts = cut[1::2], cut[2::2]
    if len(tags) != text.count("<") or len(texts) != len(tags) or "\r" in text:
        raise _NotPlain
    if "&" in text:
        if text.count("&") != sum(text.count(each) for each in _REFERENCES):
            raise _NotPlain
        texts = list(map(_unescaped, texts))
    return _built(list(map(_entries().__getitem__, tags)), texts)


def _built(entries: list[_Entry], texts: list[str]) -> Node:
    """The tree of the tags, each with the text behind it. Raises _NotPlain where they are none, or it is too deep."""
    parts: dict[str, list[Node]] = {}
    around: list[tuple[_Entry, dict[str, list[Node]]]] = []
    coming = zip(entries, texts, [*entries[1:], ()], strict=True)
    for entry, text, after in coming:
        if not entry:
            if not around:
                raise _NotPlain
            inside = parts
            (name, attributes), parts = around.pop()
            node = Node(name, None, inside, attributes)
        elif after:
            if len(around) == DEPTH_MAX:
                raise _NotPlain
            around.append((entry, parts))
            parts = {}
            continue
        else:
            name, attributes = entry
            node = Node(name, text, NO_PARTS, attributes)
            next(coming)
        if name in parts:
            parts[name].append(node)
        else:
            parts[name] = [node]
    if around or parts != {node.tag: [node]}:
        raise _NotPlain
    return node


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text
