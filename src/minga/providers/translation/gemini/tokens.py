"""``usageMetadata``: the prompt includes what was cached; thoughts stand beside the answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from minga.domain.events import Usage
from minga.providers import usage
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import unread

_KNOWN: Mapping[str, Iterable[str]] = dict.fromkeys(
    (
        "promptTokenCount",
        "cachedContentTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "toolUsePromptTokenCount",
        "totalTokenCount",
        "promptTokensDetails",
        "cacheTokensDetails",
        "candidatesTokensDetails",
        "toolUsePromptTokensDetails",
    ),
    (),
)
"""What is counted by medium is counted with the whole."""

_USUAL = ("ON_DEMAND", "TRAFFIC_TYPE_UNSPECIFIED", "standard", "STANDARD")


def read(model: str, told: dict[str, Any] | None, notes: Notes) -> Usage | None:
    if told is None:
        return None
    for name in unread(told, _KNOWN, _USUAL):
        notes.add("gemini-beside", f"usageMetadata.{name}")
    return usage.of_told("gemini", model, {"usageMetadata": told})


def write(used: Usage | None, notes: Notes) -> dict[str, int] | None:
    if used is None:
        return None
    if used.cache_write_tokens:
        notes.add("gemini-cache-writes")
    prompt = used.input_tokens + used.cached_input_tokens + used.cache_write_tokens
    told = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": used.output_tokens - used.reasoning_tokens,
        "totalTokenCount": prompt + used.output_tokens,
    }
    if used.cached_input_tokens:
        told["cachedContentTokenCount"] = used.cached_input_tokens
    if used.reasoning_tokens:
        told["thoughtsTokenCount"] = used.reasoning_tokens
    return told
