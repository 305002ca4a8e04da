"""`minga continue` that is killed, or runs out of disk: nothing half-written stays in a CLI's home."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program, namespace

from clis import require_cli
from minga.testing import Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

LIMIT_S = 200.0

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


PLACES = {
    "claude": ".claude/projects",
    "codex": ".codex/sessions",
    "gemini": ".gemini/tmp",
    "opencode": ".local/share/opencode",
}
"""Where each CLI keeps its sessions below the person's HOME."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("huemul"))) as running:
        yield running


@pytest.fixture
def session(minga: Program, server: ScriptedServer) -> str:
    folders = [str(require_cli(agent).parent) for agent in PLACES]
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
    names = [path for path in (person / PLACES[agent]).rglob("*") if path.is_file()]
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
    assert minga.run("continue", session, "--in", agent, timeout=LIMIT_S).code == 0
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


@pytest.mark.parametrize("agent", PLACES)
def test_a_full_disk_is_said_and_nothing_half_written_is_left(minga: Program, session: str, agent: str) -> None:
    place = Path(minga.environment["HOME"]) / PLACES[agent]
    place.mkdir(parents=True)
    script = f"""
        mount -t tmpfs -o size=20m tmpfs "{place}"
        cd "{place}"
        echo mine > mine.jsonl
        dd if=/dev/zero of=filler bs=4k 2>/dev/null || true
        before=$(sha256sum mine.jsonl)
        code=0; (cd "{minga.work}"; "$@") || code=$?
        test "$before" = "$(sha256sum mine.jsonl)" && echo "mine is as it was"
        find . -type f -name '*session*' -o -name 'rollout*' -o -name '.*.new' -o -size +0 -name '*.db'
        rm filler
        (cd "{minga.work}"; "$@") >/dev/null 2>&1 && echo "with room it goes on"
        exit $code
    """
    prefix = namespace(script, minga.environment)
    done = minga.run("continue", session, "--in", agent, prefix=prefix, timeout=LIMIT_S)
    done.refused(3, "there is no room for it at", str(place.parent), "Free space there")
    assert done.out == "mine is as it was\nwith room it goes on\n"


def test_a_full_store_is_said_and_nothing_is_written(minga: Program, session: str) -> None:
    home = minga.root / "home"
    script = f"""
        cp -a "{home}" "{home}.kept"
        mount -t tmpfs -o size=2m tmpfs "{home}"
        cp -a "{home}.kept/." "{home}"
        dd if=/dev/zero of="{home}/filler" bs=1k 2>/dev/null || true
    """
    prefix = namespace(script, minga.environment)
    minga.run("continue", session, "--in", "codex", prefix=prefix).refused(4, "is full", "Free space there")
    assert written(minga, "codex") == []


@pytest.mark.parametrize("second", ["codex", "gemini"])
def test_a_fallback_in_full_memory_ends_with_one_terminal_event_and_its_cause(
    minga: Program, server: ScriptedServer, session: str, second: str
) -> None:
    """Homes used with an endpoint lie in /dev/shm, which a CLI may fill before it fails."""
    script = minga.root / "bin" / "qwen"
    script.write_text("#!/bin/sh\ndd if=/dev/zero of=/dev/shm/filler bs=1k 2>/dev/null\necho out of luck >&2\nexit 3\n")
    script.chmod(0o755)
    minga.environment["PATH"] = os.pathsep.join([str(script.parent), minga.environment["PATH"]])
    prefix = namespace("mount -t tmpfs -o size=300m tmpfs /dev/shm", minga.environment)
    at = ["--endpoint", server.url, "--api-key-env", "KEY", "--model", "claude-sonnet-4-5"]
    chosen = ["-a", "qwen", "-a", second, "--session", session]
    done = minga.run("run", "--json", *chosen, *at, "¿y ahora?", prefix=prefix, timeout=LIMIT_S)
    assert "Traceback" not in done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    kinds = [line["kind"] for line in lines]
    assert [kind for kind in kinds if kind in ("finished", "failed", "cancelled")] == ["failed"]
    assert kinds[-2:] == ["failed", "receipt"]
    [handed] = [line["event"] for line in lines if line["kind"] == "handed-over"]
    assert (handed["to_agent"], handed["carried"]) == (second, "brief")
    assert any("It gets a brief." in line["event"]["text"] for line in lines if line["kind"] == "notice")
    assert re.search("no space|full", json.dumps(lines[-2]), re.IGNORECASE), lines[-2]
