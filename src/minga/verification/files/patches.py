"""Diffs in an answer: they have to be well formed, stay where files may be changed, and fit the files there."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.claims import TEXT_MAX, Claim, cut_short, first, line_at, summed_up
from minga.verification.code.python_code import is_shown_wrong
from minga.verification.files.diffs import FileDiff, Hunk, file_diffs
from minga.verification.files.paths import odd
from minga.verification.files.tree import Tree
from minga.verification.parts import parts

_LANGUAGES = frozenset({"diff", "patch", "udiff", "git", ""})

_PLAIN = re.compile(r"^(?:diff --git |--- [^\n]{1,500}\n\+\+\+ )", re.MULTILINE)

_PLACES_MAX = 2000
"""Places of a file at which one hunk is tried."""


@dataclass(frozen=True, slots=True)
class Patches:
    name: str = "patch"

    def look(self, work: Work) -> Checked | None:
        looking = _Looking(work, Tree(work.cwd))
        claims, notes = first(claim for each in _diffs(work) for claim in looking.claims(each))
        return summed_up(self.name, claims, (*notes, *cut_short(work.answer)))


def _diffs(work: Work) -> Iterator[FileDiff]:
    cut = parts(work.answer[:TEXT_MAX])
    prose = cut.prose.split("\n")
    for block in cut.blocks:
        if block.language in _LANGUAGES and not is_shown_wrong(prose, block) and block.text.strip() not in work.prompt:
            yield from file_diffs(block.text, block.line)
    if _PLAIN.search(cut.prose):
        yield from file_diffs(cut.prose, 1)


@dataclass(slots=True)
class _Looking:
    """``made``: files as the diffs before this one leave them."""

    work: Work
    tree: Tree
    made: dict[str, list[str]] = field(default_factory=dict)

    def claims(self, diff: FileDiff) -> Iterator[Claim]:
        at = line_at(diff.line)
        if wrong := self._place(diff):
            yield Claim(wrong.state, f"{at}: {wrong.says}")
            return
        faulty = [each for each in diff.hunks if each.fault and not each.is_abridged]
        for each in faulty:
            yield Claim(
                CheckState.FAILED, f"{line_at(each.line)}: the hunk of {diff.path} does not count right: {each.fault}"
            )
        if faulty:
            return
        tried = None if diff.is_binary or any(each.fault for each in diff.hunks) else self._tried(diff, at)
        is_abridged = any(each.is_abridged for each in diff.hunks)
        if tried is None or (tried.state is CheckState.FAILED and is_abridged):
            tried = Claim(CheckState.UNPROVEN, f"{at}: the diff of {diff.path} was not tried: abridged or binary")
        yield tried

    def _place(self, diff: FileDiff) -> Claim | None:
        for path in {diff.old, diff.new} - {""}:
            if wrong := odd(FileChange(path, "modified"), self.work):
                return wrong
        return None

    def _tried(self, diff: FileDiff, at: str) -> Claim:
        path = diff.old if diff.old and self.tree.is_file(diff.old) else diff.path
        text = self.tree.text(path) if self.tree.is_file(path) else None
        is_changed = any(change.path in (diff.old, diff.new) for change in self.work.changed)
        if text is None:
            return self._without_file(diff, at, is_there=self.tree.is_file(path), is_changed=is_changed)
        if not diff.old:
            same = _lines(text) == _added(diff)
            if same:
                return Claim(CheckState.PASSED, f"{at}: {path} stands there as the diff makes it")
            return Claim(CheckState.FAILED, f"{at}: {path} stands there otherwise than the diff makes it")
        return self._applied(diff, path, _lines(text), at, is_changed=is_changed)

    def _without_file(self, diff: FileDiff, at: str, *, is_there: bool, is_changed: bool) -> Claim:
        if is_there:
            return Claim(CheckState.UNPROVEN, f"{at}: {diff.path} was not tried: too large, or no text")
        if not diff.old:
            self.made[diff.new] = _added(diff)
            return Claim(CheckState.PASSED, f"{at}: {diff.new} can be made")
        if not diff.new and is_changed:
            return Claim(CheckState.PASSED, f"{at}: {diff.old} was deleted, as the diff says")
        return Claim(CheckState.UNPROVEN, f"{at}: the diff of {diff.old} was not tried: no such file")

    def _applied(self, diff: FileDiff, path: str, lines: list[str], at: str, *, is_changed: bool) -> Claim:
        if is_changed and _is_made(diff, lines):
            return Claim(CheckState.PASSED, f"{at}: the change of {path} was made already")
        wrong: tuple[Hunk, str] | None = None
        for start in [lines, *([self.made[path]] if path in self.made else [])]:
            done, wrong = _apply(diff.hunks, start)
            if wrong is None:
                self.made[path] = done
                return Claim(CheckState.PASSED, f"{at}: the diff of {path} applies")
        if _is_made(diff, lines):
            return Claim(CheckState.UNPROVEN, f"{at}: the file holds what the diff of {path} would make")
        before = self.work.originals.read(path) if is_changed and self.work.originals else None
        if before is not None and _apply(diff.hunks, _lines(before.decode("utf-8", errors="replace")))[1] is None:
            return Claim(CheckState.UNPROVEN, f"{at}: the diff of {path} fits the file of before, not that of now")
        hunk, why = wrong or (diff.hunks[0], "")
        return Claim(CheckState.FAILED, f"{line_at(hunk.line)}: the hunk does not fit {path}: {why}")


def _lines(text: str) -> list[str]:
    """Without the ends of lines, in whatever form, so that they do not decide."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def _added(diff: FileDiff) -> list[str]:
    return [line for hunk in diff.hunks for line in hunk.new]


def _apply(hunks: Sequence[Hunk], lines: list[str]) -> tuple[list[str], tuple[Hunk, str] | None]:
    """The lines after all hunks, or the first hunk that fits nowhere after the ones before it, and why."""
    where = _places(lines)
    made: list[str] = []
    done, shift = 0, 0
    for hunk in hunks:
        wanted = max(0, hunk.old_start - (1 if hunk.old else 0)) + shift
        place = _place(hunk.old, lines, where, wanted, done)
        if place is None:
            return [], (hunk, _difference(hunk, lines, where, wanted))
        shift += place - wanted
        made += [*lines[done:place], *hunk.new]
        done = place + len(hunk.old)
    return [*made, *lines[done:]], None


def _is_made(diff: FileDiff, lines: list[str]) -> bool:
    """Whether every hunk's new lines stand there, in their order, and the old ones no more where some were removed."""
    where = _places(lines)
    done = 0
    for hunk in diff.hunks:
        place = _place(hunk.new, lines, where, hunk.old_start - 1, done)
        removes = any(line.startswith("-") for line in hunk.body)
        if place is None or (removes and _place(hunk.old, lines, where, hunk.old_start - 1, 0) is not None):
            return False
        done = place + len(hunk.new)
    return bool(diff.hunks)


def _places(lines: list[str]) -> dict[str, list[int]]:
    where: dict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        where[line].append(at)
    return where


def _place(wanted: list[str], lines: list[str], where: dict[str, list[int]], near: int, first: int) -> int | None:
    """Where the ``wanted`` lines stand as they are, not before ``first``, and nearest to ``near``."""
    if not wanted:
        return min(max(near, first), len(lines))
    rarest = min(range(len(wanted)), key=lambda at: len(where.get(wanted[at], ())))
    starts = [at - rarest for at in where.get(wanted[rarest], ()) if at - rarest >= first]
    for start in sorted(starts, key=lambda at: abs(at - near))[:_PLACES_MAX]:
        if lines[start : start + len(wanted)] == wanted:
            return start
    return None


def _difference(hunk: Hunk, lines: list[str], where: dict[str, list[int]], near: int) -> str:
    """What stands instead, at the place where most of the hunk's lines stand."""
    old = hunk.old
    starts = {near} | {at - index for index, line in enumerate(old[:50]) for at in where.get(line, ())[:20]}
    best = max(
        sorted(starts), key=lambda start: sum(_at(lines, start + index) == line for index, line in enumerate(old[:50]))
    )
    for index, line in enumerate(old):
        there = _at(lines, best + index)
        if there is None:
            return f"the file ends before {line.strip()[:80]!r}"
        if there != line:
            said = (there, line) if there.strip() == line.strip() else (there.strip(), line.strip())
            return f"its line {best + index + 1} reads {said[0][:80]!r}, not {said[1][:80]!r}"
    return f"it fits only before the hunk that precedes it, at line {best + 1}"


def _at(lines: list[str], at: int) -> str | None:
    return lines[at] if 0 <= at < len(lines) else None
