"""Where Claude Code compacted a session, found before it is read.

After a compaction the model sees the summary, then the last messages before it (the preserved ones), then what came
later. The preserved lines stand before the summary in the file, so a reader that sees each line once must know of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from minga.sessions.formats.lines import LINE_MAX, raw_bytes
from minga.sessions.formats.project_reading import entries, fields, id_of, string
from minga.sessions.formats.records import Json

MARKS = (b'"compact_boundary"', b'"isCompactSummary"')
MARK_MAX = max(map(len, MARKS))


@dataclass(slots=True)
class Compactions:
    """``heads``: first preserved line to the summaries that go before it, oldest first. ``tails``: a summary to the
    last preserved line, after which the conversation goes on."""

    heads: dict[str, list[str]] = field(default_factory=dict)
    tails: dict[str, str] = field(default_factory=dict)


def find(path: Path) -> Compactions:
    """Look through the whole file. Raises OSError."""
    found = Compactions()
    waiting: dict[str, tuple[str, str]] = {}
    for line in _candidates(path):
        summary = id_of(line)
        if line.get("isCompactSummary") is True and summary in waiting:
            head, tail = waiting.pop(summary)
            found.heads.setdefault(head, []).append(summary)
            found.tails[summary] = tail
        elif line.get("subtype") == "compact_boundary":
            head, tail, anchor = _preserved(fields(line, "compactMetadata"))
            if head and tail and anchor not in found.tails:
                waiting[anchor] = head, tail
    return found


def _preserved(compaction: Json) -> tuple[str, str, str]:
    segment, messages = fields(compaction, "preservedSegment"), fields(compaction, "preservedMessages")
    uuids = [uuid for uuid in entries(messages, "uuids") if isinstance(uuid, str)]
    head = string(segment, "headUuid") or (uuids[0] if uuids else "")
    tail = string(segment, "tailUuid") or (uuids[-1] if uuids else "")
    return head, tail, string(segment, "anchorUuid") or string(messages, "anchorUuid")


def _candidates(path: Path) -> Iterator[Json]:
    if not _may_hold(path):
        return
    with path.open("rb") as file:
        while line := file.readline(LINE_MAX):
            if not any(mark in line for mark in MARKS):
                continue
            try:
                value = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
                continue
            if isinstance(value, dict):
                yield value


def _may_hold(path: Path) -> bool:
    """Mostly nothing was compacted; to see that takes no looking at single lines."""
    before = b""
    for piece in raw_bytes(path):
        if any(mark in before + piece[:MARK_MAX] or mark in piece for mark in MARKS):
            return True
        before = piece[-MARK_MAX:]
    return False
