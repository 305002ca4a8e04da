"""Does the model see Minga's tools? The real CLI is run once, headless, with the person's configuration copied into a
home of its own, in front of the scripted model server; the request that arrives says it. No vendor's model is called.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.agents.connecting import edits
from minga.agents.connecting.edits import Edit
from minga.agents.connecting.facts import ConnectingFacts, place
from minga.infrastructure import commands
from minga.infrastructure.files import write_atomically
from minga.infrastructure.scratch import scratch_folder
from minga.testing import Say, Script, ScriptedServer

LIMIT_S = 90.0
"""OpenCode takes 13 s on two processors, and 30 s on loaded ones."""

TAIL = 300
"""Characters of what a CLI said before it failed."""

_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "XDG_CACHE_HOME", "MINGA_HOME", "MINGA_CONFIG")


@dataclass(frozen=True, slots=True)
class Seen:
    """``asked``: whether the CLI asked its model at all; if not, ``said`` is the end of what it said. ``missing``:
    tools that should have been in the request."""

    asked: bool
    tools: tuple[str, ...]
    missing: tuple[str, ...]
    said: str = ""


async def probe(
    facts: ConnectingFacts, program: Path, tools: Sequence[str], reading: Sequence[str], environment: Mapping[str, str]
) -> Seen:
    """Run ``program`` once; ``tools`` are all of Minga's, ``reading`` those that only read. ``environment`` is the
    person's, with the folders of Minga's store: its server is started as it would be. Raises OSError where the program
    cannot be started or a file not be copied, ValueError for one that is not UTF-8, does not parse or has no place for
    an edit of the probe's."""
    with (
        scratch_folder("probe", Path(tempfile.gettempdir())) as home,
        ScriptedServer(Script(default=Say("ok"))) as server,
    ):
        values = {"${url}": server.url, "${home}": str(home / "home")}
        own = {name: _filled(text, values) for name, text in facts.probe.environment.items()}
        _copy(facts, environment, own, values)
        work = home / "work"
        work.mkdir()
        command = (str(program), *(_filled(text, values) for text in facts.probe.arguments))
        passed = {name: environment[name] for name in _PASSED if name in environment}
        done = await commands.run(command, cwd=work, limit_s=LIMIT_S, environment=passed | own)
        offered = [set(one.model_request.tool_names) for one in server.requests if one.model_request]
    names = {facts.tool_name.replace("${tool}", tool): tool for tool in tools}
    most: set[str] = max(offered, key=lambda found: len(found & names.keys()), default=set())
    seen = tuple(tool for name, tool in names.items() if name in most)
    wanted = tools if facts.probe.shows == "all" else reading
    missing = tuple(tool for tool in wanted if tool not in seen)
    said = (done.stderr.strip() or done.stdout.strip())[-TAIL:]
    return Seen(bool(offered), seen, missing, "" if offered else said)


def _copy(
    facts: ConnectingFacts, environment: Mapping[str, str], own: Mapping[str, str], values: Mapping[str, str]
) -> None:
    """Copy the person's files to where the CLI of the probe, whose variables are ``own``, looks for them."""
    for file in facts.files:
        source, copy = place(file, environment), place(file, own)
        text = source.read_text("utf-8") if source.exists() else ""
        changes = [
            Edit(one.path, _filled(one.value, values) if isinstance(one.value, str) else one.value)
            for one in facts.probe.edits
            if one.name in file.names
        ]
        changed, _ = edits.apply(text, changes, file.format)
        if changed:
            write_atomically(copy.with_name(source.name), changed.encode())


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text
