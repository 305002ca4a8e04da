"""Minga -> the gateway: the part of the wiring that only `minga serve` needs, and that brings an HTTP client along."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from minga.bootstrap import Minga
from minga.domain.errors import MingaError, StoreError
from minga.domain.readiness import Readiness
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.aiohttp_client import AiohttpClient
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.ids import uuid7_source
from minga.infrastructure.reloading import Reloaded
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.pipeline.configuration import Configuration
from minga.pipeline.model_call import Gateway
from minga.policy.limits import Limits
from minga.providers import catalog
from minga.providers.catalog import Provider
from minga.providers.deployments import Deployments
from minga.settings import Settings
from minga.storage.database import Database

LOOK_LIMIT_S = 0.3
"""For a model server on this machine to take a connection."""

STORE_LIMIT_S = 2.0
"""For the store to answer whether it is there."""


def virtual_keys(minga: Minga) -> VirtualKeys:
    clock = SystemClock()
    return VirtualKeys(minga.database, clock, uuid7_source(clock))


@dataclass(frozen=True, slots=True)
class Wired:
    """The gateway, what it goes by, and whether it can serve."""

    gateway: Gateway
    configuration: Reloaded[Configuration]
    database: Database

    async def readiness(self) -> Readiness:
        """A configuration that became bad is a warning: calls go on by the last good one."""
        problem = self.configuration.problem
        warnings = [] if problem is None else [problem.message]
        reasons = [] if self.configuration.value.deployments.names() else ["no provider is set up"]
        try:
            async with asyncio.timeout(STORE_LIMIT_S):
                await self.database.check()
        except TimeoutError:
            reasons.append(f"the store gave no answer within {STORE_LIMIT_S:g} s")
        except StoreError as wrong:
            reasons.append(wrong.message)
        return Readiness(reasons, warnings)

    async def close(self) -> None:
        await self.gateway.client.close()
        await self.gateway.book.close()


async def gateway(minga: Minga, told: Callable[[MingaError | None], None] = lambda _: None) -> Wired:
    """Wire the gateway. ``told`` hears how each reload of the configuration went. Raises BadSetting."""
    clock = SystemClock()
    book = CallBook(minga.database)
    configuration = Reloaded([minga.settings.config / "providers"], partial(_configuration, minga.settings), told)
    await configuration.load()
    made = Gateway(
        keys=virtual_keys(minga),
        limits=Limits(clock, book.spent),
        configuration=lambda: configuration.value,
        client=AiohttpClient(),
        book=book,
        clock=clock,
        new_id=uuid7_source(clock),
    )
    return Wired(made, configuration, minga.database)


async def _configuration(settings: Settings) -> Configuration:
    """All that is read anew when it changes. Raises BadSetting."""
    catalogue = catalog.load(settings.config / "providers")
    local = await _local(catalogue)
    return Configuration(Deployments(catalogue, settings.environment, local), PriceTable())


async def _local(catalogue: Mapping[str, Provider]) -> list[str]:
    """The local providers that take a connection now."""
    names = [name for name, provider in catalogue.items() if provider.local]
    answers = await asyncio.gather(*(_listens(next(iter(catalogue[name].wires.values()))) for name in names))
    return [name for name, listens in zip(names, answers, strict=True) if listens]


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
