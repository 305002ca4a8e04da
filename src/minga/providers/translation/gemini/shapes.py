"""What stands on the wire. Google takes each field in camelCase and in snake_case (`spelling`), a single object where a
list is meant, and null for what is not there."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from minga.providers.translation.reading import sound

NOTHING = msgspec.Raw()

One = TypeVar("One")


class _Shape(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    pass


class Blob(_Shape):
    mime_type: str | None = None
    data: str | None = None
    display_name: str | None = None


class File(_Shape):
    mime_type: str | None = None
    file_uri: str | None = None
    display_name: str | None = None


class FunctionCall(_Shape):
    id: str | None = None
    name: str | None = None
    args: msgspec.Raw = NOTHING
    partial_args: Any = None
    will_continue: bool | None = None


class ResultPart(_Shape):
    inline_data: Blob | None = None
    file_data: File | None = None
    media_resolution: Any = None
    video_metadata: Any = None


class FunctionResponse(_Shape):
    id: str | None = None
    name: str | None = None
    response: msgspec.Raw = NOTHING
    parts: tuple[ResultPart, ...] | None = None
    will_continue: bool | None = None
    scheduling: str | None = None


class Part(_Shape):
    """One of the content fields, and what stands beside it."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    inline_data: Blob | None = None
    file_data: File | None = None
    executable_code: Any = None
    code_execution_result: Any = None
    tool_call: Any = None
    tool_response: Any = None
    video_metadata: Any = None
    media_resolution: Any = None
    media_processing: Any = None
    part_metadata: Any = None


class Content(_Shape):
    parts: tuple[Part, ...] | Part | None = None
    role: str | None = None


class Declaration(_Shape):
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    parameters_json_schema: msgspec.Raw = NOTHING
    response: Any = None
    response_json_schema: Any = None
    behavior: str | None = None


class Tool(_Shape):
    function_declarations: tuple[Declaration, ...] | Declaration | None = None
    google_search: Any = None
    google_search_retrieval: Any = None
    enterprise_web_search: Any = None
    google_maps: Any = None
    url_context: Any = None
    code_execution: Any = None
    computer_use: Any = None
    file_search: Any = None
    retrieval: Any = None
    mcp_servers: Any = None


class CallingConfig(_Shape):
    mode: str | None = None
    allowed_function_names: tuple[str, ...] | None = None
    stream_function_call_arguments: bool | None = None


class ToolConfig(_Shape):
    function_calling_config: CallingConfig | None = None
    retrieval_config: Any = None
    include_server_side_tool_invocations: bool | None = None


class ThinkingConfig(_Shape):
    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class GenerationConfig(_Shape):
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    stop_sequences: tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    candidate_count: int | None = None
    response_mime_type: str | None = None
    response_schema: dict[str, Any] | None = None
    response_json_schema: msgspec.Raw = NOTHING
    thinking_config: ThinkingConfig | None = None
    response_modalities: tuple[str, ...] | None = None
    speech_config: Any = None
    image_config: Any = None
    media_resolution: Any = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    audio_timestamp: bool | None = None
    routing_config: Any = None
    model_selection_config: Any = None
    enable_enhanced_civic_answers: bool | None = None


class Request(_Shape):
    contents: tuple[Content, ...] | Content | None = None
    system_instruction: Content | str | None = None
    tools: tuple[Tool, ...] | Tool | None = None
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    model: str | None = None
    cached_content: str | None = None
    continuation_token: str | None = None
    safety_settings: Any = None
    labels: Any = None
    service_tier: Any = None
    store: Any = None


class Candidate(_Shape):
    content: Content | None = None
    finish_reason: str | None = None
    index: int | None = None
    finish_message: str | None = None
    citation_metadata: Any = None
    grounding_metadata: Any = None
    grounding_attributions: Any = None
    url_context_metadata: Any = None
    logprobs_result: Any = None
    avg_logprobs: float | None = None
    safety_ratings: Any = None
    token_count: int | None = None


class Feedback(_Shape):
    block_reason: str | None = None
    block_reason_message: str | None = None
    safety_ratings: Any = None


class Response(_Shape):
    """A whole answer, or an event of a stream."""

    candidates: tuple[Candidate, ...] | None = None
    usage_metadata: dict[str, Any] | None = None
    model_version: str | None = None
    response_id: str | None = None
    create_time: datetime | None = None
    prompt_feedback: Feedback | None = None
    error: dict[str, Any] | None = None
    model_status: Any = None


def listed(given: tuple[One, ...] | One | None) -> tuple[One, ...]:
    """A single object stands for a list of one."""
    return given if isinstance(given, tuple) else () if given is None else (given,)


def raw(given: msgspec.Raw) -> bytes:
    """Its JSON text; empty for what is not there. Raises ValueError for what is no text."""
    text = sound(given)
    return b"" if text == b"null" else text


class Fields:
    """Some fields of a shape, two at least: which of them are there is asked for every part."""

    def __init__(self, *names: str) -> None:
        self._told = tuple(_camel(name) for name in names)
        self._values = attrgetter(*names)
        self._none = (None,) * len(names)

    def present(self, given: msgspec.Struct) -> Sequence[str]:
        """As they are called on the wire."""
        values = self._values(given)
        if values == self._none:
            return ()
        return [name for name, value in zip(self._told, values, strict=True) if value is not None]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


SHAPES = (
    Blob,
    File,
    FunctionCall,
    ResultPart,
    FunctionResponse,
    Part,
    Content,
    Declaration,
    Tool,
    CallingConfig,
    ToolConfig,
    ThinkingConfig,
    GenerationConfig,
    Request,
    Candidate,
    Feedback,
    Response,
)
