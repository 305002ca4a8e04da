"""Which calls are the same call, and which may be answered from the cache at all."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from minga.domain.model_calls import ModelCall, Refused, VirtualKey, Wire

SWITCH = "x-minga-cache"

_IDLE: dict[Wire, frozenset[str]] = {
    "openai-chat": frozenset({"user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"}),
    "openai-embeddings": frozenset({"user"}),
    "anthropic": frozenset({"metadata"}),
}
"""Fields that say who asks, not what. Answers of Responses repeat them, so there they count."""

_STATEFUL = frozenset({"background", "container", "conversation"})
"""Fields whose answer depends on what the provider remembers, or is not the answer yet."""

_TELLING = ("anthropic-", "openai-", "x-goog-")
"""Beginnings of the headers that change an answer: versions, betas, organisations."""

_EXACT = 2.0**53
"""From here on not every integer is a float."""


def wanted(key: VirtualKey, call: ModelCall) -> bool:
    """Whether this call may be answered from the cache and kept in it: the key says so or the request does, and nothing
    forbids it. Raises Refused for a switch that is neither on nor off."""
    if not key.caches and not any(name == SWITCH for name, _ in call.headers):
        return False
    told = {name: value.strip().lower() for name, value in call.headers if name in (SWITCH, "cache-control")}
    switch = told.get(SWITCH, "on" if key.caches else "off")
    if switch not in ("on", "off"):
        raise Refused("malformed", f"{SWITCH} is 'on' or 'off', not {switch!r}")
    directives = {one.strip() for one in told.get("cache-control", "").split(",")}
    forbidden = directives & {"no-store", "no-cache"}
    return switch == "on" and not forbidden and call.method == "POST" and not call.counts and bool(call.model)


def digest(key: VirtualKey, call: ModelCall, model: str, place: object = ()) -> bytes | None:
    """The same for calls of one tenant (the key's team, else its user) that ask ``model`` the same: objects in any
    order of their fields, numbers by their value, any spacing; a stream is another call than a whole answer.
    ``place``: the address and headers that it goes to, as they are now. None where an answer must not be kept."""
    fields = _fields(call)
    if fields is None or any(fields.get(name) for name in _STATEFUL):
        return None
    idle = _IDLE.get(call.wire, frozenset()) | {"model", "stream"} | (set() if call.stream else {"stream_options"})
    tenant = ("team", key.team) if key.team else ("user", key.user)
    path = call.path.replace(call.model, model, 1)
    telling = sorted((name, value) for name, value in call.headers if name.startswith(_TELLING) and "key" not in name)
    asked = {name: value for name, value in fields.items() if name not in idle}
    whole = (call.wire, model, place, tenant, path, call.query, call.stream, telling, asked)
    try:
        return hashlib.sha256(msgspec.json.encode(whole, order="deterministic")).digest()
    except (ValueError, OverflowError, RecursionError):
        return None


def is_whole(wire: Wire, body: bytes) -> bool:
    """Whether an answer of status 200 that is no stream is an answer, and has ended."""
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError):  # also bytes that are no UTF-8
        return False
    if not isinstance(told, dict) or told.get("error"):
        return False
    return wire != "openai-responses" or told.get("status") in ("completed", "incomplete")


def events(stream: bytes) -> tuple[bytes, ...]:
    """A stream cut where its events end; joined again, the same bytes."""
    for end in (b"\r\n\r\n", b"\n\n"):
        if end in stream:
            *whole, rest = stream.split(end)
            return (*(event + end for event in whole), *([rest] if rest else []))
    return (stream,)


def _fields(call: ModelCall) -> Mapping[str, Any] | None:
    try:
        fields = _DECODER.decode(call.body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _number(text: str) -> float | int:
    """1.0 and 1e0 are 1. Raises ValueError for what no float holds: it would be the same as others."""
    value = float(text)
    if abs(value) == float("inf"):
        raise ValueError(f"{text} is too large")
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


_DECODER = msgspec.json.Decoder(float_hook=_number)
