"""The texts of the files that were changed, read below the working directory and within bounds."""

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minga.domain.work import Work

FILES_MAX = 500

BYTES_MAX = 2_000_000
"""Of one file."""


@dataclass(frozen=True, slots=True)
class ChangedText:
    """``text`` is the file's now; ``before`` what it was, empty where it is new, None where that is not kept."""

    path: str
    text: str
    content: bytes
    before: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """``skipped``: a sentence for each file that was not read."""

    texts: tuple[ChangedText, ...]
    skipped: tuple[str, ...]


def changed_texts(work: Work, suffixes: Container[str] | None = None) -> Changed:
    """Those with one of ``suffixes`` (lower case, with the dot), or all. Deleted files are not among them."""
    texts: list[ChangedText] = []
    skipped: list[str] = []
    kept = {change.path: change.change for change in work.changed if change.change != "deleted"}
    wanted = [path for path in kept if suffixes is None or PurePosixPath(path).suffix.lower() in suffixes]
    for path in wanted[:FILES_MAX]:
        content = content_below(work.cwd, path)
        if content is None:
            skipped.append(_not_read(path))
        else:
            before = "" if kept[path] == "added" else _before(work, path)
            texts.append(ChangedText(path, content.decode("utf-8", "replace"), content, before))
    if len(wanted) > FILES_MAX:
        skipped.append(_more_not_read(len(wanted) - FILES_MAX))
    return Changed(tuple(texts), tuple(skipped))


def _not_read(path: str) -> str:
    return f"{path} was not read: it is gone, outside, binary or too large"


def _more_not_read(count: int) -> str:
    return f"{count} more changed files were not read"


def content_below(cwd: Path, path: str) -> bytes | None:
    """The bytes of a text file, or None where it is none, lies outside of ``cwd`` (through a link too), or is larger
    than `BYTES_MAX`."""
    try:
        root = cwd.resolve()
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file() or file.stat().st_size > BYTES_MAX:
            return None
        content = file.read_bytes()
    except (OSError, ValueError, RuntimeError):
        return None
    return None if b"\0" in content else content


def _before(work: Work, path: str) -> str | None:
    content = work.originals.read(path) if work.originals else None
    return None if content is None else content.decode("utf-8", "replace")
