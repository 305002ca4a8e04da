"""Calls that the gateway answers itself, for nothing: booked, and counted by the limits of their key, as any call."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from minga.domain.model_calls import ModelCall, Refused, VirtualKey
from minga.infrastructure.http import Unreachable
from minga.pipeline.model_call import Gateway, Reply
from minga.pipeline.running_call import GONE, Running
from minga.policy.limits import Asked
from minga.providers import counting, refusals, token_bounds
from minga.providers.calling import Calling
from minga.providers.deployments import Deployment
from minga.providers.translation import counts

LIMIT_S = 5.0
"""For a provider to count."""

COUNT_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """``deployment``: the one that it tells of."""

    deployment: Deployment
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


async def answer(
    gateway: Gateway, call: ModelCall, key: VirtualKey, models: tuple[str, ...], make: Callable[[], Awaitable[Made]]
) -> Reply:
    """``key`` has been admitted; ``models`` of which it tells. Raises Refused."""
    permit = await gateway.permit(key, Asked(models, 0, 0))
    clock, prices = gateway.books.clock, gateway.configuration().prices
    running = Running(gateway.books, prices, key, call, permit, gateway.new_id(), clock.monotonic())
    try:
        made = await make()
    except Refused as refused:
        running.book(running.nothing(), "provider", refusals.STATUS[refused.reason])
        raise
    except BaseException:
        running.book(running.nothing(), "provider", GONE)
        raise
    running.deployment = made.deployment
    running.book(running.nothing(), "provider", 200)
    headers = gateway.headers(running, made.deployment, [("content-type", "application/json"), *made.headers], permit)
    return Reply(200, headers, made.body, running=running)


def counted_for(gateway: Gateway, call: ModelCall) -> Deployment | None:
    """Of a call that counts tokens: the deployment that it is for, where that speaks another wire. Raises Refused."""
    if not call.counts or call.method != "POST":
        return None
    first = gateway.configuration().deployments.candidates(call.wire, call.model)[0][0]
    return None if first.wire == call.wire else first


async def count(gateway: Gateway, call: ModelCall, key: VirtualKey, deployment: Deployment) -> Reply:
    """Its tokens: as the deployment counts them where it can, else as an upper bound. Raises Refused."""

    async def make() -> Made:
        counting.check(call.wire, call.body)
        tokens, source = await _asked(gateway, call, deployment), "exact"
        if tokens is None:
            tokens, source = await asyncio.to_thread(token_bounds.of_request, deployment.model, call.body), "estimated"
        return Made(deployment, counting.answer(call.wire, tokens), ((counting.HEADER, source),))

    return await answer(gateway, call, key, (deployment.model,), make)


async def _asked(gateway: Gateway, call: ModelCall, deployment: Deployment) -> int | None:
    """None where the deployment cannot count, or cannot be asked so."""
    try:
        sent = counts.translated(call, deployment.wire, deployment.model, deployment.provider)
    except Refused:
        return None  # a bound needs no translation
    if sent is None:
        return None
    body = await read_within(gateway.ways.calling, sent, deployment, LIMIT_S, COUNT_BYTES_MAX)
    return counts.told(deployment.wire, body)


async def read_within(
    calling: Calling, sent: ModelCall, deployment: Deployment, limit_s: float, bytes_max: int
) -> bytes:
    """The answer of status 200 that comes in time and is no longer; else empty."""
    body = b""
    try:
        async with asyncio.timeout(limit_s):
            incoming = await calling.send(sent, deployment, limit_s, limit_s)
            try:
                if incoming.status != 200:
                    return b""
                async for chunk in incoming.chunks():
                    body += chunk
                    if len(body) > bytes_max:
                        return b""
            finally:
                incoming.close()
    except (Unreachable, Refused, TimeoutError):
        return b""
    return body
