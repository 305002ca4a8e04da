"""A real CLI asks another through Minga's tools, and that one would ask a third: it ends, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from program import Program

from clis import require_cli
from minga.testing import CallMcp, Rule, Say, Script, ScriptedServer, Slow, Turn

pytestmark = pytest.mark.cli

ASKS = CallMcp("minga", "agent_ask", {"task": "the middle task", "agents": ["codex"]})
ASKS_AGAIN = CallMcp("minga", "agent_ask", {"task": "the last task", "agents": ["codex"]})

CONFIG = """
model = "scripted-model"
model_provider = "scripted"

[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
wire_api = "responses"

[mcp_servers.minga]
command = "{python}"
args = ["-m", "minga", "mcp"]
required = true
default_tools_approval_mode = "approve"
env = {{ MINGA_HOME = "{home}", MINGA_CONFIG = "{config}", MINGA_MEMORY = "off" }}
"""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def connected(minga: Program, server: ScriptedServer) -> Program:
    """A person whose Codex has Minga's tools, and may call all of them unasked."""
    minga.environment["PATH"] = os.pathsep.join([str(require_cli("codex").parent), os.environ["PATH"]])
    minga.environment["MINGA_MEMORY"] = "off"
    folder = minga.root / "person" / ".codex"
    folder.mkdir()
    given = {"home": minga.root / "home", "config": minga.root / "config", "python": sys.executable}
    (folder / "config.toml").write_text(CONFIG.format(url=server.url, **given))
    return minga


def script(*middle: Turn) -> Script:
    """What the first agent does, and the one that it asks."""
    first = Rule([ASKS, Say("the first is done")], last_user_contains="the first task")
    return Script(rules=[Rule(middle, last_user_contains="the middle task"), first])


def test_the_agent_that_was_asked_by_one_that_was_asked_asks_nobody(connected: Program, server: ScriptedServer) -> None:
    server.script = script(ASKS_AGAIN, Say("the middle is done"))
    done = connected.run("run", "-a", "codex", "--json", "--permissions", "all", "the first task")
    assert done.lines()[-1]["receipt"]["ended"] == "finished"
    texts = [one.text for one in server.conversation[-1].tool_results]
    answered = json.loads(texts[-1][texts[-1].index("{") :])
    assert (answered["ended"], answered["answer"]) == ("finished", "the middle is done")
    results = [one.text for request in server.conversation for one in request.tool_results]
    assert any("2 runs within each other" in text for text in results), results
    assert not any("the last task" in request.last_user_text for request in server.conversation)


def test_who_ends_the_first_ends_all_of_them(connected: Program, server: ScriptedServer) -> None:
    server.script = script((Slow(60.0), Say("too late")))
    command = ("run", "-a", "codex", "--json", "--permissions", "all", "the first task")
    with connected.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        try:
            _until_asked(server, "the middle task")
            assert len(_of(connected)) >= 4, "two CLIs and two servers at least"
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=60)
        finally:
            run.kill()
    assert run.returncode == 130
    assert _of(connected) == []
    ended = {one["title"]: one["last_state"] for one in connected.sessions()}
    assert ended["the first task"] == "cancelled"
    assert ended["the middle task"] in ("cancelled", "failed"), "Codex leaves its servers no time to say more"


def _until_asked(server: ScriptedServer, text: str) -> None:
    end = time.monotonic() + 60
    while not any(text in request.last_user_text for request in server.conversation):
        assert time.monotonic() < end
        time.sleep(0.05)


def _of(program: Program) -> list[str]:
    """The processes that work below the program's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(program.root)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found
