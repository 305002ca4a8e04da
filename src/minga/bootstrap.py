"""Settings -> Minga: the only file that names every concrete class."""

import importlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from minga import memory_wiring
from minga.agent_wiring import FORMATS, Rosters, builtin_driver, format_of, native_format
from minga.agents import registry
from minga.agents.roster import Roster
from minga.domain.errors import BadSetting
from minga.domain.ids import AgentName
from minga.domain.tax_documents import DteEngine
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure import originals
from minga.infrastructure.clock import Clock, SystemClock
from minga.infrastructure.ids import NewId, uuid7_source
from minga.infrastructure.liveness import Presence
from minga.infrastructure.process import kill_marked
from minga.infrastructure.scratch import clear_scratch
from minga.infrastructure.watchdog import Watchdog
from minga.ledger import book
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory
from minga.pipeline.bringing import Bringing
from minga.pipeline.candidates import Exploration
from minga.pipeline.checks import Verifying
from minga.pipeline.erasing import Eraser
from minga.pipeline.forgetting import Forgetting
from minga.pipeline.migration import Migrator, Verifier
from minga.pipeline.moving import Moving
from minga.pipeline.passages import Embedded, Passages
from minga.pipeline.recovery import Recovery
from minga.pipeline.remembering import Remembering, looked_in, notes_moved
from minga.pipeline.syncing import Syncing, SyncKey, key_file
from minga.pipeline.task import Runner
from minga.provider_wiring import offers
from minga.reports.stats import Statistics
from minga.routing import health
from minga.sessions import exchange, store
from minga.sessions.arriving import Arrivals
from minga.sessions.begun import Beginnings
from minga.sessions.branches import Branches
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
from minga.store_wiring import Stored, files_sealed, price_table, store_of
from minga.verification.aftermath import Aftermath
from minga.verification.judge import Judge
from minga.verification.labels import Labels, forget
from minga.workspaces.worktrees import Worktrees

MEGABYTE = 1_000_000

MEMORY_TOKENS = 1500
"""Of a run's brief."""


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
    ground = _ground(settings)
    stored = store_of(settings, ground.clock, ground.new_id, ground.presence)
    booked = _booked(ground, stored, lambda: _embedded_gateway(minga))
    said = _said(ground, stored, booked.ledger)
    migrator = _migrator(ground, stored, said, _rosters(ground, said, booked.prices))
    runner = _runner(ground, stored, said, booked, migrator)
    minga = _whole(ground, stored, said, booked, runner)
    return minga


class _Ground(NamedTuple):
    """What all else stands on: the person's settings, and what is this process's own.

    A named tuple, as the other groups here: to define a dataclass takes a millisecond of each start.
    """

    settings: Settings
    clock: Clock
    new_id: NewId
    watchdog: Watchdog
    presence: Presence


def _ground(settings: Settings) -> _Ground:
    clock = SystemClock()
    new_id = uuid7_source(clock)
    return _Ground(settings, clock, new_id, Watchdog(), Presence(settings.home / "running", new_id))


class _Booked(NamedTuple):
    """What runs cost, and the keys and ways by which they may spend it."""

    ledger: book.Ledger
    prices: PriceTable
    virtual_keys: VirtualKeys
    passages: Passages


def _booked(ground: _Ground, stored: Stored, start: Callable[[], Embedded]) -> _Booked:
    """``start`` makes the gateway of this process, at the first run that needs one."""
    database, clock = stored.database, ground.clock
    virtual_keys = VirtualKeys(database, clock, ground.new_id)
    prices = price_table(ground.settings)
    passages = Passages(virtual_keys, CallBook(database), prices, clock, start, user=stored.vault.user)
    return _Booked(book.Ledger(database, clock), prices, virtual_keys, passages)


class _Said(NamedTuple):
    """What was said in sessions, and what is derived from it."""

    history: History
    sessions: store.Sessions
    search: Search
    memory_file: MemoryFile
    memory: Memory


def _said(ground: _Ground, stored: Stored, ledger: book.Ledger) -> _Said:
    settings, database, vault = ground.settings, stored.database, stored.vault
    at_work_max = settings.count("sessions_at_work_max", store.AT_WORK_MAX)
    memory_file = memory_wiring.memory_file(settings, vault, stored.keys)
    return _Said(
        history=History(database, vault),
        sessions=store.Sessions(database, ground.clock, ground.new_id, ground.presence, vault, at_work_max),
        search=_search(settings, stored, ledger),
        memory_file=memory_file,
        memory=memory_wiring.memory(settings, memory_file, database, vault),
    )


def _search(settings: Settings, stored: Stored, ledger: book.Ledger) -> Search:
    """Each user has an index with a key of its own."""
    vault = stored.vault
    name = keys.search_key(vault.user)
    key, has_key = partial(stored.keys.store_key, name), partial(stored.keys.has_store_key, name)
    return Search(stored.database, vault, settings.search_index(vault.user), key, ledger.costs_of, has_key)


def _rosters(ground: _Ground, said: _Said, prices: PriceTable) -> Rosters:
    settings, engine = ground.settings, partial(dte_engine, ground.settings)
    catalogue = registry.load(settings.config / "agents")
    return Rosters(
        catalogue,
        settings,
        ground.watchdog,
        partial(builtin_driver, catalogue, settings, said.search, said.memory, engine, ground.clock),
        partial(offers, settings, ground.presence, prices),
    )


def _migrator(ground: _Ground, stored: Stored, said: _Said, rosters: Rosters) -> Migrator:
    clock, new_id = ground.clock, ground.new_id
    return Migrator(
        formats=format_of,
        roster=rosters.lasting(),
        replay=lambda: _replay(rosters.at, clock, new_id),
        natives=Natives(stored.database, clock, stored.vault),
        beginnings=Beginnings(stored.database, stored.vault, ground.presence),
        sessions=said.sessions,
        history=said.history,
        clock=clock,
        new_id=new_id,
    )


def _replay(roster_at: Callable[[Path], Roster], clock: Clock, new_id: NewId) -> Verifier:
    """It brings an HTTP server with it, which only a verification needs."""
    verifier: Verifier = importlib.import_module("minga.pipeline.replay").Replay(roster_at, clock, new_id)
    return verifier


def _runner(ground: _Ground, stored: Stored, said: _Said, booked: _Booked, migrator: Migrator) -> Runner:
    settings, clock = ground.settings, ground.clock
    return Runner(
        sessions=said.sessions,
        history=said.history,
        health=health.Health(stored.database, clock),
        ledger=booked.ledger,
        prices=booked.prices,
        roster=migrator.roster,
        clock=clock,
        new_id=ground.new_id,
        ask_wait_s=settings.number("ask_wait_s", 120),
        migrator=migrator,
        passages=booked.passages,
        verifying=_verifying(ground, stored),
        exploration=Exploration(_explored(settings), random.random),
        remembering=Remembering(said.memory, clock, settings.count("memory_tokens", MEMORY_TOKENS)),
        baseline=settings.text("baseline"),
    )


def _verifying(ground: _Ground, stored: Stored) -> Verifying:
    settings, clock = ground.settings, ground.clock
    judge = partial(_judge, settings, clock, ground.watchdog)
    labels = Labels(stored.database, clock, stored.vault.user)
    aftermath = Aftermath(stored.database, labels, ground.presence.place)
    return Verifying(judge, originals.keep, labels, aftermath, _wrong_max(settings))


def _whole(ground: _Ground, stored: Stored, said: _Said, booked: _Booked, runner: Runner) -> Minga:
    retention = _retention(ground, stored, said, runner.roster)
    return Minga(
        settings=ground.settings,
        keys=stored.keys,
        vault=stored.vault,
        database=stored.database,
        sessions=said.sessions,
        history=said.history,
        search=said.search,
        memory=said.memory,
        notes=Notes(stored.database, ground.clock, ground.new_id, stored.vault),
        memory_file=said.memory_file,
        statistics=Statistics(stored.database, stored.vault),
        roster=runner.roster,
        runner=runner,
        migrator=runner.migrator,
        bringing=_bringing(ground, stored, runner),
        branches=Branches(stored.database, stored.vault),
        moving=Moving(Packing(stored.database, stored.vault, ground.clock)),
        syncing=_syncing(ground, stored, retention),
        retention=retention,
        forgetting=_forgetting(ground, stored, said, retention),
        recovery=Recovery(said.sessions, said.history, booked.ledger, booked.prices, booked.passages),
        worktrees=_worktrees(ground, stored),
        presence=ground.presence,
        watchdog=ground.watchdog,
        backups=stored.backups,
        virtual_keys=booked.virtual_keys,
        passages=booked.passages,
        labels=runner.verifying.labels,
        aftermath=runner.verifying.aftermath,
    )


def _bringing(ground: _Ground, stored: Stored, runner: Runner) -> Bringing:
    formats = {agent: partial(native_format, agent) for agent in map(AgentName, FORMATS)}
    importer = Importer(stored.database, stored.vault, ground.clock, formats)
    return Bringing(importer, runner.roster, runner.ledger, runner.prices, tuple(formats))


def _syncing(ground: _Ground, stored: Stored, retention: Retention) -> Syncing:
    database, vault = stored.database, stored.vault
    return Syncing(
        exchange.Exchange(database, vault, ground.new_id),
        Arrivals(database, vault, ground.clock, retention),
        ground.new_id,
        SyncKey(ground.settings.config / key_file("" if vault.is_account else vault.user)),
    )


def _retention(ground: _Ground, stored: Stored, said: _Said, roster: Roster) -> Retention:
    erase = Eraser(format_of, roster, ground.clock).erase
    return Retention(stored.database, ground.clock, stored.vault, (said.search, said.memory_file), erase, forget)


def _forgetting(ground: _Ground, stored: Stored, said: _Said, retention: Retention) -> Forgetting:
    database, vault = stored.database, stored.vault
    return Forgetting(
        database,
        vault,
        Redactions(database, ground.clock, vault),
        retention,
        said.search,
        stored.backups,
        partial(past_receipts, stored.keys),
        partial(files_sealed, ground.settings),
        {"memory": partial(looked_in, said.memory)},
        partial(notes_moved, said.memory, vault.user),
    )


def _worktrees(ground: _Ground, stored: Stored) -> Worktrees:
    settings, presence = ground.settings, ground.presence
    return Worktrees(
        stored.database,
        ground.clock,
        ground.new_id,
        presence,
        presence.is_alive,
        user=stored.vault.user,
        folder=settings.worktrees,
        age_max=timedelta(days=settings.number("worktree_age_days", 7)),
        quota_bytes=int(settings.number("worktree_quota_mb", 5000) * MEGABYTE),
    )


def shelf(settings: Settings) -> Shelf:
    """The specialists. Touches no store. Raises BadSetting."""
    return Shelf(settings.config / "specialists", registry.load(settings.config / "agents").names())


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


def _embedded_gateway(minga: Minga) -> Embedded:
    """A way in, which stands above this file; a run by the CLI's own login does not need it."""
    module = importlib.import_module("minga.entrypoints.gateway.embedded")
    embedded: Embedded = module.EmbeddedGateway(minga)
    return embedded
