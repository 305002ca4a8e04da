"""The public types of the vendors' SDKs, by which every message that Minga writes is checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParams
from google.genai import types
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from openai.types.responses import Response, ResponseInputItemParam, ResponseStreamEvent, ToolParam
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import BaseModel, TypeAdapter

_MESSAGES: TypeAdapter[Any] = TypeAdapter(MessageCreateParams)
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
_MESSAGE_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
_CHAT: TypeAdapter[Any] = TypeAdapter(CompletionCreateParams)
_RESPONSES: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsNonStreaming)
_ITEMS: TypeAdapter[Any] = TypeAdapter(list[ResponseInputItemParam])
_TOOLS: TypeAdapter[Any] = TypeAdapter(list[ToolParam])
_RESPONSE_EVENTS: Mapping[str, type[BaseModel]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(get_args(ResponseStreamEvent)[0])
}
_GEMINI: Mapping[str, TypeAdapter[Any]] = {
    "contents": TypeAdapter(list[types.Content]),
    "systemInstruction": TypeAdapter(types.Content),
    "tools": TypeAdapter(list[types.Tool]),
    "toolConfig": TypeAdapter(types.ToolConfig),
    "generationConfig": TypeAdapter(types.GenerationConfig),
}
"""These forbid unknown fields."""


def check(kind: str, wire: str, message: Any) -> None:
    """Raises pydantic.ValidationError for what the SDK of ``wire`` does not have."""
    for one in message if kind == "stream" else [message]:
        if one != "[DONE]":
            _CHECKS[kind, wire](one)


def _exhaust(value: Any) -> None:
    """The types have iterables, which are only checked when they are read."""
    if isinstance(value, Mapping):
        for one in value.values():
            _exhaust(one)
    elif isinstance(value, list | Iterator) or type(value).__name__ == "ValidatorIterator":
        for one in value:
            _exhaust(one)


def _responses(told: Mapping[str, Any]) -> None:
    _RESPONSES.validate_python({**told, "input": [], "tools": [], "stream": False}, strict=True)
    _exhaust(_ITEMS.validate_python(told["input"]))
    _exhaust(_TOOLS.validate_python(told.get("tools", [])))


def _gemini(told: Mapping[str, Any]) -> None:
    for name, value in told.items():
        _GEMINI[name].validate_python(value)


def _message_event(told: Mapping[str, Any]) -> None:
    if told["type"] not in ("error", "ping"):
        _MESSAGE_EVENT.validate_python(told, strict=True)


def _chunk(told: Mapping[str, Any]) -> None:
    if "error" not in told and not _custom(told):  # custom tools are not in the types of streams
        ChatCompletionChunk.model_validate(told)


def _custom(chunk: Mapping[str, Any]) -> bool:
    calls: Sequence[Any] = [call for choice in chunk["choices"] for call in choice["delta"].get("tool_calls") or ()]
    return any("custom" in call for call in calls)


def _response_event(told: Mapping[str, Any]) -> None:
    response = told.get("response", {})
    if (response.get("error") or {}).get("code") == "server_is_overloaded":  # which OpenAI sends; its types lack it
        told = {**told, "response": {**response, "error": {**response["error"], "code": "server_error"}}}
    _RESPONSE_EVENTS[told["type"]].model_validate(told, strict=True)


def _gemini_event(told: Mapping[str, Any]) -> None:
    if "error" not in told:
        types.GenerateContentResponse.model_validate(told)


_CHECKS: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("request", "anthropic"): lambda told: _exhaust(_MESSAGES.validate_python(told)),
    ("request", "openai-chat"): lambda told: _exhaust(_CHAT.validate_python(told)),
    ("request", "openai-responses"): _responses,
    ("request", "gemini"): _gemini,
    ("answer", "anthropic"): lambda told: _MESSAGE.validate_python(told, strict=True),
    ("answer", "openai-chat"): ChatCompletion.model_validate,
    ("answer", "openai-responses"): lambda told: Response.model_validate(told, strict=True),
    ("answer", "gemini"): types.GenerateContentResponse.model_validate,
    ("stream", "anthropic"): _message_event,
    ("stream", "openai-chat"): _chunk,
    ("stream", "openai-responses"): _response_event,
    ("stream", "gemini"): _gemini_event,
}
