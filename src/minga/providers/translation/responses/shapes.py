"""What a request of OpenAI Responses is made of. Source: the types of OpenAI's SDK 3.57 (``openai.types.responses``);
``additional_tools`` and ``client_metadata`` as Codex 0.169 sends them.

Items are of one struct for all kinds: a message needs no ``type``, which a union told apart by tags could not read.
"""

from typing import Literal, TypeAlias

import msgspec

from minga.providers.translation.responses.tool_shapes import NULL, AnyTool


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a request, each of them is known."""


class Breakpoint(Fields, frozen=True):
    mode: str = "explicit"
    ttl: str | None = None


class InputText(Fields, frozen=True, tag="input_text", tag_field="type"):
    text: str
    prompt_cache_breakpoint: Breakpoint | None = None


class InputImage(Fields, frozen=True, tag="input_image", tag_field="type"):
    image_url: str | None = None
    file_id: str | None = None
    detail: str | None = None
    prompt_cache_breakpoint: Breakpoint | None = None


class InputFile(Fields, frozen=True, tag="input_file", tag_field="type"):
    file_data: str | None = None
    file_url: str | None = None
    file_id: str | None = None
    filename: str | None = None
    detail: str | None = None
    prompt_cache_breakpoint: Breakpoint | None = None


class Sound(Fields, frozen=True):
    data: str
    format: str


class InputAudio(Fields, frozen=True, tag="input_audio", tag_field="type"):
    input_audio: Sound


class OutputText(Fields, frozen=True, tag="output_text", tag_field="type"):
    text: str
    annotations: list[msgspec.Raw] = []
    logprobs: msgspec.Raw = NULL


class RefusalText(Fields, frozen=True, tag="refusal", tag_field="type"):
    refusal: str


class SummaryText(Fields, frozen=True, tag="summary_text", tag_field="type"):
    text: str


class ReasoningText(Fields, frozen=True, tag="reasoning_text", tag_field="type"):
    text: str


Content: TypeAlias = (
    InputText | InputImage | InputFile | InputAudio | OutputText | RefusalText | SummaryText | ReasoningText
)

Kind: TypeAlias = Literal[
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "additional_tools",
    "tool_search_output",
    "item_reference",
    "compaction",
    "compaction_summary",
    "compaction_trigger",
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "computer_call",
    "computer_call_output",
    "configuration_update",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "program",
    "program_output",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "web_search_call",
]


class OfOthers(Fields, frozen=True):
    """The fields of items that are left out as a whole."""

    acknowledged_safety_checks: msgspec.Raw = NULL
    action: msgspec.Raw = NULL
    actions: msgspec.Raw = NULL
    approval_request_id: msgspec.Raw = NULL
    approve: msgspec.Raw = NULL
    background: msgspec.Raw = NULL
    caller: msgspec.Raw = NULL
    code: msgspec.Raw = NULL
    container_id: msgspec.Raw = NULL
    created_by: msgspec.Raw = NULL
    environment: msgspec.Raw = NULL
    error: msgspec.Raw = NULL
    execution: msgspec.Raw = NULL
    fingerprint: msgspec.Raw = NULL
    max_output_length: msgspec.Raw = NULL
    operation: msgspec.Raw = NULL
    output_format: msgspec.Raw = NULL
    outputs: msgspec.Raw = NULL
    pending_safety_checks: msgspec.Raw = NULL
    quality: msgspec.Raw = NULL
    queries: msgspec.Raw = NULL
    reason: msgspec.Raw = NULL
    reasoning: msgspec.Raw = NULL
    result: msgspec.Raw = NULL
    results: msgspec.Raw = NULL
    revised_prompt: msgspec.Raw = NULL
    server_label: msgspec.Raw = NULL
    size: msgspec.Raw = NULL
    svg_usage: msgspec.Raw = NULL
    text: msgspec.Raw = NULL


class Item(OfOthers, frozen=True):
    """``arguments``, ``output`` and ``tools`` are read where the kind is one that is kept; see `items_in`."""

    type: Kind = "message"
    id: str | None = None
    role: Literal["user", "assistant", "system", "developer"] | None = None
    status: str | None = None
    phase: str | None = None
    content: str | list[Content] | None = None
    summary: list[Content] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: msgspec.Raw = NULL
    input: str | None = None
    output: msgspec.Raw = NULL
    tools: msgspec.Raw = NULL


class Reasoning(Fields, frozen=True):
    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None
    context: str | None = None
    mode: str | None = None


class Format(Fields, frozen=True):
    type: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema: msgspec.Raw = NULL
    description: str | None = None
    strict: bool | None = None


class TextSettings(Fields, frozen=True):
    format: Format | None = None
    verbosity: str | None = None


class AllowedTool(msgspec.Struct, frozen=True):
    type: str
    name: str = ""


class ToolChoice(Fields, frozen=True):
    """``mode`` and ``tools`` are those of ``allowed_tools``."""

    type: str
    name: str | None = None
    mode: Literal["auto", "required"] = "auto"
    tools: list[AllowedTool] = []
    server_label: str | None = None


class CacheOptions(Fields, frozen=True):
    """``prompt_cache_options`` as far as Chat Completions has them too."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m"] | None = None


class Request(Fields, frozen=True, kw_only=True):
    model: str = ""
    input: str | list[Item] = ""
    instructions: str | None = None
    tools: list[AnyTool] | None = None
    tool_choice: Literal["auto", "none", "required"] | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    reasoning: Reasoning | None = None
    text: TextSettings | None = None
    stream: bool | None = None
    include: list[str] | None = None
    store: msgspec.Raw = NULL
    user: str | None = None
    safety_identifier: str | None = None
    background: bool | None = None
    conversation: msgspec.Raw = NULL
    previous_response_id: str | None = None
    prompt: msgspec.Raw = NULL
    truncation: str | None = None
    service_tier: msgspec.Raw = NULL
    access_programs: msgspec.Raw = NULL
    background_options: msgspec.Raw = NULL
    client_metadata: msgspec.Raw = NULL
    context_management: msgspec.Raw = NULL
    image: msgspec.Raw = NULL
    max_tool_calls: msgspec.Raw = NULL
    metadata: msgspec.Raw = NULL
    moderation: msgspec.Raw = NULL
    prompt_cache_key: msgspec.Raw = NULL
    prompt_cache_options: msgspec.Raw = NULL
    prompt_cache_retention: msgspec.Raw = NULL
    stream_options: msgspec.Raw = NULL
    top_logprobs: msgspec.Raw = NULL
