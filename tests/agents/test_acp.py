"""The ACP driver with an agent of its public library: what any agent gets that brings nothing but a TOML file."""

import asyncio
import sys
from pathlib import Path

import pytest
from acp_bench import Bench, answer_of, collect, failure_of, kill, native_id, of, text_of

from minga.agents.facts import parse
from minga.domain.agents import Conversation, Prompt
from minga.domain.events import (
    Event,
    FileChange,
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
from minga.domain.failure import FailureCode
from minga.domain.ids import NativeId
from minga.infrastructure.process import ProcessEnded

TOML = f"""
name = "example"
title = "An example"
vendor = "nobody"
model_family = "none"
model = "none"
command = "python"
driver = "acp"
arguments = ["{Path(__file__).with_name("acp_example_agent.py")}"]
home = {{ default = ".example", variables = {{ EXAMPLE_HOME = "${{home}}" }} }}
login = {{ command = "example login" }}
proven = {{ min = "1", max = "1" }}
limits = {{ start_s = 20, silence_s = 2 }}
options = {{ "text.overloaded" = "busy" }}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, parse(TOML, "example.toml"), sys.executable)


def troubled(tmp_path: Path, trouble: str, start_s: float = 20.0) -> Bench:
    text = f'{TOML}\nenvironment = {{ EXAMPLE_TROUBLE = "{trouble}" }}\n'.replace(
        "start_s = 20", f"start_s = {start_s}"
    )
    return Bench(tmp_path, parse(text, "example.toml"), sys.executable)


def test_an_agent_needs_a_toml_file_alone_to_think_plan_ask_change_and_answer(bench: Bench) -> None:
    events = bench.ask(bench.launch(), "write made.txt")
    assert (bench.cwd / "made.txt").read_text() == "new\n"
    assert of(Reasoning, events) == [Reasoning("hm")]
    assert of(PlanShown, events) == [PlanShown((PlanStep("write it", "in-progress"),))]
    (call,) = of(ToolCall, events)
    assert (call.kind, call.title) == (ToolKind.EDIT, "Write a file")
    assert of(ToolResult, events) == [ToolResult("w1", True, "wrote it")]
    assert of(FileChange, events) == [FileChange("made.txt", "added", "w1")]
    assert text_of(events) == "I write. written"
    assert answer_of(events) == "written"
    assert of(Usage, events) == [Usage("", 20, 0, 0, 10)]


def test_a_question_is_put_to_the_broker_and_a_refusal_reaches_the_agent(bench: Bench) -> None:
    events = bench.ask(bench.launch(), "write forbidden.txt")
    asked, answered = of(PermissionRequested, events), of(PermissionAnswered, events)
    assert [request.detail for request in asked] == [str(bench.cwd / "forbidden.txt")]
    assert [answer.allowed for answer in answered] == [False]
    assert of(ToolResult, events) == [ToolResult("w1", False, "as the test wants it")]
    assert answer_of(events) == "then not"
    assert not (bench.cwd / "forbidden.txt").exists()


def test_what_the_client_does_not_offer_is_refused_at_once(bench: Bench) -> None:
    assert answer_of(bench.ask(bench.launch(), "vendor")) == "refused 2"


def test_lines_that_are_no_protocol_are_skipped(bench: Bench) -> None:
    assert answer_of(bench.ask(bench.launch(), "garbage")) == "fine"


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("error 429 slow down", FailureCode.RATE_LIMITED, 429),
        ("error 401 who are you", FailureCode.NOT_LOGGED_IN, 401),
        ("error 404 no such model", FailureCode.MODEL_UNKNOWN, 404),
        ("error 503 broken", FailureCode.OVERLOADED, 503),
        ("error -32603 we are busy", FailureCode.OVERLOADED, None),
        ("error -32603 who knows", FailureCode.UNCLASSIFIED, None),
        ("nothing", FailureCode.NETWORK, None),
    ],
)
def test_an_error_of_the_protocol_becomes_its_cause(
    bench: Bench, text: str, code: FailureCode, status: int | None
) -> None:
    failure = failure_of(bench.ask(bench.launch(), text))
    assert (failure.code, failure.http_status) == (code, status)


def test_an_agent_that_falls_silent_is_given_up_after_its_limit(bench: Bench) -> None:
    failure = failure_of(bench.ask(bench.launch(), "silence"))
    assert failure.code is FailureCode.NETWORK
    assert "2 s" in failure.message


def test_a_crash_in_the_middle_is_told_with_its_exit_code_and_last_words(bench: Bench) -> None:
    events: list[Event] = []

    async def talk(conversation: Conversation) -> None:
        async for event in conversation.prompt(Prompt("crash")):
            events.append(event)

    with pytest.raises(ProcessEnded, match="out of memory") as ended:
        bench.talk(bench.launch(), talk)
    assert ended.value.exit_code == 3
    assert text_of(events) == "half of "


def test_a_kill_in_the_middle_never_hangs(bench: Bench) -> None:
    launch = bench.launch()

    async def talk(conversation: Conversation) -> None:
        async def killer() -> None:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(kill, launch)

        task = asyncio.create_task(killer())
        try:
            await collect(conversation, "silence")
        finally:
            await task

    with pytest.raises(ProcessEnded) as ended:
        bench.talk(launch, talk)
    assert ended.value.exit_code == -9


def test_a_kill_while_a_person_is_asked_never_hangs(bench: Bench) -> None:
    launch = bench.launch()

    async def talk(conversation: Conversation) -> None:
        bench.broker.waits = asyncio.Event()

        async def killer() -> None:
            assert bench.broker.waits is not None
            await bench.broker.waits.wait()
            await asyncio.to_thread(kill, launch)

        task = asyncio.create_task(killer())
        try:
            await collect(conversation, "write made.txt")
        finally:
            await task

    with pytest.raises(ProcessEnded):
        bench.talk(launch, talk)


def test_a_cancelled_prompt_ends_although_a_person_is_still_asked(bench: Bench) -> None:
    events: list[Event] = []

    async def talk(conversation: Conversation) -> None:
        bench.broker.waits = asyncio.Event()

        async def stopper() -> None:
            assert bench.broker.waits is not None
            await bench.broker.waits.wait()
            await conversation.cancel()

        task = asyncio.create_task(stopper())
        events.extend(await collect(conversation, "write made.txt"))
        await task

    bench.talk(bench.launch(), talk)
    assert [answer.allowed for answer in of(PermissionAnswered, events)] == [False]
    assert not (bench.cwd / "made.txt").exists()


def test_an_agent_that_never_starts_is_given_up_after_its_limit(tmp_path: Path) -> None:
    bench = troubled(tmp_path, "mute", start_s=1.5)
    failure = failure_of(bench.ask(bench.launch(), "nothing"))
    assert failure.code is FailureCode.CRASHED
    assert "1.5 s" in failure.message


def test_an_agent_that_wants_a_login_says_with_which_command(tmp_path: Path) -> None:
    bench = troubled(tmp_path, "login")
    failure = failure_of(bench.ask(bench.launch(), "nothing"))
    assert failure.code is FailureCode.NOT_LOGGED_IN
    assert "`example login`" in failure.remedy


def test_a_session_goes_on_in_a_new_process_without_its_replay(bench: Bench) -> None:
    first = native_id(bench.ask(bench.launch(), "vendor"))
    events = bench.ask(bench.launch(resume=first), "vendor")
    assert native_id(events) == first
    assert text_of(events) == "refused 2"


def test_a_session_that_the_agent_does_not_know_is_named(bench: Bench) -> None:
    failure = failure_of(bench.ask(bench.launch(resume=NativeId("gone")), "vendor"))
    assert failure.code is FailureCode.SESSION_UNKNOWN
    assert "'gone'" in failure.message
