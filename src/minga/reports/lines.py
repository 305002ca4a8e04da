"""How many lines an edit added and removed, as far as the call of the tool says it."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

_PATCH_MARKS = ("*** Begin Patch", "\n@@ ", "--- a/", "diff --git ")

Lines = tuple[int, int]


def lines_of(arguments: str) -> Lines | None:
    """Lines added and removed. None where the call does not say: a file that is written whole, another tool's form."""
    try:
        given = json.loads(arguments or "null")
    except ValueError:
        given = arguments
    texts = list(_texts(given))
    patches = [text for text in texts if any(mark in text for mark in _PATCH_MARKS)]
    if patches:
        return _sum(_of_patch(patch) for patch in patches)
    replaced = list(_replacements(given))
    return _sum(_of_replacement(old, new) for old, new in replaced) if replaced else None


def _texts(given: Any) -> Iterator[str]:
    match given:
        case str():
            yield given
        case dict():
            for value in given.values():
                yield from _texts(value)
        case list():
            for value in given:
                yield from _texts(value)
        case _:
            pass


def _replacements(given: Any) -> Iterator[tuple[str, str]]:
    """One text put in the place of another, under the names that CLIs give to them. All places of a text are more than
    the call says."""
    match given:
        case {"replace_all": True}:
            return
        case {"old_string": str(old), "new_string": str(new)}:
            yield old, new
        case {"oldString": str(old), "newString": str(new)}:
            yield old, new
        case {"old_str": str(old), "new_str": str(new)}:
            yield old, new
        case {"edits": list(edits)}:
            for edit in edits:
                yield from _replacements(edit)
        case _:
            pass


def _of_patch(patch: str) -> Lines:
    lines = [line for line in patch.splitlines() if not line.startswith(("+++", "---"))]
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)


def _of_replacement(old: str, new: str) -> Lines:
    changes = [line[:1] for line in difflib.ndiff(old.splitlines(), new.splitlines())]
    return changes.count("+"), changes.count("-")


def _sum(several: Iterator[Lines]) -> Lines:
    added, removed = zip(*several, strict=True)
    return sum(added), sum(removed)
