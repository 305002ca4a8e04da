"""Reads the usage of whole answers as they mostly are, without making objects of all their other fields.

What is found here is what `usage.of_body` finds; where anything is another way, nothing is found, and a test compares
both on any answers.
"""

import msgspec

from minga.domain.events import Usage
from minga.domain.model_calls import Wire

_COUNT_MAX = 2**31
"""So that no sum of them comes near what is not believed."""


class _Asked(msgspec.Struct):
    cached_tokens: int = 0


class _Answered(msgspec.Struct):
    reasoning_tokens: int = 0


class _ChatUsage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_cache_hit_tokens: int = 0
    prompt_tokens_details: _Asked | None = None
    completion_tokens_details: _Answered | None = None


class _ResponsesUsage(msgspec.Struct):
    input_tokens: int
    output_tokens: int = 0
    total_tokens: int = 0
    prompt_cache_hit_tokens: int = 0
    input_tokens_details: _Asked | None = None
    output_tokens_details: _Answered | None = None


class _AnthropicUsage(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0


class _Chat(msgspec.Struct):
    usage: _ChatUsage
    candidates: msgspec.UnsetType = msgspec.UNSET


class _Responses(msgspec.Struct):
    usage: _ResponsesUsage
    candidates: msgspec.UnsetType = msgspec.UNSET


class _Message(msgspec.Struct):
    usage: _AnthropicUsage
    candidates: msgspec.UnsetType = msgspec.UNSET


_CHATS = msgspec.json.Decoder(_Chat)
_RESPONSES = msgspec.json.Decoder(_Responses)
_MESSAGES = msgspec.json.Decoder(_Message)

_WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read(wire: Wire, model: str, body: bytes) -> Usage | None:
    """None where it must be read the long way."""
    if not body.isascii():
        return None  # the texts that are passed over are not looked at
    try:
        match wire:
            case "openai-chat" | "openai-embeddings":
                chat = _CHATS.decode(body).usage
                return _openai(
                    model,
                    (chat.prompt_tokens, chat.completion_tokens, chat.total_tokens, chat.prompt_cache_hit_tokens),
                    chat.prompt_tokens_details,
                    chat.completion_tokens_details,
                )
            case "openai-responses":
                told = _RESPONSES.decode(body).usage
                return _openai(
                    model,
                    (told.input_tokens, told.output_tokens, told.total_tokens, told.prompt_cache_hit_tokens),
                    told.input_tokens_details,
                    told.output_tokens_details,
                )
            case "anthropic":
                return _anthropic(model, _MESSAGES.decode(body).usage)
            case _:
                return None
    except _WRONG:
        return None


def _openai(
    model: str, counts: tuple[int, int, int, int], asked: _Asked | None, answered: _Answered | None
) -> Usage | None:
    given, answer, total, hit = counts
    cached = asked.cached_tokens if asked else 0
    reasoning = answered.reasoning_tokens if answered else 0
    if min(*counts, cached, reasoning) < 0 or max(*counts, cached, reasoning) > _COUNT_MAX:
        return None
    cached = min(cached or hit, given)
    beside = max(total - given - answer, 0)
    return Usage(model, given - cached, cached, 0, answer + beside, reasoning or beside)


def _anthropic(model: str, told: _AnthropicUsage) -> Usage | None:
    counts = told.input_tokens, told.cache_read_input_tokens, told.cache_creation_input_tokens, told.output_tokens
    if min(counts) < 0 or max(counts) > _COUNT_MAX or told.cache_creation_input_tokens:  # for an hour, maybe
        return None
    return Usage(model, *counts)
