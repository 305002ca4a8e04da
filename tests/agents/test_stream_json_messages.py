"""The Claude Code driver before a stand-in for the CLI: what the real one says seldom, no more, or never should."""

import asyncio
import dataclasses
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from claude_bench import Bench, stand_in
from codex_bench import answer_of, collect, failure_of, of, text_of

from minga.agents.facts import Limits
from minga.domain.agents import Conversation, Prompt
from minga.domain.events import (
    CallFailed,
    Event,
    NativeSession,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    RateLimit,
    ToolCall,
    ToolKind,
    Usage,
)
from minga.domain.failure import FailureCode
from minga.domain.ids import NativeId
from minga.infrastructure.process import ProcessEnded, find_marked

Lines = Sequence[dict[str, Any] | str]

DONE: dict[str, Any] = {"type": "result", "subtype": "success", "is_error": False, "result": "done"}
INIT = {"type": "system", "subtype": "init", "session_id": "s-1", "model": "m"}
QUESTION = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}, "tool_use_id": "call-1"}
CALL = {"type": "tool_use", "id": "call-1", "name": "Bash", "input": {"command": "ls"}}


def played(root: Path, *turns: Lines) -> Bench:
    return Bench(root, "http://127.0.0.1:9", stand_in(root, *turns))


def asked(root: Path, *lines: dict[str, Any] | str) -> list[Event]:
    """The events of one prompt that the CLI answers with ``lines``."""
    bench = played(root, lines)
    return bench.ask(bench.launch())


def assistant(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"id": "msg-1", "model": "m", "content": list(blocks)}, **more}


def failed(**fields: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": True, "result": "it failed", **fields}


def spent(tokens: int, **more: Any) -> dict[str, Any]:
    return {"inputTokens": tokens, "outputTokens": tokens // 10, **more}


def test_lines_that_are_no_messages_are_skipped(tmp_path: Path) -> None:
    lines: Lines = ["Warning: odd", "{not json", "[1]", '{"type": 7}', '{"type": "assistant", "message": 3}', DONE]
    assert answer_of(asked(tmp_path, *lines)) == "done"


def test_a_text_that_did_not_stream_is_shown_once_it_is_complete(tmp_path: Path) -> None:
    events = asked(tmp_path, assistant({"type": "text", "text": "all at once"}), DONE)
    assert text_of(events) == "all at once"


def test_what_the_cli_writes_in_the_place_of_the_model_is_no_answer(tmp_path: Path) -> None:
    own = {"id": "x", "model": "<synthetic>", "content": [{"type": "text", "text": "API Error"}]}
    events = asked(tmp_path, {"type": "assistant", "message": own, "error": "overloaded"}, failed())
    assert text_of(events) == ""
    assert failure_of(events).code is FailureCode.OVERLOADED


@pytest.mark.parametrize(
    "request_of_cli",
    [{"subtype": "hook_callback", "callback_id": "h"}, {"subtype": "can_use_tool"}, "nonsense"],
    ids=["unknown", "malformed", "no object"],
)
def test_a_request_that_means_nothing_here_is_answered_with_an_error(tmp_path: Path, request_of_cli: Any) -> None:
    bench = played(tmp_path, [{"type": "control_request", "request_id": "r-1", "request": request_of_cli}, DONE])
    assert answer_of(bench.ask(bench.launch())) == "done"
    answers = [json.loads(line) for line in (bench.cwd / "received.jsonl").read_text().splitlines()]
    (response,) = [answer["response"] for answer in answers if answer["type"] == "control_response"]
    assert (response["subtype"], response["request_id"]) == ("error", "r-1")


def test_a_refusal_by_the_cli_itself_is_shown_as_a_refused_permission(tmp_path: Path) -> None:
    denied = {"type": "system", "subtype": "permission_denied", "tool_name": "Bash", "tool_use_id": "call-1"}
    events = asked(tmp_path, assistant(CALL), {**denied, "message": "a rule forbids it"}, DONE)
    (request,), (answer,) = of(PermissionRequested, events), of(PermissionAnswered, events)
    assert (request.kind, request.detail) == (ToolKind.SHELL, "ls")
    assert (answer.allowed, answer.by, answer.reason) == (False, "policy", "a rule forbids it")


def test_a_refusal_that_was_already_reported_is_not_reported_again(tmp_path: Path) -> None:
    denied = {"type": "system", "subtype": "permission_denied", "tool_name": "Bash", "tool_use_id": "call-1"}
    question = {"type": "control_request", "request_id": "r-1", "request": QUESTION}
    events = asked(tmp_path, assistant(CALL), question, denied, DONE)
    assert len(of(PermissionRequested, events)) == len(of(PermissionAnswered, events)) == 1


def test_calls_of_a_sub_agent_are_shown_but_not_its_text(tmp_path: Path) -> None:
    below = assistant({"type": "text", "text": "below"}, CALL, parent_tool_use_id="call-0")
    events = asked(tmp_path, below, DONE)
    assert text_of(events) == ""
    assert [call.title for call in of(ToolCall, events)] == ["ls"]


def test_a_limit_that_comes_near_is_shown_with_its_share_and_end(tmp_path: Path) -> None:
    info = {"status": "allowed_warning", "rateLimitType": "five_hour", "utilization": 0.875, "resetsAt": 1795374269}
    events = asked(tmp_path, {"type": "rate_limit_event", "rate_limit_info": info}, DONE)
    ends = datetime.fromtimestamp(1795374269, UTC)
    assert of(RateLimit, events) == [RateLimit("five_hour", 87.5, ends, False)]


def test_an_mcp_server_that_failed_and_a_shortened_conversation_are_told(tmp_path: Path) -> None:
    init = {**INIT, "mcp_servers": [{"name": "good", "status": "connected"}, {"name": "bad", "status": "failed"}]}
    events = asked(tmp_path, init, {"type": "system", "subtype": "compact_boundary"}, DONE)
    assert of(NativeSession, events) == [NativeSession(NativeId("s-1"), "m")]
    notices = [notice.text for notice in of(Notice, events)]
    assert notices[0] == "The MCP server 'bad' cannot be used: failed."
    assert len(notices) == 2


def test_the_end_of_a_turn_that_the_cli_started_itself_is_not_the_end_of_the_prompt(tmp_path: Path) -> None:
    own = {**DONE, "result": "woken", "origin": {"kind": "task-notification"}}
    assert answer_of(asked(tmp_path, own, DONE)) == "done"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"api_error": "usage_limit_reached", "api_error_status": 429}, FailureCode.RATE_LIMITED),
        ({"api_error": "connection_failed"}, FailureCode.NETWORK),
        ({"api_error": "stored_login_refused"}, FailureCode.NOT_LOGGED_IN),
        ({"api_error": "message_over_context_limit"}, FailureCode.CONTEXT_TOO_LONG),
        ({"terminal_reason": "prompt_too_long", "api_error_status": 400}, FailureCode.CONTEXT_TOO_LONG),
        ({"api_error_status": 400, "result": "Some other bad request"}, FailureCode.UNCLASSIFIED),
        ({"api_error_status": 503}, FailureCode.OVERLOADED),
        ({"subtype": "error_max_budget_usd", "terminal_reason": "budget_exhausted"}, FailureCode.BUDGET_SPENT),
        ({"subtype": "error_max_turns", "terminal_reason": "max_turns"}, FailureCode.UNCLASSIFIED),
        ({"subtype": "error_during_execution", "result": None, "errors": ["boom"]}, FailureCode.UNCLASSIFIED),
    ],
)
def test_each_typed_end_has_its_cause(tmp_path: Path, fields: dict[str, Any], code: FailureCode) -> None:
    failure = failure_of(asked(tmp_path, failed(**fields)))
    assert failure.code is code
    assert failure.message == (fields.get("result") or "; ".join(fields.get("errors", [])) or "it failed")


def test_the_end_of_a_limit_is_read_from_the_text_where_nothing_else_tells_it(tmp_path: Path) -> None:
    text = "Claude AI usage limit reached|1795374269"
    failure = failure_of(asked(tmp_path, failed(api_error_status=429, result=text)))
    assert failure.resets_at == datetime.fromtimestamp(1795374269, UTC)


def test_a_call_that_waits_for_a_limit_tells_when_it_goes_on(tmp_path: Path) -> None:
    retry = {"type": "system", "subtype": "api_retry", "error": "rate_limit", "error_status": 429}
    (call,) = of(CallFailed, asked(tmp_path, {**retry, "retry_delay_ms": 60_000}, DONE))
    assert call.will_retry
    assert call.failure.resets_at is not None
    assert 50 < call.failure.resets_at.timestamp() - time.time() < 61


def test_a_result_that_cannot_be_read_ends_the_prompt_as_a_failure(tmp_path: Path) -> None:
    assert failure_of(asked(tmp_path, {**DONE, "is_error": "perhaps"})).code is FailureCode.CRASHED


def streamed(message_id: str, start: dict[str, int], end: dict[str, int], parent: str | None = None) -> list[Any]:
    body = {"id": message_id, "model": "m-20260101", "usage": start}
    events = [{"type": "message_start", "message": body}, {"type": "message_delta", "usage": end}]
    return [{"type": "stream_event", "event": event, "parent_tool_use_id": parent} for event in events]


def test_each_model_call_is_told_when_it_ends_and_the_result_tells_only_the_rest(tmp_path: Path) -> None:
    start = {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}
    whole = assistant({"type": "text", "text": "x"})
    whole["message"] |= {"id": "b", "model": "m-20260101", "usage": start}
    since = {"m": spent(100, cacheReadInputTokens=15), "helper": spent(30)}
    lines = [
        INIT,
        *streamed("a", start, {"output_tokens": 4}),
        whole,
        {**whole, "message": {**whole["message"], "usage": {**start, "output_tokens": 3}}},
        *streamed("c", start, {"output_tokens": 2}, "toolu_1"),
        {**DONE, "model_usage_since_last_result": since},
    ]
    assert of(Usage, asked(tmp_path, *lines)) == [
        Usage("m-20260101", 10, 5, 2, 4),
        Usage("m-20260101", 10, 5, 2, 1),
        Usage("m-20260101", 0, 0, 0, 2),
        Usage("m-20260101", 10, 5, 2, 2),
        Usage("m", 70, 0, 0, 1),
        Usage("helper", 30, 0, 0, 3),
    ]


def test_more_told_than_the_result_says_is_never_taken_back(tmp_path: Path) -> None:
    lines = [INIT, *streamed("a", {"input_tokens": 50}, {"output_tokens": 4})]
    events = asked(tmp_path, *lines, {**DONE, "model_usage_since_last_result": {"m": spent(20)}})
    assert of(Usage, events) == [Usage("m-20260101", 50, 0, 0, 4)]


def test_usage_is_the_difference_of_the_totals_where_the_cli_gives_no_increments(tmp_path: Path) -> None:
    totals = [{**DONE, "modelUsage": {"m": spent(tokens, costUSD=cost)}} for tokens, cost in ((100, 0.5), (300, 0.75))]
    after_clear = {**DONE, "modelUsage": {"m": spent(50, costUSD=0.1)}}
    bench = played(tmp_path, [totals[0]], [totals[1]], [after_clear])
    heard = bench.ask_all(bench.launch(own_login=True), "one", "two", "three")
    assert [of(Usage, events) for events in heard] == [
        [Usage("m", 100, 0, 0, 10, cost_micro_usd=500_000)],
        [Usage("m", 200, 0, 0, 20, cost_micro_usd=250_000)],
        [Usage("m", 50, 0, 0, 5, cost_micro_usd=100_000)],
    ]


def test_totals_after_a_resume_are_not_taken_for_the_first_prompt(tmp_path: Path) -> None:
    own = {"input_tokens": 7, "output_tokens": 2, "cache_read_input_tokens": 5, "cache_creation_input_tokens": None}
    bench = played(tmp_path, [INIT, {**DONE, "modelUsage": {"m": spent(1000)}, "usage": own}])
    events = bench.ask(bench.launch(resume=NativeId("s-1")))
    assert of(Usage, events) == [Usage("m", 7, 5, 0, 2)]


@pytest.mark.parametrize(("last", "exit_code"), [("exit", 3), ("kill", -9)])
def test_an_end_of_output_without_a_result_raises(tmp_path: Path, last: str, exit_code: int) -> None:
    bench = played(tmp_path, [INIT, last])
    with pytest.raises(ProcessEnded) as ended:
        bench.ask(bench.launch())
    assert ended.value.exit_code == exit_code


def test_a_cli_that_dies_while_a_decision_is_thought_over_raises(tmp_path: Path) -> None:
    class Silent:
        async def decide(self, request: PermissionRequested) -> PermissionAnswered:
            await asyncio.Event().wait()
            raise AssertionError

    bench = played(tmp_path, [{"type": "control_request", "request_id": "r-1", "request": QUESTION}, "exit"])

    async def script(conversation: Conversation) -> None:
        await collect(conversation, "hello")

    with pytest.raises(ProcessEnded):
        bench.talk(bench.launch(), script, Silent())


def test_a_cli_that_never_answers_is_ended_after_the_start_limit(tmp_path: Path) -> None:
    bench = played(tmp_path)
    (tmp_path / "stand_in").write_text("#!/bin/sh\nexec sleep 60\n")
    bench.facts = msgspec.structs.replace(bench.facts, limits=Limits(start_s=0.3))
    launch = bench.launch()
    with pytest.raises(TimeoutError):
        bench.ask(launch)
    assert not find_marked(launch.attempt_id)


def test_a_cli_that_ends_at_the_start_raises_with_its_last_words(tmp_path: Path) -> None:
    bench = played(tmp_path)
    (tmp_path / "stand_in").write_text("#!/bin/sh\necho no such option >&2\nexit 2\n")
    with pytest.raises(ProcessEnded) as ended:
        bench.ask(bench.launch())
    assert (ended.value.exit_code, ended.value.stderr) == (2, "no such option\n")


def test_last_words_of_a_cli_that_reads_no_more_are_heard(tmp_path: Path) -> None:
    bench = played(tmp_path, [DONE, "exit"])

    async def script(conversation: Conversation) -> None:
        await collect(conversation, "hello")
        await asyncio.sleep(0.3)
        await collect(conversation, "are you there?")

    with pytest.raises(ProcessEnded) as ended:
        bench.talk(bench.launch(), script)
    assert ended.value.exit_code == 3


def test_a_program_that_is_not_there_raises(tmp_path: Path) -> None:
    bench = played(tmp_path)
    launch = bench.launch()
    with pytest.raises(FileNotFoundError):
        bench.ask(dataclasses.replace(launch, command=(str(tmp_path / "gone"), *launch.command[1:])))


def test_a_prompt_that_is_left_early_leaves_no_process(tmp_path: Path) -> None:
    bench = played(tmp_path, [INIT, DONE])

    async def script(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("hello")):
            assert isinstance(event, NativeSession)
            return

    bench.talk(bench.launch(), script)
