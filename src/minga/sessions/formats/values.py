"""Values of foreign records beyond those of `records`: lists, times in milliseconds, names, paths."""

import os
from datetime import UTC, datetime
from typing import Any

from minga.sessions.formats import records


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def from_milliseconds(value: object) -> datetime | None:
    """The instant so many milliseconds after 1970; None for what is no such number."""
    milliseconds = records.count(value)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (ValueError, OverflowError, OSError):
        return None


def printed(name: str) -> str:
    """The name of a file as every store and every output can take it: a byte that is no UTF-8 becomes ``\\xf1``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def inside(path: str, cwd: str) -> str:
    """``path`` relative to ``cwd`` where it lies inside by its name (the files may be gone), else absolute."""
    if not os.path.isabs(cwd):
        return path
    whole, root = os.path.normpath(os.path.join(cwd, path)), os.path.normpath(cwd)
    return os.path.relpath(whole, root) if os.path.commonpath([whole, root]) == root and whole != root else whole
