"""What an edit did to files: their text when the tool call began, beside their text now."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minga.infrastructure.jsonlines import Json

TEXT_BYTES_MAX = 1_000_000
"""A larger file is named, and not shown."""

PATHS_MAX = 50
"""Of one call."""

_KEYS = ("path", "file")
"""One of these stands in the name of an argument that holds a path, whichever CLI it is."""


def paths_in(given: Any, cwd: Path) -> list[Path]:
    """The paths that the arguments of a tool call name, absolute."""
    named = [Path(cwd, text) for text in _named(given) if text and "\0" not in text and "\n" not in text]
    return list(dict.fromkeys(named))[:PATHS_MAX]


class Edits:
    """Remembers files as they were before each call of a turn."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, Path], str | None] = {}

    def note(self, call_id: str, paths: list[Path]) -> None:
        for path in paths:
            self._before.setdefault((call_id, path), _text(path))

    def diff(self, call_id: str, path: Path) -> Json | None:
        """How ``path`` has changed since the call began; None where that is not known, or nothing to be seen."""
        if (call_id, path) not in self._before:
            return None
        old, new = self._before[call_id, path], _text(path)
        if new == old or (new is None and path.exists()):
            return None
        return {"type": "diff", "path": str(path), "oldText": old, "newText": new or ""}


def _named(given: Any) -> Iterator[str]:
    match given:
        case dict():
            for key, value in given.items():
                if isinstance(value, str) and any(one in key.lower() for one in _KEYS):
                    yield value
                else:
                    yield from _named(value)
        case list():
            for value in given:
                yield from _named(value)
        case _:
            pass


def _text(path: Path) -> str | None:
    """None where there is no such file, or its text cannot be shown."""
    try:
        if not path.is_file() or path.stat().st_size > TEXT_BYTES_MAX:
            return None
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
