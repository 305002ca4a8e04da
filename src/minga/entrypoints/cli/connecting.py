"""What `minga connect` and `minga disconnect` share: which CLIs, what is shown, who is asked, how it ends."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import msgspec

from minga.agents import registry
from minga.agents.connecting import facts as connecting
from minga.agents.connecting.connections import Connections, Plan
from minga.agents.connecting.difference import difference
from minga.agents.connecting.facts import ConnectingFacts, GatewayUse, Server
from minga.agents.launch import Installed
from minga.domain.errors import MingaError, NoConsent, UnknownAgent
from minga.domain.ids import AgentName
from minga.entrypoints.cli.ending import EXIT_CANCELLED, complain
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import for_reader, visible
from minga.entrypoints.mcp.offered import TOOLS

ALL = "all"

_MOVED_BY = {"MINGA_HOME": ("MINGA_HOME", "XDG_DATA_HOME"), "MINGA_CONFIG": ("MINGA_CONFIG", "XDG_CONFIG_HOME")}
"""Some CLIs start a server without the person's variables; with these it finds the same store."""

_ENDS = {True: ("connected", "already connected"), False: ("disconnected", "not connected")}

OUTCOMES = (*_ENDS[True], *_ENDS[False], "would change", "failed")
"""How it ended for one CLI, as programs read it."""


@dataclass(slots=True)
class One:
    """A CLI that was asked for. ``notes``: what else there is to say of it."""

    facts: ConnectingFacts
    plan: Plan | None = None
    error: MingaError | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is done. ``connects``: or disconnects."""

    connects: bool
    dry: bool
    yes: bool
    as_json: bool


def connections_of(desk: Desk) -> Connections:
    return Connections(desk.settings.home / "connections", desk.settings.environment)


def chosen(desk: Desk, names: Sequence[str], of_all: Callable[[ConnectingFacts], bool]) -> list[One]:
    """The CLIs of these names, each once. ``all``: those for which ``of_all`` holds. Raises UnknownAgent."""
    known = connecting.load()
    found: dict[str, One] = {}
    for name in names:
        if name != ALL and name not in known:
            near = get_close_matches(name.lower(), [*known, ALL], n=1, cutoff=0.5)
            raise UnknownAgent(name=name, suggestion=f"Did you mean {near[0]!r}? " if near else "")
        for one in known.values() if name == ALL else (known[name],):
            if name != ALL or of_all(one):
                found[one.agent] = One(one)
    return list(found.values())


def is_installed(desk: Desk, facts: ConnectingFacts) -> bool:
    own = registry.load(desk.settings.config / "agents").facts[AgentName(facts.agent)]
    return registry.find_program(own, desk.settings.clis, desk.settings.environment.get("PATH", "")) is not None


def server_of(desk: Desk) -> Server:
    """Minga's MCP server as a CLI is to start it: by the program beside this Python, wherever the CLI is started."""
    beside = Path(sys.executable).with_name("minga")
    command = (str(beside),) if beside.exists() else (sys.executable, "-m", "minga")
    given = desk.settings.environment
    folders = {"MINGA_HOME": desk.settings.home, "MINGA_CONFIG": desk.settings.config}
    environment = {
        name: str(folders[name].absolute()) for name, by in _MOVED_BY.items() if any(given.get(one) for one in by)
    }
    reading = tuple(tool.name for tool in TOOLS if tool.effect == "reads")
    return Server(command[0], (*command[1:], "mcp"), environment, reading)


def plan_connecting(desk: Desk, one: One, gateway: GatewayUse | None) -> None:
    """Work out what connecting takes, or why it cannot be. A gateway of an earlier time stays."""
    connections, server, facts = connections_of(desk), server_of(desk), one.facts
    try:
        known = connections.known(facts)
        use = gateway or (known.gateway if known else None)
        parts = connecting.tools_part(facts, server, desk.settings.environment)
        if use:
            of_gateway = connecting.gateway_part(facts, use, desk.settings.environment)
            parts += of_gateway
            if not of_gateway:
                one.notes.append(_no_gateway(desk, facts))
        one.plan = connections.plan(facts, parts, server, use)
    except MingaError as wrong:
        one.error = wrong


def _no_gateway(desk: Desk, facts: ConnectingFacts) -> str:
    if facts.gateway == "model":
        return desk.say("its configuration must name the gateway's model; add --model NAME")
    return desk.say('its configuration cannot name the gateway; set its environment: eval "$(minga env)"')


def end(desk: Desk, found: Sequence[One], manner: Manner) -> int:
    """Show what was planned, ask, do it, tell; the exit code. Raises NoConsent."""
    waiting = [one for one in found if one.plan and one.plan.changes]
    if not manner.as_json:
        _show(desk, found)
    if waiting and not manner.dry and not manner.yes and not _agreed(desk, waiting, manner):
        print(desk.say("Nothing was changed."), file=sys.stderr)
        return EXIT_CANCELLED
    if not manner.dry:
        asyncio.run(_carry_out(desk, found))
    for one in found:
        _tell(desk, one, manner)
    return next((one.error.exit_code for one in found if one.error), 0)


async def _carry_out(desk: Desk, found: Iterable[One]) -> None:
    for one in found:
        if one.plan is not None and (one.plan.changes or one.plan.known != one.plan.record):
            try:
                await connections_of(desk).carry_out(one.facts, one.plan)
            except MingaError as wrong:
                one.error = wrong


def _show(desk: Desk, found: Iterable[One]) -> None:
    for one in found:
        for file in one.plan.files if one.plan else ():
            sys.stdout.write(for_reader(difference(file), sys.stdout))
        for note in one.notes:
            print(f"{one.facts.agent}: {note}", file=sys.stderr)


def _agreed(desk: Desk, waiting: Sequence[One], manner: Manner) -> bool:
    """Raises NoConsent where nobody can be asked."""
    if manner.as_json or not sys.stdin.isatty():
        raise NoConsent(agent=", ".join(one.facts.agent for one in waiting))
    names = ", ".join(one.facts.agent for one in waiting)
    print(visible(desk.say("Write this for {agents}? [y/N] ", agents=names)), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "s", "si", "sí")


def _tell(desk: Desk, one: One, manner: Manner) -> None:
    if manner.as_json:
        print(msgspec.json.encode(_as_fields(desk, one, manner)).decode())
    elif one.error is not None:
        message, remedy = desk.say.error(one.error)
        complain(f"{one.facts.agent}: {message}", remedy)
    elif not (manner.dry and one.plan and one.plan.changes):
        print(f"{one.facts.agent}: {desk.say(_outcome(one, manner))}")


def _outcome(one: One, manner: Manner) -> str:
    if one.error is not None:
        return "failed"
    done, already = _ENDS[manner.connects]
    if one.plan and one.plan.changes:
        return "would change" if manner.dry else done
    return already


def _as_fields(desk: Desk, one: One, manner: Manner) -> Mapping[str, object]:
    files = [file for file in (one.plan.files if one.plan else ()) if file.changes]
    message, remedy = desk.say.error(one.error) if one.error else ("", "")
    return {
        "agent": one.facts.agent,
        "outcome": _outcome(one, manner),
        "files": [{"path": str(file.path), "diff": difference(file)} for file in files],
        "notes": one.notes,
        "error": message,
        "remedy": remedy,
    }


def note_versions(desk: Desk, found: Sequence[One]) -> None:
    """Say of each CLI whether it is there, and whether it is the version whose files are known."""
    for one, installed in zip(found, asyncio.run(_versions(desk, found)), strict=True):
        if installed is None:
            one.notes.append(desk.say("not installed yet: minga agents install {agent}", agent=one.facts.agent))
        elif installed.version and installed.version != one.facts.measured:
            one.notes.append(
                desk.say(
                    "version {version}, measured with {measured}: see by minga doctor --probe whether the tools arrive",
                    version=installed.version,
                    measured=one.facts.measured,
                )
            )


async def _versions(desk: Desk, found: Sequence[One]) -> list[Installed | None]:
    facts, given = registry.load(desk.settings.config / "agents").facts, desk.settings
    names = [AgentName(one.facts.agent) for one in found]
    return await asyncio.gather(*(registry.find(facts[name], given.clis, given.environment) for name in names))
