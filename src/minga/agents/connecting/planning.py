"""What is to become of one file, worked out from its bytes and its record before anything is written."""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.agents.connecting import edits, json_text
from minga.agents.connecting.edits import NoPlace, Touched
from minga.agents.connecting.facts import FileEdits
from minga.agents.connecting.json_text import Unparsed
from minga.agents.connecting.records import FileRecord, Step, digest
from minga.domain.errors import ConfigTouched, ConfigUnfit, ConfigUnreadable, ConfigUnwritable


@dataclass(frozen=True, slots=True)
class FilePlan:
    """``before`` and ``after`` are the file's bytes; None: there is no file. ``record``: what will be kept of it; None:
    nothing. ``target`` is the file behind the links."""

    path: Path
    target: Path
    before: bytes | None
    after: bytes | None
    record: FileRecord | None
    folders: tuple[Path, ...] = ()
    """What is taken away with the file, where nothing else lies there; outermost first."""
    left: tuple[str, ...] = ()
    """The names of Minga's values that were replaced since, and are left so."""

    @property
    def changes(self) -> bool:
        return self.before != self.after


def merged(parts: Iterable[FileEdits]) -> list[FileEdits]:
    """The edits of all parts, file by file."""
    found: dict[Path, FileEdits] = {}
    for one in parts:
        known = found.get(one.path)
        whole = one.edits if known is None else (*known.edits, *one.edits)
        found[one.path] = FileEdits(one.path, one.format, whole, one.layout_key, one.layout_max)
    return list(found.values())


def plan_file(agent: str, wanted: FileEdits, known: FileRecord | None) -> FilePlan:
    """What `connect` makes of a file; what was changed by hand is written anew.

    Raises ConfigUnreadable, ConfigUnfit, ConfigTouched, ConfigUnwritable."""
    before = read(wanted.path)
    try:
        text = _text(before)
        if known and before is not None and known.steps[-1].edits == wanted.edits and stands(before, known):
            return FilePlan(wanted.path, target(wanted.path), before, before, known)
        original = undone(before, known, is_touched_too=True) if known else before
        _check_layout(text, wanted)
        after, changes = edits.apply(_text(original), wanted.edits, wanted.format)
    except Unparsed as wrong:
        raise ConfigUnreadable(path=str(wanted.path), line=wrong.line, detail=wrong.reason) from wrong
    except Touched as wrong:
        raise ConfigTouched(path=str(wanted.path), line=wrong.line, detail=wrong.reason, agent=agent) from wrong
    except NoPlace as wrong:
        raise ConfigUnfit(path=str(wanted.path), line=wrong.line, detail=wrong.reason, agent=agent) from wrong
    content = after.encode()
    if not changes:
        return FilePlan(wanted.path, target(wanted.path), before, original, None)
    folders = known.folders if known else tuple(_missing_folders(wanted.path))
    step = Step(wanted.edits, tuple(changes), digest(content))
    record = FileRecord(wanted.path, wanted.format, original, (step,), folders)
    return FilePlan(wanted.path, writable(wanted.path), before, content, record)


def plan_undo(agent: str, known: FileRecord) -> FilePlan:
    """What `disconnect` makes of a file. Raises ConfigUnreadable, ConfigTouched, ConfigUnwritable."""
    before = read(known.path)
    try:
        after = undone(before, known)
        left = _left_in(before, known)
    except Unparsed as wrong:
        raise ConfigUnreadable(path=str(known.path), line=wrong.line, detail=wrong.reason) from wrong
    except Touched as wrong:
        raise ConfigTouched(path=str(known.path), line=wrong.line, detail=wrong.reason, agent=agent) from wrong
    place = writable(known.path) if after != before else target(known.path)
    return FilePlan(known.path, place, before, after, None, known.folders, left)


def undone(before: bytes | None, known: FileRecord, *, is_touched_too: bool = False) -> bytes | None:
    """The file's bytes without what was written: the original where nothing else was changed since; else what is there
    now, without Minga's own. ``is_touched_too``: also what was changed by hand. Raises Unparsed, Touched."""
    if before is None or before == known.original:
        return before
    if any(step.written == digest(before) for step in known.steps):
        return known.original
    text = _text(before)
    for step in known.steps[:-1]:  # a writing was cut off: the file may show the one before it
        if not edits.missing(text, step.changes, known.format):
            return _left(edits.undo(text, step.changes, known.format), known)
    last = known.steps[-1].changes
    return _left(edits.undo(text, last, known.format, is_touched_too=is_touched_too), known)


def _left_in(before: bytes | None, known: FileRecord) -> tuple[str, ...]:
    """Raises Unparsed."""
    if before is None or before == known.original:
        return ()
    return tuple(edits.replaced(_text(before), known.steps[-1].changes, known.format))


def stands(before: bytes, known: FileRecord) -> bool:
    """Whether all that was written is there as it was. Raises Unparsed."""
    return not edits.missing(_text(before), known.steps[-1].changes, known.format)


def read(path: Path) -> bytes | None:
    """Raises ConfigUnwritable for what cannot be read either."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ConfigUnwritable(path=str(path), detail="it is no file")
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as wrong:
        raise ConfigUnwritable(path=str(path), detail=wrong.strerror or str(wrong)) from wrong


def target(path: Path) -> Path:
    """The file behind symbolic links, which stay."""
    return Path(os.path.realpath(path))


def writable(path: Path) -> Path:
    """`target`, where it may be written. Raises ConfigUnwritable: a file that is marked as read-only is left alone,
    though the folder, or root, could have it replaced."""
    found = target(path)
    place = next(one for one in (found, *found.parents) if one.exists())
    for one in dict.fromkeys((place, place if place.is_dir() else place.parent)):
        if not one.stat().st_mode & 0o222:
            detail = f"the directory {one} is read-only" if one.is_dir() else f"the file {one} is read-only"
            raise ConfigUnwritable(path=str(path), detail=detail)
        if not os.access(one, os.W_OK):
            raise ConfigUnwritable(path=str(path), detail=os.strerror(errno.EACCES))
    return found


def _left(text: str, known: FileRecord) -> bytes | None:
    """What is left of a file; nothing, where Minga made it and nothing else stands in it."""
    empty = text.removeprefix("\ufeff").strip()
    return None if known.original is None and empty in ("", "{}") else text.encode()


def _text(content: bytes | None) -> str:
    """Raises Unparsed."""
    try:
        return (content or b"").decode()
    except UnicodeDecodeError as wrong:
        line = wrong.object[: wrong.start].count(b"\n") + 1
        raise Unparsed(line, "it is not UTF-8") from wrong


def _check_layout(text: str, wanted: FileEdits) -> None:
    """Raises Unparsed, NoPlace where the file says that its layout is newer than what is known."""
    edits.check(text, wanted.format)
    if not wanted.layout_key or not text.removeprefix("\ufeff").strip():
        return
    body = text.removeprefix("\ufeff")
    item = json_text.parse(body).member(wanted.layout_key)
    if item is not None and isinstance(item.node.value, int) and item.node.value > wanted.layout_max:
        reason = f"its layout is number {item.node.value}, and only those up to {wanted.layout_max} are known"
        raise NoPlace(json_text.line_of(body, item.start), reason)


def _missing_folders(path: Path) -> Sequence[Path]:
    return [one for one in reversed(target(path).parents) if not one.exists()]
