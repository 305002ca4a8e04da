"""`minga continue` that is killed, or runs out of disk: nothing half-written stays in a CLI's home."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program

from clis import require_cli
from minga.testing import Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

KILLED_AT = """
import os, signal, sys
from {module} import {owner}
go_on = {owner}.{name}
def killed(*given, **named):
    if os.environ["HOME"] in str(given):
        os.kill(os.getpid(), signal.SIGKILL)
    return go_on(*given, **named)
{owner}.{name} = killed
from minga.entrypoints.cli.main import main
main(sys.argv[1:])
"""
"""The program, killed by itself where it would call a certain function about the person's home."""

BEFORE_THE_NOTE = {"module": "minga.sessions.natives", "owner": "Natives", "name": "note"}
WHILE_WRITING = {"module": "minga.infrastructure", "owner": "files", "name": "os.link"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("huemul"))) as running:
        yield running


@pytest.fixture
def session(minga: Program, server: ScriptedServer) -> str:
    folders = [str(require_cli(agent).parent) for agent in ("claude", "codex", "gemini", "opencode")]
    minga.environment["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    minga.environment["KEY"] = "a-test-key-12345"
    at = ["--endpoint", server.url, "--api-key-env", "KEY", "--model", "claude-sonnet-4-5"]
    done = minga.run("run", "-q", "-a", "claude", *at, "el secreto es guanaco")
    assert done.code == 0, done.err
    return str(minga.sessions()[0]["id"])


def written(minga: Program, agent: str) -> list[str]:
    """What lies in the person's home of sessions of ``agent``, half ones too."""
    person = Path(minga.environment["HOME"])
    if agent == "opencode":
        database = person / ".local/share/opencode/opencode.db"
        if not database.exists():
            return []
        with sqlite3.connect(database) as connection:
            return [str(row[0]) for row in connection.execute("SELECT id FROM session")]
    places = {"claude": ".claude/projects", "codex": ".codex/sessions", "gemini": ".gemini/tmp"}
    names = [path for path in (person / places[agent]).rglob("*") if path.is_file()]
    return [str(path) for path in names if "session" in path.name or ".jsonl" in path.name]


def kill(minga: Program, moment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-c", KILLED_AT.format(**moment), *arguments]
    done = subprocess.run(command, cwd=minga.work, env=minga.environment, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == -9


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini", "opencode"])
def test_what_a_killed_continue_has_placed_is_gone_at_the_next_start(minga: Program, session: str, agent: str) -> None:
    kill(minga, BEFORE_THE_NOTE, "continue", session, "--in", agent)
    assert written(minga, agent), "it was killed after the session was placed"
    assert [one["id"] for one in minga.sessions()] == [session]
    assert written(minga, agent) == []
    assert minga.run("continue", session, "--in", agent, timeout=200).code == 0
    assert minga.run("continue", session, "--in", agent, "--undo").code == 0


def test_half_a_file_of_a_killed_continue_is_gone_at_the_next_start(minga: Program, session: str) -> None:
    kill(minga, WHILE_WRITING, "continue", session, "--in", "codex")
    [half] = written(minga, "codex")
    assert half.endswith(".new")
    assert minga.sessions()
    assert written(minga, "codex") == []


def test_what_the_cli_went_on_in_before_the_next_start_is_kept(minga: Program, session: str) -> None:
    kill(minga, BEFORE_THE_NOTE, "continue", session, "--in", "claude")
    [path] = written(minga, "claude")
    with open(path, "a") as file:
        file.write("{}\n")
    assert minga.sessions()
    assert written(minga, "claude") == [path]
