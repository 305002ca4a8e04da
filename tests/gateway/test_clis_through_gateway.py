"""The six real CLIs through the gateway, by themselves, to a provider of their own form: they work, every token is
booked, and the receipt tells the same."""

import json
import os
from typing import Any

import pytest
from serving import Serving

from clis import require_cli
from minga.testing import Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

CLIS = ["claude", "codex", "copilot", "gemini", "opencode", "qwen"]


MODELS = {"opencode": "gpt-5.1", "qwen": "gpt-5.1"}
"""Of those whose own default is nobody's here."""


@pytest.mark.parametrize("cli", CLIS)
def test_a_real_cli_works_through_the_gateway_and_every_token_is_booked(
    serving: Serving, provider: ScriptedServer, cli: str
) -> None:
    provider.script = Script(default=Say("hello through the gateway"))
    with serving.running():
        lines = run(serving, cli, *(("--model", MODELS[cli]) if cli in MODELS else ()))
    [attempt] = lines[-1]["receipt"]["attempts"]
    answered = [one for one in provider.requests if one.model_request is not None and one.status == 200]
    assert answered
    [booked] = serving.costs("key")
    assert booked["key"] == f"run-{cli}"
    complete = [one for one in answered if not one.aborted]
    assert booked["output_tokens"] == 10 * len(complete), "the scripted provider tells 10 tokens an answer"
    assert booked["input_tokens"] + booked["cached_input_tokens"] == 100 * len(complete)
    assert attempt["through"] == "gateway"
    for name in ("input_tokens", "cached_input_tokens", "output_tokens", "cost_micro_usd"):
        assert attempt[name] == booked[name]


@pytest.mark.parametrize(
    ("cli", "name", "variable", "kept"),
    [
        ("claude", "anthropic", "ANTHROPIC_API_KEY", ".claude/projects/*/*.jsonl"),
        ("gemini", "google", "GEMINI_API_KEY", ".gemini/tmp/*/chats/session-*"),
    ],
    ids=["claude", "gemini"],
)
def test_a_real_cli_whose_only_login_is_a_key_keeps_its_home(
    serving: Serving, provider: ScriptedServer, cli: str, name: str, variable: str, kept: str
) -> None:
    """In a gateway of the run's own."""
    provider.script = Script(default=Say("hello through the gateway"))
    serving.provide(provider.url, name)
    serving.environment[variable] = "a-key-by-which-the-cli-is-logged-in"
    lines = run(serving, cli)
    assert lines[-1]["receipt"]["attempts"][0]["through"] == "gateway"
    assert list(serving.root.glob(kept)), "its session lies where the person's own do"


def run(serving: Serving, cli: str, *options: str) -> list[dict[str, Any]]:
    program = require_cli(cli)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = serving.done("run", "--json", "--agent", cli, *options, "say hello", timeout_s=180, PATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-2]["event"]["answer"].strip() == "hello through the gateway"
    return lines
