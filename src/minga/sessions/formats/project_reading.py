"""What Claude Code and Qwen Code are read alike by: lines linked by ``parentUuid``, of which some are no messages.

A line that is no message stands where its parent stands, so that the chain holds. Only such lines, and merged ones, are
remembered with their parent; of all others a hash.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from minga.domain.events import ToolKind
from minga.domain.ids import NativeId
from minga.sessions.formats import records
from minga.sessions.formats.format import RAW_MAX, About, SetAside
from minga.sessions.formats.lines import Line
from minga.sessions.formats.records import Json

ID_MAX = 200


class Chain:
    """Which message each line stands at."""

    def __init__(self) -> None:
        self._stands: dict[str, str] = {}
        self._seen: set[int] = set()
        self._last: dict[str, str] = {}
        """The last line of the main conversation and of each side chain."""
        self._before_gap: dict[str, str] = {}
        """The same, where a line last could not be read."""
        self._supposed: set[str] = set()
        """Lines that are taken to be lost."""

    def at(self, uuid: object) -> str:
        """The id of the message at which the line ``uuid`` stands; empty for none."""
        return self._stands.get(uuid, uuid) if isinstance(uuid, str) and len(uuid) <= ID_MAX else ""

    def stand(self, uuid: object, message: str) -> None:
        """Let the line ``uuid`` stand at ``message``."""
        if isinstance(uuid, str) and 0 < len(uuid) <= ID_MAX and uuid != message:
            self._stands[uuid] = message

    def skip(self, line: Json) -> None:
        """A line that is no message: it stands where its parent does."""
        self.stand(line.get("uuid"), self.above(line))

    def above(self, line: Json, field: str = "parentUuid") -> str:
        """The message at which the parent of ``line`` stands. A parent that has not come, after lines that could not be
        read, was among them: it stands at the last one before them."""
        parent = line.get(field)
        before = self._before_gap.get(_side_chain(line), "")
        if before and isinstance(parent, str) and parent and not self.knows(parent):
            self.stand(parent, self.at(before))
            self._supposed.add(parent)
        return self.at(parent)

    def passed(self, line: Json) -> None:
        """The line has been read."""
        if self.knows(own := id_of(line)):
            self._last[_side_chain(line)] = own

    def gap(self) -> None:
        """Here was a line that could not be read."""
        self._before_gap = dict(self._last)

    def knows(self, uuid: str) -> bool:
        """Whether the line ``uuid`` has come."""
        return uuid in self._stands or hash(uuid) in self._seen

    def is_new(self, uuid: str) -> bool:
        """True the first time that it is asked for ``uuid``."""
        known = hash(uuid) in self._seen
        self._seen.add(hash(uuid))
        if uuid in self._supposed:  # it was not lost, it only came late
            self._supposed.remove(uuid)
            del self._stands[uuid]
        return not known


def _side_chain(line: Json) -> str:
    return f"side chain {string(line, 'agentId')}" if line.get("isSidechain") is True else ""


def aside(line: Line, reason: str, piece: object = None) -> SetAside:
    """Set a line aside, or a piece of one."""
    try:
        raw = msgspec.json.encode(line.value if piece is None else piece)[:RAW_MAX]
    except (RecursionError, msgspec.EncodeError, ValueError, OverflowError):
        raw = b""
    return SetAside(str(line.number), reason, raw)


def id_of(line: Json) -> str:
    """The line's own id; empty where it has none that can be used."""
    uuid = string(line, "uuid")
    return uuid if len(uuid) <= ID_MAX else ""


def string(value: object, key: str) -> str:
    """A field that is text; empty for whatever else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def fields(value: object, key: str) -> Json:
    """A field that is an object; an empty one for whatever else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def entries(value: object, key: str) -> list[Any]:
    """A field that is a list; an empty one for whatever else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def count(value: object, key: str) -> int:
    """A number of tokens; 0 for whatever else."""
    return records.count(value.get(key)) if isinstance(value, dict) else 0


def moment(line: Json) -> datetime | None:
    """The line's time, aware UTC."""
    return records.instant(line.get("timestamp"))


def about(native_id: NativeId, line: Json, parent: str = "") -> About:
    """What the frame of a line says of its session."""
    branch = string(line, "gitBranch")
    return About(
        native_id,
        cwd=string(line, "cwd"),
        version=string(line, "version"),
        branch="" if branch == "HEAD" else branch,
        started_at=moment(line),
        parent=parent,
    )


def kind_of(name: str, kinds: dict[ToolKind, frozenset[str]]) -> ToolKind:
    """What a tool does, by its name."""
    if name.startswith("mcp__"):
        return ToolKind.MCP
    return next((kind for kind, names in kinds.items() if name in names), ToolKind.OTHER)


def stands_in(text: str, marks: Iterable[str]) -> bool:
    """Whether the whole text stands in one of these tags, by which CLIs mark what they add themselves."""
    text = text.strip()
    return any(text.startswith(f"<{mark}>") and text.endswith(f"</{mark}>") for mark in marks)
