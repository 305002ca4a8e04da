"""Which files of Gemini CLI hold a session.

On resuming, the CLI leaves an almost empty file with the session's id beside it, after a ``.json`` also the ``.json``;
an older layout was copied, not moved. Of the files with one id only the one with the conversation counts.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from minga.domain.ids import AgentName, NativeId
from minga.sessions.formats import records
from minga.sessions.formats.format import NativeFile
from minga.sessions.formats.values import printed

HEAD_BYTES = 65_536

_SESSION_ID = re.compile(rb'"sessionId"\s*:\s*"([A-Za-z0-9_.-]+)"')

CONVERSATION = (b'"type":"gemini"', b'"type": "gemini"')
"""Only files in which the model has answered hold this; the second as in a ``.json`` with spaces."""


def find_files(agent: AgentName, home: Path) -> Iterator[NativeFile]:
    """Newest first."""
    by_id: dict[str, list[NativeFile]] = {}
    chats = home / ".gemini" / "tmp"
    for pattern in ("*/chats/session-*.json", "*/chats/session-*.jsonl", "*/chats/*/*.jsonl"):
        for path in chats.glob(pattern):
            with contextlib.suppress(OSError):
                about = path.stat()
                native_id = _native_id(path)
                file = NativeFile(agent, NativeId(native_id), path, about.st_size, about.st_mtime_ns)
                by_id.setdefault(native_id, []).append(file)
    chosen = [files[0] if len(files) == 1 else max(files, key=_worth) for files in by_id.values()]
    yield from sorted(chosen, key=lambda file: file.modified_ns, reverse=True)


def _native_id(path: Path) -> str:
    """The id in the file's first line, else its name. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    name = printed(path.stem)
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return records.text(records.record(msgspec.json.decode(head.partition(b"\n")[0])).get("sessionId")) or name
    found = _SESSION_ID.search(head)
    return found[1].decode() if found else name


def _worth(file: NativeFile) -> tuple[bool, int, int]:
    return _is_answered(file.path), file.modified_ns, file.size


def _is_answered(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            before = b""
            while piece := file.read(1 << 20):
                if any(mark in before + piece for mark in CONVERSATION):
                    return True
                before = piece[-32:]
    except OSError:
        return False
    return False
