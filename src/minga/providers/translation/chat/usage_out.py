"""What an answer used, as this dialect tells it."""

import msgspec

from minga.domain.events import Usage


class PromptDetails(msgspec.Struct, omit_defaults=True):
    cached_tokens: int
    cache_write_tokens: int = 0


class CompletionDetails(msgspec.Struct):
    reasoning_tokens: int


class Used(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails
    completion_tokens_details: CompletionDetails


def told(used: Usage) -> Used:
    """The prompt's tokens include those read from the cache and written to it."""
    prompt = used.input_tokens + used.cached_input_tokens + used.cache_write_tokens
    return Used(
        prompt,
        used.output_tokens,
        prompt + used.output_tokens,
        PromptDetails(used.cached_input_tokens, used.cache_write_tokens),
        CompletionDetails(used.reasoning_tokens),
    )
