"""The proof: after `connect` the tools are in the request that the real CLI sends to its model."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from clis import require_cli
from minga.agents.connecting import facts as connecting
from minga.agents.connecting.connections import Connections
from minga.agents.connecting.facts import GatewayUse, Server
from minga.agents.connecting.probing import Seen, probe
from minga.entrypoints.mcp.offered import TOOLS
from minga.infrastructure import commands
from minga.testing import CallMcp, Say, Script, ScriptedServer

pytestmark = pytest.mark.cli
FACTS = connecting.load()
ALL = tuple(tool.name for tool in TOOLS)
READING = tuple(tool.name for tool in TOOLS if tool.effect == "reads")
SERVER = Server(sys.executable, ("-m", "minga", "mcp"), {}, READING)
CONFIGURED = {
    "codex": '# mine\nmodel = "gpt-6.1-sol"\nmodel_provider = "mine"\n[model_providers.mine]\nname = "mine"\nbase_url = "http://[::1]:9/v1"\n',
    "claude": '{"env": {"ANTHROPIC_BASE_URL": "http://[::1]:9"}, "apiKeyHelper": "false"}',
    "gemini": '{\n  // mine\n  "security": {"auth": {"selectedType": "oauth-personal"}}\n}',
    "opencode": '{\n  // mine\n  "model": "mine/x", "provider": {"mine": {"npm": "@ai-sdk/openai-compatible"}},\n}',
    "qwen": '{\n  // mine\n  "security": {"auth": {"selectedType": "qwen-oauth"}}\n}',
    "copilot": '{"mcpServers": {}}',
}
"""What a person has configured already; models that cannot be reached among it."""


class Home:
    """A person's home with a configured CLI."""

    def __init__(self, cli: str, root: Path) -> None:
        self.facts = FACTS[cli]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "LANG": "C.UTF-8",
            "MINGA_HOME": str(root / "minga"),
            "MINGA_CONFIG": str(root / "config"),
        }
        self.connections = Connections(root / "minga" / "connections", self.environment)
        kinds = [file for file in self.facts.files if file.format != "own"]
        self.file = connecting.place(kinds[-1], self.environment)
        self.file.parent.mkdir(parents=True)
        self.file.write_text(CONFIGURED[cli])

    def connect(self, gateway: GatewayUse | None = None) -> None:
        server = Server(SERVER.command, SERVER.arguments, self._folders(), READING)
        parts = connecting.tools_part(self.facts, server, self.environment)
        parts += connecting.gateway_part(self.facts, gateway, self.environment) if gateway else []
        plan = self.connections.plan(self.facts, parts, server, gateway)
        asyncio.run(self.connections.carry_out(self.facts, plan))

    def seen(self) -> Seen:
        program = require_cli(self.facts.agent)
        return asyncio.run(probe(self.facts, program, ALL, READING, self.environment))

    def _folders(self) -> dict[str, str]:
        return {name: self.environment[name] for name in ("MINGA_HOME", "MINGA_CONFIG")}


@pytest.mark.parametrize("cli", FACTS)
def test_after_connect_the_model_of_the_real_cli_sees_the_tools(cli: str, tmp_path: Path) -> None:
    home = Home(cli, tmp_path)
    home.connect()
    seen = home.seen()
    assert (seen.asked, seen.missing, seen.said) == (True, (), "")
    assert seen.tools == (READING if cli == "gemini" else ALL)
    asyncio.run(home.connections.carry_out(home.facts, home.connections.plan_end(home.facts, SERVER)))
    assert home.file.read_text() == CONFIGURED[cli]


def test_without_connect_a_probe_says_that_the_tools_are_missing(tmp_path: Path) -> None:
    seen = Home("codex", tmp_path).seen()
    assert (seen.asked, seen.tools, seen.missing) == (True, (), ALL)


def test_a_cli_that_does_not_ask_its_model_is_told_with_what_it_said(tmp_path: Path) -> None:
    home = Home("codex", tmp_path)
    home.file.write_text('[mcp_servers.broken]\ncommand = "/nowhere"\nrequired = true\n')
    seen = home.seen()
    assert not seen.asked
    assert "/nowhere" in seen.said or "broken" in seen.said


def test_a_tool_that_reads_or_adds_runs_and_one_that_changes_waits_for_a_person(tmp_path: Path) -> None:
    """With Codex, by the annotations of the tools."""
    home = Home("codex", tmp_path)
    turns = [
        CallMcp("minga", "rut_check", {"rut": "12.345.678-5"}),
        CallMcp("minga", "memory_save", {"text": "The port of staging is 5433."}),
        CallMcp("minga", "memory_correct", {"item": "m1", "text": "x"}),
        Say("done"),
    ]
    with ScriptedServer(Script(turns)) as server:
        home.connect(GatewayUse(server.url, "MY_KEY", "some-model"))
        command = (str(require_cli("codex")), "exec", "--skip-git-repo-check", "hi")
        environment = {**home.environment, "MY_KEY": "key"}
        asyncio.run(commands.run(command, cwd=tmp_path, limit_s=60, environment=environment))
        last = [one.model_request for one in server.requests if one.model_request][-1]
    read, added, changed = (result.text for result in last.tool_results)
    assert "12.345.678-5" in read
    assert "requires approval" not in added
    assert "requires approval" in changed


@pytest.mark.parametrize(
    ("cli", "arguments", "header"),
    [("codex", ("exec", "--skip-git-repo-check", "hi"), "authorization"), ("claude", ("-p", "hi"), "x-api-key")],
)
def test_through_the_gateway_a_cli_brings_the_key_of_the_variable_that_its_file_names(
    cli: str, arguments: tuple[str, ...], header: str, tmp_path: Path
) -> None:
    home = Home(cli, tmp_path)
    with ScriptedServer() as server:
        home.connect(GatewayUse(server.url, "MY_KEY", "some-model"))
        command = (str(require_cli(cli)), *arguments)
        quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "MY_KEY": "key-of-mine"}
        asyncio.run(commands.run(command, cwd=tmp_path, limit_s=60, environment={**home.environment, **quiet}))
        asked = next(one for one in server.requests if one.model_request)
    assert asked.headers[header].endswith("key-of-mine")
    assert asked.model_request is not None
    assert asked.model_request.model == "some-model"
    assert "key-of-mine" not in home.file.read_text()
