"""What Gemini CLI did under Minga reaches the next CLI whole: it tells arguments and results in its own file only."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program

from clis import require_cli
from minga.testing import CallTool, Fail, Rule, RunShell, Say, Script, ScriptedServer, Step, WriteFile

pytestmark = pytest.mark.cli

READ = "alpaca-1879"
# Gemini CLI (as run here) can lose what a command writes just before it ends; this one ends later.
COMMAND = "cat a.txt; echo two; sleep 0.5"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("Seen."))) as running:
        yield running


@pytest.fixture
def typed(minga: Program, server: ScriptedServer) -> Program:
    folders = [str(require_cli(agent).parent) for agent in ("claude", "gemini")]
    minga.environment["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    minga.environment |= {"MINGA_ENDPOINT": server.url, "MINGA_ENDPOINT_KEY": "any-key-4711"}
    minga.environment |= {"MINGA_ENDPOINT_MODEL": "claude-sonnet-4-5"}
    (minga.work / "a.txt").write_text(READ)
    return minga


def does(work: Path, last: Step) -> Script:
    answers = [
        WriteFile(str(work / "notes.txt"), "nota uno\n"),
        CallTool("read_file", {"file_path": str(work / "a.txt")}),
        RunShell(COMMAND),
        CallTool("read_file", {"file_path": str(work / "missing.txt")}),
        last,
    ]
    return Script(rules=[Rule([answer], wire="gemini") for answer in answers], default=Say("Seen."))


def of_claude(server: ScriptedServer) -> list[tuple[str, object, str]]:
    """The tool calls of the newest request: name, arguments, result."""
    messages = server.conversation[-1].messages
    results = {message.result.call_id: message.result.text for message in messages if message.result}
    return [(call.name, call.input, results[call.call_id]) for message in messages for call in message.calls]


def assert_whole(told: list[tuple[str, object, str]], work: Path) -> None:
    written, read, ran, missed = told
    assert written[:2] == ("write_file", {"file_path": str(work / "notes.txt"), "content": "nota uno\n"})
    assert "nota uno" in written[2]
    assert read == ("read_file", {"file_path": str(work / "a.txt")}, READ)
    assert ran[:2] == ("run_shell_command", {"command": COMMAND})
    assert f"{READ}two" in ran[2]
    assert missed[:2] == ("read_file", {"file_path": str(work / "missing.txt")})
    assert "File not found" in missed[2]


def test_what_gemini_did_goes_on_in_another_cli_with_arguments_and_results(
    typed: Program, server: ScriptedServer
) -> None:
    server.script = does(typed.work, Say("Wrote."))
    done = typed.run("run", "--agent", "gemini", "--permissions", "all", "--json", "please note the alpacas")
    lines = done.lines()
    [kinds] = [[line["kind"] for line in lines if line["kind"] in ("text", "tool-result", "file-change")]]
    assert kinds == ["tool-result", "file-change", "tool-result", "tool-result", "tool-result", "text"]
    session = str(lines[0]["session_id"])
    done = typed.run("continue", session, "--in", "claude", "go")
    assert "native (verified)" in done.err, done.err
    assert "not carried over" not in done.err
    assert_whole(of_claude(server), typed.work)


def test_what_gemini_did_before_it_reached_its_limit_is_in_the_session_of_the_next(
    typed: Program, server: ScriptedServer
) -> None:
    server.script = does(typed.work, Fail(429, retry_after_s=3600))
    done = typed.run("run", "--agents", "gemini,claude", "--permissions", "all", "--json", "please note the alpacas")
    [handed] = [line["event"] for line in done.lines() if line["kind"] == "handed-over"]
    assert handed["carried"] == "native"
    assert_whole(of_claude(server), typed.work)


def test_what_gemini_did_not_tell_is_said_in_the_transcript_and_listed_as_lost(
    typed: Program, server: ScriptedServer
) -> None:
    """As with a version that keeps its record under another name."""
    catalogue = typed.root / "config" / "agents"
    facts = Path(__file__).parents[2] / "src/minga/agents/catalog/gemini.toml"
    (catalogue / "gemini.toml").write_text(facts.read_text("utf-8").replace("chats/session-", "elsewhere/session-"))
    server.script = does(typed.work, Say("Wrote."))
    lines = typed.run("run", "--agent", "gemini", "--permissions", "all", "--json", "please note the alpacas").lines()
    session = str(lines[0]["session_id"])
    exported = typed.run("sessions", "export", "--format", "transcript", session).out.splitlines()
    parts = [part for line in exported for part in json.loads(line).get("parts", ())]
    calls = [part for part in parts if part["type"] == "tool-call"]
    assert [json.loads(part["arguments"]) for part in calls] == [{"not told": "[the CLI did not tell it]"}] * 4
    done = typed.run("continue", session, "--in", "claude", "go")
    assert "native (verified)" not in done.err
    assert "native, not all of it (verified)" in done.err
    assert "not carried over: the arguments of tool call write_file: not told by its CLI" in done.err
    assert "not carried over: the result of tool call run_shell_command: not told by its CLI" in done.err
    told = of_claude(server)
    assert [name for name, _, _ in told] == ["write_file", "read_file", "run_shell_command", "read_file"]
    assert [result for _, _, result in told[:3]] == ["[the CLI did not tell it]"] * 3
