"""The list of models that a caller sees: that of the provider which answers, and those of the others of its form."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from minga.domain.model_calls import ModelCall, Refused
from minga.infrastructure.http import Unreachable
from minga.pipeline.configuration import Configuration
from minga.pipeline.model_call import Reply
from minga.providers.calling import Calling
from minga.providers.deployments import Deployment

LIMIT_S = 5.0
"""For the lists of the others; one that has not come is left out."""

LIST_MAX = 8 * 1024 * 1024
"""Bytes of a list."""

_PAGES = ("after_id=", "before_id=", "pageToken=", "after=")
"""In the query of one who turns a page: pages are those of the provider that answers."""

_PLACES = {"gemini": ("models", "name")}
"""Wire -> where the models stand in a list, and what names each; in the other forms as OpenAI has it."""

_AS_OPENAI = ("data", "id")


def wanted(call: ModelCall) -> bool:
    """Whether it asks for the list, from its beginning."""
    return call.method == "GET" and call.path == "/models" and not any(one in call.query for one in _PAGES)


async def complete(reply: Reply, call: ModelCall, configuration: Configuration, calling: Calling) -> None:
    """Add to the reply what the providers list that have not answered it: asked side by side, the first account of
    each. They are asked beside the call, so neither booked nor counted; it is one call of the key's. What cannot be
    read is left out, and a reply that cannot be read stays as it is."""
    answered = dict(reply.headers).get("x-minga-provider")
    firsts = {group[0].provider: group[0] for group in configuration.deployments.candidates(call.wire, call.model)}
    others = [one for name, one in firsts.items() if name != answered]
    if reply.status != 200 or reply.body is None or not others:
        return
    place, name = _PLACES.get(call.wire, _AS_OPENAI)
    fields = _fields(reply.body)
    listed = await asyncio.gather(*(_listed(calling, call, one) for one in others))
    found: dict[str, Any] = {}
    for models in (fields.get(place), *(_fields(body).get(place) for body in listed)):
        for model in models if isinstance(models, Sequence) else ():
            if isinstance(model, dict) and isinstance(model.get(name), str):
                found.setdefault(model[name], model)
    if place in fields:
        reply.body = msgspec.json.encode({**fields, place: [*found.values()]})


async def _listed(calling: Calling, call: ModelCall, deployment: Deployment) -> bytes:
    """Empty where no list came."""
    body = b""
    try:
        async with asyncio.timeout(LIMIT_S):
            incoming = await calling.send(call, deployment, LIMIT_S, LIMIT_S)
            try:
                if incoming.status != 200:
                    return b""
                async for chunk in incoming.chunks():
                    body += chunk
                    if len(body) > LIST_MAX:
                        return b""
            finally:
                incoming.close()
    except (Unreachable, Refused, TimeoutError):
        return b""
    return body


def _fields(body: bytes) -> dict[str, Any]:
    """Empty where it is no JSON object."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
