"""What Claude Code and Qwen Code write alike: JSON lines linked by ``parentUuid``, in a folder named after the working
directory."""

import contextlib
import re
import stat
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item, Said
from minga.sessions.formats import records
from minga.sessions.formats.fitting import fit_ids, times
from minga.sessions.formats.format import Draft, NativeFile, Target
from minga.sessions.formats.records import Json
from minga.sessions.formats.values import printed


def slug(cwd: str) -> str:
    """Return the name of a working directory's folder: a hyphen for every UTF-16 unit that is no ASCII letter or digit.
    Two directories can have the same."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: "-" * _units(found[0]), cwd)


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as it is to be written: with the time and, for a call, the id that it gets."""

    item: Item
    at: datetime
    call_id: str


def turns(items: Sequence[Item], target: Target) -> Iterator[tuple[Entry, ...]]:
    """Group items into messages: a user's text alone, what the assistant said and called at once together."""
    turn: list[Entry] = []
    entries = map(Entry, items, times(items, target.at), fit_ids(items, target.native_id))
    for entry in entries:
        joins = entry.item.joins and turn and not of_user(turn[-1].item) and not of_user(entry.item)
        if turn and not joins:
            yield tuple(turn)
            turn = []
        turn.append(entry)
    if turn:
        yield tuple(turn)


def of_user(item: Item) -> bool:
    return isinstance(item, Said) and item.role == "user"


def made_id(target: Target, place: str) -> str:
    """Return a UUID that is always the same for one place in one session."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{target.native_id} {place}"))


class Frame(Protocol):
    """Makes one line around ``own``: the fields that every line of this CLI has."""

    def __call__(self, own: Json, *, uuid: str, parent: str | None, at: str) -> Json: ...


class LineWriter:
    """The lines of one session so far. ``parent`` is the uuid of the line that the next one hangs on."""

    def __init__(self, target: Target, frame: Frame) -> None:
        self.parent: str | None = None
        self._target = target
        self._frame = frame
        self._lines: list[bytes] = []

    def add(self, own: Json, at: datetime, parent: str | None = None) -> str:
        """Add a line below ``parent`` (else below the line before), and return its uuid."""
        made = made_id(self._target, f"line {len(self._lines)}")
        self.add_bare(self._frame(own, uuid=made, parent=parent or self.parent, at=records.stamp(at)))
        self.parent = made
        return made

    def add_bare(self, line: Json) -> None:
        """Add a line that is no link of the tree."""
        self._lines.append(records.line(line))

    def draft(self, path: str, lost: tuple[str, ...]) -> Draft:
        """The CLI appends to the file, so it ends with a newline."""
        return Draft(path, b"".join(self._lines), lost)


def find_files(agent: AgentName, home: Path, *patterns: str) -> list[NativeFile]:
    """Find the files below ``home`` that match, newest first. They are named by their stem, those of sub-agents by the
    session's and their own."""
    found: list[NativeFile] = []
    for pattern in patterns:
        for path in home.glob(pattern):
            with contextlib.suppress(OSError):  # it has gone meanwhile
                state = path.stat()
                if stat.S_ISREG(state.st_mode):
                    name = NativeId("/".join(filter(None, (session_above(path), printed(path.stem)))))
                    found.append(NativeFile(agent, name, path, state.st_size, state.st_mtime_ns))
    return sorted(found, key=lambda file: (-file.modified_ns, str(file.path)))


def session_above(path: Path) -> str:
    """The session for which a sub-agent worked whose file this is; empty for a session's own file."""
    folders = path.parts[:-1]
    if "subagents" not in folders or not path.name.startswith("agent-"):
        return ""
    place = len(folders) - 1 - folders[::-1].index("subagents")
    after = folders[place + 1 : place + 2]
    above = folders[place - 1 : place]
    return printed("".join(above if above and _is_session(above[0]) else after))


def _is_session(name: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F-]{32,36}", name) is not None
