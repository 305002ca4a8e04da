"""Every ordered pair of the six CLIs: a session that the one made goes on in the other, seen in what it sends."""

import asyncio
import base64
import os
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clis import find_cli, require_cli
from minga.agent_wiring import DRIVERS, FORMATS, driver, native_format
from minga.agents import attempt, registry
from minga.agents.attempt import Stop
from minga.agents.launch import Installed
from minga.agents.permissions import PolicyBroker
from minga.agents.roster import Roster
from minga.domain.agents import Prompt
from minga.domain.events import Finished, NativeSession
from minga.domain.ids import AgentName, AttemptId, NativeId
from minga.domain.task import Endpoint, Image, Permissions, Task
from minga.domain.transcript import Called, ImagePart, Item, Message, Said, lineage
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.ids import uuid7_source
from minga.infrastructure.watchdog import Watchdog
from minga.pipeline.replay import Replay
from minga.sessions.crossing import crossing
from minga.sessions.formats.format import Head, Target
from minga.testing import RunShell, Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

AGENTS = tuple(map(AgentName, sorted(FORMATS)))
PAIRS = [(source, target) for source, target in product(AGENTS, AGENTS) if source != target]

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
QUESTIONS = ("mira el archivo señalado, por favor", "gracias 🦙; ¿y ahora qué?")
SAID = ("voy a mirar", "hay un archivo: año.txt", "nada más que hacer")
PRINTED = "año.txt"

NOT_STORED = {"qwen"}
"""CLIs that do not store a picture which they get through Minga's driver."""


@dataclass(frozen=True, slots=True)
class Made:
    """A session that a CLI made itself, as its format reads it."""

    version: str
    items: tuple[Item, ...]


class Workshop:
    """Starts the real CLIs in homes of their own, in front of a scripted model server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.new_id = uuid7_source(self.clock)
        self.watchdog = Watchdog()
        self.catalogue = registry.load(folder / "no-agents-of-the-person")
        self.replay = Replay(self.roster_at, self.clock, self.new_id)
        self.record: dict[str, Any] = {}
        self._made: dict[AgentName, Made] = {}

    def roster_at(self, homes: Path) -> Roster:
        programs = os.pathsep.join(str(found.parent) for agent in AGENTS if (found := find_cli(agent)))
        environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        drivers = {protocol: partial(driver, protocol, self.watchdog) for protocol in DRIVERS}
        clis = self.folder / "no-clis"
        return Roster(self.catalogue, drivers, _never, clis=clis, homes=homes, environment=environment)

    def made(self, agent: AgentName) -> Made:
        """The session that ``agent`` made, made once."""
        require_cli(agent)
        if agent not in self._made:
            self._made[agent] = asyncio.run(self._make(agent))
        return self._made[agent]

    async def installed(self, agent: AgentName) -> Installed:
        found = await self.roster_at(self.folder).find(self.catalogue.facts[agent])
        assert found is not None
        return found

    async def _make(self, agent: AgentName) -> Made:
        facts = self.catalogue.facts[agent]
        cwd = self.folder / agent / "work"
        cwd.mkdir(parents=True)
        (cwd / PRINTED).touch()
        picture = cwd / "picture.png"
        picture.write_bytes(PICTURE)
        script = Script([[Say(SAID[0]), RunShell("ls a*")], Say(SAID[1]), Say(SAID[2])])
        roster = self.roster_at(self.folder / agent / "homes")
        with ScriptedServer(script) as server:
            endpoint = Endpoint(server.url, "no-key-is-needed", facts.model)
            task = Task("", cwd, permissions=Permissions.ALL, endpoint=endpoint)
            native_id = await self._ask(roster, agent, task, Prompt(QUESTIONS[0], (Image(picture, "image/png"),)), None)
            await self._ask(roster, agent, task, Prompt(QUESTIONS[1]), native_id)
        native = native_format(agent)
        home = self.folder / agent / "homes" / agent
        [file] = [file for file in native.find(home) if file.native_id == native_id]
        read = list(native.read(file))
        messages = [one for one in read if isinstance(one, Message)]
        heads = [one.message_id for one in read if isinstance(one, Head)]
        line = lineage(messages, heads[-1] if heads else messages[-1].id)
        return Made((await self.installed(agent)).version, tuple(crossing(line)))

    async def _ask(
        self, roster: Roster, agent: AgentName, task: Task, prompt: Prompt, resume: NativeId | None
    ) -> NativeId:
        examined = await roster.examine(self.catalogue.facts[agent], task)
        launch = roster.launch(examined, task, AttemptId(self.new_id()), resume)
        opener = roster.opener(examined, launch, PolicyBroker(task.permissions, None, 1.0), "")
        events = []
        async with aclosing(attempt.run(opener, prompt, roster.bounds(examined), Stop())) as batches:
            async for batch in batches:
                events.extend(batch)
        assert isinstance(events[-1], Finished), events[-1]
        return next(event.native_id for event in events if isinstance(event, NativeSession))


def _never() -> Any:
    raise AssertionError("the built-in agent has no native sessions")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """What it records is written to the file that MINGA_WRITE_MIGRATIONS names, for `write_migrations.py`."""
    built = Workshop(tmp_path_factory.mktemp("migrations"))
    yield built
    built.watchdog.close()
    if target := os.environ.get("MINGA_WRITE_MIGRATIONS"):
        Path(target).write_bytes(msgspec.json.format(msgspec.json.encode(built.record)))


@pytest.mark.parametrize("agent", AGENTS)
def test_a_session_that_a_cli_made_is_read_whole(workshop: Workshop, agent: AgentName) -> None:
    items = workshop.made(agent).items
    asked = [item for item in items if isinstance(item, Said) and item.role == "user"]
    answers = [item.text.strip() for item in items if isinstance(item, Said) and item.role == "assistant"]
    [call] = [item for item in items if isinstance(item, Called)]
    assert [item.text.strip() for item in asked] == list(QUESTIONS)
    assert asked[0].images == (() if agent in NOT_STORED else (ImagePart("image/png", PICTURE),))
    assert answers == list(SAID)
    assert "ls a*" in call.call.arguments
    assert PRINTED in call.result.output
    assert call.result.ok


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=[f"{source}-to-{target}" for source, target in PAIRS])
def test_a_session_goes_on_natively_in_every_other_cli(
    workshop: Workshop, source: AgentName, target: AgentName
) -> None:
    made = workshop.made(source)
    require_cli(target)
    native = native_format(target)

    async def verify() -> tuple[str, list[str], tuple[str, ...]]:
        installed = await workshop.installed(target)
        facts = workshop.catalogue.facts[target]
        now = workshop.clock.now()
        place = Target(NativeId("0" * 36), Path("/home"), Path("/work"), "", installed.version, facts.model, now)
        lost = native.draft(made.items, place).lost
        return installed.version, await workshop.replay.differences(native, facts, installed, made.items), lost

    version, wrong, lost = asyncio.run(verify())
    workshop.record[f"{source} {target}"] = {
        "source": made.version,
        "target": version,
        "level": "flattened" if wrong else "native",
        "lost": [*wrong, *lost],
    }
    assert (wrong, lost) == ([], ())
