"""JSON with comments and trailing commas, changed in place: every byte that is not ours stays as it is.

A document is read into nodes that know where they stand; an edit is a few splices of the text. Taking out again what
was put in gives the same text.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DEPTH_MAX = 200

_BLANK = re.compile(r"(?:[ \t\r\n\f\v\u00a0\ufeff]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SPACE = " \t\r\n\f\v"


class Unparsed(ValueError):
    """The text is no JSON. ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Item:
    """A member of an object or an element of an array. ``start``: where its key (or value) begins; ``comma``: where the
    comma behind it stands, -1 if there is none."""

    key: str
    start: int
    node: "Node"
    comma: int

    @property
    def end(self) -> int:
        return self.comma + 1 if self.comma >= 0 else self.node.end


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. ``items`` is None unless it is an object or an array."""

    start: int
    end: int
    value: Any
    items: tuple[Item, ...] | None

    @property
    def is_object(self) -> bool:
        return isinstance(self.value, dict)

    def member(self, key: str) -> Item | None:
        """The member of that name; of several the last, which is the one that counts."""
        found = [item for item in self.items or () if item.key == key]
        return found[-1] if found and self.is_object else None


def parse(text: str) -> Node:
    """Raises Unparsed."""
    at = _blank(text, 0)
    node = _value(text, at, 0)
    rest = _blank(text, node.end)
    if rest != len(text):
        raise _unparsed(text, rest, "something stands behind the end of the document")
    return node


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def find(root: Node, path: Sequence[str]) -> tuple[list[Node], Node | None]:
    """The objects along ``path`` as far as they are there, and what stands at its end."""
    trail = [root]
    for key in path[:-1]:
        item = trail[-1].member(key)
        if item is None:
            return trail, None
        trail.append(item.node)
    last = trail[-1].member(path[-1])
    return trail, last.node if last else None


def insert(text: str, container: Node, value: Any, key: str | None = None) -> str:
    """Put ``value`` behind the last item of ``container``: an object if ``key`` is given, else an array."""
    assert container.items is not None
    name = "" if key is None else json.dumps(key, ensure_ascii=False) + ": "
    newline = "\r\n" if "\r\n" in text else "\n"
    outer = _indent_at(text, container.start)
    if not container.items:
        begin = container.start + 1
        spot = _end_of_comments(text, begin, container.end - 1)
        inner = outer + _unit(text)
        behind = "" if "\n" in text[spot : container.end - 1] else newline + outer
        return text[:spot] + newline + inner + name + _written(value, inner, text) + behind + text[spot:]
    first, last = container.items[0], container.items[-1]
    begin = last.end
    spot = _end_of_comments(text, begin, container.end - 1)
    is_wide = "\n" in text[container.start : first.start] or "//" in text[begin:spot]
    inner = _indent_at(text, first.start) if "\n" in text[container.start : first.start] else outer + _unit(text)
    lead = newline + inner if is_wide else " "
    written = _written(value, inner, text) if is_wide else json.dumps(value, ensure_ascii=False)
    added = lead + name + written + ("," if last.comma >= 0 else "")
    comma = "" if last.comma >= 0 else ","
    return text[:begin] + comma + text[begin:spot] + added + text[spot:]


def remove(text: str, container: Node, item: Item) -> str:
    """Take ``item`` out of ``container``, with the blanks before it and its comma."""
    assert container.items is not None
    place = container.items.index(item)
    start = item.start
    while start > container.start + 1 and text[start - 1] in _SPACE:
        start -= 1
    rest = text[item.end :].lstrip(" \t")
    if _ends_in_line_comment(text, container.start, start) and not rest.startswith(("\n", "\r\n")):
        start = item.start  # what follows would become part of the comment
    before = text[:start]
    if item.comma < 0 and place and container.items[place - 1].comma >= 0:
        comma = container.items[place - 1].comma
        before = text[:comma] + text[comma + 1 : start]
    return before + text[item.end :]


def replace(text: str, node: Node, raw: str) -> str:
    return text[: node.start] + raw + text[node.end :]


def raw_of(text: str, node: Node) -> str:
    return text[node.start : node.end]


def written_at(text: str, node: Node, value: Any) -> str:
    """``value`` as it is written in the place of ``node``."""
    return _written(value, _indent_at(text, node.start), text)


def _written(value: Any, indent: str, text: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    return json.dumps(value, ensure_ascii=False, indent=_unit(text)).replace("\n", newline + indent)


def _unit(text: str) -> str:
    """How far this document indents: as its first indented line does."""
    found = re.search(r"(?m)^([ \t]+)[\"\]}]", text)
    return found[1] if found else "  "


def _indent_at(text: str, position: int) -> str:
    """The blanks at the beginning of the line in which ``position`` lies."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _end_of_comments(text: str, begin: int, end: int) -> int:
    """Where the last comment between ``begin`` and ``end`` ends; ``begin`` if there is none."""
    spot = begin
    for match in _COMMENT.finditer(text, begin, end):
        spot = match.end()
    return spot


def _ends_in_line_comment(text: str, begin: int, end: int) -> bool:
    line = text.rfind("\n", begin, end) + 1
    last = None
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', text[max(line, begin) : end], re.DOTALL):
        last = match
    return last is not None and last[0].startswith("//")


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match is not None
    if text.startswith("/*", match.end()):
        raise _unparsed(text, match.end(), "a comment does not end")
    return match.end()


def _value(text: str, at: int, depth: int) -> Node:
    if depth > DEPTH_MAX:
        raise _unparsed(text, at, f"more than {DEPTH_MAX} levels")
    if text[at : at + 1] in ("{", "["):
        return _container(text, at, depth)
    if match := _STRING.match(text, at):
        return Node(at, match.end(), _string(text, match), None)
    if match := _PLAIN.match(text, at):
        return Node(at, match.end(), json.loads(match[0]), None)
    raise _unparsed(text, at, "a value is missing" if at < len(text) else "the document ends too soon")


def _container(text: str, start: int, depth: int) -> Node:
    is_object = text[start] == "{"
    close = "}" if is_object else "]"
    items: list[Item] = []
    at = _blank(text, start + 1)
    while not text.startswith(close, at):
        if items and items[-1].comma < 0:
            raise _unparsed(text, at, "a comma is missing" if at < len(text) else "the document ends too soon")
        begin, key = at, ""
        if is_object:
            key, at = _key(text, at)
        node = _value(text, at, depth + 1)
        at = _blank(text, node.end)
        comma = at if text.startswith(",", at) else -1
        items.append(Item(key, begin, node, comma))
        at = _blank(text, at + 1) if comma >= 0 else at
    value = {one.key: one.node.value for one in items} if is_object else [one.node.value for one in items]
    return Node(start, at + 1, value, tuple(items))


def _key(text: str, at: int) -> tuple[str, int]:
    match = _STRING.match(text, at)
    if match is None:
        raise _unparsed(
            text, at, "a name in quotation marks is missing" if at < len(text) else "the document ends too soon"
        )
    at = _blank(text, match.end())
    if not text.startswith(":", at):
        raise _unparsed(text, at, "a colon is missing")
    return _string(text, match), _blank(text, at + 1)


def _string(text: str, match: re.Match[str]) -> str:
    try:
        found: str = json.loads(match[0])
    except ValueError as wrong:
        raise _unparsed(text, match.start(), "a text with a wrong escape") from wrong
    return found


def _unparsed(text: str, at: int, reason: str) -> Unparsed:
    return Unparsed(line_of(text, at), reason)
