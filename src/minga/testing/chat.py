"""OpenAI Chat Completions. Source: platform.openai.com/docs/api-reference/chat and …/chat-streaming.

Reasoning travels as ``reasoning_content``, which OpenAI itself does not send but compatible servers do.
"""

import json
import time
from typing import Any

from minga.testing import openai_errors
from minga.testing.conversation import (
    Json,
    Message,
    ModelRequest,
    Tool,
    ToolResult,
    ToolUse,
    parsed,
    pictures_in,
    text_of,
)
from minga.testing.script import Fail, Tokens
from minga.testing.tools import Call
from minga.testing.wire import WireFormat


def read(_path: str, body: Json) -> ModelRequest:
    asked = (body.get("response_format") or {}).get("json_schema") or {}
    return ModelRequest(
        wire="chat",
        model=body.get("model", ""),
        stream=bool(body.get("stream")),
        messages=tuple(_message(message) for message in body.get("messages", ())),
        tools=tuple(_tool(tool["function"]) for tool in body.get("tools") or () if "function" in tool),
        answer_schema=asked.get("schema"),
        wants_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        tokens_max=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def _tool(function: Json) -> Tool:
    return Tool(function["name"], function.get("parameters") or {})


def _message(message: Json) -> Message:
    text = text_of(message.get("content"))
    match message.get("role"):
        case "tool":
            result = ToolResult(message.get("tool_call_id", ""), text)
            return Message("tool", result=result, pictures=pictures_in(message.get("content")))
        case "assistant":
            calls = tuple(
                ToolUse(call.get("id", ""), call["function"]["name"], parsed(call["function"].get("arguments")))
                for call in message.get("tool_calls") or ()
                if "function" in call
            )
            return Message("assistant", text, calls)
        case "user":
            return Message("user", text, pictures=pictures_in(message.get("content")))
        case _:
            return Message("system", text)


class ChatWriter:
    """Writes ``chat.completion.chunk`` events, or one ``chat.completion``."""

    def __init__(self, request: ModelRequest, number: int) -> None:
        self._request = request
        self._head = {"id": f"chatcmpl-{number}", "created": int(time.time()), "model": request.model}
        self._number = number
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[Json] = []

    def opening(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def thought(self, text: str) -> bytes:
        self._thoughts.append(text)
        return self._chunk({"reasoning_content": text})

    def text(self, text: str) -> bytes:
        self._text.append(text)
        return self._chunk({"content": text})

    def call(self, call: Call) -> bytes:
        index = len(self._calls)
        arguments = json.dumps(call.arguments)
        head = {"id": call.call_id or f"call_{self._number}_{index}", "type": "function"}
        self._calls.append({**head, "function": {"name": call.name, "arguments": arguments}})
        start = {"index": index, **head, "function": {"name": call.name, "arguments": ""}}
        half = len(arguments) // 2
        pieces = (arguments[:half], arguments[half:])
        rest = ({"index": index, "function": {"arguments": piece}} for piece in pieces)
        return b"".join(self._chunk({"tool_calls": [piece]}) for piece in (start, *rest))

    def failure(self, fail: Fail) -> bytes:
        return _data({"error": openai_errors.error_body(fail, time.time())})

    def closing(self, tokens: Tokens) -> bytes:
        end = self._chunk({}, self._reason())
        if self._request.wants_usage:
            end += _data({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(tokens)})
        return end + b"data: [DONE]\n\n"

    def document(self, tokens: Tokens) -> Json:
        message: Json = {"role": "assistant", "content": "".join(self._text) or None, "refusal": None}
        if self._thoughts:
            message["reasoning_content"] = "".join(self._thoughts)
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason()}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": _usage(tokens)}

    def _reason(self) -> str:
        return "tool_calls" if self._calls else "stop"

    def _chunk(self, delta: Json, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        chunk: Json = {**self._head, "object": "chat.completion.chunk", "choices": [choice]}
        return _data(chunk)


def _data(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def _usage(tokens: Tokens) -> Json:
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached_input, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning, "audio_tokens": 0},
    }


CHAT = WireFormat(read, ChatWriter, openai_errors.refuse)
