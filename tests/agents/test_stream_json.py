"""The Claude Code driver against the real binary: what a run shows, asks, changes, fails with and leaves behind.

What `tests/contract` shows of every CLI is not shown here again: pictures, sessions that go on or that nobody knows.
"""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from claude_bench import Bench, claude_path
from codex_bench import answer_of, collect, failure_of, of, text_of

from minga.domain.agents import Conversation, Launch, Prompt
from minga.domain.events import (
    CallFailed,
    Event,
    Failed,
    FileChange,
    Finished,
    NativeSession,
    PermissionAnswered,
    PermissionRequested,
    PlanShown,
    PlanStep,
    RateLimit,
    Reasoning,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
    Usage,
)
from minga.domain.failure import FailureCode
from minga.domain.task import McpServer, Permissions
from minga.infrastructure.process import ProcessEnded, find_marked
from minga.testing import (
    CallMcp,
    CallTool,
    CutStream,
    Drip,
    Fail,
    Garbage,
    Rule,
    RunShell,
    Say,
    Script,
    ScriptedServer,
    Slow,
    Think,
    Tokens,
    WriteFile,
)

pytestmark = pytest.mark.cli

ECHO = McpServer("echo", sys.executable, (str(Path(__file__).parent.parent / "contract" / "mcp_echo.py"),))
LONG_COMMAND = 'python3 -c "import time; time.sleep(60)"'
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: ScriptedServer) -> Bench:
    return Bench(tmp_path, server.url, claude_path())


def test_the_answer_streams_in_pieces_and_ends_the_turn(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([(Think("let me see"), Drip(["Hello, ", "world", "."]))])
    events = bench.ask(bench.launch())
    assert text_of(events) == answer_of(events) == "Hello, world."
    assert len(of(Text, events)) == 3
    assert [event.text for event in of(Reasoning, events)] == ["let me see"]
    assert of(NativeSession, events)[0].model == "scripted-model"


def test_a_second_prompt_uses_the_warm_process_and_its_usage_is_an_increment(
    bench: Bench, server: ScriptedServer
) -> None:
    server.script = Script([(Tokens(100, 40, 10), Say("one")), (Tokens(200, 150, 20), Say("two"))])
    first, second = bench.ask_all(bench.launch(), "first", "second")
    assert of(Usage, first) == [Usage("scripted-model", 60, 40, 0, 10)]
    assert of(Usage, second) == [Usage("scripted-model", 50, 150, 0, 20)]
    assert (answer_of(first), answer_of(second)) == ("one", "two")
    assert of(NativeSession, second) == of(NativeSession, first)
    assert "first" in server.conversation[-1].user_texts


def test_a_command_runs_when_the_person_allows_it(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([(Say("I look."), RunShell("echo made > made.txt && echo done")), Say("ready")])
    bench.broker.answer = lambda request: True
    events = bench.ask(bench.launch())
    assert (bench.cwd / "made.txt").read_text() == "made\n"
    (call,), (result,) = of(ToolCall, events), of(ToolResult, events)
    assert (call.kind, call.title) == (ToolKind.SHELL, "echo made > made.txt && echo done")
    assert json.loads(call.input)["command"] == call.title
    assert (result.call_id, result.ok, result.output) == (call.call_id, True, "done")
    (asked,) = of(PermissionRequested, events)
    assert (asked.call_id, asked.kind, asked.detail) == (call.call_id, ToolKind.SHELL, call.title)
    assert of(PermissionAnswered, events)[0].allowed
    assert text_of(events) == "I look.\n\nready"
    assert answer_of(events) == "ready"


def test_a_refused_command_does_not_run_and_the_model_learns_why(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("echo made > made.txt"), Say("then not")])
    events = bench.ask(bench.launch())
    assert not (bench.cwd / "made.txt").exists()
    assert not of(ToolResult, events)[0].ok
    assert not of(PermissionAnswered, events)[0].allowed
    assert "refused: test" in server.conversation[-1].tool_results[-1].text
    assert answer_of(events) == "then not"


def test_files_that_the_agent_writes_and_edits_are_reported_relative_to_the_directory(
    bench: Bench, server: ScriptedServer
) -> None:
    path = str(bench.cwd / "note.txt")
    edit = CallTool("Edit", {"file_path": path, "old_string": "one", "new_string": "two"})
    server.script = Script([WriteFile(path, "one\n"), edit, Say("done")])
    bench.broker.answer = lambda request: request.kind is ToolKind.EDIT
    events = bench.ask(bench.launch(Permissions.EDITS))
    assert (bench.cwd / "note.txt").read_text() == "two\n"
    assert [(change.path, change.change) for change in of(FileChange, events)] == [
        ("note.txt", "added"),
        ("note.txt", "modified"),
    ]
    assert [request.detail for request in bench.broker.asked] == ["note.txt", "note.txt"]


def test_an_edit_outside_the_directory_is_not_put_as_an_edit(bench: Bench, server: ScriptedServer) -> None:
    outside = bench.root / "outside.txt"
    server.script = Script([WriteFile(str(outside), "x"), Say("done")])
    bench.broker.answer = lambda request: request.kind is ToolKind.EDIT
    events = bench.ask(bench.launch(Permissions.EDITS))
    assert [(asked.kind, asked.detail) for asked in bench.broker.asked] == [(ToolKind.OTHER, str(outside))]
    assert not outside.exists()
    assert not of(FileChange, events)


def test_a_read_outside_the_directory_is_asked_about_and_is_none_for_a_task_of_others(
    bench: Bench, server: ScriptedServer
) -> None:
    outside = bench.root / "outside.txt"
    outside.write_text("the secret")
    server.script = Script([CallTool("Read", {"file_path": str(outside)}), Say("done")])
    bench.broker.answer = lambda request: request.kind is ToolKind.READ
    bench.ask(dataclasses.replace(bench.launch(Permissions.READ_ONLY), for_others=True))
    assert [(asked.kind, asked.detail) for asked in bench.broker.asked] == [(ToolKind.OTHER, str(outside))]
    assert "the secret" not in server.conversation[-1].tool_results[-1].text


@pytest.mark.parametrize("policy", [Permissions.ASK, Permissions.READ_ONLY])
def test_rules_of_the_home_do_not_outrank_the_policy_of_the_run(
    bench: Bench, server: ScriptedServer, policy: Permissions
) -> None:
    launch = bench.launch(policy)
    assert launch.home is not None
    (launch.home / "settings.json").write_text('{"permissions":{"allow":["Write","Edit"],"defaultMode":"acceptEdits"}}')
    server.script = Script([WriteFile(str(bench.cwd / "note.txt"), "x"), Say("done")])
    bench.ask(launch)
    assert [asked.kind for asked in bench.broker.asked] == [ToolKind.EDIT]
    assert not (bench.cwd / "note.txt").exists()


def test_reads_inside_the_directory_need_no_question(bench: Bench, server: ScriptedServer) -> None:
    (bench.cwd / "note.txt").write_text("written before")
    read = CallTool("Read", {"file_path": str(bench.cwd / "note.txt")})
    server.script = Script([read, RunShell("cat note.txt"), Say("done")])
    events = bench.ask(bench.launch(Permissions.READ_ONLY))
    assert ["written before" in result.output for result in of(ToolResult, events)] == [True, True]
    call = of(ToolCall, events)[0]
    assert (call.kind, call.title) == (ToolKind.READ, "Read note.txt")
    assert not bench.broker.asked


def test_everything_runs_where_everything_is_allowed_also_as_root(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("rm -f gone.txt && echo ran"), Say("done")])
    bench.broker.answer = lambda request: True
    assert of(ToolResult, bench.ask(bench.launch(Permissions.ALL)))[0].output == "ran"


def test_an_mcp_tool_of_the_task_is_offered_asked_for_and_called(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([CallMcp("echo", "echo", {"text": "hi"}), Say("called")])
    bench.broker.answer = lambda request: request.kind is ToolKind.MCP
    events = bench.ask(bench.launch(mcp=[ECHO]))
    (call,) = of(ToolCall, events)
    assert (call.name, call.kind) == ("mcp__echo__echo", ToolKind.MCP)
    assert of(ToolResult, events)[0].output == "echo: hi"


def test_the_to_do_list_is_shown_as_a_plan_and_not_as_a_tool_call(bench: Bench, server: ScriptedServer) -> None:
    todos = [
        {"content": "look", "status": "completed", "activeForm": "looking"},
        {"content": "act", "status": "in_progress", "activeForm": "acting"},
        {"content": "tell", "status": "pending", "activeForm": "telling"},
    ]
    launch = bench.launch()
    launch = dataclasses.replace(launch, environment={**launch.environment, "CLAUDE_CODE_ENABLE_TODO_TOOLS": "1"})
    server.script = Script([CallTool("TodoWrite", {"todos": todos}), Say("done")])
    events = bench.ask(launch)
    steps = (PlanStep("look", "done"), PlanStep("act", "in-progress"), PlanStep("tell", "pending"))
    assert of(PlanShown, events) == [PlanShown(steps)]
    assert not of(ToolCall, events)
    assert not of(ToolResult, events)


def test_a_sub_agent_is_waited_for_and_counted_and_its_words_are_no_part_of_the_answer(
    bench: Bench, server: ScriptedServer
) -> None:
    sub = {"description": "look around", "prompt": "SUBTASK", "subagent_type": "general-purpose"}
    server.script = Script(
        rules=[Rule([(Slow(0.5), Say("whispered below"))], last_user_contains="SUBTASK")],
        turns=[CallTool("Task", sub, unoffered=True), Say("said aloud")],
    )
    events = bench.ask(bench.launch())
    assert of(ToolCall, events)[0].title == "Task look around"
    assert text_of(events) == "said aloud"
    assert "whispered below" in of(ToolResult, events)[0].output
    assert sum(usage.output_tokens for usage in of(Usage, events)) == 30


def test_a_cancelled_prompt_ends_at_once_and_the_process_takes_the_next(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell(LONG_COMMAND), Say("second answer")])
    bench.broker.answer = lambda request: True
    heard: list[Event] = []

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("work")):
            heard.append(event)
            if isinstance(event, PermissionAnswered):
                await conversation.cancel()
        assert answer_of(await collect(conversation, "go on")) == "second answer"

    bench.talk(bench.launch(), script)
    assert failure_of(heard).code is FailureCode.UNCLASSIFIED


def test_a_cancel_ends_the_wait_for_a_decision(bench: Bench, server: ScriptedServer) -> None:
    class Silent:
        async def decide(self, request: PermissionRequested) -> PermissionAnswered:
            await asyncio.Event().wait()
            raise AssertionError

    server.script = Script([RunShell("touch x"), Say("second answer")])
    heard: list[Event] = []

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("work")):
            heard.append(event)
            if isinstance(event, PermissionRequested):
                asyncio.get_running_loop().call_later(0.2, lambda: tasks.append(cancel(conversation)))
        await asyncio.gather(*tasks)

    def cancel(conversation: Conversation) -> asyncio.Task[None]:
        return asyncio.create_task(conversation.cancel())

    tasks: list[asyncio.Task[None]] = []
    bench.talk(bench.launch(), script, Silent())
    assert isinstance(heard[-1], Finished | Failed)
    assert not (bench.cwd / "x").exists()


@pytest.mark.parametrize(
    ("fail", "code", "status"),
    [
        (Fail(401), FailureCode.NOT_LOGGED_IN, 401),
        (Fail(403), FailureCode.NOT_LOGGED_IN, 403),
        (Fail(429), FailureCode.RATE_LIMITED, 429),
        (Fail(500), FailureCode.OVERLOADED, 500),
        (Fail(529), FailureCode.OVERLOADED, 529),
        (Fail(400), FailureCode.CONTEXT_TOO_LONG, 400),
        (Fail(413), FailureCode.CONTEXT_TOO_LONG, 413),
        (Fail(404), FailureCode.MODEL_UNKNOWN, 404),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_a_refusal_of_the_model_server_has_its_cause(
    bench: Bench, server: ScriptedServer, fail: Fail, code: FailureCode, status: int
) -> None:
    server.script = Script(default=fail)
    events = bench.ask(bench.launch())
    failure = failure_of(events)
    assert (failure.code, failure.http_status) == (code, status)
    assert bool(failure.remedy) == (code is FailureCode.NOT_LOGGED_IN)
    assert not of(Text, events)
    assert {(call.failure.code, call.failure.http_status) for call in of(CallFailed, events)} <= {(code, status)}


def test_a_spent_limit_of_a_login_says_until_when(bench: Bench, server: ScriptedServer) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    server.script = Script(default=Fail(429, resets_at=ends))
    events = bench.ask(_logged_in(bench, server))
    assert failure_of(events).code is FailureCode.RATE_LIMITED
    assert abs((failure_of(events).resets_at or ends.min.replace(tzinfo=UTC)) - ends) < timedelta(seconds=2)
    assert [limit.reached for limit in of(RateLimit, events)] == [True]


def test_a_login_has_a_claimed_cost_and_an_endpoint_has_none(bench: Bench, server: ScriptedServer) -> None:
    with_endpoint = of(Usage, bench.ask(bench.launch()))
    with_login = of(Usage, bench.ask(_logged_in(bench, server)))
    assert [usage.cost_micro_usd for usage in with_endpoint] == [None]
    assert sum(usage.cost_micro_usd or 0 for usage in with_login) > 0
    assert sum(usage.input_tokens for usage in with_login) == 60


def test_without_any_login_the_failure_says_how_to_log_in(bench: Bench) -> None:
    failure = failure_of(bench.ask(bench.launch(own_login=True)))
    assert (failure.code, failure.remedy) == (FailureCode.NOT_LOGGED_IN, "Run `minga agents login claude --isolated`.")


def test_a_server_that_is_down_is_a_network_failure(bench: Bench) -> None:
    bench.base_url = "http://127.0.0.1:9"
    events = bench.ask(bench.launch())
    assert failure_of(events).code is FailureCode.NETWORK
    assert {call.failure.code for call in of(CallFailed, events)} == {FailureCode.NETWORK}


def test_a_stream_that_is_cut_once_is_tried_again(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([CutStream("the first half of"), Say("the whole answer")])
    events = bench.ask(bench.launch())
    assert answer_of(events) == "the whole answer"
    assert text_of(events).endswith("the whole answer")


def test_an_answer_that_is_no_answer_fails_and_does_not_hang(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script(default=Garbage())
    assert failure_of(bench.ask(bench.launch())).code is FailureCode.UNCLASSIFIED


def test_a_cli_that_is_killed_in_the_middle_raises_and_leaves_no_process(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell(LONG_COMMAND)])
    bench.broker.answer = lambda request: True
    launch = bench.launch()

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("work")):
            if isinstance(event, PermissionAnswered):
                await _command_runs(launch)
                psutil.Process(_leader(launch)).kill()

    with pytest.raises(ProcessEnded) as ended:
        bench.talk(launch, script)
    assert ended.value.exit_code == -9


async def _command_runs(launch: Launch) -> None:
    for _ in range(200):
        with suppress(psutil.NoSuchProcess):  # one that has just ended
            if any("time.sleep" in " ".join(process.cmdline()) for process in find_marked(launch.attempt_id)):
                return
        await asyncio.sleep(0.05)
    pytest.fail("the command never ran")


def _leader(launch: Launch) -> int:
    return next(process.pid for process in find_marked(launch.attempt_id) if "--verbose" in process.cmdline())


def _logged_in(bench: Bench, server: ScriptedServer) -> Launch:
    """A launch as with a subscription, whose model server happens to be the scripted one."""
    launch = bench.launch(own_login=True)
    login = {"ANTHROPIC_BASE_URL": server.url, "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-test"}
    return dataclasses.replace(
        launch,
        command=(*launch.command, "--model", "claude-sonnet-4-5"),
        environment={**launch.environment, **login, "CLAUDE_CODE_MAX_RETRIES": "1"},
    )
