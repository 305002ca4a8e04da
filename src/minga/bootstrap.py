"""Settings -> Minga: the only file that names every concrete class."""

import importlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from minga.agents import registry
from minga.agents.facts import Facts
from minga.agents.roster import Roster
from minga.domain.agents import Driver
from minga.domain.errors import BadSetting
from minga.domain.ids import AgentName
from minga.domain.memory import Encoder, Reader
from minga.domain.secrecy import Vault
from minga.domain.tax_documents import DteEngine
from minga.domain.ways import Offer
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure import numbers, originals
from minga.infrastructure.clock import Clock, SystemClock
from minga.infrastructure.ids import NewId, uuid7_source
from minga.infrastructure.liveness import Presence
from minga.infrastructure.memory import memory_folder
from minga.infrastructure.process import kill_marked
from minga.infrastructure.scratch import clear_scratch
from minga.infrastructure.watchdog import Watchdog
from minga.ledger import book
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory
from minga.pipeline import serving
from minga.pipeline.bringing import Bringing
from minga.pipeline.candidates import Exploration
from minga.pipeline.checks import Verifying
from minga.pipeline.erasing import Eraser
from minga.pipeline.forgetting import Forgetting
from minga.pipeline.migration import Migrator, Verifier
from minga.pipeline.moving import Moving
from minga.pipeline.passages import Embedded, Passages
from minga.pipeline.recovery import Recovery
from minga.pipeline.remembering import Remembering, looked_in, notes_moved, recall_at
from minga.pipeline.syncing import Syncing, SyncKey, key_file
from minga.pipeline.task import Runner
from minga.provider_wiring import between, deployments, providers
from minga.reports.stats import Statistics
from minga.routing import health
from minga.sessions import exchange, store
from minga.sessions.arriving import Arrivals
from minga.sessions.begun import Beginnings
from minga.sessions.branches import Branches
from minga.sessions.feed import Feed
from minga.sessions.formats.format import Format
from minga.sessions.history import History
from minga.sessions.importing import Importer
from minga.sessions.natives import Natives
from minga.sessions.notes import Notes
from minga.sessions.packing import Packing
from minga.sessions.redaction import Redactions
from minga.sessions.retention import Retention
from minga.sessions.search import Search
from minga.settings import Settings
from minga.specialists.shelf import Shelf
from minga.storage import keys
from minga.storage.backup import Backups
from minga.storage.database import Database
from minga.storage.deletion import past_receipts
from minga.storage.keys import KeyStore
from minga.storage.vault import KeyVault
from minga.store_wiring import backups_of, key_of_store, key_store_of, migrations, open_engine, price_table, vault_of
from minga.verification.aftermath import Aftermath
from minga.verification.judge import Judge
from minga.verification.labels import Labels, forget
from minga.workspaces.worktrees import Worktrees

MEGABYTE = 1_000_000

MEMORY_TOKENS = 1500
"""Of a run's brief."""

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


@dataclass(frozen=True, slots=True)
class Minga:
    """Everything, wired. Use `recover` before the first run of a process, and `close` at its end."""

    settings: Settings
    keys: KeyStore
    vault: KeyVault
    database: Database
    sessions: store.Sessions
    history: History
    search: Search
    memory: Memory
    notes: Notes
    memory_file: MemoryFile
    statistics: Statistics
    roster: Roster
    runner: Runner
    migrator: Migrator
    bringing: Bringing
    branches: Branches
    moving: Moving
    syncing: Syncing
    retention: Retention
    forgetting: Forgetting
    recovery: Recovery
    worktrees: Worktrees
    presence: Presence
    watchdog: Watchdog
    backups: Backups
    virtual_keys: VirtualKeys
    passages: Passages
    labels: Labels
    aftermath: Aftermath

    async def recover(self) -> int:
        """End what processes that are gone have left: turns, CLIs, half migrations; return how many attempts it was."""
        clear_scratch()
        shutil.rmtree(self.settings.logs, ignore_errors=True)
        left = await self.recovery.run(self.presence.is_alive)
        for attempt_id in left:
            kill_marked(attempt_id)
        await self.virtual_keys.end_runs(left)
        await self.migrator.clear(self.presence.is_alive)
        return len(left)

    async def close(self) -> None:
        await self.roster.pool.close()
        await self.passages.close()
        self.watchdog.close()
        await self.search.close()
        await self.memory_file.close()
        await self.database.close()
        self.keys.close()
        self.presence.end()


def build(settings: Settings) -> Minga:
    """Wire Minga. Touches nothing yet: the store is opened at its first use. Raises BadSetting."""
    clock = SystemClock()
    new_id = uuid7_source(clock)
    watchdog = Watchdog()
    presence = Presence(settings.home / "running", new_id)
    key_store = key_store_of(settings, clock, new_id)
    vault = vault_of(settings, key_store)
    backups = backups_of(settings, clock, partial(key_of_store, settings, key_store))
    database = Database(lambda: open_engine(settings, presence, key_store), migrations(), backups.advice)
    history = History(database, vault)
    ledger = book.Ledger(database, clock)
    search = _search(settings, database, vault, key_store, ledger)
    at_work_max = settings.count("sessions_at_work_max", store.AT_WORK_MAX)
    sessions = store.Sessions(database, clock, new_id, presence, vault, at_work_max)
    memory_file = _memory_file(settings, vault, key_store)
    memory = _memory(settings, memory_file, database, vault)
    catalogue = registry.load(settings.config / "agents")
    virtual_keys = VirtualKeys(database, clock, new_id)
    prices = price_table(settings)
    call_book = CallBook(database)
    labels = Labels(database, clock, vault.user)
    aftermath = Aftermath(database, labels, presence.place)
    passages = Passages(virtual_keys, call_book, prices, clock, lambda: _embedded_gateway(minga), user=vault.user)

    def roster_at(homes: Path, passing_homes: Callable[[], Path] | None = None) -> Roster:
        return Roster(
            catalogue,
            {protocol: partial(_driver, protocol, watchdog) for protocol in DRIVERS},
            lambda: _builtin_driver(catalogue, settings, search, memory, clock),
            clis=settings.clis,
            homes=homes,
            passing_homes=passing_homes,
            environment=settings.environment,
            offers=lambda: _offers(settings, presence, prices),
        )

    roster = roster_at(settings.homes, _kept_while_there(partial(passing_homes, settings)))
    migrator = Migrator(
        formats=_format,
        roster=roster,
        replay=lambda: _replay(roster_at, clock, new_id),
        natives=Natives(database, clock, vault),
        beginnings=Beginnings(database, vault, presence),
        sessions=sessions,
        history=history,
        clock=clock,
        new_id=new_id,
    )
    runner = Runner(
        sessions=sessions,
        history=history,
        health=health.Health(database, clock),
        ledger=ledger,
        prices=prices,
        roster=roster,
        clock=clock,
        new_id=new_id,
        ask_wait_s=settings.number("ask_wait_s", 120),
        migrator=migrator,
        passages=passages,
        verifying=Verifying(
            partial(_judge, settings, clock, watchdog), originals.keep, labels, aftermath, _wrong_max(settings)
        ),
        exploration=Exploration(_explored(settings), random.random),
        remembering=Remembering(memory, clock, settings.count("memory_tokens", MEMORY_TOKENS)),
        baseline=settings.text("baseline"),
    )
    formats = {agent: partial(_own_format, agent) for agent in map(AgentName, FORMATS)}
    importer = Importer(database, vault, clock, formats)
    bringing = Bringing(importer, roster, runner.ledger, runner.prices, tuple(formats))
    trees = Worktrees(
        database,
        clock,
        new_id,
        presence,
        presence.is_alive,
        user=vault.user,
        folder=settings.worktrees,
        age_max=timedelta(days=settings.number("worktree_age_days", 7)),
        quota_bytes=int(settings.number("worktree_quota_mb", 5000) * MEGABYTE),
    )
    retention = Retention(database, clock, vault, (search, memory_file), Eraser(_format, roster, clock).erase, forget)
    recovery = Recovery(sessions, history, ledger, prices, passages)
    minga = Minga(
        settings=settings,
        keys=key_store,
        vault=vault,
        database=database,
        sessions=sessions,
        history=history,
        search=search,
        memory=memory,
        notes=Notes(database, clock, new_id, vault),
        memory_file=memory_file,
        statistics=Statistics(database, vault),
        roster=roster,
        runner=runner,
        migrator=migrator,
        bringing=bringing,
        branches=Branches(database, vault),
        moving=Moving(Packing(database, vault, clock)),
        syncing=Syncing(
            exchange.Exchange(database, vault, new_id),
            Arrivals(database, vault, clock, retention),
            new_id,
            SyncKey(settings.config / key_file("" if vault.is_account else vault.user)),
        ),
        retention=retention,
        forgetting=Forgetting(
            database,
            vault,
            Redactions(database, clock, vault),
            retention,
            search,
            backups,
            partial(past_receipts, key_store),
            partial(_files_sealed, settings),
            {"memory": partial(looked_in, memory)},
            partial(notes_moved, memory, vault.user),
        ),
        recovery=recovery,
        worktrees=trees,
        presence=presence,
        watchdog=watchdog,
        backups=backups,
        virtual_keys=virtual_keys,
        passages=passages,
        labels=labels,
        aftermath=aftermath,
    )
    return minga


def _kept_while_there(make: Callable[[], Path]) -> Callable[[], Path]:
    """``make`` once, and again where its folder is gone: it looks through all that lies beside it, and every agent of
    every plan asks."""
    made: list[Path] = []

    def folder() -> Path:
        if not made or not made[0].is_dir():
            made[:] = [make()]
        return made[0]

    return folder


def shelf(settings: Settings) -> Shelf:
    """The specialists. Touches no store. Raises BadSetting."""
    return Shelf(settings.config / "specialists", registry.load(settings.config / "agents").names())


def passing_homes(settings: Settings) -> Path:
    """Where the homes used with an endpoint lie: in memory, or with the others where there is no room for them."""
    folder = memory_folder(settings.home, settings.environment.get("XDG_RUNTIME_DIR", ""))
    return folder / "homes" if folder else settings.homes


def _driver(protocol: str, watchdog: Watchdog, facts: Facts) -> Driver:
    module, name = DRIVERS[protocol]
    driver: Driver = getattr(importlib.import_module(module), name)(watchdog, facts)
    return driver


def _replay(roster_at: Callable[[Path], Roster], clock: Clock, new_id: NewId) -> Verifier:
    """It brings an HTTP server with it, which only a verification needs."""
    verifier: Verifier = importlib.import_module("minga.pipeline.replay").Replay(roster_at, clock, new_id)
    return verifier


def _format(agent: AgentName) -> Format | None:
    return _own_format(agent) if agent in FORMATS else None


def _own_format(agent: AgentName) -> Format:
    module, name = FORMATS[agent]
    native: Format = getattr(importlib.import_module(module), name)()
    return native


def _builtin_driver(
    catalogue: registry.Registry, settings: Settings, search: Search, memory: Memory, clock: Clock
) -> Driver:
    builtin = importlib.import_module("minga.agents.builtin")
    search_path = settings.environment.get("PATH", "")
    facts = list(catalogue.facts.values())
    installed = [one.name for one in facts if registry.find_program(one, settings.clis, search_path)]
    engine = dte_engine(settings)
    dte = (builtin.DteSkill(engine), builtin.DteMakeSkill(engine), builtin.DteCompareSkill(engine))
    recall = partial(recall_at, memory, clock)
    skills = (
        builtin.RutSkill(),
        builtin.InvoiceSkill(),
        *dte,
        builtin.SessionsSkill(search),
        builtin.MemorySkill(recall),
    )
    driver: Driver = builtin.BuiltinDriver(skills, builtin.remedies(facts, installed), clock)
    return driver


def _wrong_max(settings: Settings) -> float | None:
    """Raises BadSetting."""
    percent = settings.number("wrong_max_percent", 0)
    if percent >= 100:
        source = settings.sources["wrong_max_percent"]
        raise BadSetting(name="wrong_max_percent", source=source, detail="it must be above 0 and below 100")
    return percent / 100 if percent else None


def _explored(settings: Settings) -> float:
    """Raises BadSetting."""
    percent = settings.count("explore_percent", 0)
    if percent > 100:
        source = settings.sources["explore_percent"]
        raise BadSetting(name="explore_percent", source=source, detail="it must be at most 100")
    return percent / 100


def _judge(settings: Settings, clock: Clock, watchdog: Watchdog) -> Judge:
    """Its checks are imported when an answer is judged."""
    wiring = importlib.import_module("minga.verification_wiring")
    made: Judge = wiring.judge(settings.environment, clock, watchdog, partial(dte_engine, settings))
    return made


def dte_engine(settings: Settings) -> DteEngine:
    """Imported when the built-in agent is asked: the engine for tax documents is large."""
    module = importlib.import_module("minga.dte.engine")
    schemas = importlib.import_module("minga.dte.schemas").Schemas
    try:
        found: DteEngine = module.Engine(
            schemas.at(settings.dte_schemas), settings.dte_signers, takes_trials=settings.dte_trial
        )
    except ValueError as wrong:
        detail = f"{str(wrong)!r} is no RUT with the right check digit"
        raise BadSetting(name="dte_signers", source=settings.sources["dte_signers"], detail=detail) from wrong
    return found


def _offers(settings: Settings, presence: Presence, prices: PriceTable) -> list[Offer]:
    """The gateways that runs may use: a `minga serve` of this store, else one of the run's own."""
    found = serving.served(settings.home, presence.is_alive, settings.store_shown)
    return [*([found] if found else []), _own_offer(settings, prices)]


def _own_offer(settings: Settings, prices: PriceTable) -> Offer:
    """All that could keep it from serving is read now: a run then goes another way, instead of breaking off."""
    try:
        prices.read()
        between(settings)
        return Offer("", deployments(settings, providers(settings)).models())
    except BadSetting as wrong:
        return Offer("", {}, wrong)


def _embedded_gateway(minga: Minga) -> Embedded:
    """A way in, which stands above this file; a run by the CLI's own login does not need it."""
    module = importlib.import_module("minga.entrypoints.gateway.embedded")
    embedded: Embedded = module.EmbeddedGateway(minga)
    return embedded


def _search(settings: Settings, database: Database, vault: Vault, key_store: KeyStore, ledger: book.Ledger) -> Search:
    """Each user has an index with a key of its own."""
    name = keys.search_key(vault.user)
    key, has_key = partial(key_store.store_key, name), partial(key_store.has_store_key, name)
    return Search(database, vault, settings.search_index(vault.user), key, ledger.costs_of, has_key)


def _files_sealed(settings: Settings) -> dict[str, list[Path]]:
    """Files of Minga's that hold what was said, and must not show it; those of a PostgreSQL server are its own."""
    found = {"store file": settings.store, "key file": settings.keys}
    files = {kind: sorted(file.parent.glob(f"{file.name}*")) for kind, file in found.items()}
    derived = {settings.search_index("x").parent, settings.memory_file("x").parent}
    return {
        **files,
        "derived files": sorted(file for folder in derived for file in folder.glob("*") if file.is_file()),
        "backup files": sorted(settings.backups.glob("*.db")),
    }


def _memory_file(settings: Settings, vault: Vault, key_store: KeyStore) -> MemoryFile:
    """Each user has one, with a key of its own."""
    name = keys.memory_key(vault.user)
    key, has_key = partial(key_store.store_key, name), partial(key_store.has_store_key, name)
    return MemoryFile(settings.memory_file(vault.user), key, has_key)


def _memory(settings: Settings, file: MemoryFile, database: Database, vault: Vault) -> Memory:
    if settings.text("memory") == "words":
        return Memory(file, Feed(database, vault), _no_encoder)
    return Memory(file, Feed(database, vault), _encoder, _reader)


def _no_encoder() -> Encoder | None:
    return None


@cache
def _encoder() -> Encoder | None:
    """None where it is not installed: then only words are compared."""
    numbers.prepare()
    module = importlib.import_module("minga.infrastructure.e5")
    made: Encoder | None = module.E5() if module.is_installed() else None
    return made


@cache
def _reader() -> Reader | None:
    encoder = _encoder()
    made: Reader | None = (
        importlib.import_module("minga.infrastructure.e5_reader").E5Reader(encoder) if encoder else None
    )
    return made
