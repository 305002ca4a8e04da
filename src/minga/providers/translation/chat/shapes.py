"""What a request looks like: everything that callers are known to send."""

from typing import Literal, TypeAlias

import msgspec

Json: TypeAlias = msgspec.Raw
"""JSON that is passed on, or only looked at for whether it says anything."""

ABSENT = msgspec.Raw(b"null")
"""In the place of what is not there."""


class _Strict(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    pass


class CacheControl(_Strict):
    """As OpenRouter has it, after Anthropic."""

    type: str = "ephemeral"
    ttl: Literal["5m", "1h"] = "5m"


class Breakpoint(_Strict):
    """OpenAI's own marker."""

    mode: str = "explicit"
    ttl: str | None = None


class _Part(_Strict, tag_field="type", kw_only=True):
    cache_control: CacheControl | None = None
    prompt_cache_breakpoint: Breakpoint | None = None


class TextPart(_Part, tag="text"):
    text: str


class RefusalPart(_Part, tag="refusal"):
    refusal: str


class ImageUrl(_Strict):
    url: str
    detail: str | None = None


class ImagePart(_Part, tag="image_url"):
    image_url: ImageUrl


class InputAudio(_Strict):
    data: str
    format: str


class AudioPart(_Part, tag="input_audio"):
    input_audio: InputAudio


class FileSource(_Strict):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(_Part, tag="file"):
    file: FileSource


ContentPart: TypeAlias = TextPart | RefusalPart | ImagePart | AudioPart | FilePart
Content: TypeAlias = str | list[ContentPart] | None


class Google(_Strict):
    thought_signature: str = ""


class ExtraContent(_Strict):
    google: Google | None = None


class ReasoningDetail(_Strict):
    """One of OpenRouter's: ``reasoning.text``, ``reasoning.summary`` or ``reasoning.encrypted``."""

    type: str
    text: str | None = None
    summary: str | None = None
    data: str | None = None
    signature: str | None = None
    id: str | None = None
    format: str | None = None
    index: int | None = None


class FunctionCalled(_Strict):
    name: str
    arguments: str = ""


class CustomCalled(_Strict):
    name: str
    input: str = ""


class Call(_Strict):
    """Some callers leave out the type, or send back the place that the call had in a stream."""

    id: str
    type: Literal["function", "custom"] = "function"
    function: FunctionCalled | None = None
    custom: CustomCalled | None = None
    extra_content: ExtraContent | None = None
    index: int | None = None


class _Message(_Strict, tag_field="role"):
    content: Content = None
    name: str | None = None


class SystemMessage(_Message, tag="system"):
    pass


class DeveloperMessage(_Message, tag="developer"):
    pass


class UserMessage(_Message, tag="user"):
    pass


class AssistantMessage(_Message, tag="assistant"):
    refusal: str | None = None
    tool_calls: list[Call] | None = None
    function_call: FunctionCalled | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[ReasoningDetail] | None = None
    extra_content: ExtraContent | None = None
    audio: Json = ABSENT
    annotations: Json = ABSENT


class ToolMessage(_Message, tag="tool"):
    tool_call_id: str = ""


class FunctionMessage(_Message, tag="function"):
    pass


Message: TypeAlias = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage


class Function(_Strict):
    name: str
    description: str | None = None
    parameters: Json = ABSENT
    strict: bool | None = None


class FunctionTool(_Strict, tag_field="type", tag="function"):
    function: Function
    cache_control: CacheControl | None = None


class Grammar(_Strict):
    definition: str
    syntax: str


class CustomFormat(_Strict):
    type: Literal["text", "grammar"]
    grammar: Grammar | None = None


class Custom(_Strict):
    name: str
    description: str | None = None
    format: CustomFormat | None = None


class CustomTool(_Strict, tag_field="type", tag="custom"):
    custom: Custom


class Named(_Strict):
    name: str


class AllowedTool(_Strict):
    type: str = "function"
    function: Named | None = None
    custom: Named | None = None


class AllowedTools(_Strict):
    mode: Literal["auto", "required"]
    tools: list[AllowedTool]


class NamedFunction(_Strict, tag_field="type", tag="function"):
    function: Named


class NamedCustom(_Strict, tag_field="type", tag="custom"):
    custom: Named


class Allowed(_Strict, tag_field="type", tag="allowed_tools"):
    allowed_tools: AllowedTools


class JsonSchema(_Strict):
    name: str = ""
    description: str | None = None
    schema: Json = ABSENT
    strict: bool | None = None


class PlainFormat(_Strict, tag_field="type", tag="text"):
    pass


class JsonFormat(_Strict, tag_field="type", tag="json_object"):
    pass


class SchemaFormat(_Strict, tag_field="type", tag="json_schema"):
    json_schema: JsonSchema


class StreamOptions(_Strict):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Effort(_Strict):
    """OpenRouter's."""

    effort: str | None = None
    max_tokens: int | None = None
    exclude: bool | None = None
    enabled: bool | None = None


class Switch(_Strict):
    """Of thoughts, as DeepSeek and others have it."""

    type: str


class ChatRequest(_Strict):
    """What stands after ``usage`` has no counterpart in the form."""

    messages: list[Message]
    model: str = ""
    tools: list[FunctionTool | CustomTool] | None = None
    functions: list[Function] | None = None
    tool_choice: (
        Literal["none", "auto", "required", "any", "validated"] | NamedFunction | NamedCustom | Allowed | None
    ) = None
    function_call: str | Named | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning_effort: str | None = None
    reasoning: Effort | None = None
    thinking: Switch | None = None
    enable_thinking: bool | None = None
    thinking_budget: int | None = None
    response_format: PlainFormat | JsonFormat | SchemaFormat | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None
    safety_identifier: str | None = None
    metadata: Json = ABSENT
    moderation: Json = ABSENT
    prompt_cache_key: Json = ABSENT
    prompt_cache_options: Json = ABSENT
    prompt_cache_retention: Json = ABSENT
    service_tier: Json = ABSENT
    store: Json = ABSENT
    verbosity: Json = ABSENT
    usage: Json = ABSENT
    audio: Json = ABSENT
    logit_bias: Json = ABSENT
    logprobs: Json = ABSENT
    top_logprobs: Json = ABSENT
    modalities: Json = ABSENT
    prediction: Json = ABSENT
    web_search_options: Json = ABSENT
    min_p: Json = ABSENT
    repetition_penalty: Json = ABSENT
    chat_template_kwargs: Json = ABSENT


UNTRANSLATED = ChatRequest.__struct_fields__[ChatRequest.__struct_fields__.index("usage") + 1 :]
