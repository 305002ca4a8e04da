"""The neutral transcript: what was said and done in a session, whichever CLI it happened in.

A transcript is a tree of messages by ``parent``. What one CLI cannot take over from another is kept here all the same;
the native bytes stand beside it (`sessions.natives`), so that the same CLI gets its own back to the byte. The JSON form
is documented by ``docs/reference/transcript.schema.json``, made from these records.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from minga.domain.events import FileChangeKind, ToolKind, Usage
from minga.domain.ids import AgentName

SCHEMA = 1
"""Version of the neutral transcript. A reader refuses a higher one."""


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture. ``data`` are its bytes (base64 in JSON); ``media_type`` such as ``image/png``."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What the model thought, as far as it is shown. ``opaque`` is the native block as JSON text (signatures, encrypted
    content), which only ``origin`` understands; it never crosses to another CLI."""

    text: str
    origin: AgentName
    opaque: str = ""


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """``name`` is the CLI's own name of the tool, ``arguments`` JSON text of an object (of a string for tools that
    take free text)."""

    call_id: str
    name: str
    kind: ToolKind
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """``ok`` is false for an error, a denial and an interruption."""

    call_id: str
    ok: bool
    output: str
    images: tuple[ImagePart, ...] = ()


@dataclass(frozen=True, slots=True)
class FileChangePart:
    """``path`` relative to the working directory where it lies inside."""

    path: str
    change: FileChangeKind
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class CompactionPart:
    """From here on the CLI's model saw ``summary`` in the place of everything before."""

    summary: str


Part: TypeAlias = TextPart | ImagePart | ReasoningPart | ToolCallPart | ToolResultPart | FileChangePart | CompactionPart

Role = Literal["user", "assistant", "tool"]

Asker = Literal["", "agent", "stranger"]
"""Who gave a task: the person (empty), an agent in the person's name, or somebody else's agent."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``id`` is unique within its session and the same on every reading of the same native file.

    ``parent`` is empty for a first message. ``chain`` is empty on the main conversation, else the id of the side chain
    (a sub-agent's conversation). ``agent`` is the CLI in which it was said. ``at`` aware UTC, None where unknown.
    ``by``: who gave the task to which it belongs; what its user said is the person's own word only where it is empty.
    """

    id: str
    parent: str
    at: datetime | None
    role: Role
    parts: tuple[Part, ...]
    agent: AgentName
    model: str = ""
    usage: Usage | None = None
    chain: str = ""
    by: Asker = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the session worked. ``remote``, ``branch`` and ``commit`` are git's, empty where unknown."""

    cwd: str
    remote: str = ""
    branch: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole session. ``head`` is the message at which the conversation stands; there may be other leaves."""

    session_id: str
    title: str
    workspace: Workspace
    messages: tuple[Message, ...]
    head: str
    schema: int = SCHEMA

    def lineage(self, head: str = "") -> list[Message]:
        """The messages from the first one to ``head`` (else the transcript's own), in order."""
        return lineage(self.messages, head or self.head)

    def leaves(self) -> list[Message]:
        """The ends of all branches of the main conversation, in the order of the messages."""
        parents = {message.parent for message in self.messages if not message.chain}
        return [message for message in self.messages if not message.chain and message.id not in parents]


def lineage(messages: Iterable[Message], head: str) -> list[Message]:
    """Walk from ``head`` to the root and return the way in order. A parent that is missing, or that closes a circle,
    ends the way there."""
    by_id = {message.id: message for message in messages}
    way: list[Message] = []
    seen: set[str] = set()
    while head in by_id and head not in seen:
        seen.add(head)
        way.append(by_id[head])
        head = by_id[head].parent
    return way[::-1]


@dataclass(frozen=True, slots=True)
class Said:
    """A text of one side, with its pictures. ``joins``: it stands in one message with the item before it."""

    role: Literal["user", "assistant"]
    text: str
    at: datetime | None = None
    model: str = ""
    images: tuple[ImagePart, ...] = ()
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call of the assistant with its result. ``joins``: it stands in one assistant message with the item before
    it (a text, or a call made in parallel)."""

    call: ToolCallPart
    result: ToolResultPart
    at: datetime | None = None
    model: str = ""
    joins: bool = False


Item: TypeAlias = Said | Called
"""What crosses from one CLI to another, in order: the form that writers take and replay compares."""
