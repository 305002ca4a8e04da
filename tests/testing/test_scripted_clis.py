"""The real CLIs understand the server: answers, tool calls, MCP calls, file edits, refusals."""

from pathlib import Path

import pytest
from scripted_clis import CLIS, Done, Place, run

from clis import require_cli
from minga.testing import CallMcp, CutStream, Fail, RunShell, Say, Script, ScriptedServer, Step, Think, WriteFile

PROMPT = "please do the thing"
pytestmark = pytest.mark.cli


def run_once(name: str, server: ScriptedServer, folder: Path) -> Done:
    return run(require_cli(name), place_in(folder, server), PROMPT)


def place_in(folder: Path, server: ScriptedServer) -> Place:
    place = Place(folder / "home", folder / "work", server.url)
    place.home.mkdir(exist_ok=True)
    place.work.mkdir(exist_ok=True)
    return place


@pytest.mark.parametrize("name", CLIS)
def test_a_cli_works_through_tools_to_its_answer(name: str, server: ScriptedServer, tmp_path: Path) -> None:
    file = tmp_path / "work" / "a file.txt"
    server.script = Script(
        [
            [RunShell("echo from the shell; sleep 0.3"), RunShell("echo and again; sleep 0.3")],
            CallMcp("srv", "echo", {"text": "from afar"}),
            WriteFile(str(file), "one\ntwo's\n"),
            [Think("hm"), Say("all is done")],
        ]
    )
    done = run_once(name, server, tmp_path)
    assert done.code == 0, done.errors
    assert "all is done" in done.output
    assert file.read_text() == "one\ntwo's\n"
    turns = [request for request in server.conversation if PROMPT in request.last_user_text]
    results = "\n".join(result.text for result in turns[-1].tool_results)
    assert "from the shell" in results
    assert "and again" in results
    assert "echoed from afar" in results
    used = [received.answered_by for received in server.requests if received.answered_by != "default"]
    assert used == ["turn 0", "turn 1", "turn 2", "turn 3"]


@pytest.mark.parametrize("name", CLIS)
def test_a_cli_ends_with_an_error_when_its_key_is_refused(name: str, server: ScriptedServer, tmp_path: Path) -> None:
    server.script = Script(default=Fail(401))
    done = run_once(name, server, tmp_path)
    assert done.code not in (0, None)
    assert {received.status for received in server.requests if received.wire is not None} == {401}


@pytest.mark.parametrize("name", ["codex", "claude"])
@pytest.mark.parametrize(
    ("step", "codex_says", "claude_says"),
    [
        (Fail(400), "ran out of room", "Prompt is too long"),
        (Fail(404), "does not exist", '"api_error_status":404'),
        (Fail(429, retry_after_s=0), "429 Too Many Requests", '"error":"rate_limit"'),
        (Fail(500), "high demand", '"api_error_status":500'),
        (Fail(529), "529", '"error":"overloaded"'),
    ],
)
def test_each_refusal_is_understood_for_what_it_is(
    name: str, step: Step, codex_says: str, claude_says: str, server: ScriptedServer, tmp_path: Path
) -> None:
    server.script = Script(default=step)
    done = run_once(name, server, tmp_path)
    assert done.code == 1
    assert (codex_says if name == "codex" else claude_says) in done.output


def test_a_cut_stream_looks_cut_to_a_cli(server: ScriptedServer, tmp_path: Path) -> None:
    server.script = Script(default=CutStream("half an ans"))
    done = run_once("codex", server, tmp_path)
    assert done.code == 1
    assert "stream disconnected before completion" in done.output
