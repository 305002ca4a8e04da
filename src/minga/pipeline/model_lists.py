"""The models that a caller sees: those of every provider that is set up, in the caller's own form."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from minga.domain.model_calls import ModelCall, Refused, VirtualKey, Wire
from minga.pipeline import answered_here
from minga.pipeline.answered_here import Made
from minga.pipeline.model_call import Gateway, Reply
from minga.providers import model_entries
from minga.providers.calling import Calling
from minga.providers.deployments import Deployment
from minga.providers.model_entries import WHOLE_LIST, Entry

LIMIT_S = 5.0
"""For the lists; one that has not come is left out."""

LIST_MAX = 8 * 1024 * 1024
"""Bytes of a list."""

_PAGES = ("after_id=", "before_id=", "pageToken=", "after=")
"""In the query of one who turns a page: pages are those of the provider that answers."""


@dataclass(frozen=True, slots=True)
class _List:
    """What a deployment lists. ``body``: its own words, where it speaks the caller's form; else empty."""

    deployment: Deployment
    models: dict[str, Entry]
    body: bytes


def wanted(call: ModelCall) -> bool:
    """Whether it asks for models, and not for a later page of a list."""
    return call.method == "GET" and not any(one in call.query for one in _PAGES)


async def answer(gateway: Gateway, call: ModelCall, key: VirtualKey) -> Reply:
    """The list, or one model of it. The providers are asked side by side, the first account of each; they are asked
    beside the call, so neither booked nor counted. Raises Refused where none lists anything, or not that model."""

    async def make() -> Made:
        asked = gateway.configuration().deployments.one_of_each(call.wire)
        if not asked:
            raise Refused("unknown-model", "no provider is set up")
        lists = [*filter(None, await asyncio.gather(*(_listed(gateway.ways.calling, call, one) for one in asked)))]
        if not lists:
            asked_for = ", ".join(one.provider for one in asked)
            raise Refused("unreachable", f"no provider gave its list of models; asked: {asked_for}")
        name = call.path.removeprefix("/models").removeprefix("/")
        return _one(lists, name) if name else _all(call.wire, lists)

    return await answered_here.answer(gateway, call, key, (), make)


def _all(wire: Wire, lists: Sequence[_List]) -> Made:
    """Around them stands what the first provider of the caller's form has there."""
    found: dict[str, Entry] = {}
    for one in lists:
        for name, entry in one.models.items():
            found.setdefault(name, entry)
    frame = next((one for one in lists if one.body), None)
    told = model_entries.whole(wire, found.values())
    if frame is not None:
        told = {**model_entries.listed(frame.body), model_entries.place(wire): [*found.values()]}
    return Made((frame or lists[0]).deployment, msgspec.json.encode(told))


def _one(lists: Sequence[_List], name: str) -> Made:
    """``name`` may begin with that of a provider."""
    provider, _, rest = name.partition("/")
    for one in lists:
        short = rest if provider == one.deployment.provider else name
        if entry := one.models.get(name) or one.models.get(short):
            return Made(one.deployment, msgspec.json.encode(entry))
    raise Refused("unknown-model", f"no provider here lists the model {name!r}")


async def _listed(calling: Calling, call: ModelCall, deployment: Deployment) -> _List | None:
    """None where no list came."""
    own = deployment.wire == call.wire
    sent = replace(call, wire=deployment.wire, path="/models")
    if not own:
        sent = replace(sent, query=WHOLE_LIST.get(deployment.wire, ""), headers=_headers(deployment.wire))
    elif call.path != "/models":
        sent = replace(sent, query=WHOLE_LIST.get(deployment.wire, ""))
    body = await answered_here.read_within(calling, sent, deployment, LIMIT_S, LIST_MAX)
    if not model_entries.listed(body):
        return None
    models = {
        model_entries.name(deployment.wire, one): model_entries.converted(
            one, deployment.wire, call.wire, deployment.provider
        )
        for one in model_entries.entries(deployment.wire, body)
    }
    return _List(deployment, models, body if own else b"")


def _headers(wire: Wire) -> tuple[tuple[str, str], ...]:
    return (("anthropic-version", "2023-06-01"),) if wire == "anthropic" else ()
