"""Answers to calls that only count tokens, for a model whose provider speaks another wire.

docs.anthropic.com/en/api/messages-count-tokens, ai.google.dev/api/tokens and
platform.openai.com/docs/api-reference/responses/input-tokens, seen November 2026.
"""

import msgspec

from minga.domain.model_calls import Refused, Wire

HEADER = "x-minga-tokens"
"""``exact`` where a provider told the number, ``estimated`` where it is an upper bound or an estimate of Minga's."""

_STORED = ("previous_response_id", "conversation", "prompt", "cachedContent", "cached_content")
"""Fields that mean what a provider has stored: it would have to be counted too."""

_WANTED: dict[Wire, tuple[str, ...]] = {
    "anthropic": ("messages",),
    "gemini": ("contents", "generateContentRequest", "generate_content_request"),
}
"""Fields of which there must be one."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def answer(wire: Wire, tokens: int) -> bytes:
    """In the caller's form."""
    match wire:
        case "anthropic":
            return msgspec.json.encode({"input_tokens": tokens})
        case "gemini":
            return msgspec.json.encode({"totalTokens": tokens})
        case _:
            return msgspec.json.encode({"object": "response.input_tokens", "input_tokens": tokens})


def check(wire: Wire, body: bytes) -> None:
    """Raises Refused for a request that cannot be counted here."""
    fields = _OBJECT.decode(body)
    inner = fields.get("generateContentRequest", fields.get("generate_content_request"))
    try:
        within = {} if wire != "gemini" or inner is None else _OBJECT.decode(inner)
    except ValueError as wrong:
        raise Refused("malformed", f"the field 'generateContentRequest' cannot be read: {wrong}") from wrong
    for name, value in [*fields.items(), *within.items()]:
        if name in _STORED and value != b"null":
            told = "send the whole conversation instead"
            raise Refused("malformed", f"{name!r} means what another provider stores, so it cannot be counted: {told}")
    wanted = _WANTED.get(wire, ())
    if wanted and not any(name in fields for name in wanted):
        raise Refused("malformed", f"the field {wanted[0]!r} is missing")
