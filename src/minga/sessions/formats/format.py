"""What every native format is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item, Message


@dataclass(frozen=True, slots=True)
class NativeFile:
    """One native session, as it lies on this machine. ``path`` is the file that holds it (for OpenCode the database,
    which holds many); ``size`` in bytes and ``modified_ns`` tell whether it has changed since it was read."""

    agent: AgentName
    native_id: NativeId
    path: Path
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class About:
    """What a native session says of itself; may come more than once, later values replace earlier non-empty ones.
    ``parent`` is the native id of the session that this one is a side chain of (a sub-agent's own file), or empty."""

    native_id: NativeId
    cwd: str = ""
    version: str = ""
    title: str = ""
    model: str = ""
    remote: str = ""
    branch: str = ""
    commit: str = ""
    started_at: datetime | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A piece that could not be read. ``place`` is the number of the line (from 1) or the id of the record; ``raw`` its
    first bytes, at most `RAW_MAX`. ``is_unfinished``: it is the end of the file, which the CLI may be writing."""

    place: str
    reason: str
    raw: bytes
    is_unfinished: bool = False


RAW_MAX = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """The message at which the conversation stands from here on."""

    message_id: str


Read: TypeAlias = About | Message | SetAside | Head


@dataclass(frozen=True, slots=True)
class Target:
    """Where a session is to be written. ``home`` is the CLI's home as its TOML file means ``${home}`` (for Gemini
    and OpenCode the folder *above* ``.gemini`` and ``.local``); ``cwd`` has its links resolved; ``environment`` is the
    whole environment in which the CLI would be started there, ``program`` its executable. ``model`` and ``version`` are
    what the file names where it must name one; ``at`` is the time of writing, for what has no time of its own.
    ``uses_endpoint``: the CLI will be started with a model server of Minga's choosing."""

    native_id: NativeId
    home: Path
    cwd: Path
    program: str
    version: str
    model: str
    at: datetime
    title: str = ""
    uses_endpoint: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A native session that is not written yet. ``path`` is relative to the home (empty where a command takes it);
    ``lost`` names, for a person, what of the items has no place in this format."""

    path: str
    content: bytes
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A written native session: what `Format.remove` needs to take it away again. ``sha256`` is of the bytes of
    ``path`` as they were written; of the export where a database took them in."""

    native_id: NativeId
    path: Path
    sha256: str


Level = Literal["native", "text"]
"""``native``: tool calls as tool calls. ``text``: tool calls and results as words of the assistant."""


class Format(Protocol):
    """One CLI's native format."""

    agent: AgentName

    def find(self, home: Path) -> Iterator[NativeFile]:
        """Find every native session below ``home`` (as in `Target`), newest first; a missing folder holds none. Raises
        OSError where something lies there that cannot be looked through."""
        ...

    def read(self, file: NativeFile) -> Iterator[Read]:
        """Read one session as a stream. Raises OSError where the file cannot be opened or read; nothing else, whatever
        the bytes are. Messages come with their parents before them as far as the file has it so."""
        ...

    def raw(self, file: NativeFile) -> Iterator[bytes]:
        """The native bytes, in pieces: what `place` could write back so that the CLI has its own session again."""
        ...

    def draft(self, items: Sequence[Item], target: Target) -> Draft:
        """Write ``items`` as a native session. Pure: the same items and target give the same bytes."""
        ...

    def planned(self, draft: Draft, target: Target) -> Placed:
        """What `place` is about to write, as far as it can be told before: for `clear`, should it be cut off."""
        ...

    async def place(self, draft: Draft, target: Target) -> Placed:
        """Put a draft where the CLI finds it: atomic, never over an existing file. Raises MigrationFailed."""
        ...

    async def remove(self, placed: Placed, target: Target) -> None:
        """Take a placed session away again, if it is still as it was placed; else raises MigrationFailed."""
        ...

    async def erase(self, native_id: NativeId, target: Target) -> None:
        """Take away all that the home has under a session's id, whatever the CLI has added: for homes of Minga's own.
        Raises MigrationFailed, OSError."""
        ...

    async def clear(self, planned: Placed, target: Target) -> None:
        """Take away what a `place` that was cut off has left, whole or half; what the CLI has gone on in since is kept.
        Raises MigrationFailed where it cannot be taken away."""
        ...
