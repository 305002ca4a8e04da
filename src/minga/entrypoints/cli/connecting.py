"""What `minga connect` and `minga disconnect` share: which CLIs, and what is planned for each."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from minga.agents import registry
from minga.agents.connecting import facts as connecting
from minga.agents.connecting.connections import Connections, Plan
from minga.agents.connecting.facts import ConnectingFacts, GatewayUse, Server
from minga.agents.launch import Installed
from minga.domain.errors import BadInput, MingaError, UnknownAgent
from minga.domain.ids import AgentName
from minga.entrypoints.cli.connecting_sub_agents import SubAgent, plan_sub_agents, plan_sub_agents_end
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.mcp.offered import TOOLS

ALL = "all"

KEY_VARIABLE = "MINGA_KEY"
"""The variable that holds the gateway's key where none is named."""

_MOVED_BY = {"MINGA_HOME": ("MINGA_HOME", "XDG_DATA_HOME"), "MINGA_CONFIG": ("MINGA_CONFIG", "XDG_CONFIG_HOME")}
"""Some CLIs start a server without the person's variables; with these it finds the same store."""


@dataclass(slots=True)
class One:
    """A CLI that was asked for. ``notes``: what else there is to say of it."""

    facts: ConnectingFacts
    plan: Plan | None = None
    sub_agents: list[SubAgent] = field(default_factory=list)
    error: MingaError | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        if self.plan is None:
            return False
        return self.plan.changes or any(one.changes for one in self.sub_agents)


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


def is_connected(desk: Desk, facts: ConnectingFacts) -> bool:
    """Whether something that `minga connect` wrote may be there."""
    return connections_of(desk).is_there(facts, server_of(desk)) or any(
        one.changes for one in plan_sub_agents_end(desk, facts.agent)[0]
    )


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


def plan_connecting(desk: Desk, one: One, given: GatewayUse) -> None:
    """Work out what connecting takes, or why it cannot be. Of the gateway, what is not given stays as of an earlier
    time."""
    connections, server, facts = connections_of(desk), server_of(desk), one.facts
    try:
        known = connections.known(facts)
        use = _gateway(desk, facts, known.gateway if known else None, given)
        parts = connecting.tools_part(facts, server, desk.settings.environment)
        if use:
            of_gateway = connecting.gateway_part(facts, use, desk.settings.environment)
            parts += of_gateway
            if not of_gateway:
                one.notes.append(_no_gateway(desk, facts))
        one.plan = connections.plan(facts, parts, server, use)
    except MingaError as wrong:
        one.error = wrong


def plan_disconnecting(desk: Desk, one: One) -> None:
    """Work out what disconnecting takes, or why it cannot be."""
    try:
        one.plan = connections_of(desk).plan_end(one.facts, server_of(desk))
        one.sub_agents, left = plan_sub_agents_end(desk, one.facts.agent)
    except MingaError as wrong:
        one.error = wrong
    else:
        gone = [file.path for file in one.plan.files if file.before is None]
        one.notes += [desk.say("{path} is gone: there is nothing to take out of it", path=path) for path in gone]
        one.notes += left
        for file in one.plan.files:
            if file.left:
                names = ", ".join(file.left)
                said = desk.say("{names}: changed since, and yours: left as it is", names=names)
                one.notes.append(f"{file.path}: {said}")


def add_sub_agents(desk: Desk, one: One) -> None:
    """Let the specialists be written, too, for a CLI that can be connected."""
    if one.error is None:
        one.sub_agents, notes = plan_sub_agents(desk, one.facts.agent)
        one.notes += notes


def _gateway(desk: Desk, facts: ConnectingFacts, known: GatewayUse | None, given: GatewayUse) -> GatewayUse | None:
    """Raises BadInput for a key's variable, or a model, of no gateway."""
    if known is None and not given.url and (given.key_variable or given.model):
        raise BadInput(detail=desk.say("{agent} has no gateway yet; add --gateway URL", agent=facts.agent))
    if known is None and not given.url:
        return None
    before = known or GatewayUse(given.url, KEY_VARIABLE)
    return GatewayUse(given.url or before.url, given.key_variable or before.key_variable, given.model or before.model)


def _no_gateway(desk: Desk, facts: ConnectingFacts) -> str:
    if facts.gateway == "model":
        return desk.say("its configuration must name the gateway's model; add --model NAME")
    return desk.say('its configuration cannot name the gateway; set its environment: eval "$(minga env)"')


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
