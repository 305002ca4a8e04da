"""The catalogue of agents and where each is on this machine."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import msgspec

from minga.agents.facts import Facts, parse
from minga.agents.launch import Installed
from minga.domain.errors import BadInput, BadSetting, UnknownAgent
from minga.domain.ids import AgentName
from minga.infrastructure import commands

SHIPPED = Path(__file__).parent / "catalog"

BUILTIN = AgentName("builtin")

VERSION_LIMIT_S = 30.0

_VERSION = re.compile(r"\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.]+)?")


@dataclass(frozen=True, slots=True)
class Registry:
    """Facts by name, in the catalogue's order."""

    facts: Mapping[AgentName, Facts]

    def get(self, name: str) -> Facts:
        """Raises UnknownAgent, with the nearest name; BadInput for the built-in agent, which is no CLI."""
        if name == BUILTIN:
            raise BadInput(detail="the built-in agent is no CLI; it is always ready")
        if found := self.facts.get(AgentName(name)):
            return found
        near = get_close_matches(name.lower(), self.names(), n=1, cutoff=0.5)
        raise UnknownAgent(name=name, suggestion=f"Did you mean {near[0]!r}? " if near else "")

    def names(self) -> list[str]:
        return [*self.facts, BUILTIN]

    def check(self, name: str) -> AgentName:
        """Return ``name`` as an agent's name, the built-in agent included. Raises UnknownAgent."""
        return BUILTIN if name == BUILTIN else AgentName(self.get(name).name)


def load(own: Path) -> Registry:
    """Read the shipped catalogue and the person's ``own`` folder, whose files win. Raises BadSetting."""
    found: dict[AgentName, Facts] = {}
    for folder in (SHIPPED, own):
        for file in sorted(folder.glob("*.toml")):
            try:
                facts = parse(file.read_text("utf-8"), str(file))
            except (ValueError, OSError) as wrong:
                raise BadSetting(name="agent", source=str(file), detail=str(wrong)) from wrong
            found[AgentName(facts.name)] = facts
    return Registry(found)


def find_program(facts: Facts, clis: Path, search_path: str) -> Path | None:
    """Return the CLI's program: the one Minga installed below ``clis`` before one on ``search_path``."""
    own = clis / facts.name / "node_modules" / ".bin" / facts.command
    if own.exists():
        return own
    found = shutil.which(facts.command, path=search_path)
    return Path(found) if found else None


async def find(facts: Facts, clis: Path, environment: Mapping[str, str]) -> Installed | None:
    """Return the installed CLI with its version, or None. The version comes from the npm package where there is one
    (no process), else from the CLI itself; empty if it does not say."""
    program = find_program(facts, clis, environment.get("PATH", ""))
    if program is None:
        return None
    return Installed(str(program), _packaged_version(facts, program) or await ask_version(facts, program, environment))


async def ask_version(facts: Facts, program: Path, environment: Mapping[str, str]) -> str:
    """Start the program with its version arguments and return the version that it prints, or an empty text."""
    try:
        done = await commands.run(
            (str(program), *facts.version_arguments),
            cwd=Path("/"),
            limit_s=VERSION_LIMIT_S,
            environment={**environment, **facts.environment},
        )
    except OSError:
        return ""
    match = _VERSION.search(done.stdout) or _VERSION.search(done.stderr)
    return match[0] if done.exit_code == 0 and match else ""


class _PackageFile(msgspec.Struct):
    name: str = ""
    version: str = ""


def _packaged_version(facts: Facts, program: Path) -> str:
    if facts.package is None:
        return ""
    for folder in program.resolve().parents:
        file = folder / "package.json"
        if file.is_file():
            try:
                package = msgspec.json.decode(file.read_bytes(), type=_PackageFile)
            except (msgspec.DecodeError, OSError):
                return ""
            if package.name == facts.package.npm:
                return package.version
    return ""


def is_proven(facts: Facts, version: str) -> bool:
    """Whether ``version`` lies in the proven range; an unknown version does not."""
    return bool(version) and _order(facts.proven.min) <= _order(version) <= _order(facts.proven.max)


def _order(version: str) -> tuple[int, ...]:
    """What sorts versions; ``1.0`` and ``1.0.0`` are the same."""
    numbers = [int(number) for number in re.findall(r"\d+", version.split("-", 1)[0].split("+", 1)[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
