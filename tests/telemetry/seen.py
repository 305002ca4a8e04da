"""Calls that have ended, for the tests of what is told of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, CallSeen, KeyId, Tried

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

ENTRY = CallEntry(
    id="01a21435-1e40-7ab8-964d-45bda3703b1b",
    at=AT,
    key_id=KeyId("key-1"),
    user="ana",
    team="dev",
    project="shop",
    provider="openai",
    wire="openai-chat",
    usage=Usage("gpt-5.1", input_tokens=60, cached_input_tokens=40, cache_write_tokens=0, output_tokens=10),
    cost_micro_usd=180,
    source="provider",
    status=200,
    first_ms=30,
    took_ms=700,
)


def seen(*tried: Tried, trace: str = "", continued: bool = False, stream: bool = False, **entry: Any) -> CallSeen:
    """A call with what is given; attempts as one that went well if none are given."""
    attempts = tried or (Tried("openai", "", "ok", 200, 0.0, 700),)
    made = replace(ENTRY, attempts=len(attempts), **entry)
    return CallSeen(made, "laptop", attempts, trace, continued, "10.1.2.3", stream)
