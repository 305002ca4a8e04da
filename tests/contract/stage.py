"""One agent on a stage: the way the pipeline takes it, from the catalogue to the terminal event, in front of a scripted
model server."""

import asyncio
import contextlib
import itertools
import os
import sys
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
from deviations import DEVIATIONS, SCENARIOS

from clis import INSTALLED, missing
from minga.agents import attempt, builtin, registry
from minga.agents.attempt import Bounds, Stop
from minga.agents.drivers.acp import AcpDriver
from minga.agents.drivers.app_server import AppServerDriver
from minga.agents.drivers.stream_json import StreamJsonDriver
from minga.agents.facts import Facts
from minga.agents.permissions import Asker, PolicyBroker
from minga.agents.roster import DriverFactory, Examined, Roster
from minga.domain.agents import Broker, Launch, Prompt
from minga.domain.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    NativeSession,
    PermissionAnswered,
    PermissionRequested,
    Terminal,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from minga.domain.failure import Failure
from minga.domain.ids import AgentName, AttemptId, NativeId
from minga.domain.task import Endpoint, Image, McpServer, Permissions, Task
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.process import find_marked
from minga.infrastructure.watchdog import Watchdog
from minga.testing import Script, ScriptedServer, Step

HERE = Path(__file__).parent
PLAIN = AgentName("plain")
MODEL = "scripted-model"
ECHO = McpServer("echo", sys.executable, (str(HERE / "mcp_echo.py"),))
E = TypeVar("E")
Meanwhile = Callable[["Live"], Coroutine[Any, Any, None]]
"""What happens beside a prompt."""


class Yes:
    """A person who allows everything."""

    async def ask(self, request: PermissionRequested) -> bool:
        return True


class Nobody:
    """A person who never answers."""

    async def ask(self, request: PermissionRequested) -> bool:
        await asyncio.Event().wait()
        raise AssertionError


@dataclass(frozen=True, slots=True)
class Given:
    """How a prompt is given. ``warm`` names the process to use and to keep; empty: one of its own."""

    permissions: Permissions = Permissions.ASK
    asker: Asker | None = field(default_factory=Yes)
    wait_s: float = 30.0
    warm: str = ""
    images: tuple[Image, ...] = ()
    mcp: tuple[McpServer, ...] = ()
    resume: NativeId | None = None
    cwd: Path | None = None
    base_url: str = ""
    model: str = MODEL
    bounds: Bounds | None = None


@dataclass(slots=True)
class Live:
    """A prompt that runs. ``mark`` is on every process of its tree."""

    mark: AttemptId
    server: ScriptedServer
    events: list[Event] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    stopped_at: float = 0.0

    async def until_asked(self) -> None:
        """Wait until the model was asked."""
        while not self.server.conversation:  # noqa: ASYNC110 (another thread's list)
            await asyncio.sleep(0.05)

    async def until_runs(self, program: str) -> None:
        """Wait until a process of the tree is ``program``."""
        while program not in [  # noqa: ASYNC110 (another process)
            name_of(process) for process in await asyncio.to_thread(find_marked, self.mark)
        ]:
            await asyncio.sleep(0.1)

    def cancel(self) -> None:
        self.stopped_at = time.monotonic()
        self.stop.stop(Cancelled("by the test"))

    async def kill(self) -> None:
        """kill -9 of all its processes, as an outsider would."""
        for process in await asyncio.to_thread(find_marked, self.mark):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@dataclass(frozen=True, slots=True)
class Told:
    """A prompt that has ended. ``left``: what is alive of its tree, in words, a process that is kept warm left out.
    ``stop_s``: seconds from the stop to the end of its tree."""

    events: tuple[Event, ...]
    seconds: float
    stop_s: float
    cwd: Path
    left: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.of(Text))

    @property
    def answer(self) -> str:
        last = self.events[-1]
        assert isinstance(last, Finished), self.events
        return last.answer

    @property
    def failure(self) -> Failure:
        last = self.events[-1]
        assert isinstance(last, Failed), self.events
        return last.failure

    @property
    def native_id(self) -> NativeId:
        return self.of(NativeSession)[0].native_id

    @property
    def used(self) -> tuple[int, int, int]:
        """Tokens of the prompt: input, cached input, output."""
        found = self.of(Usage)
        return (
            sum(one.input_tokens for one in found),
            sum(one.cached_input_tokens for one in found),
            sum(one.output_tokens for one in found),
        )

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def the(self, kind: type[E]) -> E:
        """The only event of this kind."""
        (one,) = self.of(kind)
        return one

    def result_of(self, call: ToolCall) -> ToolResult:
        (one,) = [result for result in self.of(ToolResult) if result.call_id == call.call_id]
        return one


class _Switch:
    """The broker of a warm process: who decides changes from prompt to prompt."""

    def __init__(self) -> None:
        self.broker: Broker | None = None

    async def decide(self, request: PermissionRequested) -> PermissionAnswered:
        assert self.broker is not None
        return await self.broker.decide(request)


class Stage:
    """One agent, its homes below ``root`` and a loop in which its warm processes live from test to test."""

    def __init__(self, agent: AgentName, root: Path, server: ScriptedServer) -> None:
        self.agent = agent
        self.server = server
        self.shown: dict[str, bool] = {}
        """Scenario -> whether it was as usual (else as the table of deviations says)."""
        self._root = root
        self._runner = asyncio.Runner()
        self._watchdog = Watchdog()
        self._numbers = itertools.count(1)
        self._switches: dict[str, _Switch] = {}
        self._marks: dict[str, AttemptId] = {}
        self._roster = _roster(root, self._watchdog)
        facts = self._roster.registry.get(agent)
        self._examined = self._runner.run(self._roster.examine(facts, self._task(Given(), "", server.url)))

    @property
    def examined(self) -> Examined:
        return self._examined

    @property
    def facts(self) -> Facts:
        assert self._examined.facts is not None
        return self._examined.facts

    @property
    def version(self) -> str:
        return self._examined.installed.version if self._examined.installed else ""

    def prove(self, scenario: str, seen: object, usual: object) -> None:
        """See that the agent shows ``usual``, or exactly what the table of deviations says of it instead."""
        assert scenario in SCENARIOS
        deviation = DEVIATIONS.get((self.agent, scenario))
        assert deviation is None or deviation.instead != usual, f"{deviation} is none"
        expected = deviation.instead if deviation else usual
        assert seen == expected, (scenario, seen, expected)
        self.shown[scenario] = deviation is None

    def tell(self, prompt: str, script: Script, given: Given, meanwhile: Meanwhile | None = None) -> Told:
        """One prompt, from the roster to its terminal event."""
        self.server.forget()
        self.server.script = script
        return self._runner.run(self._tell(prompt, given, self.server, meanwhile))

    def tell_side_by_side(self, asked: Mapping[str, tuple[Step, Given]], at_once: int) -> dict[str, Told]:
        """A prompt for each lasting answer of the model server, in processes of their own, ``at_once`` at a time: most
        of the time of a failure is waiting before another try."""

        async def one(name: str, step: Step, given: Given) -> tuple[str, Told]:
            async with turn:
                with ScriptedServer(Script(default=step)) as server:
                    return name, await self._tell(f"scenario {name}", given, server, None)

        async def all_of_them() -> dict[str, Told]:
            return dict(await asyncio.gather(*(one(name, *what) for name, what in asked.items())))

        turn = asyncio.Semaphore(at_once)
        return self._runner.run(all_of_them())

    def close(self) -> None:
        self._runner.run(self._roster.pool.close())
        self._watchdog.close()
        self._runner.close()
        left = [one for mark in self._marks.values() for one in _left(mark, None)]
        assert not left, left

    def place(self, name: str) -> Path:
        """A working directory; the same for the same name."""
        folder = self._root / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def _tell(self, prompt: str, given: Given, server: ScriptedServer, meanwhile: Meanwhile | None) -> Told:
        task = self._task(given, prompt, server.url)
        launch = self._roster.launch(self._examined, task, AttemptId(str(uuid.uuid4())), given.resume)
        mark = launch.attempt_id
        if given.warm and self._roster.is_warm(launch.agent, given.warm):
            mark = self._marks[given.warm]
        elif given.warm:
            self._marks[given.warm] = mark
        broker = PolicyBroker(given.permissions, given.asker, given.wait_s)
        opener = self._roster.opener(self._examined, launch, self._broker(given.warm, broker), given.warm)
        live = Live(mark, server)
        beside = asyncio.create_task(meanwhile(live)) if meanwhile else None
        began = time.monotonic()
        bounds = given.bounds or self._roster.bounds(self._examined)
        async for batch in attempt.run(opener, Prompt(prompt, given.images), bounds, live.stop):
            live.events.extend(batch)
        ended = time.monotonic()
        if beside:
            await asyncio.wait_for(beside, 30)
        _check_form(live.events)
        kept = given.warm and self._roster.is_warm(launch.agent, given.warm)
        left = () if kept else await asyncio.to_thread(_left, mark, None if given.warm else launch)
        return Told(tuple(live.events), ended - began, ended - live.stopped_at, task.cwd, left)

    def _broker(self, warm: str, broker: Broker) -> Broker:
        if not warm:
            return broker
        switch = self._switches.setdefault(warm, _Switch())
        switch.broker = broker
        return switch

    def _task(self, given: Given, prompt: str, url: str) -> Task:
        return Task(
            prompt,
            given.cwd or self.place(given.warm or f"cold-{next(self._numbers)}"),
            permissions=given.permissions,
            images=given.images,
            mcp_servers=given.mcp,
            endpoint=Endpoint(given.base_url or url, "test-key", given.model),
        )


def install_plain(own: Path) -> None:
    """Put the file of the plain agent where a person puts the files of agents of their own."""
    own.mkdir(parents=True, exist_ok=True)
    text = (HERE / "plain_agent.toml").read_text("utf-8")
    filled = text.replace("${python}", sys.executable).replace("${agent}", str(HERE / "plain_agent.py"))
    (own / "plain.toml").write_text(filled, "utf-8")


def require(stage: Stage) -> None:
    """Skip where the CLI is not installed; with ``MINGA_REQUIRE_CLIS`` in the environment that is a failure."""
    if stage.examined.obstacle:
        reason = f"{stage.agent}: {stage.examined.obstacle}; or set MINGA_TEST_CLIS to a folder that has it"
        missing(reason)


def _roster(root: Path, watchdog: Watchdog) -> Roster:
    install_plain(root / "agents")
    given = os.environ.get("MINGA_TEST_CLIS", "")
    drivers: dict[str, DriverFactory] = {
        "app-server": lambda facts: AppServerDriver(watchdog, facts),
        "stream-json": lambda facts: StreamJsonDriver(watchdog, facts),
        "acp": lambda facts: AcpDriver(watchdog, facts),
    }
    (root / "home").mkdir(exist_ok=True)
    return Roster(
        registry.load(root / "agents"),
        drivers,
        lambda: builtin.BuiltinDriver((), (), SystemClock()),
        clis=root / "none" if given else INSTALLED,
        homes=root / "homes",
        environment={
            "PATH": os.pathsep.join(filter(None, (given, os.environ["PATH"]))),
            "HOME": str(root / "home"),
            "LANG": "C.UTF-8",
        },
    )


def _check_form(events: Sequence[Event]) -> None:
    """What holds for every stream: one terminal event, the last; each call and each question has one end, after it."""
    assert [isinstance(event, Terminal) for event in events].count(True) == 1, events
    assert isinstance(events[-1], Terminal), events
    begun: set[str] = set()
    for event in events:
        match event:
            case ToolCall(call_id=key) | PermissionRequested(request_id=key):
                assert key not in begun, events
                begun.add(key)
            case ToolResult(call_id=key) | PermissionAnswered(request_id=key):
                assert key in begun, events
                begun.remove(key)
            case _:
                pass
    assert not begun or isinstance(events[-1], Failed | Cancelled), events


def name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _left(mark: AttemptId, launch: Launch | None) -> tuple[str, ...]:
    """What carries the mark, or stands in the working directory of a process that had it for itself."""
    found = {process.pid: process for process in find_marked(mark)}
    for process in psutil.process_iter() if launch else ():
        try:
            inside = Path(process.cwd()).is_relative_to(launch.cwd) if launch else False
        except (psutil.Error, OSError):
            continue
        if inside and process.status() != psutil.STATUS_ZOMBIE:
            found[process.pid] = process
    return tuple(f"{process.pid} {name_of(process)}" for process in found.values())
