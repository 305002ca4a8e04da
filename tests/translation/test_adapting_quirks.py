"""The data on what models accept: whole, with sources, and the right entry for a model."""

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest

from minga.domain.model_calls import Wire
from minga.providers import translation
from minga.providers.translation.quirks import Entry, efforts, quirks_of, subsets

FILE: dict[str, Any] = tomllib.loads(resources.files(translation).joinpath("quirks.toml").read_text("utf-8"))

ENTRIES = [*FILE["dialects"], *FILE["families"], *FILE["efforts"]]


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{number}" for number, _ in enumerate(ENTRIES)])
def test_every_entry_is_whole_and_says_where_it_is_from(entry: dict[str, Any]) -> None:
    source = entry["source"]
    if entry.get("confirmed", True):
        assert "http" in source or source.startswith(("own choice: ", "400: "))
        assert entry["seen"].year >= 2026
    else:
        assert "seen" not in entry
        assert source.startswith("recalled; not confirmed")
    if "word" in entry:
        return
    dialect: Wire
    for dialect in entry.get("dialects", ["openai-chat", "openai-responses", "anthropic", "gemini"]):
        model = entry.get("models", ["some"])[0].replace("*", "x")
        quirks = quirks_of(dialect, model, entry.get("providers", ["some"])[0])
        assert {quirks.tool_schemas, quirks.output_schemas, quirks.strict_schemas} <= {"", *subsets()}
        assert set(quirks.efforts) <= {one.word for one in efforts()}
        assert set(quirks.efforts) - {"none"}
        assert re.compile(quirks.call_ids)
        assert quirks.taken_call_ids(["a" * quirks.call_id_length])
        assert quirks.takes_tool_name("_" * quirks.tool_name_length)
        assert not quirks.takes_tool_name("_" * (quirks.tool_name_length + 1))
        assert (quirks.budget_max > quirks.budget_min) == (quirks.reasoning == "budget")
        assert quirks.thinking_stops == ("none" in quirks.efforts) or quirks.reasoning != "effort"


@pytest.mark.parametrize("told", [{}, {"confirmed": False, "seen": "2026-11-26"}, {"confirmed": True}])
def test_an_entry_was_seen_or_is_not_confirmed(told: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="either seen or confirmed"):
        msgspec.convert({"source": "a page", **told}, Entry)


def test_every_provider_named_is_in_the_catalog() -> None:
    catalog = Path(str(resources.files(translation))).parent / "catalog"
    named = {name for entry in FILE["families"] for name in entry.get("providers", ())}
    assert named <= {file.stem for file in catalog.glob("*.toml")}


def test_efforts_stand_from_none_to_the_most() -> None:
    tokens = [one.tokens for one in efforts()]
    assert tokens == sorted(set(tokens))


@pytest.mark.parametrize(
    ("dialect", "model", "provider", "field", "value"),
    [
        ("anthropic", "claude-sonnet-4-5-20250929", "anthropic", "reasoning", "budget"),
        ("anthropic", "claude-opus-4-20250514", "anthropic", "budget_min", 1024),
        ("anthropic", "claude-3-5-haiku-latest", "anthropic", "reasoning", "none"),
        ("anthropic", "claude-3-7-sonnet-20250219", "anthropic", "temperature_with_top_p", True),
        ("anthropic", "claude-opus-4-1-20250805", "anthropic", "output", "none"),
        ("anthropic", "claude-opus-4-6", "anthropic", "sampling", "not-thinking"),
        ("anthropic", "claude-opus-4-8", "anthropic", "thinks_by_default", False),
        ("anthropic", "claude-sonnet-5", "anthropic", "thinks_by_default", True),
        ("anthropic", "claude-opus-5", "anthropic", "thinking_stops", True),
        ("anthropic", "claude-opus-5-20260801", "anthropic", "thinking_stops", True),
        ("anthropic", "claude-opus-5-5", "anthropic", "thinking_stops", False),
        ("anthropic", "claude-haiku-5-5", "anthropic", "forced_tools", "always"),
        ("anthropic", "claude-fable-5", "anthropic", "forced_tools", "always"),
        ("anthropic", "claude-fable-5-1", "anthropic", "forced_tools", "never"),
        ("openai-chat", "gpt-4", "openai", "output", "none"),
        ("openai-chat", "gpt-4-turbo", "openai", "output", "json"),
        ("openai-chat", "gpt-4.1", "openai", "output", "schema"),
        ("openai-chat", "openai/GPT-5.1", "openrouter", "efforts", ("none", "low", "medium", "high")),
        ("openai-responses", "gpt-5.1-codex", "openai", "efforts", ("low", "medium", "high")),
        ("openai-responses", "gpt-5.2-chat-latest", "openai", "efforts", ("medium",)),
        ("openai-responses", "gpt-5.4-pro", "openai", "efforts", ("medium", "high", "xhigh")),
        ("openai-chat", "gpt-5.2", "openai", "thinks_with_tools", True),
        ("openai-chat", "gpt-5.4", "openai", "thinks_with_tools", False),
        ("openai-responses", "gpt-5.5", "openai", "thinks_by_default", True),
        ("openai-responses", "gpt-6.1-sol", "openai", "thinking_stops", False),
        ("openai-responses", "gpt-6.1-terra", "openai", "thinking_stops", True),
        ("openai-chat", "gpt-6-luna", "openai", "thinks_with_tools", False),
        ("openai-responses", "gpt-6-luna", "openai", "thinks_with_tools", True),
        ("openai-responses", "gpt-5.3-codex", "openai", "namespaces", True),
        ("openai-responses", "qwen3-coder", "vllm", "namespaces", False),
        ("openai-chat", "mistral-large-latest", "mistral", "call_id_length", 9),
        ("openai-chat", "mistral:7b", "ollama", "tool_schemas", "plain"),
        ("openai-chat", "gpt-oss:20b", "ollama", "custom_tools", False),
        ("gemini", "gemini-2.5-flash-lite", "google", "budget_min", 512),
        ("gemini", "gemini-3.5-flash", "google", "sampling", "never"),
        ("gemini", "gemini-3.8-flash", "google", "efforts", ("low", "medium", "high")),
        ("openai-chat", "deepseek-chat", "deepseek", "reasoning", "none"),
        ("openai-chat", "deepseek-v4-pro", "deepseek", "efforts", ("low", "high", "max")),
        ("openai-chat", "grok-4-0709", "xai", "reasoning", "none"),
        ("openai-chat", "grok-4.6", "xai", "efforts", ("low", "medium", "high", "xhigh")),
        ("gemini", "gemini-4-pro", "google", "media_in_results", True),
    ],
)
def test_the_entry_for_a_model(dialect: Wire, model: str, provider: str, field: str, value: object) -> None:
    assert getattr(quirks_of(dialect, model, provider), field) == value


@pytest.mark.parametrize("model", ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5@20250929"])
def test_a_model_in_a_cloud_takes_what_it_takes_at_its_vendor(model: str) -> None:
    assert quirks_of("anthropic", model, "a-cloud") == quirks_of("anthropic", "claude-sonnet-4-5", "anthropic")
