"""The person's own configuration of a CLI: where it lies, whether it holds a login, which variables it refers to.

Nothing here is written, and only files of the person's own home are read: a variable that a file of the project names
stays outside, so that a cloned repository cannot ask for a key.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from minga.agents.facts import Facts
from minga.domain.agents import Launch


def person_home(facts: Facts, environment: Mapping[str, str]) -> Path:
    """Return the person's own configuration home of the CLI: moved by its variable, or the default."""
    for name, template in facts.home.variables.items():
        if template == "${home}" and environment.get(name):
            return Path(environment[name])
    return Path(environment.get("HOME", "/")) / facts.home.default


def person_place(facts: Facts, environment: Mapping[str, str], path: str) -> tuple[Path, str]:
    """Where ``path``, relative to the configuration home, lies for the person: a folder, and the path below it. A
    variable that moves a part of the home (``XDG_CONFIG_HOME``) moves what is in that part."""
    for name, template in facts.home.variables.items():
        part = template.removeprefix("${home}/") + "/"
        if template != "${home}" and path.startswith(part) and environment.get(name):
            return Path(environment[name]), path.removeprefix(part)
    return person_home(facts, environment), path


def how_to_log_in(facts: Facts, *, isolated: bool = False) -> str:
    """The command to type. Minga's own verb: what Minga installed lies where the person's shell does not look.

    Where the catalogue's command is none of the CLI itself, that is what the person reads.
    """
    if login_arguments(facts) is None:
        return facts.login.command
    return f"minga agents login {facts.name}{' --isolated' if isolated else ''}"


def how_to_log_in_for(launch: Launch, facts: Facts) -> str:
    return how_to_log_in(facts, isolated=launch.home is not None and not launch.uses_endpoint)


def login_arguments(facts: Facts) -> tuple[str, ...] | None:
    """What to give to the CLI's program, or None where the catalogue's command is not one of its own."""
    words = facts.login.command.split()
    return tuple(words[1:]) if words[:1] == [facts.command] else None


def is_logged_in(facts: Facts, home: Path, environment: Mapping[str, str]) -> bool:
    """Whether a login can be seen: a file in the CLI's home, or a variable. It may still have expired."""
    return holds_login(facts, home, environment) or any(environment.get(name) for name in facts.login.variables)


def holds_login(facts: Facts, home: Path, environment: Mapping[str, str]) -> bool:
    """Whether a file in the CLI's home is a login, or holds one; variables moved the folders."""
    files = facts.login.files
    return any(_place(facts, home, file, environment).exists() for file in files) or is_found_in(
        facts, home, facts.login.patterns, environment
    )


def is_found_in(facts: Facts, home: Path, patterns: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Whether any of ``patterns`` (file to regular expression) is found in its file of the CLI's home."""
    return any(re.search(pattern, _text(_place(facts, home, file, environment))) for file, pattern in patterns.items())


def referred_variables(facts: Facts, environment: Mapping[str, str]) -> frozenset[str]:
    """The variables that the person's own configuration of the CLI names, such as the one with a provider's key."""
    home = person_home(facts, environment)
    return frozenset(
        name
        for file, pattern in facts.login.variables_in.items()
        for match in re.finditer(pattern, _text(_place(facts, home, file, environment)))
        for name in match.groups()
        if name
    )


def _place(facts: Facts, home: Path, file: str, environment: Mapping[str, str]) -> Path:
    """Where a file of ``home`` is; a variable may have moved the folder that it lies in."""
    for name, template in facts.home.variables.items():
        folder = template.removeprefix("${home}/") + "/"
        if template.startswith("${home}/") and file.startswith(folder) and environment.get(name):
            return Path(environment[name], file.removeprefix(folder))
    return home / file


def _text(file: Path) -> str:
    """The file's text, or an empty one if it cannot be read."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
