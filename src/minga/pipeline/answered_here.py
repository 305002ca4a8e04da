"""Calls that the gateway answers itself, for nothing: booked, and counted by the limits of their key, as any call."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from minga.domain.model_calls import ModelCall, Refused, VirtualKey
from minga.pipeline.model_call import Gateway, Reply
from minga.pipeline.running_call import GONE, Running
from minga.policy.limits import Asked
from minga.providers import counting, refusals
from minga.providers.deployments import Deployment


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
    """Its tokens, as an upper bound. Raises Refused."""

    async def make() -> Made:
        body = await asyncio.to_thread(counting.answer, call.wire, deployment.model, call.body)
        return Made(deployment, body, ((counting.HEADER, "estimated"),))

    return await answer(gateway, call, key, (deployment.model,), make)
