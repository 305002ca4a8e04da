"""A call that counts tokens, asked of a deployment of another wire where that can count: what it says is exact.

Fields: docs.anthropic.com/en/api/messages-count-tokens, ai.google.dev/api/tokens and
platform.openai.com/docs/api-reference/responses/input-tokens, seen November 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import msgspec

from minga.domain.model_calls import ModelCall, Wire
from minga.providers.translation.calls import translate

_KEPT: Mapping[Wire, frozenset[str]] = MappingProxyType(
    {
        "anthropic": frozenset({"model", "messages", "system", "tools", "tool_choice", "thinking"}),
        "openai-responses": frozenset(
            {"model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text"}
        ),
    }
)
"""Of a request, what the endpoint that counts takes; Gemini's takes all."""

_PLACES: Mapping[Wire, str] = MappingProxyType(
    {"anthropic": "input_tokens", "openai-responses": "input_tokens", "gemini": "totalTokens"}
)
"""Where the number stands; other wires have no such endpoint."""

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NUMBER = msgspec.json.Decoder(int)

_WRAPPED = ("generateContentRequest", "generate_content_request")


def translated(call: ModelCall, target: Wire, model: str, provider: str) -> ModelCall | None:
    """As the deployment of ``provider`` gets it, which calls it ``model``; None where ``target`` cannot count. Raises
    Refused for what cannot be said there."""
    if target not in _PLACES:
        return None
    whole = replace(call, body=_conversation(call), stream=False)
    sent = translate(whole, target, model, provider, now_s=0).call
    fields = _FIELDS.decode(sent.body)
    if target == "gemini":
        wrapped = {"generateContentRequest": {**fields, "model": f"models/{model}"}}
        return replace(sent, path=f"/models/{model}:countTokens", body=msgspec.json.encode(wrapped))
    kept = {name: value for name, value in fields.items() if name in _KEPT[target]}
    path = "/messages/count_tokens" if target == "anthropic" else "/responses/input_tokens"
    return replace(sent, path=path, body=msgspec.json.encode(kept))


def told(wire: Wire, body: bytes) -> int | None:
    """None where it is no count."""
    try:
        found = _NUMBER.decode(_ANSWER.decode(body)[_PLACES[wire]])
    except (ValueError, KeyError, RecursionError):
        return None
    return found if found > 0 else None


def _conversation(call: ModelCall) -> bytes:
    """The body as that of a call which is answered."""
    fields = _FIELDS.decode(call.body)
    if call.wire == "anthropic":
        return msgspec.json.encode({"max_tokens": 1, **fields})
    wrapped = next((fields[name] for name in _WRAPPED if name in fields), None)
    return call.body if wrapped is None else bytes(wrapped)
