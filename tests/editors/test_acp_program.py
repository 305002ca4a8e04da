"""`minga acp` as a program: how soon it greets, and a client program of somebody else's in front of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
from editor_place import Place

from clis import missing

ACPX = Path(__file__).parent / "npm" / "node_modules" / ".bin" / "acpx"
"""A client of ACP for scripts (npm: acpx, MIT)."""

LIMIT_S = 60


def test_the_client_is_greeted_before_the_rest_of_minga_is_imported(place: Place) -> None:
    code = """
import asyncio, sys
from minga.entrypoints.cli import acp
from minga.entrypoints.acp import server
greet = server._greet
async def watched(params):
    print("early" if "minga.bootstrap" not in sys.modules else "late", file=sys.stderr)
    return await greet(params)
server._greet = watched
from minga.entrypoints.cli.main import main
main(["acp"])
"""
    hello = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": 1}}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(hello) + "\n",
        capture_output=True,
        text=True,
        env=place.environment,
        timeout=LIMIT_S,
    )
    assert (done.returncode, done.stderr) == (0, "early\n")
    [line] = done.stdout.splitlines()
    told = json.loads(line)["result"]
    assert (told["protocolVersion"], told["agentInfo"]["name"]) == (1, "minga")


def test_options_that_cannot_be_used_are_what_every_request_is_told(place: Place) -> None:
    lines = [
        {"id": 0, "method": "initialize", "params": {"protocolVersion": 1}},
        {"id": 1, "method": "session/new", "params": {"cwd": str(place.work)}},
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "minga", "acp", "--direct", "--endpoint", "http://127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=place.environment,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"".join(json.dumps({"jsonrpc": "2.0", **line}).encode() + b"\n" for line in lines))
    process.stdin.flush()
    process.stdout.readline()
    error = json.loads(process.stdout.readline())["error"]
    assert "--direct and --endpoint exclude each other" in error["message"]
    _, told = process.communicate(timeout=LIMIT_S)
    assert "--direct and --endpoint exclude each other" in told.decode()


def test_a_client_program_of_somebody_else_gets_an_answer_and_may_refuse(place: Place) -> None:
    done = _acpx(place, "--approve-all", "--format", "text", "exec", "ask me")
    assert done.returncode == 0, done.stderr
    assert "[tool] touch made.txt (completed)" in done.stdout
    assert "I did it." in done.stdout
    assert "[done] end_turn" in done.stdout
    refused = _acpx(place, "--deny-all", "--format", "quiet", "exec", "ask me")
    assert (refused.stdout.strip(), "Traceback" in refused.stderr) == ("Then not.", False)


def test_a_killed_client_leaves_neither_minga_nor_its_cli(place: Place) -> None:
    process = _start_acpx(place, "--approve-all", "--format", "json", "exec", "hang on")
    assert process.stdout
    while b"pids" not in (line := process.stdout.readline()):
        assert line, process.communicate()
    left = psutil.Process(process.pid).children(recursive=True)
    assert any("acp" in one.cmdline() for one in left)
    process.kill()
    process.communicate(timeout=LIMIT_S)
    _, alive = psutil.wait_procs(left, timeout=LIMIT_S)
    assert alive == []


def _acpx(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        capture_output=True,
        text=True,
        env=_with_node(place),
        cwd=place.work,
        timeout=LIMIT_S,
        check=False,
    )


def _start_acpx(place: Place, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        _command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_with_node(place), cwd=place.work
    )


def _command(*arguments: str) -> list[str]:
    if not ACPX.exists():
        missing("acpx is not installed: run `make npm-sdks`, with Node 20 or newer")
    return [str(ACPX), "--agent", f"{sys.executable} -m minga acp --agent plain", *arguments]


def _with_node(place: Place) -> dict[str, str]:
    """`acpx` needs the node of this machine."""
    return {**place.environment, "PATH": f"{place.environment['PATH']}:{os.environ['PATH']}"}
