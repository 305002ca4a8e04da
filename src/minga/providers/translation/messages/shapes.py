"""Requests of Anthropic's Messages as they stand in JSON; read and written with the same structs.

Source: the types of Anthropic's SDK 2.14 (``types/message_create_params.py``, those of its ``beta`` too), seen November
2026. What this version does not translate has a place here too, so that it is told by its own kind of loss.
"""

from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw

ABSENT = Raw()
"""In the place of what is not there."""


class _Shape(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    pass


class CacheControl(_Shape, frozen=True, tag="ephemeral"):
    ttl: Literal["5m", "1h"] | None = None
    scope: str | None = None


class Base64Source(_Shape, frozen=True, tag="base64"):
    media_type: str
    data: str


class UrlSource(_Shape, frozen=True, tag="url"):
    url: str


class FileSource(_Shape, frozen=True, tag="file"):
    file_id: str


class TextSource(_Shape, frozen=True, tag="text"):
    data: str
    media_type: Literal["text/plain"]


class Caller(msgspec.Struct, frozen=True):
    type: str


class TextBlock(_Shape, frozen=True, tag="text"):
    text: str
    citations: Raw = ABSENT
    cache_control: CacheControl | None = None


class ImageBlock(_Shape, frozen=True, tag="image"):
    source: Base64Source | UrlSource | FileSource
    transformations: Raw = ABSENT
    cache_control: CacheControl | None = None


class ContentSource(_Shape, frozen=True, tag="content"):
    content: str | tuple[TextBlock | ImageBlock, ...]


class DocumentBlock(_Shape, frozen=True, tag="document"):
    source: Base64Source | UrlSource | FileSource | TextSource | ContentSource
    title: str | None = None
    context: str | None = None
    citations: Raw = ABSENT
    cache_control: CacheControl | None = None


class SearchResultBlock(_Shape, frozen=True, tag="search_result"):
    content: tuple[TextBlock, ...]
    source: str
    title: str
    citations: Raw = ABSENT
    cache_control: CacheControl | None = None


class ThinkingBlock(_Shape, frozen=True, tag="thinking"):
    thinking: str
    signature: str


class RedactedThinkingBlock(_Shape, frozen=True, tag="redacted_thinking"):
    data: str


class ToolUseBlock(_Shape, frozen=True, tag="tool_use"):
    id: str
    name: str
    input: Raw
    caller: Caller | None = None
    toolset_name: str | None = None
    cache_control: CacheControl | None = None


class ToolReferenceBlock(_Shape, frozen=True, tag="tool_reference"):
    tool_name: str
    cache_control: CacheControl | None = None


class Untranslated(msgspec.Struct, frozen=True):
    """What only Anthropic's servers do and understand; of any fields."""


class ServerToolUse(Untranslated, frozen=True, tag="server_tool_use"):
    pass


class WebSearchResult(Untranslated, frozen=True, tag="web_search_tool_result"):
    pass


class WebFetchResult(Untranslated, frozen=True, tag="web_fetch_tool_result"):
    pass


class CodeResult(Untranslated, frozen=True, tag="code_execution_tool_result"):
    pass


class BashResult(Untranslated, frozen=True, tag="bash_code_execution_tool_result"):
    pass


class EditorResult(Untranslated, frozen=True, tag="text_editor_code_execution_tool_result"):
    pass


class ToolSearchResult(Untranslated, frozen=True, tag="tool_search_tool_result"):
    pass


class AdvisorResult(Untranslated, frozen=True, tag="advisor_tool_result"):
    pass


class McpToolUse(Untranslated, frozen=True, tag="mcp_tool_use"):
    pass


class McpToolResult(Untranslated, frozen=True, tag="mcp_tool_result"):
    pass


class McpToolListing(Untranslated, frozen=True, tag="mcp_tool_listing"):
    pass


class ToolAddition(Untranslated, frozen=True, tag="tool_addition"):
    pass


class ToolRemoval(Untranslated, frozen=True, tag="tool_removal"):
    pass


class Compaction(Untranslated, frozen=True, tag="compaction"):
    """A summary of what stands before it; that still stands there."""


class Fallback(Untranslated, frozen=True, tag="fallback"):
    pass


class BrowserState(Untranslated, frozen=True, tag="browser_state"):
    pass


class ContainerUpload(Untranslated, frozen=True, tag="container_upload"):
    """Refused: what it stands for lies at Anthropic."""


Lost: TypeAlias = (
    ServerToolUse
    | WebSearchResult
    | WebFetchResult
    | CodeResult
    | BashResult
    | EditorResult
    | ToolSearchResult
    | AdvisorResult
    | McpToolUse
    | McpToolResult
    | McpToolListing
    | ToolAddition
    | ToolRemoval
    | Compaction
    | Fallback
    | ContainerUpload
)

ResultBlock: TypeAlias = TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolReferenceBlock | BrowserState


class ToolResultBlock(_Shape, frozen=True, tag="tool_result"):
    tool_use_id: str
    content: str | tuple[ResultBlock, ...] | None = None
    is_error: bool | None = None
    toolset_name: str | None = None
    cache_control: CacheControl | None = None


Block: TypeAlias = (
    TextBlock
    | ImageBlock
    | DocumentBlock
    | SearchResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ToolUseBlock
    | ToolResultBlock
    | Lost
)


class Message(_Shape, frozen=True):
    role: Literal["user", "assistant", "system"]
    content: str | tuple[Block, ...]


class Tool(_Shape, frozen=True):
    """``type`` is none or ``custom`` for those that the caller runs with a schema of its own."""

    name: str = ""
    description: str | None = None
    input_schema: Raw = ABSENT
    type: str | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None
    defer_loading: bool | None = None
    eager_input_streaming: bool | None = None
    allowed_callers: tuple[str, ...] | None = None
    input_examples: Raw = ABSENT


class AutoChoice(_Shape, frozen=True, tag="auto"):
    disable_parallel_tool_use: bool | None = None


class AnyChoice(_Shape, frozen=True, tag="any"):
    disable_parallel_tool_use: bool | None = None


class NamedChoice(_Shape, frozen=True, tag="tool"):
    name: str
    disable_parallel_tool_use: bool | None = None


class NoChoice(_Shape, frozen=True, tag="none"):
    pass


Choice: TypeAlias = AutoChoice | AnyChoice | NamedChoice | NoChoice

Display: TypeAlias = Literal["summarized", "omitted"] | None


class ThinkingEnabled(_Shape, frozen=True, tag="enabled"):
    budget_tokens: int
    display: Display = None


class ThinkingAdaptive(_Shape, frozen=True, tag="adaptive"):
    display: Display = None


class ThinkingBetweenTools(_Shape, frozen=True, tag="between_tools"):
    pass


class ThinkingDisabled(_Shape, frozen=True, tag="disabled"):
    pass


ThinkingSetting: TypeAlias = ThinkingEnabled | ThinkingAdaptive | ThinkingBetweenTools | ThinkingDisabled


class JsonFormat(_Shape, frozen=True, tag="json_schema"):
    schema: Raw


class OutputConfig(_Shape, frozen=True):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: JsonFormat | None = None
    task_budget: Raw = ABSENT


class Metadata(_Shape, frozen=True):
    user_id: str | None = None


class MessagesRequest(_Shape, frozen=True):
    """Those of `AT_ANTHROPIC` mean something at Anthropic only, those of `STORED` refer to what lies there."""

    model: str
    max_tokens: int
    messages: tuple[Message, ...]
    system: str | tuple[TextBlock, ...] | None = None
    tools: tuple[Raw, ...] | None = None
    tool_choice: Choice | None = None
    thinking: ThinkingSetting | None = None
    output_config: OutputConfig | None = None
    output_format: JsonFormat | None = None
    stop_sequences: tuple[str, ...] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    metadata: Metadata | None = None
    stream: bool | None = None
    cache_control: CacheControl | None = None
    mcp_servers: tuple[Raw, ...] | None = None
    service_tier: Raw = ABSENT
    speed: Raw = ABSENT
    inference_geo: Raw = ABSENT
    context_management: Raw = ABSENT
    compaction: Raw = ABSENT
    diagnostics: Raw = ABSENT
    fallbacks: Raw = ABSENT
    fallback_credit_token: Raw = ABSENT
    billing_policy: Raw = ABSENT
    user_profile_id: Raw = ABSENT
    workspace_id: Raw = ABSENT
    container: Raw = ABSENT
    thread: Raw = ABSENT


AT_ANTHROPIC = (
    "service_tier",
    "speed",
    "inference_geo",
    "context_management",
    "compaction",
    "diagnostics",
    "fallbacks",
    "fallback_credit_token",
    "billing_policy",
    "user_profile_id",
    "workspace_id",
)

STORED = ("container", "thread")
