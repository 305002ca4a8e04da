"""Claude Code, the real binary or a stand-in that plays given lines, for the tests of its driver."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from codex_bench import Answering, Script, collect

from clis import require_cli
from minga.agents.drivers.stream_json import StreamJsonDriver
from minga.agents.facts import Facts, parse
from minga.agents.launch import Installed, prepare
from minga.domain.agents import Broker, Conversation, Launch
from minga.domain.events import Event
from minga.domain.ids import AttemptId, NativeId
from minga.domain.task import Endpoint, Image, McpServer, Permissions, Task
from minga.infrastructure.process import find_marked
from minga.infrastructure.watchdog import Watchdog

LIMIT_S = 40.0

_STAND_IN = """#!{python}
import json, os, signal, sys
turns = json.loads({turns!r})
for line in sys.stdin:
    message = json.loads(line)
    with open("received.jsonl", "a") as log:
        log.write(line)
    if message["type"] == "control_request":
        answer = {{"subtype": "success", "request_id": message["request_id"], "response": {{}}}}
        print(json.dumps({{"type": "control_response", "response": answer}}), flush=True)
    if message["type"] == "user":
        for said in turns.pop(0):
            if said == "exit":
                sys.exit(3)
            if said == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            print(said if isinstance(said, str) else json.dumps(said), flush=True)
"""
"""Answers every control request, and each prompt with the next list of lines."""


def claude_path() -> str:
    return str(require_cli("claude"))


def claude_facts() -> Facts:
    name = "claude.toml"
    return parse(resources.files("minga.agents").joinpath("catalog", name).read_text("utf-8"), name)


def stand_in(folder: Path, *turns: Sequence[dict[str, Any] | str]) -> str:
    """Write a program that plays ``turns`` and return its path."""
    path = folder / "stand_in"
    path.write_text(_STAND_IN.format(python=sys.executable, turns=json.dumps(turns)))
    path.chmod(0o755)
    return str(path)


@dataclass(slots=True)
class Bench:
    """One working directory and one home; each `talk` is a new process."""

    root: Path
    base_url: str
    command: str
    facts: Facts = field(default_factory=claude_facts)
    broker: Answering = field(default_factory=Answering)

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
        """``own_login``: with a home of Minga's, without the endpoint."""
        endpoint = None if own_login else Endpoint(self.base_url, "test-key", "scripted-model")
        task = Task(
            "x", self.cwd, permissions=permissions, mcp_servers=tuple(mcp), endpoint=endpoint, isolated=own_login
        )
        return prepare(
            self.facts,
            Installed(self.command, "2.1.330"),
            task,
            attempt_id=AttemptId(str(uuid.uuid4())),
            resume=resume,
            inherited={"PATH": os.environ["PATH"], "HOME": str(self.root)},
            homes=self.root / "homes",
        )

    def talk(self, launch: Launch, script: Script, broker: Broker | None = None) -> None:
        """Open a conversation, run ``script`` in it, and see that no process of it is left."""

        async def run() -> None:
            watchdog = Watchdog()
            driver = StreamJsonDriver(watchdog, self.facts)
            try:
                async with asyncio.timeout(LIMIT_S), driver.open(launch, broker or self.broker) as conversation:
                    assert find_marked(launch.attempt_id)
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
        return self.ask_all(launch, text, images=images)[0]

    def ask_all(self, launch: Launch, *texts: str, images: Sequence[Image] = ()) -> list[list[Event]]:
        """Several prompts in one process; return the events of each."""
        heard: list[list[Event]] = []

        async def script(conversation: Conversation) -> None:
            for text in texts:
                heard.append(await collect(conversation, text, images))

        self.talk(launch, script)
        return heard
