"""The longest answers of models, as the data file has them."""

import pytest

from minga.providers import longest_answers

KNOWN = [
    ("gpt-5.1", 128_000),
    ("openai/GPT-5-mini", 128_000),
    ("gpt-5-pro-2025-10-06", 272_000),
    ("gpt-5.1-chat-latest", 16_384),
    ("gpt-4.1-nano", 32_768),
    ("o3", 100_000),
    ("claude-sonnet-4-5-20250929", 64_000),
    ("claude-opus-4-6", 128_000),
    ("us.anthropic.claude-opus-4-6-v1:0", 128_000),
    ("claude-sonnet-4-5@20250929", 64_000),
    ("gemini-2.5-flash-lite", 65_536),
    ("my-own-model", longest_answers.UNKNOWN),
    ("", longest_answers.UNKNOWN),
]


@pytest.mark.parametrize(("model", "tokens"), KNOWN)
def test_the_first_pattern_that_holds_a_model_says_how_long_it_answers(model: str, tokens: int) -> None:
    assert longest_answers.of(model) == tokens
