"""What `minga acp` costs over the CLI that it drives: the same prompt, by turns, in two warm sessions of ACP.

One client asks the CLI itself, whose process and session are warm, and `minga acp` in front of another process of the
same CLI, warm too. A scripted model server answers at once, so that the difference is what Minga takes. Most of that is
the turn itself (the store, git, memory, the checks of the answer), which every verb has: *library* is the same turn in
a Python process that runs already, as in `minga chat`; what is above that is the protocol's share.

Only CLIs that speak ACP themselves can be asked so. *greeting* is the time from the start of the process to the answer
of ``initialize``.
"""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.machine import KEY_VARIABLE, MODEL, Cli
from benchmarks.series import Series, WrongResult
from minga.agents.attempt import Stop
from minga.agents.launch import Installed, prepare
from minga.bootstrap import build
from minga.domain.events import Finished
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.task import Endpoint, Permissions, Task
from minga.settings import read
from minga.testing import Say, Script

ANSWER = "the scripted answer"
PROMPT = "Say the scripted answer."

AIM_MS = 30

NOTHING = Series(())


@dataclass(frozen=True, slots=True)
class Compared:
    """One CLI. ``wrong`` is empty, or why there are no figures; ``load`` is the average of the minute before."""

    agent: str
    load: float
    direct: Series = NOTHING
    library: Series = NOTHING
    through: Series = NOTHING
    greeting: Series = NOTHING
    wrong: str = ""

    @property
    def over_ms(self) -> float:
        """Over the CLI, of the medians."""
        return (self.through.median - self.direct.median) * 1000

    @property
    def protocol_ms(self) -> float:
        """Over the library, of the medians."""
        return (self.through.median - self.library.median) * 1000

    def fields(self) -> dict[str, object]:
        if self.wrong:
            return {"agent": self.agent, "wrong": self.wrong}
        series = {name: getattr(self, name).fields() for name in ("direct", "library", "through", "greeting")}
        over = {"over_ms": round(self.over_ms, 1), "protocol_ms": round(self.protocol_ms, 1)}
        return {"agent": self.agent, "load": self.load, **over, **series}


class Client:
    """A client of ACP that allows everything; it waits for each answer."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._number = 0
        self.said = ""

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("method") == "session/update":
                update = message["params"]["update"]
                if update["sessionUpdate"] == "agent_message_chunk":
                    self.said += update["content"].get("text", "")
            elif "method" in message and "id" in message:
                chosen = {"outcome": "selected", "optionId": message["params"]["options"][0]["optionId"]}
                self._send({"id": message["id"], "result": {"outcome": chosen}})
            elif message.get("id") == self._number:
                if "error" in message:
                    raise WrongResult(f"{method}: {message['error']}")
                return message["result"]

    def prompt(self, session_id: str) -> float:
        """Wall time in seconds. Raises WrongResult where the answer is not the scripted one."""
        self.said = ""
        began = time.perf_counter()
        self.call("session/prompt", {"sessionId": session_id, "prompt": [{"type": "text", "text": PROMPT}]})
        took_s = time.perf_counter() - began
        if ANSWER not in self.said:
            raise WrongResult(f"the answer was {self.said[:200]!r}")
        return took_s

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode({"jsonrpc": "2.0", **message}) + b"\n")
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            with contextlib.suppress(msgspec.DecodeError):
                message = msgspec.json.decode(line)
                if isinstance(message, dict):
                    return message
        raise WrongResult("the agent ended")


def measure(clis: list[Cli], pairs: int, say: Callable[[str], None]) -> list[Compared]:
    """Measure each CLI that speaks ACP in ``pairs`` times four rounds, after one that does not count."""
    found = []
    for cli in clis:
        if cli.facts.driver != "acp":
            continue
        say(f"acp: {cli.facts.name}")
        one = Compared(cli.facts.name, os.getloadavg()[0])
        with machine.workplace() as folder, machine.scripted_server(Script(default=Say(ANSWER)), folder) as url:
            try:
                found.append(_compare(one, cli, folder, url, pairs * 4))
            except WrongResult as wrong:
                found.append(replace(one, wrong=str(wrong)))
    return found


def _compare(one: Compared, cli: Cli, folder: Path, url: str, rounds: int) -> Compared:
    cwd = machine.make_repository(folder / "work")
    environment = machine.environment(folder / "home", [cli])
    (folder / "home").mkdir()
    task = Task(PROMPT, cwd, model=MODEL, permissions=Permissions.ALL, endpoint=Endpoint(url, "k"))
    launch = prepare(
        cli.facts,
        Installed(str(cli.program), ""),
        task,
        attempt_id=AttemptId("bare"),
        resume=None,
        inherited=environment,
        homes=folder / "homes",
    )
    options = ("--agent", cli.facts.name, "--endpoint", url, "--api-key-env", KEY_VARIABLE, "--model", MODEL)
    ours = (*machine.minga_command(), "acp", *options, "--permissions", "all")
    greeting = []
    for _ in range(5):
        began = time.perf_counter()
        with _agent(ours, cwd, environment) as client:
            greeting.append(time.perf_counter() - began)
            del client
    with (
        _agent(launch.command, cwd, launch.environment) as direct,
        _library(replace(task, agents=(AgentName(cli.facts.name),)), environment) as library,
        _agent(ours, cwd, environment) as through,
    ):
        sessions = [_session(client, cwd) for client in (direct, through)]
        times = []
        for _ in range(rounds + 1):
            times.append((direct.prompt(sessions[0]), library(), through.prompt(sessions[1])))
    first, second, third = (Series(column) for column in zip(*times[1:], strict=True))
    return replace(one, direct=first, library=second, through=third, greeting=Series(tuple(greeting)))


@contextlib.contextmanager
def _library(task: Task, environment: Mapping[str, str]) -> Iterator[Callable[[], float]]:
    """A turn of a session in this process, by a warm CLI; it returns its wall time in seconds."""
    with asyncio.Runner() as runner:
        minga = build(read({**environment, "MINGA_HOME": f"{environment['MINGA_HOME']}-library"}))
        known: list[SessionId] = []

        async def turn() -> None:
            run = await minga.runner.start(replace(task, session_id=known[0] if known else None), Stop(), warm=True)
            known.append(run.turn.session_id)
            last = [recorded.event async for recorded in run.events()][-1]
            if not isinstance(last, Finished):
                raise WrongResult(f"the run ended with {last}")

        def timed() -> float:
            began = time.perf_counter()
            runner.run(turn())
            return time.perf_counter() - began

        try:
            yield timed
        finally:
            runner.run(minga.close())


def _session(client: Client, cwd: Path) -> str:
    return str(client.call("session/new", {"cwd": str(cwd), "mcpServers": []})["sessionId"])


@contextlib.contextmanager
def _agent(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Iterator[Client]:
    """A process that has been greeted; it has ended afterwards."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        client = Client(process)
        nothing = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        client.call("initialize", {"protocolVersion": 1, "clientCapabilities": nothing})
        yield client
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def show(console: Console, found: list[Compared]) -> None:
    table = Table(
        title="A prompt to a warm CLI by ACP, ms: min / median / max; what `minga acp` adds", title_justify="left"
    )
    over = f"over the CLI (aim ≤ {AIM_MS} ms), ratio"
    titles = ("CLI", "the CLI itself", "library", "through minga acp", over, "over the library", "greeting")
    for title in titles:
        table.add_column(title)
    for one in found:
        if one.wrong:
            table.add_row(one.agent, f"[red]{one.wrong[:200]}[/red]")
        else:
            name = f"{one.agent}\n[dim]load {one.load:.1f}[/dim]"
            ratio = one.through.median / one.direct.median
            difference = f"{one.over_ms:+.0f} ms, ×{ratio:.2f}"
            cells = [*map(str, (one.direct, one.library, one.through)), difference, f"{one.protocol_ms:+.0f} ms"]
            table.add_row(name, *cells, str(one.greeting))
    console.print(table)
