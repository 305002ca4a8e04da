"""The six real CLIs on models of every other format: their tools work, and a model of another family takes over in the
middle of a run without their noticing."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from serving import Serving
from test_translated_sdks import WIRES, provide

from clis import require_cli
from minga.testing import Fail, RunShell, Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

SPOKEN = {
    "claude": "anthropic",
    "codex": "openai-responses",
    "copilot": "openai-chat",
    "gemini": "gemini",
    "opencode": "openai-chat",
    "qwen": "openai-chat",
}
"""What each CLI speaks to the gateway."""

PAIRS = [(cli, wire) for cli, own in SPOKEN.items() for wire in WIRES if wire != own]

COMMAND = RunShell("printf 'green-%s' 77")

ROUTE = """
[[routes]]
model = "two-families"
to = ["own/own-model"]
then = ["other/other-model"]
"""


@pytest.mark.parametrize(("cli", "wire"), PAIRS, ids=[f"{cli}-on-{wire}" for cli, wire in PAIRS])
def test_a_cli_works_with_its_tools_on_a_model_of_another_format(
    serving: Serving, provider: ScriptedServer, shown: dict[str, str], cli: str, wire: str
) -> None:
    (serving.root / "config" / "providers" / "test.toml").unlink()
    provide(serving, wire, provider.url, f"of-{wire}", f"{wire}-model")
    provider.script = Script([COMMAND, Say("it said green")])
    with serving.running():
        lines = run(serving, cli, f"{wire}-model")
    assert lines[-2]["event"]["answer"].strip() == "it said green"
    assert lines[-1]["receipt"]["attempts"][0]["through"] == "gateway"
    last = [one for one in provider.conversation if one.tools][-1]
    [result] = last.tool_results
    assert "green-77" in result.text
    [call] = [call for message in last.messages for call in message.calls]
    assert call.call_id == result.call_id
    assert {one.wire for one in provider.conversation} == {wire.removeprefix("openai-")}
    [booked] = serving.costs("key")
    assert booked["output_tokens"] > 0
    shown[f"{cli} {wire}"] = version_of(lines)


@pytest.mark.parametrize("cli", SPOKEN)
def test_another_family_takes_over_in_the_middle_of_a_run(
    serving: Serving, provider: ScriptedServer, shown: dict[str, str], cli: str
) -> None:
    own = SPOKEN[cli]
    other = "anthropic" if own != "anthropic" else "gemini"
    (serving.root / "config" / "providers" / "test.toml").unlink()
    provider.script = Script([COMMAND], default=Fail(503))
    with ScriptedServer(Script(default=Say("the other one ends it"))) as second:
        provide(serving, own, provider.url, "own", "own-model")
        provide(serving, other, second.url, "other", "other-model")
        (serving.root / "config" / "gateway.toml").write_text(ROUTE)
        with serving.running():
            lines = run(serving, cli, "two-families")
        assert lines[-2]["event"]["answer"].strip() == "the other one ends it"
        assert len(lines[-1]["receipt"]["attempts"]) == 1, "the CLI has noticed nothing"
        last = [one for one in second.conversation if one.tools][-1]
        [result] = last.tool_results
        assert "green-77" in result.text
        [call] = [call for message in last.messages for call in message.calls]
        assert call.call_id == result.call_id
    shown[f"{cli} {own}"] = "its own"
    shown[f"{cli} in the middle"] = version_of(lines)


def version_of(lines: Sequence[Mapping[str, Any]]) -> str:
    [version] = [line["event"]["version"] for line in lines if line["kind"] == "attempt-started"]
    return str(version)


def run(serving: Serving, cli: str, model: str) -> Sequence[Mapping[str, Any]]:
    program = require_cli(cli)
    options = ("--agent", cli, "--model", model, "--permissions", "all")
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = serving.done("run", "--json", *options, "run the command that I mean", timeout_s=180, PATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
