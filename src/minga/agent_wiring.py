"""Settings -> the agents: how each is spoken to, where its home lies, and in which form it keeps its sessions."""

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from minga.agents import registry
from minga.agents.facts import Facts
from minga.agents.registry import Registry
from minga.agents.roster import Roster
from minga.domain.agents import Driver
from minga.domain.ids import AgentName
from minga.domain.tax_documents import DteEngine
from minga.domain.ways import Offer
from minga.infrastructure.clock import Clock
from minga.infrastructure.memory import memory_folder
from minga.infrastructure.watchdog import Watchdog
from minga.memory.memory import Memory
from minga.pipeline.remembering import recall_at
from minga.sessions.formats.format import Format
from minga.sessions.search import Search
from minga.settings import Settings

DRIVERS = {
    "app-server": ("minga.agents.drivers.app_server", "AppServerDriver"),
    "stream-json": ("minga.agents.drivers.stream_json", "StreamJsonDriver"),
    "acp": ("minga.agents.drivers.acp", "AcpDriver"),
}
"""Protocol -> module and class of its driver. Imported at its first use: a run speaks one protocol, and the import of
all three and of the built-in agent took a fifth of the start-up time."""

FORMATS = {
    "claude": ("minga.sessions.formats.claude", "ClaudeFormat"),
    "codex": ("minga.sessions.formats.codex", "CodexFormat"),
    "copilot": ("minga.sessions.formats.copilot", "CopilotFormat"),
    "gemini": ("minga.sessions.formats.gemini", "GeminiFormat"),
    "opencode": ("minga.sessions.formats.opencode", "OpenCodeFormat"),
    "qwen": ("minga.sessions.formats.qwen", "QwenFormat"),
}
"""Agent -> module and class of its native session format. Imported at its first use."""


class Rosters(NamedTuple):
    """Rosters of the same agents, each with homes of its own. ``builtin`` makes the driver of the built-in agent."""

    catalogue: Registry
    settings: Settings
    watchdog: Watchdog
    builtin: Callable[[], Driver]
    offers: Callable[[], Sequence[Offer]]

    def lasting(self) -> Roster:
        """The one of the agents that people ask."""
        return self._at(self.settings.homes, _kept_while_there(partial(passing_homes, self.settings)))

    def at(self, homes: Path) -> Roster:
        """One whose homes all lie in a folder, for as long as that is there."""
        return self._at(homes, None)

    def _at(self, homes: Path, passing: Callable[[], Path] | None) -> Roster:
        return Roster(
            self.catalogue,
            {protocol: partial(driver, protocol, self.watchdog) for protocol in DRIVERS},
            self.builtin,
            clis=self.settings.clis,
            homes=homes,
            passing_homes=passing,
            environment=self.settings.environment,
            offers=self.offers,
        )


def _kept_while_there(make: Callable[[], Path]) -> Callable[[], Path]:
    """``make`` once, and again where its folder is gone: it looks through all that lies beside it, and every agent of
    every plan asks."""
    made: list[Path] = []

    def folder() -> Path:
        if not made or not made[0].is_dir():
            made[:] = [make()]
        return made[0]

    return folder


def passing_homes(settings: Settings) -> Path:
    """Where the homes used with an endpoint lie: in memory, or with the others where there is no room for them."""
    folder = memory_folder(settings.home, settings.environment.get("XDG_RUNTIME_DIR", ""))
    return folder / "homes" if folder else settings.homes


def driver(protocol: str, watchdog: Watchdog, facts: Facts) -> Driver:
    module, name = DRIVERS[protocol]
    made: Driver = getattr(importlib.import_module(module), name)(watchdog, facts)
    return made


def builtin_driver(
    catalogue: Registry,
    settings: Settings,
    search: Search,
    memory: Memory,
    engine: Callable[[], DteEngine],
    clock: Clock,
) -> Driver:
    """Imported when the built-in agent is asked; ``engine`` makes that of tax documents."""
    builtin = importlib.import_module("minga.agents.builtin")
    search_path = settings.environment.get("PATH", "")
    facts = list(catalogue.facts.values())
    installed = [one.name for one in facts if registry.find_program(one, settings.clis, search_path)]
    for_taxes = engine()
    skills = (
        builtin.RutSkill(),
        builtin.InvoiceSkill(),
        builtin.DteSkill(for_taxes),
        builtin.DteMakeSkill(for_taxes),
        builtin.DteCompareSkill(for_taxes),
        builtin.SessionsSkill(search),
        builtin.MemorySkill(partial(recall_at, memory, clock)),
    )
    made: Driver = builtin.BuiltinDriver(skills, builtin.remedies(facts, installed), clock)
    return made


def format_of(agent: AgentName) -> Format | None:
    """None where it has none."""
    return native_format(agent) if agent in FORMATS else None


def native_format(agent: AgentName) -> Format:
    """That of an agent of `FORMATS`."""
    module, name = FORMATS[agent]
    native: Format = getattr(importlib.import_module(module), name)()
    return native
