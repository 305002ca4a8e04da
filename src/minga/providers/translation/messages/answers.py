"""Answers and events of Messages as they come. Anthropic adds fields and types to them: what is not known is told.

Source: ``types/message.py`` and ``types/raw_message_stream_event.py`` of Anthropic's SDK 2.14, and
platform.claude.com/docs/en/build-with-claude/streaming, seen November 2026.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached
from minga.providers.translation.form import Stop
from minga.providers.translation.messages.shapes import ABSENT
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Beside, Strict, unread

Read = TypeVar("Read")

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


class _Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Block(_Shape, frozen=True):
    """Of any type: what the type has is not empty. What stands after ``citations`` is of types that are left out, but
    for `BESIDE_BLOCK`."""

    type: str
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""
    name: str = ""
    input: Raw = ABSENT
    citations: Raw = ABSENT
    caller: Raw = ABSENT
    content: Raw = ABSENT
    encrypted_content: Raw = ABSENT
    file_id: Raw = ABSENT
    from_: Raw = msgspec.field(default=ABSENT, name="from")
    is_error: Raw = ABSENT
    mcp_server_name: Raw = ABSENT
    server_name: Raw = ABSENT
    to: Raw = ABSENT
    tool_changes: Raw = ABSENT
    tool_use_id: Raw = ABSENT
    toolset_name: Raw = ABSENT
    tools: Raw = ABSENT
    trigger: Raw = ABSENT


class StopDetails(msgspec.Struct, frozen=True):
    """What stands in it is told as a whole."""

    category: str | None = None


class AnswerMessage(_Shape, frozen=True):
    """``type`` and ``role`` are always the same."""

    id: str = ""
    model: str = ""
    content: tuple[Block, ...] = ()
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: dict[str, Any] | None = None
    type: str = ""
    role: str = ""
    container: Raw = ABSENT
    context_management: Raw = ABSENT
    diagnostics: Raw = ABSENT
    input_transformations: Raw = ABSENT


class Delta(_Shape, frozen=True):
    """Of a block, or of the message (``stop_…``, ``container``). ``estimated_tokens`` of thoughts that are not shown
    are counted at the end."""

    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    container: Raw = ABSENT
    citation: Raw = ABSENT
    content: Raw = ABSENT
    encrypted_content: Raw = ABSENT
    estimated_tokens: Raw = ABSENT


class Error(msgspec.Struct, frozen=True):
    type: str = ""
    message: str = ""


class StreamEvent(_Shape, frozen=True):
    type: str
    index: int = -1
    message: AnswerMessage | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: dict[str, Any] | None = None
    error: Error | None = None
    request_id: Raw = ABSENT
    context_management: Raw = ABSENT
    input_transformations: Raw = ABSENT


BESIDE_MESSAGE = Beside(AnswerMessage, "container", "context_management", "diagnostics", "input_transformations")
BESIDE_EVENT = Beside(StreamEvent, "context_management", "input_transformations")
BESIDE_BLOCK = Beside(Block, "caller", "toolset_name")

_DIRECT = b'{"type":"direct"}'

_USAGE: Mapping[str, Iterable[str]] = {
    "input_tokens": (),
    "output_tokens": (),
    "cache_creation_input_tokens": (),
    "cache_read_input_tokens": (),
    "cache_creation": ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"),
    "output_tokens_details": ("thinking_tokens",),
}

_USUAL = ("standard", "not_available")


def told(shape: Strict[Read], body: bytes, notes: Notes) -> Read:
    """What was read; what this version does not know in it is told. Raises ValueError."""
    read, unknown = shape.read_loosely(body)
    for path in unknown:
        notes.add("anthropic-beside", path)
    return read


def note_beside(names: Iterable[str], notes: Notes) -> None:
    for name in names:
        notes.add("anthropic-beside", name)


def note_caller(block: Block, notes: Notes) -> None:
    """Who calls a tool is said where it is not the model itself."""
    for name in BESIDE_BLOCK.told(block):
        if name != "caller" or bytes(block.caller).replace(b" ", b"") != _DIRECT:
            notes.add("anthropic-server-tool", name)


def note_usage(usage: Mapping[str, Any] | None, notes: Notes) -> None:
    for name in unread(usage or {}, _USAGE, _USUAL):
        notes.add("anthropic-beside", f"usage.{name}")


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
