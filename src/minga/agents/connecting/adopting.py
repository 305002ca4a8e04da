"""A connection that stands in a CLI's files without a record, as after Minga's own folder was lost.

What is taken for Minga's names it: what was to be written just so with its name in it, and a server that starts Minga
and bears a mark that people hardly write by hand. Another server that starts Minga is a person's own.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

import msgspec

from minga.agents.connecting import edits, planning
from minga.agents.connecting.edits import Change, Edit
from minga.agents.connecting.facts import FileEdits, GatewayUse, Server
from minga.agents.connecting.json_text import Unparsed
from minga.agents.connecting.records import FileRecord, Record, Step, digest
from minga.domain.errors import ConfigUnwritable

_NAME = "minga"

_MARKS = ("required", "alwaysLoad", "alwaysLoadTools")
"""Keys of a server, true in the catalogue's files: its tools are to be there from the first request on."""


def adopted(agent: str, wanted: Iterable[FileEdits], server: Server, gateway: GatewayUse | None) -> Record | None:
    """The record of what stands in the files; None where no server there is Minga's. Its server has no command where
    it is not, or not wholly, what is wanted."""
    asked = list(wanted)
    files = [(one, record) for one in asked if (record := _file(one))]
    if not any(isinstance(edit.value, dict) for _, record in files for edit in record.steps[-1].edits):
        return None
    is_whole = len(files) == len(asked) and all(record.steps[-1].edits == one.edits for one, record in files)
    records = tuple(record for _, record in files)
    return Record(agent, server if is_whole else Server("", ()), gateway if is_whole else None, records)


def _file(wanted: FileEdits) -> FileRecord | None:
    try:
        before = planning.read(wanted.path)
        text = (before or b"").decode()
        standing = [one for edit in wanted.edits if (one := _standing(text, edit, wanted))]
        changes = tuple(_change(one, text, wanted) for one in standing)
        left = edits.undo(text, changes, wanted.format) if before is not None else ""
    except (Unparsed, edits.NoPlace, ConfigUnwritable, UnicodeDecodeError):
        return None
    if before is None or not standing:
        return None
    is_whole = all(edits.holds(text, edit, wanted.format) or edit.may_lack for edit in wanted.edits)
    original = left.encode() if left.strip() not in ("", "{}") else None
    step = Step(wanted.edits if is_whole else tuple(standing), changes, digest(before))
    return FileRecord(wanted.path, wanted.format, original, (step,))


def _standing(text: str, edit: Edit, wanted: FileEdits) -> Edit | None:
    """The edit, with the value that stands there, where that is Minga's."""
    if edits.holds(text, edit, wanted.format):
        return edit if _NAME in str((edit.path, edit.value)).casefold() else None
    there = edits.value_of(text, edit.path, wanted.format)
    return msgspec.structs.replace(edit, value=there) if _is_minga(there) else None


def _change(edit: Edit, text: str, wanted: FileEdits) -> Change:
    """As if all that holds it, and nothing else, was made for it."""
    if wanted.format == "toml":
        return Change(edit, made=int(len(edit.path) > 1), lead="\r\n" if "\r\n" in text else "\n")
    return Change(edit, made=max(len(edit.path) - 1, 0) + edit.is_element)


def _is_minga(value: Any) -> bool:
    if not isinstance(value, dict) or not any(value.get(mark) is True for mark in _MARKS):
        return False
    words = list(_words(value))
    return "mcp" in words and any(PurePath(word).stem == _NAME for word in words)


def _words(value: Any) -> Iterator[str]:
    """Texts of a table and of its lists."""
    for one in value.values():
        yield from (each for each in (one if isinstance(one, list) else [one]) if isinstance(each, str))
