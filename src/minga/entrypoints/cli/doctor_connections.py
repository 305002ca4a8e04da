"""`minga doctor` on what `minga connect` did: is it still there, and do the models see the tools?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from minga.agents.connecting import facts as connecting
from minga.agents.connecting.connections import State
from minga.agents.connecting.facts import ConnectingFacts
from minga.agents.connecting.probing import Seen, probe
from minga.domain.errors import MingaError
from minga.entrypoints.cli.connecting import connections_of, server_of
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.mcp.offered import TOOLS


@dataclass(frozen=True, slots=True)
class Connected:
    """``state`` is None where ``wrong`` says why it cannot be told. ``seen``: what a probe saw; None without one."""

    facts: ConnectingFacts
    state: State | None
    wrong: MingaError | None = None
    seen: Seen | None = None

    @property
    def is_there(self) -> bool:
        return self.state not in (None, "not connected")


async def look(desk: Desk, programs: Mapping[str, Path], *, runs: bool) -> list[Connected]:
    """How it stands with each CLI. With ``runs`` those that are connected, and are here, are run one by one."""
    found = []
    for facts in connecting.load().values():
        one = _state(desk, facts)
        if runs and one.is_there and facts.agent in programs:
            one = Connected(facts, one.state, None, await _probe(desk, facts, programs[facts.agent]))
        found.append(one)
    return found


def say_connections(desk: Desk, found: list[Connected]) -> None:
    """A line for each that is connected, and one for the others."""
    say = desk.say
    for one in found:
        name = one.facts.agent
        if one.wrong is not None:
            print(f"  {name}: {' → '.join(say.error(one.wrong))}")
        elif one.state == "connected":
            print(f"  {name}: {say('connected with Minga (MCP)')}{_seen(desk, one)}")
        elif one.is_there:
            print(f"  {name}: {say(str(one.state))} → minga connect {name}{_seen(desk, one)}")
    others = [one.facts.agent for one in found if one.state == "not connected"]
    if others:
        print(f"  {say('not connected')}: {', '.join(others)} → minga connect {others[0]}")


def as_fields(one: Connected) -> dict[str, object]:
    fields: dict[str, object] = {"connection": one.state or "unreadable"}
    if one.seen is not None:
        fields |= {"tools_seen": one.seen.tools, "tools_missing": one.seen.missing}
    return fields


def is_unseen(one: Connected) -> bool:
    """Whether a probe ran and tools were missing."""
    return one.seen is not None and bool(one.seen.missing)


def _state(desk: Desk, facts: ConnectingFacts) -> Connected:
    try:
        return Connected(facts, connections_of(desk).state(facts, server_of(desk)))
    except MingaError as wrong:
        return Connected(facts, None, wrong)


async def _probe(desk: Desk, facts: ConnectingFacts, program: Path) -> Seen:
    settings = desk.settings
    names = [tool.name for tool in TOOLS]
    folders = {"MINGA_HOME": str(settings.home.absolute()), "MINGA_CONFIG": str(settings.config.absolute())}
    try:
        return await probe(facts, program, names, server_of(desk).reading, {**settings.environment, **folders})
    except (OSError, ValueError) as wrong:
        return Seen(False, (), tuple(names), str(wrong))


def _seen(desk: Desk, one: Connected) -> str:
    say, seen = desk.say, one.seen
    if seen is None:
        return ""
    if not seen.asked:
        return "; " + say("the CLI did not ask its model: {said}", said=seen.said)
    told = "; " + say("its model sees {seen} of {all} tools", seen=len(seen.tools), all=len(TOOLS))
    if seen.missing:
        return told + "; " + say("missing: {tools}", tools=", ".join(seen.missing))
    if len(seen.tools) < len(TOOLS):
        return told + "; " + say("the others are offered at the terminal")
    return told
