"""List prices: the shipped table is what the pinned package says, and costs are what it calculates."""

import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import genai_prices
import pytest
from genai_prices import types
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached
from minga.ledger.prices import TABLE, PriceTable, typical_usage

TOOL = Path(__file__).parents[2] / "tools" / "price_table.py"
PRICES = PriceTable()

KNOWN = [
    ("openai", "gpt-5"),
    ("openai", "gpt-5-mini"),
    ("openai", "gpt-4o"),
    ("openai", "gpt-4.1"),
    ("openai", "o3"),
    ("anthropic", "claude-opus-4-1"),
    ("anthropic", "claude-haiku-4-5"),
    ("anthropic", "claude-3-5-haiku-latest"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-2.0-flash"),
    ("mistral", "mistral-large-latest"),
    ("deepseek", "deepseek-chat"),
]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("price_table", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def day_of_the_table() -> date:
    found = re.search(r"prices as of (\d{4}-\d{2}-\d{2})$", PRICES.source)
    assert found is not None
    return date.fromisoformat(found[1])


def test_the_shipped_table_is_what_the_tool_makes_for_its_day(tool: ModuleType) -> None:
    shipped = json.loads(TABLE.read_text("utf-8"))
    assert shipped["models"] == tool.rows(day_of_the_table())
    assert shipped["source"].startswith(f"genai-prices {importlib.metadata.version('genai-prices')}, MIT")


@pytest.mark.parametrize(("provider", "model"), KNOWN)
def test_a_known_model_costs_what_the_pinned_package_calculates(provider: str, model: str) -> None:
    used = types.Usage(input_tokens=12_345, cache_read_tokens=2_345, output_tokens=678)
    when = datetime.combine(day_of_the_table(), datetime.min.time(), UTC)
    theirs = genai_prices.calc_price(used, model, provider_id=provider, genai_request_timestamp=when)
    ours = PRICES.cost_micro_usd(model, Usage(model, 10_000, 2_345, 0, 678))
    assert ours is not None
    assert abs(ours - float(theirs.total_price) * 1_000_000) <= 1


OF_CALLS = [
    ("google", "gemini-2.5-pro", {"input_tokens": 200_000, "cache_read_tokens": 10_000}),
    ("google", "gemini-2.5-pro", {"input_tokens": 200_001, "cache_read_tokens": 10_000}),
    ("openai", "gpt-5.4", {"input_tokens": 300_000, "cache_read_tokens": 290_000}),
    ("anthropic", "claude-opus-4-5", {"input_tokens": 60_000, "cache_write_tokens": 50_000}),
    (
        "anthropic",
        "claude-opus-4-5",
        {"input_tokens": 60_000, "cache_write_tokens": 50_000, "cache_write_1h_tokens": 40_000},
    ),
    ("openai", "text-embedding-3-small", {"input_tokens": 8000}),
    ("google", "gemini-embedding-001", {"input_tokens": 8000}),
]


@pytest.mark.parametrize(("provider", "model", "tokens"), OF_CALLS)
def test_a_call_costs_what_its_size_and_its_cache_writes_make_of_it(
    provider: str, model: str, tokens: dict[str, int]
) -> None:
    asked, cached = tokens["input_tokens"], tokens.get("cache_read_tokens", 0)
    written, hour = tokens.get("cache_write_tokens", 0), tokens.get("cache_write_1h_tokens", 0)
    output = 0 if "embed" in model else 678
    used = types.Usage(**tokens, output_tokens=output)
    when = datetime.combine(day_of_the_table(), datetime.min.time(), UTC)
    theirs = genai_prices.calc_price(used, model, provider_id=provider, genai_request_timestamp=when)
    told = LongCached(model, asked - cached - written, cached, written, output, cache_write_1h_tokens=hour)
    ours = PRICES.cost_of_call_micro_usd(model, told)
    assert ours is not None
    assert abs(ours - float(theirs.total_price) * 1_000_000) <= 1
    most = PRICES.most_micro_usd(model, asked, output)
    assert most is not None
    assert most >= ours


def test_many_calls_together_are_not_one_large_one() -> None:
    used = Usage("", 1_000_000, 0, 0, 1000)
    assert PRICES.cost_micro_usd("gemini-2.5-pro", used) == 1_250_000 + 10_000
    assert PRICES.cost_of_call_micro_usd("gemini-2.5-pro", used) == 2_500_000 + 15_000


def test_an_unknown_model_has_no_price() -> None:
    assert PRICES.find("my-own-model") is None
    assert PRICES.cost_micro_usd("my-own-model", Usage("", 1, 1, 1, 1)) is None
    assert PRICES.cost_micro_usd("", Usage("", 1, 1, 1, 1)) is None


@pytest.mark.parametrize("name", ["openai/gpt-5", "GPT-5", "openrouter/openai/gpt-5"])
def test_a_providers_prefix_and_capitals_do_not_hide_a_model(name: str) -> None:
    assert PRICES.find(name) == PRICES.find("gpt-5") is not None


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "qwen3-coder-plus"])
def test_the_models_that_the_catalogue_starts_with_have_a_price(model: str) -> None:
    assert PRICES.find(model) is not None


def test_a_resellers_model_is_found_with_and_without_its_vendor() -> None:
    assert PRICES.find("qwen3-coder-plus") == PRICES.find("qwen/qwen3-coder-plus") is not None


def test_a_model_that_speaks_does_not_cost_what_its_namesake_costs() -> None:
    assert PRICES.find("gemini-2.5-pro") != PRICES.find("gemini-2.5-pro-tts") is not None


def _models() -> Iterator[Any]:
    yield from json.loads(TABLE.read_text("utf-8"))["models"]


def test_every_row_can_be_matched_and_costs_something_plausible() -> None:
    for row in _models():
        assert row["match"]
        assert {how for how, _ in row["match"]} <= {"equals", "starts-with", "ends-with", "contains", "regex"}
        assert 0 <= row["input"] < 1000
        assert 0 <= row["output"] < 2000


tokens = st.integers(0, 10**9)


@given(st.sampled_from(["gpt-5", "claude-opus-4-1", "gemini-2.5-flash"]), tokens, tokens, tokens, tokens)
def test_more_tokens_never_cost_less_and_none_cost_nothing(
    model: str, given: int, cached: int, written: int, answered: int
) -> None:
    cost = PRICES.cost_micro_usd(model, Usage(model, given, cached, written, answered))
    more = PRICES.cost_micro_usd(model, Usage(model, given + 10, cached + 10, written + 10, answered + 10))
    assert cost is not None
    assert more is not None
    assert 0 <= cost <= more
    assert PRICES.cost_micro_usd(model, Usage(model, 0, 0, 0, 0)) == 0


def test_a_longer_task_is_expected_to_cost_more() -> None:
    assert typical_usage("x" * 40_000).input_tokens > typical_usage("x").input_tokens
