"""From facts and a task to a complete `Launch`: command line, environment, configuration home."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minga.agents.facts import Extra, Facts, HomeFile
from minga.agents.login import referred_variables
from minga.domain.agents import Launch
from minga.domain.ids import AgentName, AttemptId, NativeId
from minga.domain.task import McpServer, Task
from minga.infrastructure.files import write_atomically
from minga.infrastructure.proxies import is_here

KEY_LENGTH_MIN = 8

HERE = ("127.0.0.1", "localhost", "::1")
"""This machine, as NO_PROXY names it."""

_PLACEHOLDER = re.compile(r"\$\{(base_url|api_key|model|home|cwd)\}")

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|(^|_)(PASS|PAT))(_|$)", re.IGNORECASE)
"""Such variables stay outside unless the agent's TOML lists them, or the person's own configuration of the agent names
them: an agent runs commands of a model's making."""

_PASSWORD = re.compile(r"://[^/?#]*?:([^/?#]*)@")
"""In an address, as it is written there."""

_AGENT_OWN_NAME = re.compile(
    r"^(CLAUDE|CODEX|GEMINI|GOOGLE_GEMINI|COPILOT|OPENCODE|QWEN|ANTHROPIC|OPENAI|MINGA)(_|$)|^CLAUDECODE$"
)
"""Variables by which one agent configures itself; inherited ones would bend a run that Minga starts."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A CLI found on this machine."""

    path: str
    version: str


def prepare(
    facts: Facts,
    installed: Installed,
    task: Task,
    *,
    attempt_id: AttemptId,
    resume: NativeId | None,
    inherited: Mapping[str, str],
    homes: Path,
    on_stderr: Callable[[bytes], None] | None = None,
) -> Launch:
    """Make the launch of one attempt, and write the configuration home if it is one of Minga's, below ``homes``.

    With an endpoint that does not keep the home, or with ``task.isolated``, it is Minga's own; otherwise the person's,
    untouched.
    """
    model = task.model or (task.endpoint.model if task.endpoint else "")
    home = homes / facts.name if _has_own_home(task) else None
    values = _values(task, model, home)
    extras = _extras(facts, task, with_model=bool(model))
    passed = _passed(facts, task, inherited)
    environment = _environment(task, extras, _inherit(inherited, passed, values["api_key"]), values)
    if home:
        _write_home(home, [file for extra in extras for file in extra.files], values)
    servers = _servers(facts, task)
    return Launch(
        agent=AgentName(facts.name),
        attempt_id=attempt_id,
        version=installed.version,
        command=(installed.path, *_arguments(extras, values)),
        environment=environment,
        cwd=task.cwd,
        home=home,
        model=model,
        permissions=task.permissions,
        mcp_servers=servers,
        resume=resume,
        uses_endpoint=task.endpoint is not None,
        on_stderr=on_stderr,
        secrets=_secrets(environment, passed, values["api_key"]) | _secrets_of(servers),
        for_others=task.for_others,
    )


def _has_own_home(task: Task) -> bool:
    return task.isolated or (task.endpoint is not None and not task.endpoint.keeps_home)


def _values(task: Task, model: str, home: Path | None) -> dict[str, str]:
    """What stands for the placeholders of the facts; empty where there is none."""
    endpoint = task.endpoint
    return {
        "base_url": endpoint.base_url.rstrip("/") if endpoint else "",
        "api_key": endpoint.api_key if endpoint else "",
        "model": model,
        "home": str(home) if home else "",
        "cwd": str(task.cwd),
    }


def _extras(facts: Facts, task: Task, *, with_model: bool) -> list[Extra]:
    """What the situations of the task add, in order: a later one's variables win."""
    always = Extra((*facts.arguments, *(facts.model_arguments if with_model else ())), facts.environment)
    own_home = [Extra((), facts.home.variables, facts.home.files)] if _has_own_home(task) else []
    at_endpoint = [facts.endpoint] if task.endpoint and facts.endpoint else []
    return [always, *own_home, facts.permissions.get(task.permissions, Extra()), *at_endpoint]


def _passed(facts: Facts, task: Task, inherited: Mapping[str, str]) -> frozenset[str]:
    """The person's variables that the agent gets: none in a home of Minga's, and at an endpoint none of its keys."""
    if _has_own_home(task):
        return frozenset()
    passed = referred_variables(facts, inherited).union(facts.pass_variables)
    return passed.difference(facts.endpoint.keys) if task.endpoint and facts.endpoint else passed


def _environment(
    task: Task, extras: Sequence[Extra], kept: dict[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    """Of the process: what is ``kept`` of the person's, and what is added."""
    environment = kept
    for extra in extras:
        environment = environment | _fill(extra.environment, values)
    if task.endpoint and is_here(urlsplit(task.endpoint.base_url).hostname or ""):
        environment = environment | _without_proxy(environment)
    return environment


def _arguments(extras: Sequence[Extra], values: Mapping[str, str]) -> tuple[str, ...]:
    given = (text for extra in extras for text in extra.arguments)
    return tuple(_replace(text, values) for text in given if _complete(text, values))


def _servers(facts: Facts, task: Task) -> tuple[McpServer, ...]:
    """Minga's own last; one of the person's with its name goes before."""
    own, named = task.tools, {server.name for server in task.mcp_servers}
    if own is None or own.name in named or not facts.capabilities.mcp:
        return task.mcp_servers
    return (*task.mcp_servers, own)


def own_settings(facts: Facts, inherited: Mapping[str, str], home: Path | None) -> dict[str, str]:
    """The environment in which a person uses the CLI by hand as Minga does; ``home``: one of Minga's, written here."""
    values = dict.fromkeys(("base_url", "api_key", "model", "cwd"), "") | {"home": str(home) if home else ""}
    environment = {**inherited, **_fill(facts.environment, values)}
    if home:
        environment |= _fill(facts.home.variables, values)
        _write_home(home, list(facts.home.files), values)
    return environment


def _inherit(inherited: Mapping[str, str], passed: frozenset[str], api_key: str) -> dict[str, str]:
    """The person's environment, without secrets (the endpoint's key among them, whatever its variable is called) and
    without what configures other agents; the variables in ``passed`` are the agent's own."""
    return {
        name: value
        for name, value in inherited.items()
        if name in passed
        or not (_SECRET_NAME.search(name) or _AGENT_OWN_NAME.search(name) or (_is_key(api_key) and api_key in value))
    }


def _without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """A server on this machine is asked directly: a proxy cannot reach it, and would see its key and all that is said.
    What the person has excepted stays; some programs read the one name, some the other."""
    names = ("NO_PROXY", "no_proxy")
    found = [one.strip() for name in names for one in environment.get(name, "").split(",")]
    excepted = list(dict.fromkeys(filter(None, [*found, *HERE])))
    return dict.fromkeys(names, "*" if "*" in excepted else ",".join(excepted))


def _secrets(environment: Mapping[str, str], passed: frozenset[str], api_key: str) -> frozenset[str]:
    """The keys that the agent was given."""
    given = {environment[name] for name in passed if name in environment and _SECRET_NAME.search(name)}
    return frozenset(filter(_is_key, {*given, api_key}))


def _secrets_of(servers: Sequence[McpServer]) -> frozenset[str]:
    """Keys that MCP servers are given, in a variable of their own or as the password of an address: the agent can read
    what it starts them with."""
    given = [(name, value) for server in servers for name, value in server.environment]
    keys = {value for name, value in given if _SECRET_NAME.search(name) or _PASSWORD.search(value)}
    passwords = {found[1] for _, value in given if (found := _PASSWORD.search(value))}
    return frozenset(filter(_is_key, {*keys, *passwords, *map(unquote, passwords)}))


def _is_key(value: str) -> bool:
    """Shorter values are no keys, and hiding them would hide ordinary words."""
    return len(value) >= KEY_LENGTH_MIN


def _fill(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: _replace(text, values) for name, text in environment.items() if _complete(text, values)}


def _complete(text: str, values: Mapping[str, str]) -> bool:
    return all(values[name] for name in _PLACEHOLDER.findall(text))


def _replace(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _write_home(home: Path, files: list[HomeFile], values: Mapping[str, str]) -> None:
    home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.mkdir(exist_ok=True, mode=0o700)
    for file in files:
        target = home / file.path
        content = _replace(file.content, values).encode("utf-8")
        if not target.exists() or target.read_bytes() != content:
            write_atomically(target, content)
