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


_Start = tuple[str, Mapping[str, str]]
"""What a start tag says: a name, and attributes."""

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
    if end < begin:
        return None
    body = raw[begin:end]
    try:
        text = body.decode(encoding)
        return Plain(_node(text), head[1], body, text.encode(), raw[end:])
    except (UnicodeDecodeError, _NotPlain):
        return None


class _NotPlain(ValueError):
    """It is written in another way."""


class _Tags(dict[str, _Start | None]):
    """What usual tags say, None for an end tag. Others are read each time: no stranger's file is to fill the memory."""

    def __missing__(self, tag: str) -> _Start | None:
        found = _TAG.fullmatch(tag.removeprefix("/"))
        if found is None or found[2] == "xmlns" or (found[2] and tag[0] == "/"):
            raise _NotPlain(tag)
        if tag[0] == "/":
            return None
        return found[1], {found[2]: found[3]} if found[2] else NO_ATTRIBUTES


@cache
def _said() -> _Tags:
    found = _Tags()
    for name in _names(orders()):
        found[name], found["/" + name] = (name, NO_ATTRIBUTES), None
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
    return _built(list(map(_said().__getitem__, tags)), texts)


def _built(tags: list[_Start | None], texts: list[str]) -> Node:
    """The tree of the tags, each with the text behind it. Raises _NotPlain where they are none, or it is too deep."""
    parts: dict[str, list[Node]] = {}
    around: list[tuple[_Start, dict[str, list[Node]]]] = []
    coming = zip(tags, texts, [*tags[1:], None], strict=True)
    for tag, text, after in coming:
        if tag is None:
            if not around:
                raise _NotPlain
            inside = parts
            (name, attributes), parts = around.pop()
            node = Node(name, None, inside, attributes)
        elif after is not None:
            if len(around) == DEPTH_MAX:
                raise _NotPlain
            around.append((tag, parts))
            parts = {}
            continue
        else:
            name, attributes = tag
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
