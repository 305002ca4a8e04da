"""Anthropic Messages. Source: docs.anthropic.com/en/api/messages, …/messages-streaming, …/errors, …/rate-limits."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from minga.testing.conversation import Json, Message, ModelRequest, Tool, ToolResult, ToolUse, pictures_in, text_of
from minga.testing.script import Fail, Tokens
from minga.testing.tools import Call
from minga.testing.wire import Refusal, WireFormat, event, message_of, retry_after, seconds_left

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
SIGNATURE = "c2NyaXB0ZWQ="
"""Stands for the vendor's proof that a thinking block is its own; nobody checks it here."""


def read(_path: str, body: Json) -> ModelRequest:
    asked = ((body.get("output_config") or {}).get("format") or body.get("output_format") or {}).get("schema")
    system = text_of(body.get("system"))
    said = tuple(part for message in body.get("messages", ()) for part in _messages(message))
    return ModelRequest(
        wire="anthropic",
        model=body.get("model", ""),
        stream=bool(body.get("stream")),
        messages=((Message("system", system),) if system else ()) + said,
        tools=tuple(
            Tool(tool["name"], tool.get("input_schema") or {})
            for tool in body.get("tools") or ()
            if not tool.get("defer_loading")
        ),
        answer_schema=asked,
        tokens_max=body.get("max_tokens"),
    )


def _messages(message: Json) -> Iterator[Message]:
    content = message.get("content")
    blocks: list[Json] = content if isinstance(content, list) else [{"type": "text", "text": content}]
    if message.get("role") == "assistant":
        calls = tuple(
            ToolUse(block.get("id", ""), block["name"], block.get("input"))
            for block in blocks
            if block.get("type") == "tool_use"
        )
        yield Message("assistant", text_of([b for b in blocks if b.get("type") == "text"]), calls)
        return
    for block in blocks:
        if block.get("type") == "tool_result":
            result = ToolResult(block.get("tool_use_id", ""), text_of(block.get("content")))
            yield Message("tool", result=result, pictures=pictures_in(block.get("content")))
        elif block.get("type") == "image":
            yield Message("user", pictures=1)
        elif block.get("type") == "text":
            yield Message("system" if message.get("role") == "system" else "user", block.get("text") or "")


class AnthropicWriter:
    """Writes content blocks in order: ``message_start``, blocks, ``message_delta``, ``message_stop``."""

    def __init__(self, request: ModelRequest, number: int) -> None:
        self._number = number
        self._model = request.model
        self._blocks: list[Json] = []
        self._open: str | None = None
        self._pinged = False
        self._spoken: list[str] = []

    def opening(self) -> bytes:
        message = self._message(None, _usage(Tokens(output=1)))
        return event("message_start", {"type": "message_start", "message": message})

    def thought(self, text: str) -> bytes:
        out = self._switch("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        self._spoken.append(text)
        return out + self._delta({"type": "thinking_delta", "thinking": text})

    def text(self, text: str) -> bytes:
        out = self._switch("text", {"type": "text", "text": ""})
        self._spoken.append(text)
        return out + self._delta({"type": "text_delta", "text": text})

    def call(self, call: Call) -> bytes:
        call_id = call.call_id or f"toolu_{self._number}_{len(self._blocks)}"
        out = self._end_block()
        out += self._start_block("tool_use", {"type": "tool_use", "id": call_id, "name": call.name, "input": {}})
        self._blocks[-1]["input"] = call.arguments
        arguments = json.dumps(call.arguments)
        half = len(arguments) // 2
        for piece in ("", arguments[:half], arguments[half:]):
            out += self._delta({"type": "input_json_delta", "partial_json": piece})
        return out + self._end_block()

    def failure(self, fail: Fail) -> bytes:
        return event("error", _error(fail))

    def closing(self, tokens: Tokens) -> bytes:
        delta = {"stop_reason": self._reason(), "stop_sequence": None}
        end = {"type": "message_delta", "delta": delta, "usage": _usage(tokens)}
        return self._end_block() + event("message_delta", end) + event("message_stop", {"type": "message_stop"})

    def document(self, tokens: Tokens) -> Json:
        self._end_block()
        return {**self._message(self._reason(), _usage(tokens)), "content": self._blocks}

    def _message(self, reason: str | None, usage: Json) -> Json:
        return {
            "id": f"msg_{self._number}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": usage,
        }

    def _reason(self) -> str:
        return "tool_use" if any(block["type"] == "tool_use" for block in self._blocks) else "end_turn"

    def _switch(self, kind: str, block: Json) -> bytes:
        return b"" if self._open == kind else self._end_block() + self._start_block(kind, block)

    def _start_block(self, kind: str, block: Json) -> bytes:
        self._open = kind
        self._blocks.append(dict(block))
        start = {"type": "content_block_start", "index": len(self._blocks) - 1, "content_block": block}
        ping = b"" if self._pinged else event("ping", {"type": "ping"})
        self._pinged = True
        return event("content_block_start", start) + ping

    def _end_block(self) -> bytes:
        if self._open is None:
            return b""
        signature = b""
        if self._open in ("text", "thinking"):
            self._blocks[-1][self._open] = "".join(self._spoken)
        if self._open == "thinking":
            self._blocks[-1]["signature"] = SIGNATURE
            signature = self._delta({"type": "signature_delta", "signature": SIGNATURE})
        self._open, self._spoken = None, []
        stop = {"type": "content_block_stop", "index": len(self._blocks) - 1}
        return signature + event("content_block_stop", stop)

    def _delta(self, delta: Json) -> bytes:
        data = {"type": "content_block_delta", "index": len(self._blocks) - 1, "delta": delta}
        return event("content_block_delta", data)


def _usage(tokens: Tokens) -> Json:
    """Anthropic counts cached tokens beside the input, not inside it."""
    return {
        "input_tokens": tokens.input - tokens.cached_input,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached_input,
        "output_tokens": tokens.output,
    }


def _error(fail: Fail) -> Json:
    kind = fail.error_type or TYPES.get(fail.status, "api_error")
    message = message_of(fail)
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_scripted"}


def refuse(fail: Fail, now: float) -> Refusal:
    headers = {"request-id": "req_scripted", **retry_after(fail)}
    left = seconds_left(fail, now)
    if fail.status == 429 and left is not None:
        resets = datetime.fromtimestamp(now + left, UTC)
        stamp = resets.strftime("%Y-%m-%dT%H:%M:%SZ")
        headers |= {
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": stamp,
            "anthropic-ratelimit-tokens-limit": "40000",
            "anthropic-ratelimit-tokens-remaining": "0",
            "anthropic-ratelimit-tokens-reset": stamp,
            "anthropic-ratelimit-unified-status": "rejected",
            "anthropic-ratelimit-unified-reset": str(int(resets.timestamp())),
        }
    return Refusal(fail.status, headers, _error(fail))


ANTHROPIC = WireFormat(read, AnthropicWriter, refuse)
