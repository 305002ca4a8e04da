"""Minga -> the gateway: the part of the wiring that only `minga serve` needs, and that brings an HTTP client along."""

import asyncio
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from minga.bootstrap import Minga
from minga.domain.budgets import BudgetAlert
from minga.domain.errors import MingaError, NoMemoryModel, StoreError
from minga.domain.model_calls import CallSeen
from minga.domain.readiness import Readiness
from minga.infrastructure.aiohttp_client import AiohttpClient
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.file_lock import FileLock
from minga.infrastructure.http import Client
from minga.infrastructure.ids import uuid7_source
from minga.infrastructure.reloading import Reloaded
from minga.infrastructure.shared_counters import SharedCounters
from minga.infrastructure.thin_client import ThinClient
from minga.ledger.calls import CallBook
from minga.pipeline.attempts import Ways
from minga.pipeline.cached_call import CachedGateway
from minga.pipeline.configuration import Configuration
from minga.pipeline.digesting import Digesting
from minga.pipeline.model_call import Gateway
from minga.pipeline.own_calls import OwnCalls
from minga.pipeline.running_call import Books
from minga.policy.budgets import Budgets
from minga.policy.limits import Limits
from minga.provider_wiring import between, deployments, providers
from minga.providers.cache import ResponseCache
from minga.providers.calling import Calling
from minga.providers.catalog import Provider, filled, wrong_with
from minga.reports.budgets import BudgetStates
from minga.routing.balance import Balancer
from minga.sessions.digests import Digests
from minga.settings import Settings
from minga.storage.database import Database
from minga.store_wiring import price_table

COUNTERS = "counters-1"
"""The folder of what the processes that serve count together; the number is that of its layout."""

WAIT_S = 60.0
"""For the first byte of an answer, over all attempts of a call."""

SILENCE_S = 300.0
"""Without a byte within an answer: models think before their first one, and between tools."""

MEMORY_BUDGET_USD = 0.10
"""A day, where no other is set: some twenty long sessions with a cheap model."""

LOOK_LIMIT_S = 0.3
"""For a model server on this machine to take a connection."""

STORE_LIMIT_S = 2.0
"""For the store to answer whether it is there."""


def budgets(minga: Minga) -> Budgets:
    return Budgets(minga.database, SystemClock())


def budget_states(minga: Minga) -> BudgetStates:
    return BudgetStates(budgets(minga), CallBook(minga.database), SystemClock())


@dataclass(frozen=True, slots=True)
class Wired:
    """The gateway, what it goes by, and whether it can serve."""

    gateway: CachedGateway
    configuration: Reloaded[Configuration]
    database: Database
    folders: tuple[Path, ...]
    """Where the store and the configuration lie: nobody is told who has no key."""

    async def readiness(self) -> Readiness:
        """A configuration that became bad is a warning: calls go on by the last good one."""
        problem = self.configuration.problem
        warnings = [*([] if problem is None else [problem.message]), *self.configuration.value.deployments.warnings]
        reasons = [] if self.configuration.value.deployments.names() else ["no provider is set up"]
        try:
            async with asyncio.timeout(STORE_LIMIT_S):
                await self.database.check()
        except TimeoutError:
            reasons.append(f"the store gave no answer within {STORE_LIMIT_S:g} s")
        except StoreError as wrong:
            reasons.append(wrong.message)
        return Readiness([*map(self._without_folders, reasons)], [*map(self._without_folders, warnings)])

    def _without_folders(self, told: str) -> str:
        for folder in self.folders:
            told = told.replace(f"{folder}{os.sep}", "")
        return told

    async def close(self) -> None:
        inner = self.gateway.gateway
        await inner.ways.calling.close()
        await inner.books.book.close()
        await inner.limits.close()


async def gateway(
    minga: Minga,
    told: Callable[[MingaError | None], None] = lambda _: None,
    alerted: Callable[[BudgetAlert], None] = lambda _: None,
    share: float = 1.0,
    seen: Callable[[CallSeen], None] = lambda _: None,
) -> Wired:
    """Wire the gateway. ``told`` hears how each reload of the configuration went; ``alerted`` of each budget once in
    each window in which it reaches its alert share; ``seen`` of each call that has ended; ``share`` of the known rates
    is this process's. Raises BadSetting."""
    clock = SystemClock()
    settings = minga.settings
    watched = [settings.config / name for name in ("providers", "gateway.toml", "prices.toml")]
    configuration = Reloaded(watched, partial(_configuration, settings), told)
    await configuration.load()
    counted = settings.home / COUNTERS
    counters = SharedCounters(counted)
    book = CallBook(minga.database, FileLock(counted / "booking"), counters)
    known = budgets(minga)

    async def note(alert: BudgetAlert) -> None:
        try:
            is_first = await known.note(alert)
        except StoreError:
            is_first = True  # told twice rather than never
        if is_first:
            alerted(alert)

    chance = random.Random()  # noqa: S311 - spreads load and names calls, protects nothing
    ways = Ways(
        calling=Calling(client(settings), clock),
        balancer=Balancer(clock, chance, share),
        clock=clock,
        wait_s=settings.number("gateway_wait_s", WAIT_S),
        silence_s=settings.number("gateway_silence_s", SILENCE_S),
    )
    made = Gateway(
        keys=minga.virtual_keys,
        limits=Limits(clock, counters, book.spent, known.in_force, note),
        configuration=lambda: configuration.value,
        ways=ways,
        books=Books(clock, book, seen),
        new_id=uuid7_source(clock, chance.getrandbits),
        agents={one: facts.name for facts in minga.roster.registry.facts.values() for one in facts.user_agents},
    )
    folders = (settings.config / "providers", settings.config, settings.home)
    return Wired(CachedGateway(made, ResponseCache(clock)), configuration, minga.database, folders)


def digesting(minga: Minga) -> Digesting:
    """What has sessions read by a model."""
    clock = SystemClock()
    digests = Digests(minga.database, clock, uuid7_source(clock), minga.vault)
    return Digesting(minga.memory, digests, clock, FileLock(minga.settings.home / "digesting.lock"))


def memory_calls(minga: Minga, wired: Wired) -> OwnCalls:
    """How the memory asks its model. Raises NoMemoryModel, BadSetting."""
    settings = minga.settings
    model = settings.text("memory_model")
    if not model:
        raise NoMemoryModel
    budget = round(settings.number("memory_budget_usd", MEMORY_BUDGET_USD) * 1_000_000)
    answer = wired.gateway.answer
    return OwnCalls("minga-memory", minga.virtual_keys, answer, SystemClock(), minga.vault.user, model, budget)


async def _configuration(settings: Settings) -> Configuration:
    """All that is read anew when it changes. Raises BadSetting."""
    known = providers(settings)
    prices = price_table(settings)
    prices.read()
    return Configuration(deployments(settings, known, await _local(known, settings.environment)), prices)


def client(settings: Settings) -> Client:
    """What asks the providers. Raises BadSetting."""
    proxies = between(settings)
    return AiohttpClient(proxies) if settings.text("gateway_client") == "aiohttp" else ThinClient(proxies)


async def _local(catalogue: Mapping[str, Provider], environment: Mapping[str, str]) -> list[str]:
    """The local providers that take a connection now."""
    urls = {name: filled(next(iter(one.wires.values())), environment) for name, one in catalogue.items() if one.local}
    known = {name: url for name, url in urls.items() if url and not wrong_with(url)}
    answers = await asyncio.gather(*map(_listens, known.values()))
    return [name for name, listens in zip(known, answers, strict=True) if listens]


async def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(parts.hostname, parts.port or 80), timeout=LOOK_LIMIT_S
        )
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
