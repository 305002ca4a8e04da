"""The Codex driver against the real binary: every way in which a run can fail, and what is said about it."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from codex_bench import Bench, answer_of, codex_facts, codex_path, collect, failure_of, native_id, of, text_of

from minga.agents.drivers.app_server_failures import Limits, TurnError
from minga.agents.drivers.app_server_failures import failure_of as classified
from minga.domain.agents import Conversation, Launch, Prompt
from minga.domain.events import CallFailed, Event, Failed, Notice, RateLimit, Text, ToolCall, ToolResult
from minga.domain.failure import FailureCode
from minga.domain.ids import NativeId
from minga.domain.task import McpServer, Permissions
from minga.infrastructure.process import ProcessEnded, find_marked
from minga.testing import CutStream, Drip, Fail, Garbage, RunShell, Say, Script, ScriptedServer, Slow

FAKE = Path(__file__).with_name("fake_app_server.py")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: ScriptedServer) -> Bench:
    return Bench(tmp_path, server.url, codex_path())


@pytest.mark.cli
@pytest.mark.parametrize(
    ("refusal", "code", "status"),
    [
        (Fail(400), FailureCode.CONTEXT_TOO_LONG, None),
        (Fail(401), FailureCode.NOT_LOGGED_IN, 401),
        (Fail(403), FailureCode.NOT_LOGGED_IN, 403),
        (Fail(404), FailureCode.MODEL_UNKNOWN, None),
        (Fail(429, retry_after_s=1), FailureCode.RATE_LIMITED, 429),
        (Fail(429, error_type="insufficient_quota"), FailureCode.RATE_LIMITED, None),
        (Fail(500), FailureCode.OVERLOADED, None),
        (Fail(502), FailureCode.OVERLOADED, 502),
        (Fail(503), FailureCode.OVERLOADED, 503),
        (Fail(503, error_type="server_is_overloaded"), FailureCode.OVERLOADED, None),
        (CutStream("half an ans"), FailureCode.NETWORK, None),
        (CutStream("half an ans", clean=True), FailureCode.NETWORK, None),
        (Garbage(), FailureCode.NETWORK, None),
    ],
    ids=str,
)
def test_a_refusal_of_the_model_server_has_its_cause(
    bench: Bench,
    server: ScriptedServer,
    refusal: Fail | CutStream | Garbage,
    code: FailureCode,
    status: int | None,
) -> None:
    server.script = Script(default=refusal)
    failure = failure_of(bench.ask(bench.launch()))
    assert (failure.code, failure.http_status) == (code, status), failure
    assert failure.message
    assert bool(failure.remedy) == (code is FailureCode.NOT_LOGGED_IN)


@pytest.mark.cli
def test_a_spent_quota_says_when_it_is_free_again(bench: Bench, server: ScriptedServer) -> None:
    reset = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    server.script = Script(default=Fail(429, error_type="usage_limit_reached", resets_at=reset))
    events = bench.ask(bench.launch())
    failure = failure_of(events)
    assert (failure.code, failure.resets_at) == (FailureCode.RATE_LIMITED, reset)
    assert of(RateLimit, events) == [RateLimit("codex 300 min", 100.0, reset, True)]
    assert len(server.conversation) == 1, "a spent quota is not tried again"


def test_the_reset_is_read_from_the_sentence_only_where_there_is_no_limit() -> None:
    reset = datetime.now(UTC).astimezone().replace(second=0, microsecond=0) + timedelta(days=3)
    day = reset.day
    suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    said = f"try again at {reset:%b} {day}{suffix}, {reset.year} {reset.strftime('%I:%M %p').lstrip('0')}."
    error = TurnError(f"You’ve hit your usage limit. Visit … or {said}", "usageLimitExceeded")
    assert classified(error, None, Limits(), "").resets_at == reset
    tonight = datetime.now().astimezone().replace(hour=23, minute=59, second=0, microsecond=0)
    assert (
        classified(msgspec.structs.replace(error, message="try again at 11:59 PM."), None, Limits(), "").resets_at
        == tonight
    )
    soon = classified(msgspec.structs.replace(error, message="Please try again in 1.5s."), None, Limits(), "").resets_at
    assert soon is not None
    assert timedelta(0) < soon - datetime.now(UTC) <= timedelta(seconds=1.5)
    known = msgspec.convert({"primary": {"usedPercent": 100, "resetsAt": 2_000_000_000}}, Limits)
    assert classified(error, None, known, "").resets_at == datetime.fromtimestamp(2_000_000_000, UTC)


@pytest.mark.cli
def test_a_retry_of_codex_is_shown_before_the_answer(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([CutStream("half"), Say("whole")])
    events = bench.ask(bench.launch())
    (failed,) = of(CallFailed, events)
    assert (failed.failure.code, failed.will_retry) == (FailureCode.NETWORK, True)
    assert answer_of(events) == "whole"
    assert text_of(events) == "half\n\nwhole"


@pytest.mark.cli
def test_an_endpoint_that_cannot_be_reached_is_a_network_failure_at_once(bench: Bench) -> None:
    bench.base_url = f"http://127.0.0.1:{_free_port()}"
    assert failure_of(bench.ask(bench.launch())).code is FailureCode.NETWORK


@pytest.mark.cli
def test_a_codex_that_reconnects_without_end_is_given_up(bench: Bench) -> None:
    bench.base_url = f"http://127.0.0.1:{_free_port()}"
    options = {**bench.facts.options, "failures_max": "2"}
    kept = tuple(part for part in bench.facts.arguments if "unbounded" not in part)
    arguments = (*kept, "features.unbounded_connection_retries=true")
    bench.facts = msgspec.structs.replace(bench.facts, options=options, arguments=arguments)
    events = bench.ask(bench.launch())
    assert failure_of(events).code is FailureCode.NETWORK
    assert len(of(CallFailed, events)) == 1


@pytest.mark.cli
@pytest.mark.parametrize("unknown", ["01a203f8-c6ea-7fe3-bb21-cf24567ea3d9", "no id at all"])
def test_a_session_that_codex_does_not_know_is_a_failure_of_the_prompt(bench: Bench, unknown: str) -> None:
    events = bench.ask(bench.launch(resume=NativeId(unknown)))
    assert failure_of(events).code is FailureCode.SESSION_UNKNOWN


@pytest.mark.cli
def test_a_session_that_another_process_has_open_is_in_use(bench: Bench) -> None:
    events: list[Event] = []

    async def script(conversation: Conversation) -> None:
        session = native_id(await collect(conversation, "one"))
        other = bench.launch(resume=session)
        events.extend(await asyncio.to_thread(bench.ask, other))

    bench.talk(bench.launch(), script)
    failure = failure_of(events)
    assert failure.code is FailureCode.UNCLASSIFIED
    assert "in use" in failure.message


@pytest.mark.cli
def test_a_prompt_over_the_limit_of_codex_is_too_long(bench: Bench, server: ScriptedServer) -> None:
    assert failure_of(bench.ask(bench.launch(), "x" * 2_000_000)).code is FailureCode.CONTEXT_TOO_LONG
    assert not server.requests


@pytest.mark.cli
def test_without_a_login_nothing_is_sent(bench: Bench) -> None:
    failure = failure_of(bench.ask(bench.launch(own_login=True)))
    assert failure.code is FailureCode.NOT_LOGGED_IN
    assert "minga agents login codex --isolated" in failure.remedy


@pytest.mark.cli
def test_an_mcp_server_that_does_not_start_is_named(bench: Bench, server: ScriptedServer) -> None:
    failure = failure_of(bench.ask(bench.launch(mcp=[McpServer("broken", "/nonexistent/server")])))
    assert failure.code is FailureCode.UNCLASSIFIED
    assert "broken" in failure.message
    assert "MCP server" in failure.remedy
    assert not server.requests


@pytest.mark.cli
def test_a_codex_that_is_killed_in_the_middle_is_a_dead_process(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([Drip(["a "] * 100, 0.1)])
    launch = bench.launch()

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("go")):
            if isinstance(event, Text):
                for process in find_marked(launch.attempt_id):
                    process.kill()

    with pytest.raises(ProcessEnded):
        bench.talk(launch, script)


@pytest.mark.cli
def test_after_a_failed_prompt_the_same_process_takes_the_next(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([Fail(404), Say("fine now")])
    turns: list[list[Event]] = []

    async def script(conversation: Conversation) -> None:
        turns.extend([await collect(conversation, "one"), await collect(conversation, "two")])

    bench.talk(bench.launch(), script)
    assert failure_of(turns[0]).code is FailureCode.MODEL_UNKNOWN
    assert answer_of(turns[1]) == "fine now"


@pytest.mark.cli
def test_a_codex_that_begins_another_session_than_it_was_to_resume_gets_no_prompt(bench: Bench) -> None:
    command = (sys.executable, str(FAKE), "[]", str(bench.root / "replies"))
    events = bench.ask(replace(bench.launch(resume=NativeId("thread-0")), command=command))
    [failed] = events
    assert isinstance(failed, Failed)
    assert failed.failure.code is FailureCode.SESSION_UNKNOWN
    assert "instead of resuming 'thread-0'" in failed.failure.message


def test_a_session_of_a_killed_process_can_be_resumed(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([RunShell("echo first"), (Slow(30), Say("never"))])
    launch = bench.launch(Permissions.ALL)
    events: list[Event] = []

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("go")):
            events.append(event)
            if isinstance(event, ToolResult):
                await asyncio.sleep(0.3)
                for process in find_marked(launch.attempt_id):
                    process.kill()

    with pytest.raises(ProcessEnded):
        bench.talk(launch, script)
    server.script = Script([Say("back")])
    again = bench.ask(bench.launch(resume=native_id(events)), "and now?")
    assert answer_of(again) == "back"
    assert "go" in server.conversation[-1].user_texts


@pytest.mark.cli
def test_lines_that_are_no_json_do_not_disturb(bench: Bench, server: ScriptedServer) -> None:
    server.script = Script([Say("fine")])
    launch = _wrapped(bench, f'echo "Welcome!"; printf "\\377\\n"; exec "{bench.command}" "$@"')
    assert answer_of(bench.ask(launch)) == "fine"


@pytest.mark.cli
def test_a_program_that_never_answers_is_given_up_after_the_start_limit(bench: Bench) -> None:
    bench.facts = msgspec.structs.replace(bench.facts, limits=msgspec.structs.replace(bench.facts.limits, start_s=0.5))
    failure = failure_of(bench.ask(_wrapped(bench, "sleep 60")))
    assert failure.code is FailureCode.CRASHED
    assert "0.5 s" in failure.message


@pytest.mark.cli
def test_a_program_that_ends_at_once_says_how(bench: Bench) -> None:
    with pytest.raises(ProcessEnded, match="no such option") as ended:
        bench.ask(_wrapped(bench, "echo no such option >&2; exit 3"))
    assert ended.value.exit_code == 3


@pytest.mark.parametrize(
    "message",
    [
        {"method": "turn/completed", "params": {"threadId": "thread-1", "turn": "done"}},
        {"method": "turn/completed", "params": {"threadId": "thread-1"}},
        {"id": 1, "method": "item/commandExecution/requestApproval", "params": {"command": "ls"}},
        {"method": "item/agentMessage/delta", "params": {"threadId": "thread-1", "turnId": "turn-1"}},
        {"method": "item/started", "params": {"threadId": "thread-1", "turnId": "turn-1", "item": {"id": 5}}},
    ],
    ids=str,
)
def test_a_message_of_the_wrong_shape_is_a_broken_protocol(tmp_path: Path, message: dict[str, Any]) -> None:
    events, _ = _fake(tmp_path, [message])
    assert failure_of(events).code is FailureCode.CRASHED


def test_a_tool_call_that_never_ended_is_closed_before_the_end(tmp_path: Path) -> None:
    item = {"type": "commandExecution", "id": "call-1", "command": "sleep 9", "status": "inProgress"}
    end = {"id": "turn-1", "status": "interrupted", "error": None}
    events, _ = _fake(
        tmp_path,
        [
            {"method": "item/started", "params": {"threadId": "thread-1", "turnId": "turn-1", "item": item}},
            {"method": "turn/completed", "params": {"threadId": "thread-1", "turn": end}},
        ],
    )
    assert [event.call_id for event in events if isinstance(event, ToolCall | ToolResult)] == ["call-1", "call-1"]
    assert "interrupted" in failure_of(events).message


def test_every_question_of_codex_is_answered_at_once(tmp_path: Path) -> None:
    base = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "item-1"}
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    form = {"serverName": "srv", "mode": "form", "message": "Your name?", "requestedSchema": schema, "_meta": None}
    permissions = {"permissions": {"network": {"enabled": True}}, "reason": None, "cwd": "/"}
    questions = [
        ("item/tool/requestUserInput", {**base, "questions": [{"id": "q", "question": "Which one?"}]}),
        ("mcpServer/elicitation/request", {**base, **form}),
        ("item/tool/call", {**base, "tool": "x", "arguments": {}}),
        ("item/permissions/requestApproval", {**base, **permissions}),
        ("execCommandApproval", {"conversationId": "c", "callId": "i"}),
        ("attestation/generate", {}),
    ]
    end = {"id": "turn-1", "status": "completed", "error": None}
    events, replies = _fake(
        tmp_path,
        [
            *({"id": number, "method": method, "params": params} for number, (method, params) in enumerate(questions)),
            {"method": "turn/completed", "params": {"threadId": "thread-1", "turn": end}},
        ],
    )
    assert answer_of(events) == ""
    assert [reply["id"] for reply in replies] == list(range(len(questions)))
    results = [reply.get("result") for reply in replies]
    assert results[0] == {"answers": {}}
    assert results[1]["action"] == "decline"
    assert results[2]["success"] is False
    assert results[3] == {"permissions": {}, "scope": "turn"}
    assert results[4] == {"decision": "denied"}
    assert replies[5]["error"]["code"] == -32601
    notices = " ".join(notice.text for notice in of(Notice, events))
    assert "Which one?" in notices
    assert "Your name?" in notices


def _fake(tmp_path: Path, messages: list[dict[str, Any]]) -> tuple[list[Event], list[dict[str, Any]]]:
    """Run one prompt against a program that sends ``messages``; return the events and what it was answered."""
    bench = Bench(tmp_path, "http://127.0.0.1:9", "unused", codex_facts())
    replies = tmp_path / "replies.jsonl"
    command = (sys.executable, str(FAKE), json.dumps(messages), str(replies))
    events = bench.ask(replace(bench.launch(), command=command))
    return events, [json.loads(line) for line in replies.read_text().splitlines()] if replies.exists() else []


def _wrapped(bench: Bench, script: str) -> Launch:
    """A launch of ``script`` in place of the binary, with the arguments of the binary."""
    program = bench.root / "wrapper"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    launch = bench.launch()
    return replace(launch, command=(str(program), *launch.command[1:]))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
