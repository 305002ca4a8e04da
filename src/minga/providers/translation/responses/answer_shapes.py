"""What an answer of OpenAI Responses, its items and its events are made of. What is not known is told, as a provider
may say more than is known here. Source: the types of OpenAI's SDK 3.57 (``openai.types.responses``)."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Beside, Strict, unread
from minga.providers.translation.responses.tool_shapes import NULL

Read = TypeVar("Read")


class _Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Said(_Shape, frozen=True):
    """A content of a message, or a piece of thoughts."""

    type: str
    text: str = ""
    refusal: str = ""
    annotations: Raw = NULL
    logprobs: Raw = NULL


class Output(_Shape, frozen=True):
    """An item. ``result``: the picture of an ``image_generation_call``, in base64. ``status`` and ``role`` say nothing
    that its place in an answer does not; what stands after them is of items that are left out as a whole, or is told
    (`BESIDE_ITEM`)."""

    type: str
    id: str | None = None
    phase: str | None = None
    content: list[Said] | None = None
    summary: list[Said] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: Raw = Raw(b'""')
    input: str | None = None
    result: Raw = NULL
    output_format: str | None = None
    status: Raw = NULL
    role: Raw = NULL
    acknowledged_safety_checks: Raw = NULL
    action: Raw = NULL
    actions: Raw = NULL
    approval_request_id: Raw = NULL
    approve: Raw = NULL
    background: Raw = NULL
    caller: Raw = NULL
    code: Raw = NULL
    container_id: Raw = NULL
    created_by: Raw = NULL
    environment: Raw = NULL
    error: Raw = NULL
    execution: Raw = NULL
    fingerprint: Raw = NULL
    later: Raw = msgspec.field(default=NULL, name="async")
    max_output_length: Raw = NULL
    operation: Raw = NULL
    output: Raw = NULL
    outputs: Raw = NULL
    pending_safety_checks: Raw = NULL
    quality: Raw = NULL
    queries: Raw = NULL
    reason: Raw = NULL
    results: Raw = NULL
    revised_prompt: Raw = NULL
    server_label: Raw = NULL
    size: Raw = NULL
    svg_usage: Raw = NULL
    tools: Raw = NULL


BESIDE_ITEM = Beside(Output, *Output.__struct_fields__[Output.__struct_fields__.index("role") + 1 :], usual=("auto",))


class Incomplete(msgspec.Struct, frozen=True):
    reason: str | None = None


class Error(msgspec.Struct, frozen=True):
    code: str | None = None
    message: str | None = None
    type: str | None = None


class Response(_Shape, frozen=True):
    """What stands between ``usage`` and ``input_transformations`` repeats what the caller has asked for, or says when
    it was done; what comes then is told."""

    id: str = ""
    model: str = ""
    created_at: float = 0
    status: str | None = None
    output: list[Output] | None = None
    incomplete_details: Incomplete | None = None
    error: Error | None = None
    usage: dict[str, Any] | None = None
    object: Raw = NULL
    access_programs: Raw = NULL
    background: Raw = NULL
    completed_at: Raw = NULL
    conversation: Raw = NULL
    frequency_penalty: Raw = NULL
    image: Raw = NULL
    instructions: Raw = NULL
    max_output_tokens: Raw = NULL
    max_tool_calls: Raw = NULL
    metadata: Raw = NULL
    parallel_tool_calls: Raw = NULL
    presence_penalty: Raw = NULL
    previous_response_id: Raw = NULL
    prompt: Raw = NULL
    prompt_cache_key: Raw = NULL
    prompt_cache_options: Raw = NULL
    prompt_cache_retention: Raw = NULL
    reasoning: Raw = NULL
    safety_identifier: Raw = NULL
    store: Raw = NULL
    temperature: Raw = NULL
    text: Raw = NULL
    tool_choice: Raw = NULL
    tools: Raw = NULL
    top_logprobs: Raw = NULL
    top_p: Raw = NULL
    truncation: Raw = NULL
    user: Raw = NULL
    input_transformations: Raw = NULL
    moderation: Raw = NULL
    prompt_cache_diagnostics: Raw = NULL
    service_tier: Raw = NULL
    tool_usage: Raw = NULL


BESIDE_RESPONSE = Beside(
    Response,
    *Response.__struct_fields__[Response.__struct_fields__.index("input_transformations") :],
    usual=("auto", "default"),
)


class StreamEvent(_Shape, frozen=True):
    """An event; which fields it has goes by its type. What stands after ``annotation`` says where it belongs, or what
    other events say too."""

    type: str = ""
    output_index: int = 0
    content_index: int = 0
    summary_index: int = 0
    delta: Raw = Raw(b'""')
    item: Raw = Raw(b"{}")
    part: Raw = Raw(b"{}")
    response: Raw = Raw(b"{}")
    logprobs: Raw = NULL
    annotation: Raw = NULL
    annotation_index: Raw = NULL
    arguments: Raw = NULL
    background: Raw = NULL
    code: Raw = NULL
    command: Raw = NULL
    command_index: Raw = NULL
    error: Raw = NULL
    headers: Raw = NULL
    input: Raw = NULL
    item_id: Raw = NULL
    message: Raw = NULL
    name: Raw = NULL
    obfuscation: Raw = NULL
    output: Raw = NULL
    output_format: Raw = NULL
    param: Raw = NULL
    partial_image_b64: Raw = NULL
    partial_image_index: Raw = NULL
    quality: Raw = NULL
    refusal: Raw = NULL
    sequence_number: Raw = NULL
    size: Raw = NULL
    status: Raw = NULL
    text: Raw = NULL


RESPONSE = Strict(Response)
ITEM = Strict(Output)
PART = Strict(Said)
EVENT = Strict(StreamEvent)

_USAGE: Mapping[str, Iterable[str]] = {
    "input_tokens": (),
    "output_tokens": (),
    "total_tokens": (),
    "input_tokens_details": ("cached_tokens", "cache_write_tokens"),
    "output_tokens_details": ("reasoning_tokens",),
}

_ANNOUNCING = (
    "response.code_interpreter_call",
    "response.file_search_call.",
    "response.image_generation_call.",
    "response.mcp_",
    "response.shell_call_",
    "response.web_search_call.",
)
"""Beginnings of events that tell how one of OpenAI's own tools gets on; what it did is an item, which comes too."""

_REPEATING = frozenset(
    {
        "keepalive",
        "response.custom_tool_call_input.done",
        "response.function_call_arguments.done",
        "response.output_text.done",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done",
        "response.reasoning_summary_text.done",
        "response.reasoning_text.done",
        "response.refusal.done",
    }
)
"""Events that tell again, as a whole, what has come in pieces, and comes once more with its item."""


def told(shape: Strict[Read], body: bytes | Raw, notes: Notes) -> Read:
    """What was read; what this version does not know in it is told. Raises ValueError."""
    read, unknown = shape.read_loosely(body)
    note_beside(unknown, notes)
    return read


def note_beside(names: Iterable[str], notes: Notes) -> None:
    for name in names:
        notes.add("responses-beside", name)


def note_response(response: Response, notes: Notes) -> None:
    note_beside(BESIDE_RESPONSE.told(response), notes)
    for name in unread(response.usage or {}, _USAGE):
        notes.add("responses-beside", f"usage.{name}")


def note_event(kind: str, event: StreamEvent, notes: Notes) -> None:
    """Of an event that is passed over."""
    if kind == "response.output_text.annotation.added":
        notes.add("responses-annotations")
    elif kind not in _REPEATING and not kind.startswith(_ANNOUNCING):
        notes.add("responses-beside", kind[:60])
