"""The environment of a program that is not trusted: what it needs to run, and nothing that opens a door."""

import re
from collections.abc import Mapping
from pathlib import Path

_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|COOKIE|AUTH|_PAT$|_DSN$|^(?:MINGA|AWS|AZURE|GOOGLE|GCP|GCLOUD|"
    r"ANTHROPIC|OPENAI|GEMINI|CODEX|CLAUDE|COPILOT|GITHUB|GH|GITLAB|NPM|HF|SSH|GPG|DBUS|XDG|DOCKER|KUBE)_"
)

_NOT_TAKEN = re.compile(
    r"(?i:.*_proxy)|DISPLAY|WAYLAND_DISPLAY|KUBECONFIG|XAUTHORITY|GIT_.*|PYTEST_(?:CURRENT_TEST|VERSION|XDIST.*)|PYTHON(?!PATH|USERBASE).*|TMP|TEMP|TMPDIR|"
    r"HOME|OLDPWD|FORCE_COLOR|CLICOLOR_FORCE"
)

_SECRET_VALUE = re.compile(r"://[^/\s@]{1,200}@")

_BELOW_HOME = {
    "CARGO_HOME": ".cargo",
    "GOPATH": "go",
    "NVM_DIR": ".nvm",
    "PYENV_ROOT": ".pyenv",
    "PYTHONUSERBASE": ".local",
    "RBENV_ROOT": ".rbenv",
    "RUSTUP_HOME": ".rustup",
    "VOLTA_HOME": ".volta",
}
"""Where tool chains lie that are looked for below the home directory, which is another one in the sandbox."""

CLOSED_PORT = "http://127.0.0.1:9"
"""The port of ``discard``: nothing listens there."""

_PLAIN = {
    "CI": "true",  # test runners that would wait for a key run once
    "COLUMNS": "200",
    "GIT_TERMINAL_PROMPT": "0",
    "NO_COLOR": "1",
    "PY_COLORS": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TERM": "dumb",
    "npm_config_offline": "true",
    "npm_config_update_notifier": "false",
}

GIT_CONFIGURATION = "[user]\n\tname = Minga\n\temail = minga@localhost\n[safe]\n\tdirectory = *\n"
"""So that tests which commit to a repository of their own can; the person's own settings may sign or ask."""


def sandbox_environment(person: Mapping[str, str], home: Path, temporary: Path) -> dict[str, str]:
    """The environment for a sandbox out of that of the ``person``."""
    kept = {name: value for name, value in person.items() if _is_harmless(name, value)}
    below = {
        name: str(folder)
        for name, below_home in _BELOW_HOME.items()
        if name not in kept and (folder := Path(person.get("HOME") or "/nonexistent", below_home)).is_dir()
    }
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    kept.setdefault("LANG", "C.UTF-8")
    return {**kept, **below, **_PLAIN, "HOME": str(home), "TMPDIR": str(temporary)}


def without_network(environment: Mapping[str, str]) -> dict[str, str]:
    """Where the kernel does not take the network away: whoever heeds proxies reaches nothing."""
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {**environment, **dict.fromkeys(names, CLOSED_PORT), "no_proxy": "localhost,127.0.0.1,::1"}


def _is_harmless(name: str, value: str) -> bool:
    return not (_SECRET_NAME.search(name.upper()) or _NOT_TAKEN.fullmatch(name) or _SECRET_VALUE.search(value))
