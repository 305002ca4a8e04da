"""A line for each call that has ended: ids and numbers, no content, no credential."""

import re
from typing import Literal, TypeAlias

import msgspec

from minga.domain.model_calls import CallSeen

Form: TypeAlias = Literal["json", "text"]

MODEL_MAX = 200
"""Characters of a model's name, which is what the caller wrote."""

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def line(form: Form, call: CallSeen) -> bytes:
    return _json(call) if form == "json" else _text(call).encode("utf-8", "backslashreplace")


def _json(call: CallSeen) -> bytes:
    entry, used = call.entry, call.entry.usage
    told = {
        "at": entry.at,
        "call": entry.id,
        "key": call.key_name,
        "key_id": entry.key_id,
        "user": entry.user,
        "team": entry.team,
        "project": entry.project,
        "client": call.client,
        "agent": entry.agent,
        "run": entry.run_id,
        "wire": entry.wire,
        "model": used.model[:MODEL_MAX],
        "provider": entry.provider,
        "account": entry.account,
        "status": entry.status,
        "stream": call.stream,
        "attempts": entry.attempts,
        "tried": call.tried if len(call.tried) > 1 else (),
        "continued": call.continued,
        "cache": entry.cache,
        "first_ms": entry.first_ms,
        "took_ms": entry.took_ms,
        "input_tokens": used.input_tokens,
        "cached_input_tokens": used.cached_input_tokens,
        "cache_write_tokens": used.cache_write_tokens,
        "output_tokens": used.output_tokens,
        "reasoning_tokens": used.reasoning_tokens,
        "tokens_source": entry.source,
        "cost_micro_usd": entry.cost_micro_usd,
        "trace": _trace_id(call.trace),
    }
    if call.translated_to is not None:
        told |= {"translated_to": call.translated_to, "notes": call.notes}
    return msgspec.json.encode(told)


def _text(call: CallSeen) -> str:
    entry, used = call.entry, call.entry.usage
    asked = used.input_tokens + used.cached_input_tokens + used.cache_write_tokens
    cost = "no price" if entry.cost_micro_usd is None else f"${entry.cost_micro_usd / 1e6:.6f}"
    attempts = f" {entry.attempts} attempts" if entry.attempts > 1 else ""
    model = f"{entry.provider}/{used.model[:MODEL_MAX]}"
    told = (
        f"{entry.at:%Y-%m-%dT%H:%M:%SZ} {entry.status} {call.key_name} {entry.wire} {model}"
        f" {entry.took_ms} ms{attempts} {asked}→{used.output_tokens} tokens {cost}"
    )
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in told)


def _trace_id(traceparent: str) -> str:
    found = _TRACEPARENT.match(traceparent)
    return found[1] if found else ""
