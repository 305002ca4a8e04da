"""Minga in a folder of its own, with fake agent CLIs that are real processes."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from minga.agents.attempt import Stop
from minga.agents.permissions import Asker
from minga.bootstrap import Minga, build
from minga.domain.events import Event, Failed, Finished, Recorded
from minga.domain.failure import Failure
from minga.domain.ids import AgentName
from minga.domain.ledger import Receipt
from minga.domain.task import Task
from minga.pipeline.task import TaskRun
from minga.settings import Settings, read

FAKE = Path(__file__).parent / "fake_acp.py"

E = TypeVar("E")
Result = TypeVar("Result")
Step = list[Any]

TOML = """\
name = "{name}"
title = "{name}"
vendor = "{vendor}"
model_family = "{family}"
model = "{model}"
command = "{name}"
driver = "acp"
arguments = []
model_arguments = []
start_ms = {start_ms}
[home]
default = ".{name}"
variables = {variables}
[login]
command = "{name} login"
variables = ["FAKE_LOGIN"]
[endpoint]
wire = "openai-chat"
[proven]
min = "1.0"
max = "1.0"
[capabilities]
resume = true
mcp = true
images = true
[limits]
start_s = {start_s}
silence_s = {silence_s}
[options]
usage = "{usage}"
reset_pattern = 'again in ([0-9.]+) s'
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """One turn as it was shown, with its receipt."""

    shown: list[Recorded]
    receipt: Receipt | None

    @property
    def events(self) -> list[Event]:
        return [recorded.event for recorded in self.shown]

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def answer(self) -> str:
        last = self.events[-1]
        assert isinstance(last, Finished), last
        return last.answer

    @property
    def failure(self) -> Failure:
        last = self.events[-1]
        assert isinstance(last, Failed), last
        return last.failure


@dataclass(slots=True)
class Bench:
    root: Path
    url: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        folder = self.root / "work"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def environment(self) -> dict[str, str]:
        git = shutil.which("git")
        path = [str(self.root / "bin"), *([str(Path(git).parent)] if git else []), os.defpath]
        return {
            "MINGA_HOME": str(self.root / "data"),
            "MINGA_CONFIG": str(self.root / "config"),
            "MINGA_MEMORY": "words",
            "HOME": str(self.root),
            "PATH": os.pathsep.join(path),
            "FAKE_LOGIN": "yes",
            "LANG": "C.UTF-8",
            **({"MINGA_DATABASE_URL": self.url} if self.url else {}),
            **self.extra,
        }

    @property
    def settings(self) -> Settings:
        return read(self.environment)

    def agent(
        self,
        name: str,
        *prompts: Sequence[Step],
        start: Sequence[Step] = (),
        knows: bool = True,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Install a fake CLI; called again, it changes what the CLI does from now on."""
        for folder in ("bin", "config/agents", "fake"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        values = {
            "name": name,
            "vendor": name,
            "family": f"{name}-models",
            "model": "gpt-5",
            "start_ms": 1000,
            "usage": "turn",
            "variables": "{}",
            "start_s": 20.0,
            "silence_s": 20.0,
            **(facts or {}),
        }
        (self.root / "config/agents" / f"{name}.toml").write_text(TOML.format(**values))
        script = self.root / "fake" / f"{name}.json"
        log = {
            "log": str(self.log(name)),
            "prompts": list(prompts),
            "start": list(start),
            "knows": knows,
            "model": values["model"],
        }
        script.write_text(json.dumps(log))
        program = self.root / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {FAKE} {script} "$@"\n')
        program.chmod(0o755)

    def log(self, name: str) -> Path:
        return self.root / "fake" / f"{name}.log"

    def logged(self, name: str, kind: str) -> list[dict[str, Any]]:
        lines = self.log(name).read_text().splitlines() if self.log(name).exists() else []
        return [entry for entry in map(json.loads, lines) if entry["kind"] == kind]

    def prompts(self, name: str) -> list[str]:
        """What the agent was told, prompt by prompt."""
        return [entry["text"] for entry in self.logged(name, "prompt")]

    def task(self, prompt: str, *agents: str, **given: Any) -> Task:
        return Task(prompt, self.work, agents=tuple(map(AgentName, agents)), **{"timeout_s": 30.0, **given})

    def use(self, work: Callable[[Minga], Awaitable[Result]]) -> Result:
        """Do ``work`` with a Minga of its own, as one command of the CLI does."""

        async def run() -> Result:
            minga = build(self.settings)
            try:
                await minga.recover()
                return await asyncio.wait_for(work(minga), 60)
            finally:
                await minga.close()

        return asyncio.run(run())

    def run(self, task: Task, *, asker: Asker | None = None) -> Ran:
        return self.use(lambda minga: walk(minga, task, asker=asker))


async def walk(
    minga: Minga,
    task: Task,
    *,
    stop: Stop | None = None,
    asker: Asker | None = None,
    warm: bool = False,
    watch: Callable[[Recorded], None] | None = None,
) -> Ran:
    """Run ``task`` to its end; ``watch`` sees each event as it comes."""
    run: TaskRun = await minga.runner.start(task, stop or Stop(), asker=asker, warm=warm)
    shown: list[Recorded] = []
    async for recorded in run.events():
        shown.append(recorded)
        if watch:
            watch(recorded)
    return Ran(shown, run.receipt)


def lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def all_gone(pids: Sequence[int], within_s: float = 30.0) -> bool:
    until = time.monotonic() + within_s
    while any(map(lives, pids)):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
