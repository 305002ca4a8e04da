"""Any ACP agent in front of a scripted model server, and the scenarios that every one of them must pass."""

import asyncio
import os
import sys
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TypeVar

import psutil

from clis import require_cli
from minga.agents.drivers.acp import AcpDriver
from minga.agents.facts import Facts, parse
from minga.agents.launch import Installed, prepare
from minga.domain.agents import Conversation, Launch, Prompt
from minga.domain.events import Event, Failed, Finished, NativeSession, PermissionAnswered, PermissionRequested, Text
from minga.domain.failure import Failure
from minga.domain.ids import AttemptId, NativeId
from minga.domain.task import Endpoint, Image, McpServer, Permissions, Task
from minga.infrastructure.process import find_marked
from minga.infrastructure.watchdog import Watchdog
from minga.testing import (
    CallMcp,
    Drip,
    RunShell,
    Say,
    Script,
    ScriptedServer,
    Slow,
    Step,
    Tokens,
    Turn,
    WriteFile,
)

LIMIT_S = 120.0
ECHO = McpServer("echo", sys.executable, (str(Path(__file__).parent.parent / "contract" / "mcp_echo.py"),))
E = TypeVar("E")
Talk = Callable[[Conversation], Awaitable[None]]


def cli_path(name: str) -> str:
    return str(require_cli(name))


def facts_of(name: str) -> Facts:
    return parse(resources.files("minga.agents").joinpath("catalog", f"{name}.toml").read_text("utf-8"), name)


@dataclass(slots=True)
class Answering:
    """A broker that refuses what has ``forbidden`` in it, and remembers what it was asked."""

    asked: list[PermissionRequested] = field(default_factory=list)
    waits: asyncio.Event | None = None

    async def decide(self, request: PermissionRequested) -> PermissionAnswered:
        self.asked.append(request)
        if self.waits is not None:
            self.waits.set()
            await asyncio.sleep(3600)
        allowed = "forbidden" not in f"{request.detail}{request.title}"
        return PermissionAnswered(request.request_id, allowed, "person", "as the test wants it")


@dataclass(slots=True)
class Bench:
    """One working directory and one home; each `talk` is a new process."""

    root: Path
    facts: Facts
    command: str
    base_url: str = ""
    broker: Answering = field(default_factory=Answering)
    model: str = "scripted-model"
    own_model: str = ""
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
    ) -> Launch:
        endpoint = Endpoint(self.base_url, "test-key", self.model) if self.base_url else None
        task = Task(
            "", self.cwd, model=self.own_model, permissions=permissions, mcp_servers=tuple(mcp), endpoint=endpoint
        )
        launch = prepare(
            self.facts,
            Installed(self.command, "1"),
            task,
            attempt_id=AttemptId(str(uuid.uuid4())),
            resume=resume,
            inherited={"PATH": os.environ["PATH"], "HOME": str(self.root)},
            homes=self.root / "homes",
        )
        self.launched.append(launch)
        return launch

    def talk(self, launch: Launch, talk: Talk) -> None:
        """Open a conversation, run ``talk`` in it, and see that no process of it is left."""

        async def run() -> None:
            watchdog = Watchdog()
            try:
                async with (
                    asyncio.timeout(LIMIT_S),
                    AcpDriver(watchdog, self.facts).open(launch, self.broker) as conversation,
                ):
                    await talk(conversation)
            finally:
                watchdog.close()

        try:
            asyncio.run(run())
        finally:
            left = find_marked(launch.attempt_id)
            assert not left, f"still running: {left}"

    def ask(self, launch: Launch, text: str = "hello", *, images: Sequence[Image] = ()) -> list[Event]:
        """One prompt in a process of its own; its events."""
        events: list[Event] = []

        async def talk(conversation: Conversation) -> None:
            events.extend(await collect(conversation, text, images))

        self.talk(launch, talk)
        return events


async def collect(conversation: Conversation, text: str, images: Sequence[Image] = ()) -> list[Event]:
    events = [event async for event in conversation.prompt(Prompt(text, tuple(images)))]
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1, events
    assert isinstance(events[-1], Finished | Failed)
    return events


def of(kind: type[E], events: Sequence[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in of(Text, events))


def answer_of(events: Sequence[Event]) -> str:
    last = events[-1]
    assert isinstance(last, Finished), events
    return last.answer


def failure_of(events: Sequence[Event]) -> Failure:
    last = events[-1]
    assert isinstance(last, Failed), events
    return last.failure


def native_id(events: Sequence[Event]) -> NativeId:
    return of(NativeSession, events)[0].native_id


Told = dict[str, list[Event]]
"""The events of each scenario by its name."""

SHELL_LINE = "echo made > made.txt && echo shown"
FORBIDDEN_LINE = "echo forbidden > forbidden.txt"


def warm_scenarios(bench: Bench) -> dict[str, tuple[Turn, ...]]:
    """What the model does on each prompt of `tell_warm`; the prompt is ``scenario <name>``."""
    return {
        "stream": ((Drip(["Hello, ", "world", "."]),),),
        "second": ((Tokens(200, 150, 20), Say("second answer")),),
        "shell": ((Say("I look. "), RunShell(SHELL_LINE)), Say("it is made")),
        "denied": (RunShell(FORBIDDEN_LINE), Say("not allowed then")),
        "write": (WriteFile(str(bench.cwd / "written.txt"), "a line\n"), Say("written")),
        "mcp": (CallMcp("echo", "echo", {"text": "over there"}), Say("echoed")),
        "stop": ((Slow(30.0), Say("too late")),),
        "after": (Say("still here"),),
    }


def tell_warm(bench: Bench, server: ScriptedServer) -> Told:
    """All of `warm_scenarios` in one process, prompt after prompt; ``stop`` is cancelled while the model thinks."""
    scenarios = warm_scenarios(bench)
    told: Told = {}

    async def talk(conversation: Conversation) -> None:
        for name, turns in scenarios.items():
            server.script = Script(turns)
            stopper = asyncio.create_task(_stop(conversation, server)) if name == "stop" else None
            told[name] = await collect(conversation, f"scenario {name}")
            if stopper:
                await stopper

    bench.talk(bench.launch(mcp=[ECHO]), talk)
    return told


async def _stop(conversation: Conversation, server: ScriptedServer) -> None:
    """Cancel once the model was asked."""
    for _ in range(200):
        if any("scenario stop" in request.last_user_text for request in server.conversation):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    await conversation.cancel()


def tell_failures(bench: Bench, server: ScriptedServer, fails: dict[str, Step]) -> Told:
    """A prompt for each lasting refusal of the model server, in one process, and a last one that is answered."""
    told: Told = {}

    async def talk(conversation: Conversation) -> None:
        for name, fail in fails.items():
            server.script = Script(default=fail)
            told[name] = await collect(conversation, f"please {name}")
        server.script = Script(default=Say("well again"))
        told["well"] = await collect(conversation, "please answer")

    bench.talk(bench.launch(), talk)
    return told


def kill(launch: Launch) -> None:
    """kill -9 of the CLI's processes, as an outsider would."""
    for process in find_marked(launch.attempt_id):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
