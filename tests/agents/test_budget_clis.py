"""`minga run --budget-usd` with the real CLIs: a model that calls a tool for ever is stopped when the money is gone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clis import require_cli
from minga.testing import RunShell, Script, ScriptedServer, Slow, Step, Tokens

pytestmark = pytest.mark.cli

MODELS = {
    "claude": "claude-sonnet-4-5",
    "codex": "gpt-5",
    "copilot": "gpt-5",
    "gemini": "gemini-2.5-pro",
    "opencode": "gpt-5",
    "qwen": "qwen3-coder-plus",
}
COSTLY: tuple[Step, ...] = (RunShell("echo hi"), Tokens(100_000, 0, 5000))
"""0.08 USD at the cheapest of these models."""
FAST_CALLS = 3
"""The first calls are answered within milliseconds; from then on the model is slow, so that a CLI which nothing stops
runs into the time limit of the run and not into a number of calls that depends on the machine."""


def run(agent: str, model: str, server: ScriptedServer, root: Path, *, timeout_s: int) -> list[dict[str, Any]]:
    """What ``minga run --json`` prints for a task with a budget of 0.05 USD."""
    (root / "work").mkdir()
    own = ["--agent", agent, "--endpoint", server.url, "--api-key-env", "KEY", "--model", model]
    bounds = ["--permissions", "all", "--timeout", str(timeout_s), "--budget-usd", "0.05"]
    environment = {
        "PATH": f"{require_cli(agent).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(root),
        "MINGA_HOME": str(root / "minga"),
        "KEY": "test-key",
    }
    command = [sys.executable, "-m", "minga", "run", *own, *bounds, "--json", "-C", str(root / "work"), "do it"]
    ended = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.stdout, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize("agent", sorted(MODELS))
def test_a_budget_stops_a_cli_after_a_handful_of_model_calls(agent: str, tmp_path: Path) -> None:
    with ScriptedServer(Script([COSTLY] * FAST_CALLS, default=(Slow(20), *COSTLY))) as server:
        told = run(agent, MODELS[agent], server, tmp_path, timeout_s=80)
    (attempt,) = told[-1]["receipt"]["attempts"]
    assert attempt["failure"]["code"] == "budget-spent"
    assert attempt["cost_micro_usd"] >= 50_000
    assert attempt["model"].endswith(MODELS[agent])


@pytest.mark.parametrize("agent", ["claude", "codex", "copilot"])
def test_a_budget_for_a_model_without_a_price_is_told_while_the_cli_works(agent: str, tmp_path: Path) -> None:
    """One CLI of each driver: that every CLI tells its usage while it works is shown by the test before."""
    with ScriptedServer(Script(turns=[COSTLY, (Slow(2), *COSTLY)])) as server:
        told = run(agent, "nobody-sells-this", server, tmp_path, timeout_s=60)
    texts = [json.dumps(line) for line in told]
    said = "nobody-sells-this: the budget of $0.0500 cannot be watched"
    (notice,) = [number for number, text in enumerate(texts) if said in text]
    assert told[-1]["kind"] == "receipt"
    assert notice < len(told) - 2, "before the end is told"
