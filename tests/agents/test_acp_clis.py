"""The ACP driver against the real Gemini, Copilot, OpenCode and Qwen binaries.

Each CLI is started a handful of times for the whole file: the scenarios of `acp_bench` run in one warm process, and the
tests look at what they showed. What `tests/contract` shows of every CLI is not shown here again: the cause of each
failure of the model server, a killed CLI, pictures, sessions that go on or that nobody knows.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from acp_bench import (
    SHELL_LINE,
    Bench,
    Told,
    answer_of,
    cli_path,
    collect,
    facts_of,
    failure_of,
    of,
    tell_failures,
    tell_warm,
    text_of,
)

from minga.domain.agents import Conversation
from minga.domain.events import (
    Failed,
    FileChange,
    NativeSession,
    PermissionAnswered,
    PermissionRequested,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
    Usage,
)
from minga.domain.failure import FailureCode
from minga.domain.task import Permissions
from minga.testing import CutStream, Garbage, RunShell, Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoUDAAAAH0ANFgfObmAAAAAElFTkSuQmCC"
"""A PNG of one pixel."""
AGENTS = ("gemini", "copilot", "opencode", "qwen")
STOPS_WHEN_REFUSED = ("copilot", "qwen")
"""They end the turn when a call is refused, without asking the model again (copilot 1.0.102, qwen 0.24.4)."""


@dataclass(slots=True)
class Ran:
    """A CLI whose warm scenarios have run."""

    name: str
    bench: Bench
    server: ScriptedServer
    told: Told
    before: tuple[Path, ...]
    """What lay beside the working directory after the warm scenarios."""


@pytest.fixture(scope="module", params=AGENTS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    name = str(request.param)
    command = cli_path(name)
    with ScriptedServer() as server:
        bench = Bench(tmp_path_factory.mktemp(name), facts_of(name), command, server.url)
        told = tell_warm(bench, server)
        yield Ran(name, bench, server, told, tuple(bench.root.iterdir()))


def test_the_answer_streams_in_pieces(ran: Ran) -> None:
    events = ran.told["stream"]
    assert text_of(events) == "Hello, world."
    assert len(of(Text, events)) == 3
    assert answer_of(events) == "Hello, world."
    assert of(NativeSession, events)[0].model == "scripted-model"


def test_a_second_prompt_on_the_warm_process_counts_its_own_tokens_only(ran: Ran) -> None:
    assert of(Usage, ran.told["stream"]) == [Usage("scripted-model", 60, 40, 0, 10)]
    assert of(Usage, ran.told["second"]) == [Usage("scripted-model", 50, 150, 0, 20)]
    assert answer_of(ran.told["second"]) == "second answer"


def test_usage_of_a_prompt_with_a_tool_is_that_of_both_model_calls(ran: Ran) -> None:
    used = of(Usage, ran.told["shell"])
    assert sum(one.input_tokens for one in used) == 120
    assert sum(one.cached_input_tokens for one in used) == 80
    assert sum(one.output_tokens for one in used) == 20


def test_a_command_runs_after_the_person_allowed_it(ran: Ran) -> None:
    events = ran.told["shell"]
    (call,) = of(ToolCall, events)
    (asked,) = of(PermissionRequested, events)
    assert (call.kind, asked.kind, asked.call_id) == (ToolKind.SHELL, ToolKind.SHELL, call.call_id)
    assert asked.detail == SHELL_LINE
    assert [answer.allowed for answer in of(PermissionAnswered, events)] == [True]
    assert [(result.call_id, result.ok) for result in of(ToolResult, events)] == [(call.call_id, True)]
    assert (ran.bench.cwd / "made.txt").read_text() == "made\n"
    assert answer_of(events) == "it is made"
    if ran.name != "gemini":  # over ACP it does not tell what a command printed (0.61.0)
        assert "shown" in of(ToolResult, events)[0].output


def test_a_refused_command_does_not_run(ran: Ran) -> None:
    events = ran.told["denied"]
    assert [answer.allowed for answer in of(PermissionAnswered, events)] == [False]
    assert [result.ok for result in of(ToolResult, events)] == [False]
    assert not (ran.bench.cwd / "forbidden.txt").exists()
    if ran.name in STOPS_WHEN_REFUSED:
        assert failure_of(events).code is FailureCode.PERMISSION_DENIED
    else:
        assert answer_of(events) == "not allowed then"


def test_a_written_file_is_asked_for_and_told(ran: Ran) -> None:
    events = ran.told["write"]
    (asked,) = of(PermissionRequested, events)
    assert (asked.kind, asked.detail) == (ToolKind.EDIT, str(ran.bench.cwd / "written.txt"))
    assert [(change.path, change.change) for change in of(FileChange, events)] == [("written.txt", "added")]
    assert (ran.bench.cwd / "written.txt").read_text() == "a line\n"


def test_a_tool_of_an_mcp_server_is_offered_asked_for_and_called(ran: Ran) -> None:
    events = ran.told["mcp"]
    (call,) = of(ToolCall, events)
    (asked,) = of(PermissionRequested, events)
    assert (call.kind, asked.kind) == (ToolKind.MCP, ToolKind.MCP)
    assert "echo" in call.name
    (result,) = of(ToolResult, events)
    assert (result.ok, "over there" in result.output) == (True, True)
    assert answer_of(events) == "echoed"


def test_a_cancelled_prompt_ends_and_the_next_one_is_answered(ran: Ran) -> None:
    assert isinstance(ran.told["stop"][-1], Failed)
    assert not text_of(ran.told["stop"])
    assert answer_of(ran.told["after"]) == "still here"


def test_no_model_call_is_hidden_behind_the_conversation(ran: Ran) -> None:
    asked = [received.model_request for received in ran.server.requests if received.model_request]
    assert [request.last_user_text[:80] for request in asked if request.is_side_call] == []


def test_everything_is_asked_and_nothing_refused_where_all_is_allowed(ran: Ran) -> None:
    ran.server.script = Script([RunShell("echo all > all.txt"), Say("done")])
    events = ran.bench.ask(ran.bench.launch(Permissions.ALL), "make it")
    assert answer_of(events) == "done"
    assert len(of(PermissionRequested, events)) == 1
    assert (ran.bench.cwd / "all.txt").exists()


def test_an_answer_that_breaks_off_is_a_failure_of_the_network(ran: Ran) -> None:
    ran.server.forget()
    told = tell_failures(ran.bench, ran.server, {"cut": CutStream("half of it"), "garbage": Garbage()})
    assert {failure_of(told[name]).code for name in ("cut", "garbage")} == {FailureCode.NETWORK}
    assert answer_of(told["well"]) == "well again"
    assert len(ran.server.requests) < 40


def test_without_endpoint_and_login_the_person_is_told_how_to_log_in(ran: Ran) -> None:
    if ran.name == "opencode":  # it has models that need no login; one that it does not have is refused
        bench, code = replace(ran.bench, base_url="", own_model="nobody/nothing"), FailureCode.MODEL_UNKNOWN
    else:
        bench, code = replace(ran.bench, base_url=""), FailureCode.NOT_LOGGED_IN
    assert failure_of(bench.ask(bench.launch(), "hello")).code is code


def test_runs_at_the_same_time_share_one_home_the_first_ones_too(ran: Ran, tmp_path: Path) -> None:
    ran.server.script = Script(default=Say("both"))
    bench = replace(ran.bench, root=tmp_path)
    launches = [bench.launch() for _ in range(2)]
    answers: list[str] = []

    async def talk(conversation: Conversation) -> None:
        answers.append(answer_of(await collect(conversation, "hello")))

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(bench.talk, launch, talk) for launch in launches))

    asyncio.run(both())
    assert answers == ["both"] * 2


def test_the_persons_own_home_stays_untouched(ran: Ran) -> None:
    written = {path.name for path in ran.before}
    assert not {".gemini", ".qwen", ".copilot", ".config", ".local"} & written, written
