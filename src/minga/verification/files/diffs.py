"""Unified diffs, as `diff -u` and git write them, cut into files and hunks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")

_OCTAL = re.compile(r"\\([0-7]{3}|.)")

_EXTENDED = re.compile(r"index |old mode|new |deleted |similarity|dissimil|rename |copy ")

_HEAD_MAX = 12
"""Lines that git may write between ``diff --git`` and ``---``."""

_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class Hunk:
    """``body``: its lines with their first character. ``line``: that of its header, in the answer. ``fault``: what is
    wrong with its form, empty where nothing is."""

    line: int
    old_start: int
    body: tuple[str, ...]
    fault: str = ""

    @property
    def old(self) -> list[str]:
        """The lines that it takes to be there."""
        return [line[1:].rstrip("\r") for line in self.body if not line.startswith("+")]

    @property
    def new(self) -> list[str]:
        return [line[1:].rstrip("\r") for line in self.body if not line.startswith("-")]

    @property
    def is_abridged(self) -> bool:
        return any(line.strip(" +-") in ("...", "…") for line in self.body)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """``old`` and ``new`` are paths without ``a/`` and ``b/``, empty for a file that is not there before or after."""

    line: int
    old: str
    new: str
    hunks: tuple[Hunk, ...]
    is_binary: bool = False

    @property
    def path(self) -> str:
        return self.new or self.old


def file_diffs(text: str, first_line: int) -> list[FileDiff]:
    """Every file of a diff; ``first_line`` is where it begins in the answer. What is no diff gives none."""
    lines = text.split("\n")
    starts = [at for at in range(len(lines)) if _is_start(lines, at)]
    return [made for at, end in pairwise([*starts, len(lines)]) if (made := _file(lines[at:end], first_line + at))]


def _is_start(lines: Sequence[str], at: int) -> bool:
    """With ``diff --git`` before them, ``---`` and ``+++`` begin no file of their own."""
    if lines[at].startswith("diff --git "):
        return True
    if not lines[at].startswith("--- ") or not lines[at + 1 : at + 2] or not lines[at + 1].startswith("+++ "):
        return False
    head = at - 1
    while head >= max(0, at - _HEAD_MAX) and _EXTENDED.match(lines[head]):
        head -= 1
    return head < 0 or not lines[head].startswith("diff --git ")


def _file(lines: list[str], line: int) -> FileDiff | None:
    hunks = _hunks(lines, line)
    head = lines[: next((at for at, each in enumerate(lines) if each.startswith("@@")), len(lines))]
    told = {
        word: each.split(" ", 2)[-1]
        for each in head
        for word in ("rename from", "rename to", "copy from")
        if each.startswith(word)
    }
    old, new = _names(head)
    old, new = told.get("rename from", old), told.get("rename to", new)
    is_binary = any(each.startswith(("GIT binary patch", "Binary files ")) for each in lines)
    if not (old or new) or not (hunks or told or is_binary or _changes_existence(head)):
        return None
    return FileDiff(line, old, new, tuple(hunks), is_binary)


def _changes_existence(head: list[str]) -> bool:
    return any(each.startswith(("new file mode", "deleted file mode")) for each in head)


def _names(head: list[str]) -> tuple[str, str]:
    old = next((_path(each[4:]) for each in head if each.startswith("--- ")), None)
    new = next((_path(each[4:]) for each in head if each.startswith("+++ ")), None)
    if (old is None or new is None) and head[0].startswith("diff --git "):
        half = re.fullmatch(r"diff --git (a/\S{1,500}) (b/\S{1,500})", head[0].rstrip())
        old, new = (half[1], half[2]) if half else ("", "")
        old = _NOTHING if any(each.startswith("new file mode") for each in head) else old
        new = _NOTHING if any(each.startswith("deleted file mode") for each in head) else new
    old, new = old or "", new or ""
    prefixed = old.startswith("a/") or old == _NOTHING
    if prefixed and (new.startswith("b/") or new == _NOTHING):
        old, new = old.removeprefix("a/"), new.removeprefix("b/")
    return ("" if old == _NOTHING else old), ("" if new == _NOTHING else new)


def _path(told: str) -> str:
    """The name in a header line: without the time after a tab, and without git's quotes."""
    name = told.split("\t", 1)[0].strip()
    if not (name.startswith('"') and name.endswith('"') and len(name) > 1):
        return name
    plain = _OCTAL.sub(lambda met: chr(int(met[1], 8)) if len(met[1]) == 3 else met[1], name[1:-1])
    return plain.encode("latin-1", errors="ignore").decode("utf-8", errors="replace")


def _hunks(lines: list[str], line: int) -> list[Hunk]:
    made = []
    heads = [(at, met) for at, each in enumerate(lines) if (met := _HUNK.match(each))]
    for number, (at, met) in enumerate(heads):
        end = heads[number + 1][0] if number + 1 < len(heads) else len(lines)
        counts = (int(met[2] or 1), int(met[4] or 1))
        body, fault = _counted_lines(lines[at + 1 : end], *counts)
        made.append(Hunk(line + at, int(met[1]), body, fault))
    return made


def _counted_lines(lines: list[str], old: int, new: int) -> tuple[tuple[str, ...], str]:
    """The lines that belong to a hunk with so many old and new ones. A line that lost its blank counts as an empty one;
    one after the last that is counted, and right below it, is one too many."""
    body: list[str] = []
    left = [old, new]
    for line in (line for line in lines if not line.startswith("\\")):
        if line[:1] not in ("", " ", "+", "-", "\t", "\r") or (max(left) <= 0 and not line.strip()):
            break
        body.append(line or " ")
        left[0] -= not line.startswith("+")
        left[1] -= not line.startswith("-")
    while body and not body[-1].strip() and min(left) < 0:
        body.pop()
        left = [count + 1 for count in left]
    has = (old - left[0], new - left[1])
    fault = "" if not any(left) else f"it says {old} old and {new} new lines, and has {has[0]} and {has[1]}"
    return tuple(body), fault
