"""Runs a real agent CLI once, headless, in a home of its own, against a scripted server.

The settings are those of a user's own endpoint, not of Minga's drivers: these runs prove the server, not Minga.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ECHO = Path(__file__).with_name("mcp_echo.py")
PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run happens: ``home`` of the CLI, ``work`` for files, ``url`` of the server."""

    home: Path
    work: Path
    url: str


@dataclass(frozen=True, slots=True)
class Run:
    """Arguments after the program's name, and variables beyond ``HOME`` and ``PATH``."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """``code`` is None where the time limit ended the run."""

    code: int | None
    output: str
    errors: str


def run(program: Path, place: Place, prompt: str, limit_s: float = 40) -> Done:
    once = CLIS[program.name](place, prompt)
    environment = {"PATH": os.environ["PATH"], "HOME": str(place.home), "LANG": "C.UTF-8", **once.variables}
    process = subprocess.Popen(
        [program, *once.arguments],
        cwd=place.work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=limit_s)
        return Done(process.returncode, output, errors)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        return Done(None, output, errors)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def codex(place: Place, prompt: str) -> Run:
    settings = f"""
model = "my-model"
model_provider = "local"
check_for_update_on_startup = false
[analytics]
enabled = false
[feedback]
enabled = false
[model_providers.local]
name = "local"
base_url = "{place.url}/v1"
wire_api = "responses"
env_key = "LOCAL_KEY"
request_max_retries = 1
stream_max_retries = 1
[mcp_servers.srv]
command = {json.dumps(PYTHON)}
args = [{json.dumps(str(ECHO))}]
required = true
default_tools_approval_mode = "approve"
"""
    (place.home / "config.toml").write_text(settings)
    arguments = ("exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access", prompt)
    return Run(arguments, {"CODEX_HOME": str(place.home), "LOCAL_KEY": "k"})


def claude(place: Place, prompt: str) -> Run:
    server = {"type": "stdio", "command": PYTHON, "args": [str(ECHO)]}
    mcp = json.dumps({"mcpServers": {"srv": server}})
    formats = ("-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "bypassPermissions")
    variables = {
        "CLAUDE_CONFIG_DIR": str(place.home),
        "ANTHROPIC_BASE_URL": place.url,
        "ANTHROPIC_API_KEY": "k",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "ENABLE_TOOL_SEARCH": "false",
        "IS_SANDBOX": "1",
    }
    return Run((*formats, "--mcp-config", mcp, "--", prompt), variables)


def gemini(place: Place, prompt: str) -> Run:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": 2},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "mcpServers": {"srv": {"command": PYTHON, "args": [str(ECHO)], "trust": True}},
    }
    folder = place.home / ".gemini"
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps(settings))
    variables = {
        "GEMINI_CLI_HOME": str(place.home),
        "GEMINI_API_KEY": "k",
        "GOOGLE_GEMINI_BASE_URL": place.url,
        "GEMINI_CLI_NO_RELAUNCH": "true",
    }
    flags = ("-m", "gemini-2.5-pro", "-o", "stream-json", "--approval-mode", "yolo", "--skip-trust")
    return Run((*flags, "-p", prompt), variables)


def copilot(place: Place, prompt: str) -> Run:
    server = {"type": "local", "command": PYTHON, "args": [str(ECHO)], "tools": ["*"]}
    mcp = json.dumps({"mcpServers": {"srv": server}})
    variables = {
        "COPILOT_HOME": str(place.home),
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
        "COPILOT_PROVIDER_BASE_URL": f"{place.url}/v1",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_WIRE_API": "completions",
        "COPILOT_PROVIDER_API_KEY": "k",
        "COPILOT_MODEL": "my-model",
    }
    flags = ("--output-format", "json", "--no-ask-user", "--allow-all-tools", "--allow-all-paths")
    return Run(("-p", prompt, *flags, "--additional-mcp-config", mcp), variables)


def opencode(place: Place, prompt: str) -> Run:
    model = {"my-model": {"name": "My model", "limit": {"context": 200000, "output": 8192}}}
    options = {"baseURL": f"{place.url}/v1", "apiKey": "k"}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Local", "options": options, "models": model}
    settings = {
        "autoupdate": False,
        "share": "disabled",
        "model": "local/my-model",
        "small_model": "local/my-model",
        "provider": {"local": provider},
        "permission": {"bash": "allow", "edit": "allow", "webfetch": "deny"},
        "mcp": {"srv": {"type": "local", "command": [PYTHON, str(ECHO)], "enabled": True}},
    }
    file = place.home / "opencode.json"
    file.write_text(json.dumps(settings))
    off = ("AUTOUPDATE", "MODELS_FETCH", "DEFAULT_PLUGINS", "LSP_DOWNLOAD")
    kinds = ("DATA", "CONFIG", "STATE", "CACHE")
    variables = {
        "OPENCODE_CONFIG": str(file),
        **{f"OPENCODE_DISABLE_{name}": "1" for name in off},
        **{f"XDG_{kind}_HOME": str(place.home / kind.lower()) for kind in kinds},
    }
    return Run(("run", "--format", "json", prompt), variables)


def qwen(place: Place, prompt: str) -> Run:
    settings = {
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "general": {"enableAutoUpdate": False},
        "security": {"auth": {"selectedType": "openai"}},
        "memory": {"enableManagedAutoMemory": False, "enableAutoSkill": False},
        "tools": {"toolSearch": {"enabled": False}},
        "mcpServers": {"srv": {"command": PYTHON, "args": [str(ECHO)], "trust": True}},
    }
    (place.home / "settings.json").write_text(json.dumps(settings))
    variables = {
        "QWEN_HOME": str(place.home),
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": f"{place.url}/v1",
        "OPENAI_MODEL": "my-model",
    }
    return Run(("-o", "stream-json", "--approval-mode", "yolo", prompt), variables)


CLIS: Mapping[str, Callable[[Place, str], Run]] = {
    "codex": codex,
    "claude": claude,
    "gemini": gemini,
    "copilot": copilot,
    "opencode": opencode,
    "qwen": qwen,
}
