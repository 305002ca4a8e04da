"""Each CLI without Minga: the headless one-shot that a person would otherwise type, with the very settings (home,
environment, endpoint, model) that Minga makes for its own run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.machine import MODEL, Cli
from minga.agents.launch import Installed, prepare
from minga.domain.ids import AttemptId
from minga.domain.task import Endpoint, Permissions, Task


def one_shot(
    cli: Cli, prompt: str, *, cwd: Path, url: str, homes: Path, inherited: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the command line and the environment. The configuration home is made below ``homes``."""
    task = Task(prompt, cwd, model=MODEL, permissions=Permissions.ALL, endpoint=Endpoint(url, "k"))
    launch = prepare(
        cli.facts,
        Installed(str(cli.program), ""),
        task,
        attempt_id=AttemptId("bare"),
        resume=None,
        inherited=inherited,
        homes=homes,
    )
    program, *arguments = launch.command
    return (program, *MODES[cli.facts.name][1](arguments, prompt)), dict(launch.environment)


def _codex(arguments: list[str], prompt: str) -> list[str]:
    return [
        *("exec", *arguments[1:], "--json", "--skip-git-repo-check", "-s", "danger-full-access"),
        *("-m", MODEL, prompt),
    ]


def _claude(arguments: list[str], prompt: str) -> list[str]:
    kept = _without(arguments, "--input-format", "--permission-prompt-tool")
    return [*kept, "--strict-mcp-config", "--", prompt]


def _gemini(arguments: list[str], prompt: str) -> list[str]:
    return [*arguments[1:], "-o", "stream-json", "--approval-mode", "yolo", "-p", prompt]


def _copilot(arguments: list[str], prompt: str) -> list[str]:
    flags = ("--output-format", "json", "--no-ask-user", "--allow-all-tools", "--allow-all-paths")
    return [*arguments[1:], *flags, "-p", prompt]


def _opencode(arguments: list[str], prompt: str) -> list[str]:
    return ["run", *arguments[1:], "--format", "json", prompt]


def _qwen(arguments: list[str], prompt: str) -> list[str]:
    return [*_without(arguments[1:], "--approval-mode"), "-o", "stream-json", "--approval-mode", "yolo", prompt]


def _without(arguments: list[str], *names: str) -> list[str]:
    """Leave out the options ``names``, each with its value."""
    kept, skip = [], False
    for argument in arguments:
        if skip or argument in names:
            skip = argument in names
            continue
        kept.append(argument)
    return kept


MODES: Mapping[str, tuple[str, Callable[[list[str], str], list[str]]]] = {
    "codex": ("exec --json", _codex),
    "claude": ("-p, stream-json output", _claude),
    "gemini": ("-p, stream-json output", _gemini),
    "copilot": ("-p, json output", _copilot),
    "opencode": ("run --format json", _opencode),
    "qwen": ("one prompt, stream-json output", _qwen),
}
