"""The real Codex binary in front of a scripted model server, for the tests of its driver."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TypeVar

from clis import require_cli
from minga.agents.drivers.app_server import AppServerDriver
from minga.agents.facts import Facts, parse
from minga.agents.launch import Installed, prepare
from minga.domain.agents import Conversation, Launch, Prompt
from minga.domain.events import Event, Failed, Finished, NativeSession, PermissionAnswered, PermissionRequested, Text
from minga.domain.failure import Failure
from minga.domain.ids import AttemptId, NativeId
from minga.domain.task import Endpoint, Image, McpServer, Permissions, Task
from minga.infrastructure.process import find_marked
from minga.infrastructure.watchdog import Watchdog

LIMIT_S = 40.0
ANSWERS = Callable[[PermissionRequested], bool]
E = TypeVar("E")

Script = Callable[[Conversation], Awaitable[None]]


def codex_path() -> str:
    return str(require_cli("codex"))


def codex_facts() -> Facts:
    name = "codex.toml"
    return parse(resources.files("minga.agents").joinpath("catalog", name).read_text("utf-8"), name)


@dataclass(slots=True)
class Answering:
    """A broker that answers by a function and remembers what it was asked."""

    answer: ANSWERS = lambda request: False
    asked: list[PermissionRequested] = field(default_factory=list)

    async def decide(self, request: PermissionRequested) -> PermissionAnswered:
        self.asked.append(request)
        return PermissionAnswered(request.request_id, self.answer(request), "person", "test")


@dataclass(slots=True)
class Bench:
    """One working directory and one home; each `talk` is a new process."""

    root: Path
    base_url: str
    command: str
    facts: Facts = field(default_factory=codex_facts)
    broker: Answering = field(default_factory=Answering)
    model: str = "scripted-model"
    launched: list[Launch] = field(default_factory=list)

    @property
    def cwd(self) -> Path:
        (self.root / "work").mkdir(exist_ok=True)
        return self.root / "work"

    def launch(
        self,
        permissions: Permissions = Permissions.ASK,
        *,
        mcp: Sequence[McpServer] = (),
        resume: NativeId | None = None,
        own_login: bool = False,
    ) -> Launch:
        endpoint = None if own_login else Endpoint(self.base_url, "test-key", self.model)
        task = Task(
            "", self.cwd, permissions=permissions, mcp_servers=tuple(mcp), endpoint=endpoint, isolated=own_login
        )
        launch = prepare(
            self.facts,
            Installed(self.command, "0.169.0"),
            task,
            attempt_id=AttemptId(str(uuid.uuid4())),
            resume=resume,
            inherited={"PATH": os.environ["PATH"], "HOME": str(self.root)},
            homes=self.root / "homes",
        )
        self.launched.append(launch)
        return launch

    def talk(self, launch: Launch, script: Script) -> None:
        """Open a conversation, run ``script`` in it, and see that no process of it is left."""

        async def run() -> None:
            watchdog = Watchdog()
            try:
                async with (
                    asyncio.timeout(LIMIT_S),
                    AppServerDriver(watchdog, self.facts).open(launch, self.broker) as conversation,
                ):
                    await script(conversation)
            finally:
                watchdog.close()

        try:
            asyncio.run(run())
        finally:
            left = find_marked(launch.attempt_id)
            assert not left, f"still running: {left}"

    def ask(self, launch: Launch, text: str = "hello", *, images: Sequence[Image] = ()) -> list[Event]:
        """One prompt in a process of its own; return its events."""
        events: list[Event] = []

        async def script(conversation: Conversation) -> None:
            events.extend(await collect(conversation, text, images))

        self.talk(launch, script)
        return events


async def collect(conversation: Conversation, text: str, images: Sequence[Image] = ()) -> list[Event]:
    events = [event async for event in conversation.prompt(Prompt(text, tuple(images)))]
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1
    assert isinstance(events[-1], Finished | Failed)
    return events


def of(kind: type[E], events: Sequence[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in of(Text, events))


def answer_of(events: Sequence[Event]) -> str:
    last = events[-1]
    assert isinstance(last, Finished), last
    return last.answer


def failure_of(events: Sequence[Event]) -> Failure:
    last = events[-1]
    assert isinstance(last, Failed), last
    return last.failure


def native_id(events: Sequence[Event]) -> NativeId:
    return of(NativeSession, events)[0].native_id
