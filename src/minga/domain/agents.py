"""What Minga asks of an agent, whatever protocol drives it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from minga.domain.events import Event, PermissionAnswered, PermissionRequested
from minga.domain.ids import AgentName, AttemptId, NativeId
from minga.domain.task import Image, McpServer, Permissions


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything a driver needs to start its CLI; made by `agents.launch.prepare`, complete and checked.

    ``command`` is the program with the arguments of its protocol; ``environment`` is the whole environment of the
    process; ``home`` is the CLI's configuration home where Minga chose one, else None (the person's own).
    ``resume`` names the CLI's own session to go on with.
    """

    agent: AgentName
    attempt_id: AttemptId
    version: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path
    home: Path | None
    model: str
    permissions: Permissions
    mcp_servers: tuple[McpServer, ...]
    resume: NativeId | None
    uses_endpoint: bool
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The keys in ``environment``; they are taken out of every event before it is stored or shown."""
    on_stderr: Callable[[bytes], None] | None = field(default=None, repr=False)
    """Gets what the process writes to standard error, in pieces."""
    remembers: bool = True
    """What earlier sessions say may be told."""
    for_others: bool = False
    """The task is not the person's: nothing of theirs is told, and what lies outside ``cwd`` is not to be read."""

    def only_reads(self, tool: str) -> bool:
        """Whether ``tool``, as its CLI calls it, belongs to an MCP server of this launch and only reads."""
        return any(server.only_reads(tool) for server in self.mcp_servers)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message of the person to the agent."""

    text: str
    images: tuple[Image, ...] = ()


class Broker(Protocol):
    """Answers every permission request: by policy, by the person, or by a refusal after a stated wait. Never hangs."""

    async def decide(self, request: PermissionRequested) -> PermissionAnswered: ...


class Conversation(Protocol):
    """A running CLI with one open session. One prompt at a time; later prompts reuse the warm process.

    `prompt` yields events and ends with exactly one of `Finished` or `Failed` (a cancelled prompt may end in any way;
    the caller decides that it was cancelled). It yields `NativeSession` as soon as the id is known, `Usage` as
    increments, and `PermissionRequested` followed by `PermissionAnswered` for each question it put to the broker.
    `AttemptStarted`, `RouteChosen`, `AttemptFailed`, `HandedOver` and `Cancelled` are the caller's to make.
    If the process dies, it raises `infrastructure.process.ProcessEnded`; the caller turns that into a failure.
    """

    def prompt(self, prompt: Prompt) -> AsyncIterator[Event]: ...

    async def cancel(self) -> None:
        """Ask the CLI, by its protocol, to stop the running prompt. Returns at once; the caller kills what stays."""
        ...


class Driver(Protocol):
    """Knows one protocol. `open` starts the process and the session, and ends the whole process tree on leaving."""

    def open(self, launch: Launch, broker: Broker) -> AbstractAsyncContextManager[Conversation]: ...
