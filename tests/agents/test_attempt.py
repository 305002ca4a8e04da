"""One prompt on one agent ends with one terminal event, whatever the CLI does. The CLI is a real process."""

import asyncio
import json
import os
import re
import resource
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from minga.agents import attempt
from minga.agents.attempt import Bounds, Opener, Stop, failed_by
from minga.agents.drivers.acp import AcpDriver
from minga.agents.facts import parse
from minga.agents.permissions import PolicyBroker
from minga.domain.agents import Conversation, Launch, Prompt
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
    ToolKind,
    ToolResult,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.domain.task import Permissions
from minga.infrastructure.process import OutputExceeded, ProcessEnded, find_marked
from minga.infrastructure.watchdog import Watchdog

FAKE = Path(__file__).parent.parent / "pipeline" / "fake_acp.py"
LIMIT_S = 300.0
BOUNDS = Bounds(start_s=10.0, silence_s=10.0)
FACTS = """
name = "fake"
title = "fake"
vendor = "nobody"
model_family = "none"
model = "none"
command = "fake"
driver = "acp"
arguments = []
home = { default = ".fake", variables = {} }
login = { command = "fake login" }
proven = { min = "1", max = "1" }
limits = { start_s = 30.0, silence_s = 600.0 }
"""

Step = list[Any]


@dataclass(slots=True)
class Bench:
    """The fake CLI behind the ACP driver."""

    root: Path
    mark: AttemptId = field(default_factory=lambda: AttemptId(str(uuid.uuid4())))
    command: tuple[str, ...] = ()

    def run(
        self,
        *steps: Step,
        bounds: Bounds = BOUNDS,
        start: Sequence[Step] = (),
        stop_after: Callable[[Event], bool] | None = None,
        reason: Terminal | None = None,
    ) -> list[Event]:
        """Play ``steps`` and return the events; `stop` is asked for with the first event that ``stop_after`` likes."""
        script = self.root / "script.json"
        script.write_text(json.dumps({"log": str(self.root / "log"), "prompts": [list(steps)], "start": list(start)}))
        command = self.command or (sys.executable, "-I", "-S", str(FAKE), str(script))
        launch = Launch(
            agent=AgentName("fake"),
            attempt_id=self.mark,
            version="1",
            command=command,
            environment={"PATH": os.environ["PATH"]},
            cwd=self.root,
            home=None,
            model="",
            permissions=Permissions.ASK,
            mcp_servers=(),
            resume=None,
            uses_endpoint=False,
        )

        async def collect() -> list[Event]:
            stop = Stop()
            watchdog = Watchdog()
            driver = AcpDriver(watchdog, parse(FACTS, "fake"))
            broker = PolicyBroker(Permissions.ASK, None, 1.0)
            events: list[Event] = []
            batches = attempt.run(lambda: driver.open(launch, broker), Prompt("x"), bounds, stop)
            try:
                async with asyncio.timeout(LIMIT_S), aclosing(batches):
                    async for batch in batches:
                        events.extend(batch)
                        if stop_after and any(map(stop_after, batch)):
                            stop.stop(reason or Cancelled("by the test"))
                    assert find_marked(self.mark) == []
            finally:
                watchdog.close()
            return events

        events = asyncio.run(collect())
        assert [index for index, event in enumerate(events) if isinstance(event, Terminal)] == [len(events) - 1]
        return events

    def logged(self, kind: str) -> list[dict[str, Any]]:
        return [
            entry for entry in map(json.loads, (self.root / "log").read_text().splitlines()) if entry["kind"] == kind
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def failure(events: Sequence[Event]) -> Failure:
    last = events[-1]
    assert isinstance(last, Failed), last
    return last.failure


def said(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def gone(pid: int) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_an_answer_ends_with_finished(bench: Bench) -> None:
    events = bench.run(["say", "hel"], ["say", "lo"])
    assert events[-1] == Finished("hello")
    assert any(isinstance(event, NativeSession) for event in events)


def test_a_crash_in_the_middle_keeps_what_was_said_and_the_last_of_standard_error(bench: Bench) -> None:
    events = bench.run(["say", "half a "], ["exit", 9, "Segmentation something"])
    assert said(events) == "half a "
    assert failure(events).code is FailureCode.CRASHED
    assert "exit code 9" in failure(events).message
    assert "Segmentation something" in failure(events).message


def test_a_cli_killed_by_the_system_is_a_crash(bench: Bench) -> None:
    assert "exit code -9" in failure(bench.run(["say", "x"], ["kill_self"])).message


def test_an_output_that_is_closed_without_a_result_is_a_crash(bench: Bench) -> None:
    assert failure(bench.run(["say", "x"], ["close_output"])).code is FailureCode.CRASHED


def test_a_cli_that_ends_before_it_is_ready_is_a_crash(bench: Bench) -> None:
    assert failure(bench.run(start=[["exit", 1, "no config"]])).code is FailureCode.CRASHED


@pytest.mark.parametrize(("command", "code"), [("/nowhere/cli", FailureCode.NOT_INSTALLED), ("/", FailureCode.CRASHED)])
def test_a_program_that_cannot_be_started_is_named(bench: Bench, command: str, code: FailureCode) -> None:
    bench.command = (command,)
    events = bench.run()
    assert failure(events).code is code
    assert command in failure(events).message


def test_a_cli_that_never_gets_ready_is_given_up_after_its_start_limit(bench: Bench) -> None:
    began = time.monotonic()
    events = bench.run(start=[["sleep", 60]], bounds=Bounds(0.5, 10))
    assert failure(events).code is FailureCode.TIMEOUT
    assert "not ready within 0.5 s" in failure(events).message
    assert time.monotonic() - began < 40


def test_a_silent_cli_is_given_up_after_its_silence_limit(bench: Bench) -> None:
    events = bench.run(["say", "x"], ["sleep", 60], bounds=Bounds(10, 0.5))
    assert said(events) == "x"
    assert failure(events).code is FailureCode.TIMEOUT
    assert "no sign of life for 0.5 s" in failure(events).message


def test_a_running_tool_may_be_silent_for_longer(bench: Bench) -> None:
    events = bench.run(["begin_tool", "make"], ["sleep", 1.2], ["say", "made"], bounds=Bounds(10, 0.4))
    assert events[-1] == Finished("made")


def test_a_cancel_ends_the_whole_tree_and_is_the_end_that_is_told(bench: Bench) -> None:
    """The CLI ignores the cancel; its grandchild has an empty environment and a process group of its own."""
    events = bench.run(
        ["spawn", "group"], ["spawn", "session"], ["say", "x"], ["sleep", 60], stop_after=lambda e: isinstance(e, Text)
    )
    assert events[-1] == Cancelled("by the test")
    assert len(bench.logged("child")) == 2
    assert all(gone(entry["child"]) for entry in bench.logged("child"))


def test_a_deadline_is_told_as_what_it_is_also_when_the_cli_answers_meanwhile(bench: Bench) -> None:
    late = Failed(Failure(FailureCode.TIMEOUT, "took too long"))
    events = bench.run(["say", "x"], ["sleep", 1], ["say", "y"], stop_after=lambda e: isinstance(e, Text), reason=late)
    assert events[-1] == late


def test_a_run_that_was_stopped_before_its_start_starts_nothing(bench: Bench) -> None:
    async def run() -> None:
        def never() -> Any:
            raise AssertionError("started")

        stop = Stop()
        stop.stop(Cancelled("before"))
        assert [batch async for batch in attempt.run(never, Prompt("x"), BOUNDS, stop)] == [[Cancelled("before")]]

    asyncio.run(run())


@pytest.mark.parametrize("how", ["group", "session", "orphan"])
def test_children_of_every_kind_end_with_an_answered_prompt(bench: Bench, how: str) -> None:
    assert bench.run(["spawn", how], ["say", "ok"])[-1] == Finished("ok")
    assert all(gone(entry["child"]) for entry in bench.logged("child"))


@pytest.mark.parametrize("what", ["garbage", "lines", "line"])
def test_two_gigabytes_of_output_end_the_run_and_not_the_machine(bench: Bench, what: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = bench.run(["flood", what, 2000])
    assert failure(events).code is FailureCode.OUTPUT_LIMIT
    assert "bytes of output" in failure(events).message
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 500, f"{grown_mb:.0f} MB more memory"


def test_a_flood_of_standard_error_is_bounded_and_harmless(bench: Bench) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert bench.run(["flood", "errors", 300], ["say", "ok"])[-1] == Finished("ok")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100


def test_lines_that_are_no_message_and_bytes_that_are_no_text_are_passed_over(bench: Bench) -> None:
    events = bench.run(["raw", "banner\n\xff\xfe\xe9\n{broken\n[1]\n\n\x00\n"], ["say", "ok ñ"])
    assert events[-1] == Finished("ok ñ")


@pytest.mark.parametrize(
    "line",
    [
        '{"jsonrpc":"2.0","method":"session/update","params":[1]}',
        '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"native-1-log","update":[]}}',
        '{"jsonrpc":"2.0","id":"x","result":null}',
        '{"jsonrpc":"2.0","id":[1],"result":null}',
        '{"jsonrpc":"2.0","id":2,"error":"text"}',
        '{"method":7}',
    ],
)
def test_a_message_out_of_shape_ends_the_attempt_in_one_way_or_another(bench: Bench, line: str) -> None:
    events = bench.run(["say", "a"], ["raw", line + "\n"], ["say", "b"], bounds=Bounds(10, 3))
    if isinstance(events[-1], Failed):
        assert failure(events).code is FailureCode.CRASHED
    else:
        assert events[-1] == Finished("ab")


class Scripted:
    """A conversation without a process, for what no CLI does on purpose."""

    def __init__(self, *events: Event | Exception) -> None:
        self.events = events
        self.left = False

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.left = True

    async def cancel(self) -> None:
        return None


def play(opener: Opener) -> list[Event]:
    async def run() -> list[Event]:
        return [event async for batch in attempt.run(opener, Prompt("x"), BOUNDS, Stop()) for event in batch]

    return asyncio.run(run())


def test_a_stream_that_ends_without_a_result_is_a_crash() -> None:
    events = play(lambda: nullcontext(Scripted(Text("x"))))
    assert failure(events).code is FailureCode.CRASHED
    assert "without a result" in failure(events).message


def test_events_after_the_terminal_one_are_dropped_and_the_prompt_is_left() -> None:
    conversation = Scripted(Text("x"), Finished("x"), Text("late"), Finished("again"))
    assert play(lambda: nullcontext(conversation)) == [Text("x"), Finished("x")]
    assert conversation.left


@pytest.mark.parametrize(
    "wrong", [KeyError("sessionId"), ValueError("odd"), ProcessEnded(3, "last words"), OSError(5, "x")]
)
def test_whatever_a_driver_raises_becomes_the_end_of_its_attempt(wrong: Exception) -> None:
    events = play(lambda: nullcontext(Scripted(Text("x"), wrong)))
    assert events[0] == Text("x")
    assert failure(events).code is FailureCode.CRASHED


def test_what_is_raised_while_opening_becomes_the_end_of_its_attempt() -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Conversation]:
        raise KeyError("sessionId")
        yield Scripted()

    assert failure(play(broken)).code is FailureCode.CRASHED


def test_a_question_to_a_person_may_take_longer_than_the_silence_limit() -> None:
    class Asking(Scripted):
        async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
            yield PermissionRequested("r", "c", ToolKind.SHELL, "t", "d")
            await asyncio.sleep(0.5)
            yield PermissionAnswered("r", True, "person", "")
            yield ToolCall("c", "sh", ToolKind.SHELL, "t", "")
            await asyncio.sleep(0.5)
            yield ToolResult("c", True, "")
            yield Finished("x")

    async def run() -> list[Event]:
        batches = attempt.run(lambda: nullcontext(Asking()), Prompt("x"), Bounds(5, 0.2), Stop())
        return [event async for batch in batches for event in batch]

    assert asyncio.run(run())[-1] == Finished("x")


def test_a_stop_does_not_wait_behind_what_an_endless_talker_has_said() -> None:
    class Endless(Scripted):
        async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
            try:
                while True:
                    yield Text("more ")
            finally:
                raise ValueError("odd")  # the end of the run does not wait for room in the queue either

    async def run() -> list[Sequence[Event]]:
        stop, seen = Stop(), list[Sequence[Event]]()
        async for batch in attempt.run(lambda: nullcontext(Endless()), Prompt("x"), Bounds(10, 10, stop_s=0.01), stop):
            seen.append(batch)
            if not stop.requested.is_set():
                stop.stop(Cancelled("by the test"))
                await asyncio.sleep(1)  # a slow reader: the time to stop is over, and the queue is full again
        return seen

    _, last = asyncio.run(run())
    assert (last[0], last[-1]) == (Text("more "), Cancelled("by the test"))


def test_the_first_reason_to_stop_counts() -> None:
    stop = Stop()
    stop.stop(Cancelled("first"))
    stop.stop(Cancelled("second"))
    assert stop.event == Cancelled("first")


def test_every_way_in_which_a_process_ends_has_its_words() -> None:
    ended = failed_by(ProcessEnded(7, "one\ntwo\n")).failure
    assert re.search("exit code 7. two$", ended.message)
    assert failed_by(OutputExceeded(5)).failure.code is FailureCode.OUTPUT_LIMIT
    assert failed_by(FileNotFoundError("x")).failure.code is FailureCode.NOT_INSTALLED
