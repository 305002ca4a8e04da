"""Minga -> the gateway: the part of the wiring that only `minga serve` needs, and that brings an HTTP client along."""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from minga.bootstrap import Minga
from minga.domain.model_calls import CallSeen
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.aiohttp_client import AiohttpClient
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.ids import uuid7_source
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.pipeline.model_call import Gateway
from minga.policy.limits import Limits
from minga.providers import catalog
from minga.providers.catalog import Provider
from minga.providers.deployments import Deployments

LOOK_LIMIT_S = 0.3
"""For a model server on this machine to take a connection."""


def virtual_keys(minga: Minga) -> VirtualKeys:
    clock = SystemClock()
    return VirtualKeys(minga.database, clock, uuid7_source(clock))


async def gateway(minga: Minga, seen: Callable[[CallSeen], None]) -> Gateway:
    """Wire the gateway; ``seen`` is told of each call that has ended. Raises BadSetting."""
    clock = SystemClock()
    catalogue = catalog.load(minga.settings.config / "providers")
    local = await _local(catalogue)
    book = CallBook(minga.database)
    return Gateway(
        keys=virtual_keys(minga),
        limits=Limits(clock, book.spent),
        deployments=Deployments(catalogue, minga.settings.environment, local),
        client=AiohttpClient(),
        book=book,
        prices=PriceTable(),
        clock=clock,
        new_id=uuid7_source(clock),
        seen=seen,
    )


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
