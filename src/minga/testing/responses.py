"""OpenAI Responses. Source: platform.openai.com/docs/api-reference/responses and …/responses-streaming.

Tools inside a ``namespace`` entry, the ``namespace`` of a call, and tools in an input item ``additional_tools`` (GPT-6
models) are what Codex 0.169 sends and expects.
"""

import json
import time
from collections.abc import Iterator

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
from minga.testing.wire import WireFormat, event


def read(_path: str, body: Json) -> ModelRequest:
    given = body.get("input", ())
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    said = tuple(message for item in items if (message := _message(item)) is not None)
    later = [entry for item in items if item.get("type") == "additional_tools" for entry in item.get("tools", ())]
    system = body.get("instructions") or ""
    asked = ((body.get("text") or {}).get("format") or {}).get("schema")
    return ModelRequest(
        wire="responses",
        model=body.get("model", ""),
        stream=bool(body.get("stream")),
        messages=((Message("system", system),) if system else ()) + said,
        tools=tuple(tool for entry in [*(body.get("tools") or ()), *later] for tool in _tools(entry, None)),
        answer_schema=asked,
        tokens_max=body.get("max_output_tokens"),
    )


def _tools(entry: Json, namespace: str | None) -> Iterator[Tool]:
    match entry.get("type"):
        case "namespace":
            for inner in entry.get("tools", ()):
                yield from _tools(inner, entry["name"])
        case "function":
            yield Tool(entry["name"], entry.get("parameters") or {}, namespace)
        case "custom":
            yield Tool(entry["name"], {}, namespace, freeform=True)
        case _:
            return


def _message(item: Json) -> Message | None:
    match item.get("type", "message"):
        case "message":
            text = text_of(item.get("content"))
            pictures = pictures_in(item.get("content"))
            role = item.get("role")
            return Message(role if role in ("user", "assistant") else "system", text, pictures=pictures)
        case "function_call" | "custom_tool_call":
            given = parsed(item.get("arguments")) if "arguments" in item else item.get("input")
            return Message("assistant", calls=(ToolUse(item.get("call_id", ""), item["name"], given),))
        case "function_call_output" | "custom_tool_call_output":
            result = ToolResult(item.get("call_id", ""), text_of(item.get("output")))
            return Message("tool", result=result, pictures=pictures_in(item.get("output")))
        case _:
            return None


class ResponsesWriter:
    """Writes output items in order between ``response.created`` and ``response.completed``."""

    def __init__(self, request: ModelRequest, number: int) -> None:
        self._number = number
        self._model = request.model
        self._created = int(time.time())
        self._sequence = 0
        self._items: list[Json] = []
        self._open: str | None = None
        self._spoken: list[str] = []

    def opening(self) -> bytes:
        response = {"response": self._response("in_progress", None)}
        return self._event("response.created", response) + self._event("response.in_progress", response)

    def thought(self, text: str) -> bytes:
        out = b""
        if self._open != "reasoning":
            out = self._end_item() + self._start_item("reasoning", self._reasoning([]))
            part = {**self._at_summary(), "part": {"type": "summary_text", "text": ""}}
            out += self._event("response.reasoning_summary_part.added", part)
        self._spoken.append(text)
        return out + self._event("response.reasoning_summary_text.delta", {**self._at_summary(), "delta": text})

    def text(self, text: str) -> bytes:
        out = b""
        if self._open != "message":
            out = self._end_item() + self._start_item("message", self._said("in_progress", []))
            out += self._event("response.content_part.added", {**self._at_content(), "part": _part("")})
        self._spoken.append(text)
        delta = {**self._at_content(), "delta": text, "logprobs": []}
        return out + self._event("response.output_text.delta", delta)

    def call(self, call: Call) -> bytes:
        out = self._end_item()
        freeform = call.text is not None
        key, kind, name = (
            ("input", "custom_tool_call", "custom_tool_call_input")
            if freeform
            else ("arguments", "function_call", "function_call_arguments")
        )
        given = call.text if call.text is not None else json.dumps(call.arguments)
        prefix = "ctc" if freeform else "fc"
        item: Json = {
            "id": f"{prefix}_{self._number}_{len(self._items)}",
            "type": kind,
            "status": "in_progress",
            "call_id": call.call_id or f"call_{self._number}_{len(self._items)}",
            "name": call.name,
            key: "",
        }
        if call.namespace is not None:
            item["namespace"] = call.namespace
        out += self._start_item("call", item)
        out += self._event(f"response.{name}.delta", {**self._at(), "delta": given})
        out += self._event(f"response.{name}.done", {**self._at(), key: given})
        return out + self._finish({**item, "status": "completed", key: given})

    def failure(self, fail: Fail) -> bytes:
        error = openai_errors.error_body(fail, time.time())
        response = {**self._response("failed", None), "error": {"code": error["code"], "message": error["message"]}}
        return self._event("response.failed", {"response": response})

    def closing(self, tokens: Tokens) -> bytes:
        return self._end_item() + self._event("response.completed", {"response": self.document(tokens)})

    def document(self, tokens: Tokens) -> Json:
        self._end_item()
        return self._response("completed", tokens)

    def _response(self, status: str, tokens: Tokens | None) -> Json:
        return {
            "id": f"resp_{self._number}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self._model,
            "output": list(self._items) if status == "completed" else [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "usage": None if tokens is None else _usage(tokens),
        }

    def _start_item(self, kind: str, item: Json) -> bytes:
        self._open, self._spoken = kind, []
        self._items.append(item)
        added = {"output_index": len(self._items) - 1, "item": item}
        return self._event("response.output_item.added", added)

    def _end_item(self) -> bytes:
        text = "".join(self._spoken)
        if self._open == "message":
            done = self._event("response.output_text.done", {**self._at_content(), "text": text, "logprobs": []})
            done += self._event("response.content_part.done", {**self._at_content(), "part": _part(text)})
            return done + self._finish(self._said("completed", [_part(text)]))
        if self._open == "reasoning":
            part = {"type": "summary_text", "text": text}
            done = self._event("response.reasoning_summary_text.done", {**self._at_summary(), "text": text})
            done += self._event("response.reasoning_summary_part.done", {**self._at_summary(), "part": part})
            return done + self._finish(self._reasoning([part]))
        return b""

    def _finish(self, item: Json) -> bytes:
        item = {**item, "id": self._items[-1]["id"]}
        self._open = None
        self._items[-1] = item
        return self._event("response.output_item.done", {"output_index": len(self._items) - 1, "item": item})

    def _said(self, status: str, content: list[Json]) -> Json:
        item_id = f"msg_{self._number}_{len(self._items)}"
        return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}

    def _reasoning(self, summary: list[Json]) -> Json:
        return {"id": f"rs_{self._number}_{len(self._items)}", "type": "reasoning", "summary": summary}

    def _at(self) -> Json:
        return {"item_id": self._items[-1]["id"], "output_index": len(self._items) - 1}

    def _at_content(self) -> Json:
        return {**self._at(), "content_index": 0}

    def _at_summary(self) -> Json:
        return {**self._at(), "summary_index": 0}

    def _event(self, name: str, data: Json) -> bytes:
        out = event(name, {"type": name, "sequence_number": self._sequence, **data})
        self._sequence += 1
        return out


def _part(text: str) -> Json:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _usage(tokens: Tokens) -> Json:
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached_input},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
    }


RESPONSES = WireFormat(read, ResponsesWriter, openai_errors.refuse)
