"""The six real CLIs through the gateway to a provider of their own form: they work, and every token is booked."""

import os
import subprocess
import sys

import pytest
from serving import Serving

from clis import require_cli
from minga.testing import Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

CLIS = ["claude", "codex", "copilot", "gemini", "opencode", "qwen"]


@pytest.mark.parametrize("cli", CLIS)
def test_a_real_cli_works_through_the_gateway_and_every_token_is_booked(
    serving: Serving, provider: ScriptedServer, cli: str
) -> None:
    program = require_cli(cli)
    provider.script = Script(default=Say("hello through the gateway"))
    serving.environment["VIRTUAL_KEY"] = serving.key(cli)
    with serving.running():
        endpoint = ("--endpoint", serving.url, "--api-key-env", "VIRTUAL_KEY", "--model", "gpt-5.1")
        done = subprocess.run(
            [sys.executable, "-m", "minga", "run", "-q", "--agent", cli, *endpoint, "say hello"],
            cwd=serving.root / "work",
            env={**serving.environment, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
        )
    assert done.returncode == 0, done.stderr
    assert "hello through the gateway" in done.stdout
    answered = [one for one in provider.requests if one.model_request is not None and one.status == 200]
    assert answered
    [booked] = serving.costs("key")
    assert booked["key"] == cli
    complete = [one for one in answered if not one.aborted]
    assert booked["output_tokens"] == 10 * len(complete), "the scripted provider tells 10 tokens an answer"
    assert booked["input_tokens"] + booked["cached_input_tokens"] == 100 * len(complete)
