"""Answers and events of Messages as they come: read leniently, as Anthropic adds fields and types to them.

Source: ``types/message.py`` and ``types/raw_message_stream_event.py`` of Anthropic's SDK 2.14, and
platform.claude.com/docs/en/build-with-claude/streaming, seen November 2026.
"""

from typing import Any

import msgspec
from msgspec import Raw

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached
from minga.providers.translation.form import Stop
from minga.providers.translation.messages.shapes import ABSENT
from minga.providers.translation.notes import Notes

UNTRANSLATED = (
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "container_upload",
    "compaction",
    "fallback",
)
"""Types of blocks in answers that only Anthropic's callers understand."""


class Block(msgspec.Struct, frozen=True):
    """Of any type: what the type has is not empty."""

    type: str
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""
    name: str = ""
    input: Raw = ABSENT
    citations: Raw = ABSENT


class StopDetails(msgspec.Struct, frozen=True):
    category: str | None = None
    explanation: str | None = None


class AnswerMessage(msgspec.Struct, frozen=True):
    id: str = ""
    model: str = ""
    content: tuple[Block, ...] = ()
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: dict[str, Any] | None = None


class Delta(msgspec.Struct, frozen=True):
    """Of a block, or of the message (``stop_…``)."""

    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None


class Told(msgspec.Struct, frozen=True):
    type: str = ""
    message: str = ""


class StreamEvent(msgspec.Struct, frozen=True):
    type: str
    index: int = -1
    message: AnswerMessage | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: dict[str, Any] | None = None
    error: Told | None = None


STOPS: dict[str, Stop] = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop-sequence",
    "tool_use": "tool-calls",
    "pause_turn": "pause",
    "refusal": "refusal",
}

STOP_REASONS: dict[Stop, str] = {
    "end": "end_turn",
    "length": "max_tokens",
    "stop-sequence": "stop_sequence",
    "tool-calls": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
    "filter": "refusal",
}


def read_stop(reason: str, details: StopDetails | None, notes: Notes) -> Stop:
    if details is not None:
        notes.add("anthropic-stop-details", details.category or "")
    if reason not in STOPS:
        notes.add("anthropic-stop-unknown", reason[:40])
    return STOPS.get(reason, "end")


def write_stop(stop: Stop, notes: Notes) -> str:
    if stop == "filter":
        notes.add("anthropic-filter")
    return STOP_REASONS[stop]


class WrittenUsage(msgspec.Struct, frozen=True, omit_defaults=True):
    output_tokens: int
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: dict[str, int] | None = None
    output_tokens_details: dict[str, int] | None = None


def write_usage(used: Usage | None, *, is_start: bool = False) -> WrittenUsage:
    """Where the provider told nothing: 0 for what the format demands, the rest left out. ``is_start`` or whole
    messages demand the input too."""
    if used is None:
        return WrittenUsage(0, 0 if is_start else None)
    written, hour = used.cache_write_tokens, used.cache_write_1h_tokens if isinstance(used, LongCached) else 0
    kept = {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour}
    return WrittenUsage(
        used.output_tokens,
        used.input_tokens,
        written,
        used.cached_input_tokens,
        kept if written and is_start else None,
        {"thinking_tokens": used.reasoning_tokens} if used.reasoning_tokens else None,
    )
