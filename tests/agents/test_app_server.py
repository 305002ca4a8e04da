"""The Codex driver against the real binary: what a run shows, asks, changes and leaves behind."""

import asyncio
import json
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from codex_bench import Bench, answer_of, codex_path, collect, native_id, of, text_of

from minga.domain.agents import Conversation, Prompt
from minga.domain.events import (
    Event,
    FileChange,
    NativeSession,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    PlanShown,
    PlanStep,
    Reasoning,
    ToolCall,
    ToolKind,
    ToolResult,
    Usage,
)
from minga.domain.task import Image, McpServer, Permissions
from minga.infrastructure.process import find_marked
from minga.testing import (
    CallMcp,
    CallTool,
    Drip,
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
GPT_6 = "gpt-6.1-sol"
"""A model that Codex gives one tool, which runs JavaScript with the other tools as functions."""
ADD = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: {path}\n+hello\n*** End Patch\nEOF"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: ScriptedServer) -> Bench:
    return Bench(tmp_path, server.url, codex_path())


def test_the_answer_streams_in_pieces_and_ends_the_turn(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([(Think("let me see"), Drip(["Hello, ", "world", "."]))])
    events = bench.ask(bench.launch())
    assert text_of(events) == "Hello, world."
    assert len([event for event in events if type(event).__name__ == "Text"]) == 3
    assert answer_of(events) == "Hello, world."
    assert "".join(event.text for event in of(Reasoning, events)) == "let me see"
    assert not of(Notice, events)
    assert of(NativeSession, events)[0].model == "scripted-model"


def test_usage_is_one_increment_a_model_call_without_the_cached_tokens(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([(Tokens(100, 40, 10, 3), RunShell("true")), (Tokens(200, 150, 20, 0), Say("done"))])
    events = bench.ask(bench.launch(Permissions.ALL))
    assert of(Usage, events) == [
        Usage("scripted-model", 60, 40, 0, 10, 3),
        Usage("scripted-model", 50, 150, 0, 20, 0),
    ]


def test_a_command_runs_when_the_person_allows_it(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("echo made > made.txt && echo done"), Say("ready")])
    bench.broker.answer = lambda request: True
    events = bench.ask(bench.launch(Permissions.ASK))
    assert (bench.cwd / "made.txt").read_text() == "made\n"
    (call,) = of(ToolCall, events)
    assert (call.kind, call.title) == (ToolKind.SHELL, "echo made > made.txt && echo done")
    assert json.loads(call.input)["command"] == call.title
    (result,) = of(ToolResult, events)
    assert (result.call_id, result.ok) == (call.call_id, True)
    assert "done" in result.output
    (question,) = of(PermissionRequested, events)
    assert (question.call_id, question.kind, question.detail) == (call.call_id, ToolKind.SHELL, call.title)
    kinds = [type(event) for event in events]
    assert kinds.index(PermissionAnswered) == kinds.index(PermissionRequested) + 1
    assert answer_of(events) == "ready"


def test_a_refused_command_does_not_run_and_the_turn_goes_on(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("touch made.txt"), Say("as you wish")])
    events = bench.ask(bench.launch(Permissions.ASK))
    assert not (bench.cwd / "made.txt").exists()
    assert [(answer.allowed, answer.by) for answer in of(PermissionAnswered, events)] == [(False, "person")]
    assert [result.ok for result in of(ToolResult, events)] == [False]
    assert answer_of(events) == "as you wish"
    assert "rejected" in server.conversation[-1].tool_results[-1].text


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("cat a.txt | head -3", ToolKind.READ),
        ("rg 'a b' . && ls -la", ToolKind.READ),
        ("sed -n '1,20p' a.txt", ToolKind.READ),
        ("cat a.txt | tee b.txt", ToolKind.SHELL),
        ("find . -delete", ToolKind.SHELL),
        ("cat a.txt > b.txt", ToolKind.SHELL),
        ("cat $(touch b.txt)", ToolKind.SHELL),
        ("rg --pre ./evil a .", ToolKind.SHELL),
        ("sed -n '1w b.txt' a.txt", ToolKind.SHELL),
        ("rg a *", ToolKind.SHELL),
        ("ls\nrm -r .", ToolKind.SHELL),
        ("ls & rm a.txt", ToolKind.SHELL),
    ],
)
def test_only_what_surely_reads_is_put_to_the_broker_as_a_read(
    bench: Bench, server: ScriptedServer, command: str, kind: ToolKind
) -> None:
    server.script = Script([RunShell(command), Say("done")])
    bench.ask(bench.launch(Permissions.ASK))
    assert [(request.kind, request.detail) for request in bench.broker.asked] == [(kind, command)]


def test_a_patch_is_asked_for_as_an_edit_and_reported_by_file(bench: Bench, server: ScriptedServer) -> None:
    (bench.cwd / "old.txt").write_text("one\n")
    patch = (
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: sub/new.txt\n+hello\n*** Update File: old.txt\n"
        "@@\n-one\n+two\n*** End Patch\nEOF"
    )
    server.script = Script([RunShell(patch), Say("done")])
    bench.broker.answer = lambda request: request.kind is ToolKind.EDIT
    events = bench.ask(bench.launch(Permissions.EDITS))
    (request,) = bench.broker.asked
    assert sorted(request.detail.split("\n")) == ["old.txt", "sub/new.txt"]
    (call,) = of(ToolCall, events)
    assert call.kind is ToolKind.EDIT
    assert sorted((change.path, change.change) for change in of(FileChange, events)) == [
        ("old.txt", "modified"),
        ("sub/new.txt", "added"),
    ]
    assert (bench.cwd / "old.txt").read_text() == "two\n"


def test_a_refused_patch_changes_nothing(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell(ADD.format(path="new.txt")), Say("done")])
    events = bench.ask(bench.launch(Permissions.ASK))
    assert [request.kind for request in bench.broker.asked] == [ToolKind.EDIT]
    assert not (bench.cwd / "new.txt").exists()
    assert not of(FileChange, events)
    assert [result.ok for result in of(ToolResult, events)] == [False]


def test_a_patch_outside_the_working_directory_is_no_plain_edit(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell(ADD.format(path=bench.root / "outside.txt")), Say("done")])
    bench.broker.answer = lambda request: request.kind is ToolKind.EDIT
    bench.ask(bench.launch(Permissions.EDITS))
    assert [request.kind for request in bench.broker.asked] == [ToolKind.OTHER]
    assert not (bench.root / "outside.txt").exists()


def test_read_only_asks_nobody_and_writes_nothing(bench: Bench, server: ScriptedServer) -> None:
    (bench.cwd / "a.txt").write_text("content\n")
    server.script = Script(
        [RunShell("cat a.txt"), RunShell("touch b.txt"), RunShell(ADD.format(path="c.txt")), Say("done")]
    )
    events = bench.ask(bench.launch(Permissions.READ_ONLY))
    assert not bench.broker.asked
    assert "content" in of(ToolResult, events)[0].output
    assert sorted(path.name for path in bench.cwd.iterdir()) == ["a.txt"]


def test_all_asks_nobody_and_may_write_outside(bench: Bench, server: ScriptedServer) -> None:
    outside = bench.root / "outside.txt"
    server.script = Script([RunShell(f"touch {outside}"), CallMcp("echo", "echo", {"text": "hi"}), Say("done")])
    events = bench.ask(bench.launch(Permissions.ALL, mcp=[ECHO]))
    assert not bench.broker.asked
    assert outside.exists()
    assert [result.ok for result in of(ToolResult, events)] == [True, True]


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("permissions", [Permissions.ASK, Permissions.READ_ONLY])
def test_an_mcp_tool_is_there_at_the_first_prompt_and_is_put_to_the_broker(
    bench: Bench, server: ScriptedServer, allowed: bool, permissions: Permissions
) -> None:
    server.script = Script([CallMcp("echo", "echo", {"text": "hi"}), Say("done")])
    bench.broker.answer = lambda request: allowed
    events = bench.ask(bench.launch(permissions, mcp=[ECHO]))
    (call,) = of(ToolCall, events)
    assert (call.name, call.kind, json.loads(call.input)) == ("echo.echo", ToolKind.MCP, {"text": "hi"})
    (request,) = bench.broker.asked
    assert (request.kind, request.call_id) == (ToolKind.MCP, call.call_id)
    (result,) = of(ToolResult, events)
    assert (result.ok, "echo: hi" in result.output) == (allowed, allowed)


def test_the_plan_of_the_agent_is_shown(bench: Bench, server: ScriptedServer) -> None:
    plan = [{"step": "look", "status": "completed"}, {"step": "act", "status": "in_progress"}]
    server.script = Script([CallTool("update_plan", {"plan": plan}), Say("done")])
    events = bench.ask(bench.launch())
    assert of(PlanShown, events) == [PlanShown((PlanStep("look", "done"), PlanStep("act", "in-progress")))]


def test_tools_that_a_gpt_6_model_calls_from_a_script_are_shown_and_asked_for(
    bench: Bench, server: ScriptedServer
) -> None:
    bench.model = GPT_6
    new = bench.cwd / "new.txt"
    server.script = Script(
        [RunShell("echo hi"), WriteFile(str(new), "hello\n"), CallMcp("echo", "echo", {"text": "hi"}), Say("done")]
    )
    bench.broker.answer = lambda request: True
    events = bench.ask(bench.launch(Permissions.ASK, mcp=[ECHO]))
    kinds = [ToolKind.SHELL, ToolKind.EDIT, ToolKind.MCP]
    assert [call.kind for call in of(ToolCall, events)] == kinds
    assert [request.kind for request in bench.broker.asked] == kinds
    assert all(result.ok for result in of(ToolResult, events))
    assert of(FileChange, events)[0].path == "new.txt"
    assert answer_of(events) == "done"


def test_what_a_sub_agent_does_is_shown_asked_for_and_counted(bench: Bench, server: ScriptedServer) -> None:
    spawn = CallTool("multi_agent_v1/spawn_agent", {"message": "CHILD, touch it", "agent_type": "default"})
    server.script = Script(
        rules=[
            Rule(
                [spawn, RunShell("while [ ! -e end ]; do sleep 0.1; done; sleep 1"), Say("all done")],
                last_user_contains="PARENT",
            ),
            Rule([RunShell("touch made.txt end"), Say("child done")], last_user_contains="CHILD"),
        ]
    )
    bench.broker.answer = lambda request: True
    events = bench.ask(bench.launch(Permissions.ASK), "PARENT, delegate it")
    assert (bench.cwd / "made.txt").exists()
    assert "touch made.txt end" in [request.detail for request in bench.broker.asked]
    assert len(of(Usage, events)) >= 4, "three calls of the parent, at least one of the child"
    assert text_of(events) == answer_of(events) == "all done"


def test_a_picture_reaches_the_model(bench: Bench, server: ScriptedServer) -> None:
    path = bench.root / "dot.png"
    path.write_bytes(_png())
    server.script = Script([Say("a dot")])
    assert answer_of(bench.ask(bench.launch(), images=[Image(path, "image/png")])) == "a dot"
    assert "data:image/png;base64," in json.dumps(server.requests[-1].body)


def test_a_second_prompt_uses_the_warm_process_and_the_same_thread(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([Say("one"), Say("two")])
    turns: list[list[Event]] = []
    pids: list[set[int]] = []
    launch = bench.launch()

    async def script(conversation: Conversation) -> None:
        for text in ("first", "second"):
            turns.append(await collect(conversation, text))
            pids.append({process.pid for process in find_marked(launch.attempt_id)})

    bench.talk(launch, script)
    assert [answer_of(events) for events in turns] == ["one", "two"]
    assert native_id(turns[0]) == native_id(turns[1])
    assert pids[0] == pids[1]
    assert [len(of(Usage, events)) for events in turns] == [1, 1]
    assert [text for text in server.conversation[-1].user_texts if text in ("first", "second")] == ["first", "second"]


def test_a_session_goes_on_in_a_new_process(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([Say("one"), RunShell("touch made.txt"), Say("two")])
    first = bench.ask(bench.launch(Permissions.ALL), "first")
    second = bench.ask(bench.launch(Permissions.READ_ONLY, resume=native_id(first)), "second")
    assert native_id(first) == native_id(second)
    assert answer_of(second) == "two"
    assert "first" in server.conversation[-1].user_texts
    assert len(of(Usage, second)) == 2, "the usage of the earlier turn is not counted again"
    assert not (bench.cwd / "made.txt").exists(), "the permissions are those of the new run"


def test_cancel_ends_the_turn_and_the_command_it_runs(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("touch begun; sleep 60"), Say("never"), Say("back")])
    events: list[Event] = []

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("go")):
            events.append(event)
            if isinstance(event, ToolCall):
                await asyncio.to_thread(_wait_for, bench.cwd / "begun")
                await conversation.cancel()
        server.script = Script([Say("back")])
        events.extend(await collect(conversation, "again"))

    bench.talk(bench.launch(Permissions.ALL), script)
    assert [result.ok for result in of(ToolResult, events)] == [False]
    assert answer_of(events) == "back"


def test_a_prompt_left_in_the_middle_does_not_speak_into_the_next(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([Drip(["old "] * 50, 0.1)])
    events: list[Event] = []

    async def script(conversation: Conversation) -> None:
        stream = conversation.prompt(Prompt("go"))
        async for event in stream:
            if type(event).__name__ == "Text":
                break
        await stream.aclose()  # type: ignore[attr-defined]
        server.script = Script([Say("new")])
        events.extend(await collect(conversation, "again"))

    bench.talk(bench.launch(), script)
    assert text_of(events) == "new"


def test_with_an_endpoint_nothing_else_is_contacted(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("sleep 1"), Say("done")])
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        variables = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), url) | {"NO_PROXY": "127.0.0.1"}
        launch = bench.launch(Permissions.ALL)
        bench.ask(replace(launch, environment={**launch.environment, **variables}))
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()


@pytest.mark.parametrize("own_login", [True, False])
def test_codex_knows_every_setting_that_the_catalogue_gives_it(bench: Bench, own_login: bool) -> None:
    launch = bench.launch(own_login=own_login)
    command = [*launch.command, "--strict-config", "--print-startup-config"]
    done = subprocess.run(
        command, env=dict(launch.environment), cwd=bench.cwd, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    wrong = [*command, "-c", "analytics.no_such_setting=true"]
    refused = subprocess.run(
        wrong, env=dict(launch.environment), cwd=bench.cwd, capture_output=True, text=True, timeout=30, check=False
    )
    assert refused.returncode != 0


def test_the_key_of_the_endpoint_is_hidden_from_the_commands_of_the_model(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("env"), Say("done")])
    launch = bench.launch(Permissions.ALL)
    (result,) = of(ToolResult, bench.ask(launch))
    assert "test-key" not in result.output
    assert launch.attempt_id in result.output, "the mark by which the tree is found is inherited"
    assert "test-key" not in " ".join(launch.command)
    assert server.requests[-1].headers["authorization"] == "Bearer test-key"


def test_a_process_that_a_command_leaves_behind_is_ended(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("setsid sleep 300 >/dev/null 2>&1 & echo started"), (Slow(0.2), Say("done"))])
    assert answer_of(bench.ask(bench.launch(Permissions.ALL, mcp=[ECHO]))) == "done"


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.02)


def _png() -> bytes:
    """One white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\xff\xff"))
        + chunk(b"IEND", b"")
    )
