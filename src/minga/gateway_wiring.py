"""Minga -> the gateway: the part of the wiring that only `minga serve` needs, and that brings an HTTP client along."""

import asyncio
import random
from collections.abc import Mapping
from urllib.parse import urlsplit

from minga.bootstrap import Minga
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.aiohttp_client import AiohttpClient
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.ids import uuid7_source
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.pipeline.attempts import Ways
from minga.pipeline.model_call import Gateway
from minga.pipeline.running_call import Books
from minga.policy.limits import Limits
from minga.providers import catalog, routes
from minga.providers.catalog import Provider
from minga.providers.deployments import Deployments
from minga.routing.balance import Balancer

WAIT_S = 60.0
"""For the first byte of an answer, over all attempts of a call."""

SILENCE_S = 300.0
"""Without a byte within an answer: models think before their first one, and between tools."""

LOOK_LIMIT_S = 0.3
"""For a model server on this machine to take a connection."""


def virtual_keys(minga: Minga) -> VirtualKeys:
    clock = SystemClock()
    return VirtualKeys(minga.database, clock, uuid7_source(clock))


async def gateway(minga: Minga) -> Gateway:
    """Wire the gateway. Raises BadSetting."""
    clock = SystemClock()
    catalogue = catalog.load(minga.settings.config / "providers")
    local = await _local(catalogue)
    own_routes = routes.load(minga.settings.config / "gateway.toml")
    book = CallBook(minga.database)
    ways = Ways(
        client=AiohttpClient(),
        balancer=Balancer(clock, random.Random()),  # noqa: S311 - spreads load, protects nothing
        clock=clock,
        wait_s=minga.settings.number("gateway_wait_s", WAIT_S),
        silence_s=minga.settings.number("gateway_silence_s", SILENCE_S),
    )
    return Gateway(
        keys=virtual_keys(minga),
        limits=Limits(clock, book.spent),
        deployments=Deployments(catalogue, minga.settings.environment, local, own_routes),
        ways=ways,
        books=Books(clock, book, PriceTable(), lambda seen: None),
        new_id=uuid7_source(clock),
        agents={one: facts.name for facts in minga.roster.registry.facts.values() for one in facts.user_agents},
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
