"""What `minga sessions delete` takes away of what the CLIs have of a session, and what it says is left."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program

from clis import require_cli
from minga.agent_wiring import passing_homes
from minga.settings import read
from minga.testing import Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

SECRET = "guanaco-4711"
CLIS = ("claude", "codex", "gemini", "copilot", "opencode", "qwen")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("seen"))) as running:
        yield running


@pytest.fixture
def typed(minga: Program, server: ScriptedServer) -> Program:
    folders = [str(require_cli(agent).parent) for agent in CLIS]
    minga.environment["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    minga.environment["KEY"] = "a-test-key-12345"
    return minga


def at(server: ScriptedServer) -> list[str]:
    return ["--endpoint", server.url, "--api-key-env", "KEY", "--model", "gpt-5"]


def holding(folder: Path, word: str) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and word.encode() in file.read_bytes()]


def begun(typed: Program, server: ScriptedServer, agent: str) -> str:
    done = typed.run("run", "-q", "-a", agent, *at(server), f"the secret word is {SECRET}", timeout=200)
    assert done.code == 0, done.err
    [one] = typed.sessions()
    return str(one["id"])


@pytest.mark.parametrize(("first", "second"), [("gemini", "claude"), ("codex", "qwen"), ("copilot", "opencode")])
def test_of_a_deleted_session_no_native_file_is_left_in_the_homes_of_mingas_own(
    typed: Program, server: ScriptedServer, first: str, second: str
) -> None:
    session = begun(typed, server, first)
    done = typed.run("run", "-q", "-a", second, "--session", session, *at(server), "and now?", timeout=200)
    assert done.code == 0, done.err
    homes = passing_homes(read(typed.environment))
    sessions = {file for file in holding(homes, SECRET) if is_session(file)}
    assert {file.relative_to(homes).parts[0] for file in sessions} == {first, second}
    done = typed.run("sessions", "delete", session, "--yes", timeout=200)
    assert (done.code, "left" in done.err) == (0, False), done.err
    assert [file for file in holding(homes, SECRET) if is_session(file)] == []


def is_session(file: Path) -> bool:
    return file.name == "opencode.db" or file.suffix == ".jsonl"


def test_what_was_written_into_the_persons_own_home_goes_unless_the_cli_went_on_in_it_which_is_said(
    typed: Program, server: ScriptedServer
) -> None:
    session = begun(typed, server, "codex")
    person = Path(typed.environment["HOME"])
    for _ in range(2):
        done = typed.run("continue", session, "--in", "claude")
        assert done.code == 0, done.err
    kept, gone = (person / ".claude" / "projects").glob("*/*.jsonl")
    with kept.open("a") as file:
        file.write("{}\n")
    done = typed.run("sessions", "delete", session, "--yes")
    assert done.code == 0, done.err
    assert f"left: {str(kept)!r} has changed since; it is kept" in done.err
    assert (kept.exists(), gone.exists()) == (True, False)
