"""Runs with the person's own configuration: their provider, their key, their files, and no endpoint of Minga's."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clis import require_cli
from minga.agents.facts import Facts
from minga.agents.launch import Installed, prepare
from minga.agents.login import is_logged_in, person_home, referred_variables
from minga.agents.registry import load
from minga.domain.agents import Launch
from minga.domain.ids import AttemptId
from minga.domain.task import Task
from minga.testing import Say, Script, ScriptedServer

KEY = "a-key-of-the-persons-own"
ANSWER = "Answered by the person's own provider."

CODEX = """\
model_provider = "mine"
model = "gpt-5"  # theirs

[model_providers.mine]
name = "Mine"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "MY_PROVIDER_KEY"
"""
GEMINI = '{"security": {"auth": {"selectedType": "gemini-api-key"}}}\n'
# With the number and the schema, which the CLIs themselves would add.
QWEN = '{"$version": 4, "security": {"auth": {"selectedType": "openai"}}}\n'
QWEN_PROVIDERS = """\
{"$version": 4, "security": {"auth": {"selectedType": "openai"}}, "model": {"name": "my-model"},
 "modelProviders": {"openai": [{"id": "my-model", "envKey": "MY_PROVIDER_KEY", "baseUrl": "${url}/v1"}]}}
"""
OPENCODE = """\
{
  "$schema": "https://opencode.ai/config.json",
  // theirs
  "model": "mine/my-model",
  "provider": {
    "mine": {
      "npm": "@ai-sdk/openai-compatible",
      "options": {"baseURL": "${url}/v1", "apiKey": "{env:MY_PROVIDER_KEY}"},
      "models": {"my-model": {"name": "my-model"}}
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Own:
    """How a person has set up one CLI: files below their HOME, and variables; ``${url}`` is the provider."""

    agent: str
    files: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


OWNS = {
    "claude": Own("claude", {}, {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "${url}"}),
    "codex": Own("codex", {".codex/config.toml": CODEX}, {"MY_PROVIDER_KEY": KEY}),
    "copilot": Own(
        "copilot",
        {},
        {
            "COPILOT_OFFLINE": "true",
            "COPILOT_PROVIDER_BASE_URL": "${url}/v1",
            "COPILOT_PROVIDER_TYPE": "openai",
            "COPILOT_PROVIDER_WIRE_API": "completions",
            "COPILOT_PROVIDER_API_KEY": KEY,
            "COPILOT_MODEL": "gpt-5.4",
        },
    ),
    "gemini": Own(
        "gemini", {".gemini/settings.json": GEMINI}, {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": "${url}"}
    ),
    "opencode": Own("opencode", {".config/opencode/opencode.jsonc": OPENCODE}, {"MY_PROVIDER_KEY": KEY}),
    "qwen": Own(
        "qwen",
        {".qwen/settings.json": QWEN},
        {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "${url}/v1", "OPENAI_MODEL": "my-model"},
    ),
    "qwen, with providers": Own("qwen", {".qwen/settings.json": QWEN_PROVIDERS}, {"MY_PROVIDER_KEY": KEY}),
}


class Person:
    """Somebody with a HOME and an environment of their own, who runs Minga."""

    def __init__(self, own: Own, folder: Path, url: str) -> None:
        program = require_cli(own.agent)
        self._home = folder / "home"
        self._work = folder / "work"
        self._work.mkdir()
        self._files = {self._home / path: text.replace("${url}", url) for path, text in own.files.items()}
        for path, text in self._files.items():
            path.parent.mkdir(parents=True)
            path.write_text(text)
        linked = folder / "minga" / "clis" / own.agent / "node_modules" / ".bin" / own.agent
        linked.parent.mkdir(parents=True)
        linked.symlink_to(program)
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "MINGA_HOME": str(folder / "minga"),
            **{name: value.replace("${url}", url) for name, value in own.variables.items()},
        }

    def minga(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "minga", *arguments],
            cwd=self._work,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def files_are_as_before(self) -> bool:
        return all(path.read_bytes() == text.encode() for path, text in self._files.items())


@pytest.mark.cli
@pytest.mark.parametrize("own", OWNS.values(), ids=OWNS)
def test_an_agent_answers_with_the_persons_own_configuration_and_leaves_it_as_it_is(own: Own, tmp_path: Path) -> None:
    with ScriptedServer(Script(default=Say(ANSWER))) as server:
        person = Person(own, tmp_path, server.url)
        done = person.minga("run", "--quiet", "--timeout", "60", "--agent", own.agent, "hello")
        assert (done.returncode, done.stdout.strip()) == (0, ANSWER), done.stderr
        assert any(KEY in value for request in server.requests for value in request.headers.values())
        assert person.files_are_as_before()


@pytest.mark.cli
@pytest.mark.parametrize("own", OWNS.values(), ids=OWNS)
def test_the_doctor_sees_the_persons_own_configuration_as_a_login(own: Own, tmp_path: Path) -> None:
    done = Person(own, tmp_path, "http://127.0.0.1:1").minga("doctor", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    seen = {line["agent"]: line for line in lines if "agent" in line}
    assert seen[own.agent]["logged_in"] is True


def shipped(name: str) -> Facts:
    return load(Path("/nowhere")).get(name)


def written(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def launched(name: str, task: Task, environment: dict[str, str]) -> Launch:
    return prepare(
        shipped(name),
        Installed("/bin/agent", "1"),
        task,
        attempt_id=AttemptId("a"),
        resume=None,
        inherited=environment,
        homes=task.cwd / "homes",
    )


def test_a_key_that_the_persons_configuration_names_is_passed_and_kept_secret_and_no_other(tmp_path: Path) -> None:
    written(tmp_path / ".codex" / "config.toml", CODEX)
    environment = {"HOME": str(tmp_path), "MY_PROVIDER_KEY": KEY, "OTHER_PROVIDER_KEY": "another-key"}
    made = launched("codex", Task("x", tmp_path), environment)
    assert made.environment["MY_PROVIDER_KEY"] == KEY
    assert KEY in made.secrets
    assert "another-key" not in made.environment.values()


def test_an_isolated_run_gets_none_of_the_keys_that_the_persons_configuration_names(tmp_path: Path) -> None:
    written(tmp_path / ".codex" / "config.toml", CODEX)
    made = launched("codex", Task("x", tmp_path, isolated=True), {"HOME": str(tmp_path), "MY_PROVIDER_KEY": KEY})
    assert KEY not in made.environment.values()


def test_a_file_of_the_project_cannot_ask_for_a_key(tmp_path: Path) -> None:
    project = tmp_path / "project"
    written(project / "opencode.json", OPENCODE)
    environment = {"HOME": str(tmp_path / "home"), "MY_PROVIDER_KEY": KEY}
    assert KEY not in launched("opencode", Task("x", project), environment).environment.values()


@pytest.mark.parametrize(
    ("name", "file", "text", "names"),
    [
        ("codex", ".codex/config.toml", "# env_key = 'OLD_KEY'\n", set()),
        ("codex", ".codex/config.toml", "model_providers.m = {name = 'M', env_key = 'M_KEY'}\n", {"M_KEY"}),
        ("codex", ".codex/config.toml", '[mcp_servers.m]\nbearer_token_env_var = "M_TOKEN"\n', {"M_TOKEN"}),
        ("codex", ".codex/config.toml", "env_http_headers = {'X-A' = 'A_KEY', X-B = 'B_KEY'}\n", {"A_KEY", "B_KEY"}),
        ("gemini", ".gemini/settings.json", '{"mcpServers": {"m": {"env": {"T": "$M_TOKEN"}}}}', {"M_TOKEN"}),
        ("gemini", ".gemini/settings.json", '{"mcpServers": {"m": {"env": {"T": "${M_TOKEN}"}}}}', {"M_TOKEN"}),
        ("qwen", ".qwen/settings.json", QWEN_PROVIDERS, {"MY_PROVIDER_KEY"}),
        ("opencode", ".config/opencode/opencode.json", OPENCODE, {"MY_PROVIDER_KEY"}),
    ],
)
def test_the_variables_are_found_that_a_configuration_names(
    tmp_path: Path, name: str, file: str, text: str, names: set[str]
) -> None:
    written(tmp_path / file, text.replace("${url}", "http://127.0.0.1:1"))
    found = referred_variables(shipped(name), {"HOME": str(tmp_path)})
    assert found - {"version"} == names  # `$version` is a key of the file, and no variable that exists


@pytest.mark.parametrize(
    ("name", "variable", "file", "text"),
    [
        ("codex", "CODEX_HOME", "config.toml", CODEX),
        ("gemini", "GEMINI_CLI_HOME", ".gemini/oauth_creds.json", "{}"),
        ("opencode", "XDG_CONFIG_HOME", "opencode/opencode.json", OPENCODE),
        ("opencode", "XDG_DATA_HOME", "opencode/auth.json", "{}"),
    ],
)
def test_a_login_is_seen_where_the_person_has_moved_it(
    tmp_path: Path, name: str, variable: str, file: str, text: str
) -> None:
    environment = {"HOME": str(tmp_path / "home"), variable: str(tmp_path / "moved")}
    facts = shipped(name)
    assert not is_logged_in(facts, person_home(facts, environment), environment)
    written(tmp_path / "moved" / file, text)
    assert is_logged_in(facts, person_home(facts, environment), environment)
    assert launched(name, Task("x", tmp_path), environment).environment[variable] == str(tmp_path / "moved")


@pytest.mark.parametrize(
    "text",
    [
        'model = "gpt-5"\n',
        'model_provider = "openai"\n',
        '# model_provider = "mine"\n',
        'model_provider = "mine"\n[model_providers.mine]\nrequires_openai_auth = true\n',
    ],
)
def test_a_codex_that_calls_openai_needs_a_login(tmp_path: Path, text: str) -> None:
    written(tmp_path / ".codex" / "config.toml", text)
    facts, environment = shipped("codex"), {"HOME": str(tmp_path)}
    assert not is_logged_in(facts, person_home(facts, environment), environment)
