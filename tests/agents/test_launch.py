"""From facts and a task to a launch: nothing secret goes in, nothing of the person's is written."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.agents.facts import Facts, parse
from minga.agents.launch import Installed, prepare
from minga.agents.registry import load
from minga.domain.agents import Launch
from minga.domain.ids import AttemptId
from minga.domain.task import Endpoint, McpServer, Permissions, Task
from minga.entrypoints.mcp.itself import itself
from minga.settings import read

FACTS = """
name = "fake"
title = "Fake"
vendor = "nobody"
model_family = "none"
model = "none"
command = "fake"
driver = "acp"
arguments = ["--acp", "--in", "${cwd}"]
model_arguments = ["-m", "${model}"]
pass_variables = ["FAKE_API_KEY"]
environment = { QUIET = "1" }
[home]
default = ".fake"
variables = { FAKE_HOME = "${home}" }
[[home.files]]
path = "sub/settings.json"
content = '{"model": "${model}"}'
[login]
command = "fake login"
[proven]
min = "1"
max = "1"
[permissions.edits]
arguments = ["--auto-edit"]
[endpoint]
wire = "openai-chat"
arguments = ["--url", "${base_url}"]
environment = { FAKE_API_KEY = "${api_key}", FAKE_MODEL = "${model}" }
[[endpoint.files]]
path = "endpoint.toml"
content = "url = '${base_url}'"
"""
INHERITED = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "FAKE_API_KEY": "mine",
    "GITHUB_TOKEN": "t",
    "DB_PASSWORD": "p",
    "AWS_SECRET_ACCESS_KEY": "s",
    "CLAUDECODE": "1",
    "CODEX_HOME": "/elsewhere",
    "MINGA_ENDPOINT_KEY": "k",
    "KEYBOARD": "es",
}
SERVER = Endpoint("http://127.0.0.1:1/", "endpoint-key", "m1")


def launch(tmp_path: Path, task: Task, facts: Facts | None = None, **inherited: str) -> Launch:
    return prepare(
        facts or parse(FACTS, "fake"),
        Installed("/bin/fake", "1"),
        task,
        attempt_id=AttemptId("a"),
        resume=None,
        inherited={**INHERITED, **inherited},
        homes=tmp_path / "homes",
    )


def test_with_the_persons_own_login_no_home_is_made_and_secrets_of_others_stay_out(tmp_path: Path) -> None:
    made = launch(tmp_path, Task("x", tmp_path))
    assert made.home is None
    assert list(tmp_path.iterdir()) == []
    assert dict(made.environment) == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "KEYBOARD": "es",
        "FAKE_API_KEY": "mine",
        "QUIET": "1",
    }
    assert made.command == ("/bin/fake", "--acp", "--in", str(tmp_path))


def test_with_an_endpoint_its_key_replaces_the_persons_and_the_home_is_minges_own(tmp_path: Path) -> None:
    made = launch(tmp_path, Task("x", tmp_path, endpoint=SERVER))
    home = tmp_path / "homes" / "fake"
    assert made.home == home
    assert made.environment["FAKE_API_KEY"] == "endpoint-key"
    assert made.environment["FAKE_HOME"] == str(home)
    assert "mine" not in made.environment.values()
    assert made.command[-4:] == ("-m", "m1", "--url", "http://127.0.0.1:1")
    assert (home / "endpoint.toml").read_text() == "url = 'http://127.0.0.1:1'"
    assert (home / "sub" / "settings.json").read_text() == '{"model": "m1"}'
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "endpoint.toml").stat().st_mode) == 0o600


def test_an_isolated_run_has_a_home_and_none_of_the_persons_keys(tmp_path: Path) -> None:
    made = launch(tmp_path, Task("x", tmp_path, isolated=True))
    assert made.home == tmp_path / "homes" / "fake"
    assert "FAKE_API_KEY" not in made.environment


def test_the_models_name_comes_from_the_task_before_the_endpoint(tmp_path: Path) -> None:
    assert launch(tmp_path, Task("x", tmp_path, model="m2", endpoint=SERVER)).model == "m2"


def test_what_mcp_servers_are_given_in_secret_is_hidden(tmp_path: Path) -> None:
    address = "postgresql://minga:s3cret%40word@db.here/minga"
    settings = {
        "MINGA_HOME": "/home/me/minga",
        "MINGA_DATABASE_URL": address,
        "MINGA_ENDPOINT": "http://127.0.0.1:1",
        "MINGA_ENDPOINT_KEY": "endpoint-key",
        "MINGA_SYNC_PLACE": "https://me:pass@there.example",
    }
    tools = itself(read(settings))
    facts = parse(FACTS + "[capabilities]\nmcp = true\n", "fake")
    made = launch(tmp_path, Task("x", tmp_path, tools=tools), facts)
    assert made.secrets >= {address, "s3cret%40word", "s3cret@word", "endpoint-key"}
    assert "/home/me/minga" not in made.secrets
    names = {name for name, _ in tools.environment}
    assert "MINGA_DATABASE_URL" in names, "it opens the same store"
    assert "MINGA_SYNC_PLACE" not in names
    del settings["MINGA_ENDPOINT"]
    assert "MINGA_ENDPOINT_KEY" not in dict(itself(read(settings)).environment)


def test_an_argument_without_a_value_is_left_out(tmp_path: Path) -> None:
    assert "-m" not in launch(tmp_path, Task("x", tmp_path)).command
    keyless = Endpoint("http://127.0.0.1:1", "", "m1")
    assert "FAKE_API_KEY" not in launch(tmp_path, Task("x", tmp_path, endpoint=keyless)).environment


def test_an_agent_that_takes_mcp_servers_gets_mingas_own_tools_beside_those_of_the_task(tmp_path: Path) -> None:
    takes = parse(FACTS + "[capabilities]\nmcp = true\n", "fake.toml")
    own, given, other = McpServer("minga", "own"), McpServer("minga", "given"), McpServer("other", "other")
    asked = Task("x", tmp_path, mcp_servers=(other,), tools=own)
    assert launch(tmp_path, asked, takes).mcp_servers == (other, own)
    assert launch(tmp_path, asked).mcp_servers == (other,), "it takes none"
    named_alike = Task("x", tmp_path, mcp_servers=(given,), tools=own)
    assert launch(tmp_path, named_alike, takes).mcp_servers == (given,)


def test_a_tool_only_reads_where_whoever_gave_its_server_says_so(tmp_path: Path) -> None:
    takes = parse(FACTS + "[capabilities]\nmcp = true\n", "fake.toml")
    made = launch(tmp_path, Task("x", tmp_path, tools=McpServer("minga", "own", reading=("find",))), takes)
    for name in ("mcp__minga__find", "mcp_minga_find", "minga-find", "minga_find", "minga.find"):
        assert made.only_reads(name)
    for name in ("find", "mcp__minga__save", "mcp__other__find", "mcp__minga__find_and_delete", "minga"):
        assert not made.only_reads(name)


def test_a_permission_mode_adds_its_arguments(tmp_path: Path) -> None:
    assert "--auto-edit" in launch(tmp_path, Task("x", tmp_path, permissions=Permissions.EDITS)).command
    assert "--auto-edit" not in launch(tmp_path, Task("x", tmp_path)).command


def test_a_home_file_that_is_right_already_is_not_written_again(tmp_path: Path) -> None:
    task = Task("x", tmp_path, endpoint=SERVER)
    file = tmp_path / "homes" / "fake" / "endpoint.toml"
    launch(tmp_path, task)
    os.utime(file, (1, 1))
    launch(tmp_path, task)
    assert file.stat().st_mtime == 1
    file.write_bytes(b"\xff changed by the CLI")
    launch(tmp_path, task)
    assert file.read_text() == "url = 'http://127.0.0.1:1'"


secret_names = st.from_regex(r"[A-Z]{1,8}_(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)(_[A-Z]{1,5})?", fullmatch=True)


@given(secret_names)
def test_no_variable_with_the_name_of_a_secret_is_inherited(name: str) -> None:
    task = Task("x", Path("/"))
    made = prepare(
        parse(FACTS.replace('"FAKE_API_KEY"]', "]"), "fake"),
        Installed("/bin/fake", "1"),
        task,
        attempt_id=AttemptId("a"),
        resume=None,
        inherited={name: "the-secret"},
        homes=Path("/nowhere"),
    )
    assert "the-secret" not in made.environment.values()


@pytest.mark.parametrize("name", load(Path("/nowhere")).facts)
def test_every_shipped_agent_can_be_prepared_in_every_way(tmp_path: Path, name: str) -> None:
    facts = load(Path("/nowhere")).get(name)
    for permissions in Permissions:
        own = launch(tmp_path, Task("x", tmp_path, permissions=permissions), facts)
        assert not any("${" in text for text in (*own.command, *own.environment.values()))
        served = launch(tmp_path, Task("x", tmp_path, permissions=permissions, endpoint=SERVER), facts)
        assert not any("${" in text for text in (*served.command, *served.environment.values()))
        assert "t" not in served.environment.values()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:1/v1", "http://[::1]:1"])
def test_a_server_on_this_machine_is_asked_without_the_persons_proxy(tmp_path: Path, url: str) -> None:
    task = Task("x", tmp_path, endpoint=Endpoint(url, "endpoint-key", "m1"))
    made = launch(tmp_path, task, HTTP_PROXY="http://proxy:3128", NO_PROXY="intranet, localhost", no_proxy=".corp")
    assert made.environment["HTTP_PROXY"] == "http://proxy:3128"
    assert made.environment["NO_PROXY"] == "intranet,localhost,.corp,127.0.0.1,::1"
    assert made.environment["no_proxy"] == made.environment["NO_PROXY"]


def test_who_uses_no_proxy_at_all_goes_on_so(tmp_path: Path) -> None:
    made = launch(tmp_path, Task("x", tmp_path, endpoint=SERVER), HTTP_PROXY="http://proxy:3128", no_proxy="*")
    assert (made.environment["NO_PROXY"], made.environment["no_proxy"]) == ("*", "*")


@pytest.mark.parametrize("endpoint", [None, Endpoint("http://models.corp:1", "endpoint-key", "m1")], ids=["own", "far"])
def test_what_is_asked_elsewhere_goes_the_persons_way(tmp_path: Path, endpoint: Endpoint | None) -> None:
    made = launch(tmp_path, Task("x", tmp_path, endpoint=endpoint), HTTP_PROXY="http://proxy:3128", NO_PROXY="intranet")
    assert made.environment["NO_PROXY"] == "intranet"
    assert "no_proxy" not in made.environment
