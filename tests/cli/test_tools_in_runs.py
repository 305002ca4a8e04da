"""`minga run --tools`, and the setting: the agent is given Minga's own MCP server."""

import json
import subprocess
from typing import Any

import pytest
from program import Program


@pytest.fixture
def agent(minga: Program) -> Program:
    minga.add_agent()
    with (minga.root / "config" / "agents" / "plain.toml").open("a") as file:
        file.write("[capabilities]\nmcp = true\n")
    return minga


def servers(agent: Program, *options: str) -> list[dict[str, Any]]:
    done = agent.run("run", "-q", "-a", "plain", *options, "servers")
    assert done.code == 0, done.err
    given: list[dict[str, Any]] = json.loads(done.out)
    return given


def test_nothing_is_given_unless_it_was_asked_for(agent: Program) -> None:
    assert servers(agent) == []


@pytest.mark.parametrize("way", ["option", "setting"])
def test_the_agent_is_given_a_server_of_the_same_minga(agent: Program, way: str) -> None:
    if way == "setting":
        agent.environment["MINGA_TOOLS"] = "on"
    (own,) = servers(agent, *(["--tools"] if way == "option" else []))
    assert own["name"] == "minga"
    environment = {each["name"]: each["value"] for each in own["env"]}
    assert environment["MINGA_HOME"] == agent.environment["MINGA_HOME"]
    assert (environment["MINGA_TOOLS"], environment["MINGA_MCP_CONSENT"]) == ("on", "client")
    listed = subprocess.run(
        [own["command"], *own["args"], "--list"], env=environment, capture_output=True, text=True, check=True
    )
    assert listed.stdout.startswith("memory_search ")


def test_the_agent_without_a_model_is_asked_all_the_same(agent: Program) -> None:
    done = agent.run("run", "--tools", "-q", "-a", "builtin", "Is 76.192.083-9 a valid RUT?")
    assert "76.192.083-9: valid" in done.out
    assert "MCP" not in done.out + done.err
