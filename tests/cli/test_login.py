"""Every login that Minga prints works when it is pasted, wherever the CLI lies."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from program import Program

SHIPPED = ("claude", "codex", "copilot", "gemini", "opencode", "qwen")


def place(minga: Program, name: str, script: str) -> Path:
    """Put a program where `minga agents install` puts it: not on the search path."""
    program = minga.root / "home" / "clis" / name / "node_modules" / ".bin" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def paste(minga: Program, command: str) -> "subprocess.CompletedProcess[str]":
    """Type the command into a shell that finds `minga`."""
    minga_itself = minga.root / "bin" / "minga"
    minga_itself.write_text(f'#!/bin/sh\nexec "{minga.command[0]}" -m minga "$@"\n')
    minga_itself.chmod(0o755)
    return subprocess.run(
        ["sh", "-c", command], cwd=minga.work, env=minga.environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_the_login_that_is_printed_can_be_pasted_where_the_cli_is_not_on_the_path(minga: Program, name: str) -> None:
    place(minga, name, 'echo "asked: $*"; exit 7')
    findings = json.loads(minga.run("agents", "probe", name).out)["findings"]
    [finding] = [one for one in findings if "logged" in one["problem"]]
    command = finding["remedy"].removesuffix(", or set a model endpoint")
    done = paste(minga, command)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.startswith("asked: ")
    said = minga.run("run", "-q", "-a", name, "x")
    [command] = re.findall(r"minga agents login [\w -]+", said.err)[:1]
    assert paste(minga, command).returncode == 7


def test_the_built_in_agents_remedy_can_be_pasted(minga: Program) -> None:
    place(minga, "codex", "exit 7")
    said = minga.run("run", "-a", "builtin", "x")
    [command] = re.findall(r"minga agents login [\w]+", said.err + said.out)
    assert paste(minga, command).returncode == 7


def test_a_login_has_the_terminal_and_its_signals(minga: Program) -> None:
    place(minga, "codex", 'test -t 0 && test -t 1 && printf "code? " && read code && echo "got $code" && kill -9 $$')
    master, slave = pty.openpty()
    with minga.start("agents", "login", "codex", stdin=slave, stdout=slave, stderr=slave) as run:
        os.close(slave)
        seen = b""
        while b"code? " not in seen:
            seen += os.read(master, 1000)
        os.write(master, b"abc\n")
        while b"got abc" not in seen:
            seen += os.read(master, 1000)
        assert run.wait(60) == -9
    os.close(master)


def test_a_login_for_isolated_runs_is_made_in_their_home(minga: Program) -> None:
    place(minga, "codex", 'mkdir -p "$CODEX_HOME" && echo "{}" > "$CODEX_HOME/auth.json"')
    said = minga.run("run", "-q", "--isolated", "-a", "codex", "x")
    [command] = re.findall(r"minga agents login codex --isolated", said.err)[:1]
    assert paste(minga, command).returncode == 0
    assert "login" not in minga.run("run", "-q", "--isolated", "-a", "codex", "x").err
    assert "minga agents login codex" in minga.run("run", "-q", "-a", "codex", "x").err


def test_a_login_that_cannot_be_run_says_why(minga: Program) -> None:
    minga.run("agents", "login", "codex").refused(3, "'codex' is not installed: minga agents install codex")
    place(minga, "claude", "").write_text("#!/nowhere/interpreter\n")
    minga.run("agents", "login", "claude").refused(3, "does not start", "minga agents install claude")
    minga.run("agents", "login", "codx").refused(2, "Did you mean 'codex'?")
    minga.run("agents", "login", "builtin").refused(2, "the built-in agent is no CLI")
    minga.add_agent()
    minga.run("agents", "login", "plain").refused(2, "how to log in to 'plain': plain login")
