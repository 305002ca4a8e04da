"""One change of a configuration file, and how it is taken back: `apply` gives what `undo` needs.

Formats: ``json`` (with comments and trailing commas), ``toml``, and ``own``, a file that is Minga's alone.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from minga.agents.connecting import json_text, toml_text
from minga.agents.connecting.json_text import Unparsed

Format = Literal["json", "toml", "own"]

_BOM = "\ufeff"


class Edit(msgspec.Struct, frozen=True):
    """``value`` is to stand at ``path``; with ``is_element`` it is to be one of the elements of the array there. With
    ``may_lack`` a file that has no place for it is left without."""

    path: tuple[str, ...]
    value: Any
    is_element: bool = False
    may_lack: bool = False


class Change(msgspec.Struct, frozen=True):
    """What an edit did. ``before``: the text of the value that it replaced. ``made``: how many of the containers above
    it were made for it. ``inner``: what stood between the brackets of a container that was empty. ``lead``: what was
    put before a table of TOML so that it begins a line."""

    edit: Edit
    before: str | None = None
    made: int = 0
    inner: str = ""
    lead: str = ""


class NoPlace(ValueError):
    """A valid file in which there is no place for an edit. ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class Touched(NoPlace):
    """What `apply` wrote was changed since."""


def check(text: str, format: Format) -> None:
    """Raises Unparsed if ``text`` is no such document; an empty one is."""
    if format == "toml":
        toml_text.read(_body(text))
    elif format == "json" and _body(text).strip():
        _root(_body(text))


def apply(text: str, edits: Sequence[Edit], format: Format) -> tuple[str, list[Change]]:
    """The text after all edits. What stands there already makes no change. Raises Unparsed, NoPlace."""
    bom, body = _split(text)
    changes: list[Change] = []
    for edit in edits:
        try:
            done = _APPLY[format](body, edit)
        except NoPlace:
            if not edit.may_lack:
                raise
            continue
        if done is not None:
            body, change = done
            changes.append(change)
    return bom + body, changes


def undo(text: str, changes: Sequence[Change], format: Format, *, is_touched_too: bool = False) -> str:
    """``text`` without what the changes wrote; what is gone already stays gone, and a plain value that was replaced is
    `replaced`. ``is_touched_too``: also what was changed since. Raises Unparsed, Touched."""
    bom, body = _split(text)
    for change in reversed(changes):
        if not _is_replaced(body, change.edit, format):
            body = _UNDO[format](body, change, is_touched_too)
    return bom + body


def replaced(text: str, changes: Sequence[Change], format: Format) -> list[str]:
    """The names of plain values, as a model's name, that somebody else put in the place of Minga's: they are theirs.
    Raises Unparsed."""
    return [".".join(one.edit.path) for one in changes if _is_replaced(_body(text), one.edit, format)]


def missing(text: str, changes: Sequence[Change], format: Format) -> bool:
    """Whether any of what the changes wrote is gone or different. Raises Unparsed."""
    body = _body(text)
    return any(not holds(body, change.edit, format) for change in changes)


def value_of(text: str, path: Sequence[str], format: Format) -> Any:
    """What stands at ``path``, or None; of a file that is Minga's alone, all of it. Raises Unparsed."""
    body = _body(text)
    if format == "own":
        return body or None
    if format == "toml":
        return toml_text.value_at(toml_text.read(body), path)
    node = json_text.find(_root(body), path)[1] if body.strip() else None
    return None if node is None else node.value


def holds(text: str, edit: Edit, format: Format) -> bool:
    """Whether the edit's value stands there. Raises Unparsed."""
    there = value_of(text, edit.path, format)
    return edit.value in there if edit.is_element and isinstance(there, list) else _same(there, edit.value)


def _is_replaced(body: str, edit: Edit, format: Format) -> bool:
    if format == "own" or edit.is_element or isinstance(edit.value, dict | list):
        return False
    there = value_of(body, edit.path, format)
    return there is not None and not _same(there, edit.value)


def _apply_json(body: str, edit: Edit) -> tuple[str, Change] | None:
    if not body.strip():
        body = "{}\n"
    trail, node = json_text.find(_root(body), edit.path)
    for depth, above in enumerate(trail):
        if not above.is_object:
            raise NoPlace(json_text.line_of(body, above.start), f"{'.'.join(edit.path[:depth])} is no object there")
    if node is None:
        value: Any = [edit.value] if edit.is_element else edit.value
        for key in reversed(edit.path[len(trail) :]):
            value = {key: value}
        made = len(edit.path) - len(trail) + edit.is_element
        container, key = trail[-1], edit.path[len(trail) - 1]
        return json_text.insert(body, container, value, key), Change(edit, made=made, inner=_inner(body, container))
    if edit.is_element:
        if not isinstance(node.value, list):
            raise NoPlace(json_text.line_of(body, node.start), f"{'.'.join(edit.path)} is no list there")
        if edit.value in node.value:
            return None
        return json_text.insert(body, node, edit.value), Change(edit, inner=_inner(body, node))
    if _same(node.value, edit.value):
        return None
    raw = json_text.raw_of(body, node)
    return json_text.replace(body, node, json_text.written_at(body, node, edit.value)), Change(edit, before=raw)


def _undo_json(body: str, change: Change, is_touched_too: bool) -> str:
    edit = change.edit
    trail, node = json_text.find(_root(body), edit.path) if body.strip() else ([], None)
    if node is None:
        return body
    if edit.is_element:
        items = node.items if isinstance(node.value, list) else None
        item = next((one for one in items or () if _same(one.node.value, edit.value)), None)
        if item is None:
            return body
        return _without(body, [*trail, node], [*edit.path, ""], change, json_text.remove(body, node, item))
    if not (is_touched_too or _same(node.value, edit.value)):
        raise Touched(json_text.line_of(body, node.start), ".".join(edit.path))
    if change.before is not None:
        return json_text.replace(body, node, change.before)
    item = trail[-1].member(edit.path[-1])
    assert item is not None
    return _without(body, trail, edit.path, change, json_text.remove(body, trail[-1], item))


def _without(body: str, trail: Sequence[json_text.Node], path: Sequence[str], change: Change, removed: str) -> str:
    """``removed`` without the containers that were made for the change and are empty now. The last of ``trail`` is the
    container from which something was removed."""
    for left in range(change.made, 0, -1):
        place = len(trail) - 1 - (change.made - left)
        above, node = json_text.find(_root(removed), path[:place])
        if node is None or node.items or removed[node.start + 1 : node.end - 1].strip():
            return removed
        item = above[-1].member(path[place - 1])
        assert item is not None
        removed = json_text.remove(removed, above[-1], item)
    place = len(trail) - 1 - change.made
    node = json_text.find(_root(removed), path[:place])[1] if place else _root(removed)
    if node is None or node.items or _bare(_inner(removed, node)) != _bare(change.inner):
        return removed
    return removed[: node.start + 1] + change.inner + removed[node.end - 1 :]


def _bare(text: str) -> str:
    return "".join(text.split())


def _inner(body: str, node: json_text.Node) -> str:
    return "" if node.items else body[node.start + 1 : node.end - 1]


def _root(body: str) -> json_text.Node:
    root = json_text.parse(body)
    if not root.is_object:
        raise Unparsed(json_text.line_of(body, root.start), "the document is no object")
    return root


def _apply_toml(body: str, edit: Edit) -> tuple[str, Change] | None:
    there = toml_text.value_at(toml_text.read(body), edit.path)
    whole = _with_element(body, edit, there) if edit.is_element else edit
    if there == whole.value:
        return None
    after, change = _apply_table(body, whole) if isinstance(whole.value, dict) else _apply_key(body, whole)
    if not _means(after, whole):
        raise _no_place(body, edit)
    return after, msgspec.structs.replace(change, edit=edit)


def _with_element(body: str, edit: Edit, there: Any) -> Edit:
    """The same as an edit of the whole list."""
    if there is not None and not isinstance(there, list):
        raise _no_place(body, edit)
    found = there or []
    return Edit(edit.path, found if edit.value in found else [*found, edit.value])


def _no_place(body: str, edit: Edit) -> NoPlace:
    return NoPlace(toml_text.line_where(body, edit.path), f"{'.'.join(edit.path)} cannot be put beside what is there")


def _means(body: str, edit: Edit) -> bool:
    try:
        return bool(toml_text.value_at(toml_text.read(body), edit.path) == edit.value)
    except Unparsed:
        return False


def _apply_table(body: str, edit: Edit) -> tuple[str, Change]:
    table = toml_text.table(edit.path, edit.value, _newline(body))
    if found := toml_text.block_of(body, edit.path):
        begin, end = found
        return body[:begin] + table + body[end:], Change(edit, before=body[begin:end])
    return _at_the_end(body, table, Change(edit))


def _at_the_end(body: str, table: str, change: Change) -> tuple[str, Change]:
    newline = _newline(body)
    lead = "" if not body else newline if body.endswith("\n") else newline * 2
    return body + lead + table, msgspec.structs.replace(change, lead=lead)


def _apply_key(body: str, edit: Edit) -> tuple[str, Change]:
    newline, path = _newline(body), edit.path
    written = toml_text.written(edit.value)
    if found := toml_text.key_at(body, path):
        raw = body[found.value_start : found.value_end]
        return body[: found.value_start] + written + body[found.value_end :], Change(edit, before=raw)
    end = toml_text.end_of_keys(body, path[:-1])
    if end is None:
        table = toml_text.table(path[:-1], {path[-1]: edit.value}, newline)
        return _at_the_end(body, table, Change(edit, made=1))
    lead = newline if end and not body[:end].endswith("\n") else ""
    return f"{body[:end]}{lead}{path[-1]} = {written}{newline}{body[end:]}", Change(edit, lead=lead)


def _undo_toml(body: str, change: Change, is_touched_too: bool) -> str:
    edit = change.edit
    value = toml_text.value_at(toml_text.read(body), edit.path)
    if value is None:
        return body
    if edit.is_element:
        return _undo_toml_element(body, change, value)
    if value != edit.value and not is_touched_too:
        raise Touched(toml_text.line_where(body, edit.path), ".".join(edit.path))
    begin, end = _place_toml(body, change)
    table = body[begin:end].splitlines(True) if isinstance(edit.value, dict) else []
    comments = "".join(line for line in table if line.lstrip().startswith("#"))
    if change.before is None and change.lead and not comments and body[:begin].endswith(change.lead):
        begin -= len(change.lead)
        if body[end:] and not body[:begin].endswith("\n"):
            begin += len(_newline(body))  # what was put behind Minga's own begins a line
    left = body[:begin] + comments + (change.before or "") + body[end:]
    if (toml_text.value_at(toml_text.read(left), edit.path) is None) != (change.before is None):
        raise Touched(toml_text.line_where(body, edit.path), ".".join(edit.path))
    return left


def _undo_toml_element(body: str, change: Change, there: Any) -> str:
    edit = change.edit
    if not isinstance(there, list) or edit.value not in there:
        return body
    left = [one for one in there if one != edit.value]
    before = toml_text.read(f"before = {change.before}")["before"] if change.before else []
    if left == before:
        return _undo_toml(body, msgspec.structs.replace(change, edit=Edit(edit.path, there)), False)
    found = toml_text.key_at(body, edit.path)
    if found is None:
        raise Touched(toml_text.line_where(body, edit.path), ".".join(edit.path))
    begin, raw, end = body[: found.value_start], body[found.value_start : found.value_end], body[found.value_end :]
    spliced = begin + toml_text.without_element(raw, edit.value) + end
    return spliced if _means(spliced, Edit(edit.path, left)) else begin + toml_text.written(left) + end


def _place_toml(body: str, change: Change) -> tuple[int, int]:
    """What of ``body`` is the change's. Raises Touched where it is written otherwise now."""
    path = change.edit.path
    if isinstance(change.edit.value, dict):
        if found := toml_text.block_of(body, path):
            return found
    elif one := toml_text.key_at(body, path):
        if change.before is not None:
            return one.value_start, one.value_end
        block = toml_text.block_of(body, path[:-1]) if change.made else None
        is_all = block is not None and body[one.end : block[1]] == "" and toml_text.is_first_key(body, block[0], one)
        return block if block is not None and is_all else (one.start, one.end)
    raise Touched(toml_text.line_where(body, path), ".".join(path))


def _apply_own(body: str, edit: Edit) -> tuple[str, Change] | None:
    return None if body == edit.value else (edit.value, Change(edit, before=body))


def _undo_own(body: str, change: Change, is_touched_too: bool) -> str:
    if not body:
        return body
    if body != change.edit.value and not is_touched_too:
        raise Touched(1, "the file")
    return change.before or ""


_APPLY = {"json": _apply_json, "toml": _apply_toml, "own": _apply_own}
_UNDO = {"json": _undo_json, "toml": _undo_toml, "own": _undo_own}


def _same(one: Any, other: Any) -> bool:
    """Equal, and true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _newline(body: str) -> str:
    return "\r\n" if "\r\n" in body else "\n"


def _split(text: str) -> tuple[str, str]:
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)


def _body(text: str) -> str:
    return _split(text)[1]
