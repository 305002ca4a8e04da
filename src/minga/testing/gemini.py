"""Google Gemini. Source: ai.google.dev/api/generate-content, ai.google.dev/gemini-api/docs/troubleshooting."""

import json
import re
from collections.abc import Iterator

from minga.testing.conversation import Json, Message, ModelRequest, Tool, ToolResult, ToolUse, pictures_in, text_of
from minga.testing.script import Fail, Tokens
from minga.testing.tools import Call
from minga.testing.wire import Refusal, WireFormat, message_of, retry_after, seconds_left

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def read(path: str, body: Json) -> ModelRequest:
    named = re.search(r"/models/([^/:]+):", path)
    config = body.get("generationConfig") or {}
    system = text_of((body.get("systemInstruction") or {}).get("parts"))
    said = tuple(part for content in body.get("contents", ()) for part in _messages(content))
    return ModelRequest(
        wire="gemini",
        model=named.group(1) if named else "",
        stream="streamGenerateContent" in path,
        messages=((Message("system", system),) if system else ()) + said,
        tools=tuple(
            Tool(tool["name"], tool.get("parametersJsonSchema") or tool.get("parameters") or {})
            for group in body.get("tools") or ()
            for tool in group.get("functionDeclarations", ())
        ),
        answer_schema=config.get("responseJsonSchema") or config.get("responseSchema"),
        tokens_max=config.get("maxOutputTokens"),
    )


def _messages(content: Json) -> Iterator[Message]:
    parts = content.get("parts") or []
    if content.get("role") == "model":
        made = [part["functionCall"] for part in parts if "functionCall" in part]
        calls = tuple(ToolUse(call.get("id", ""), call["name"], call.get("args")) for call in made)
        yield Message("assistant", text_of([part for part in parts if not part.get("thought")]), calls)
        return
    for part in parts:
        if "functionResponse" in part:
            given = part["functionResponse"]
            response = given.get("response") or {}
            text = response.get("output") or response.get("error") or json.dumps(response)
            yield Message("tool", result=ToolResult(given.get("id") or given.get("name", ""), text_of(text)))
        elif part.get("text"):
            yield Message("user", part["text"])
        elif pictures := pictures_in(part):
            yield Message("user", pictures=pictures)


class GeminiWriter:
    """Writes ``GenerateContentResponse`` chunks; the last one carries the reason and the usage."""

    def __init__(self, request: ModelRequest, number: int) -> None:
        self._head = {"modelVersion": request.model, "responseId": f"scripted-{number}"}
        self._number = number
        self._parts: list[Json] = []
        self._calls = 0

    def opening(self) -> bytes:
        return b""

    def thought(self, text: str) -> bytes:
        return self._part({"text": text, "thought": True})

    def text(self, text: str) -> bytes:
        return self._part({"text": text})

    def call(self, call: Call) -> bytes:
        self._calls += 1
        call_id = call.call_id or f"call_{self._number}_{self._calls}"
        return self._part({"functionCall": {"id": call_id, "name": call.name, "args": call.arguments}})

    def failure(self, fail: Fail) -> bytes:
        """Bare JSON, not an event: so the vendor's own client library (google/genai) looks for it."""
        return json.dumps(_error(fail, None)).encode()

    def closing(self, tokens: Tokens) -> bytes:
        return _data(self._answer([{"text": ""}], tokens))

    def document(self, tokens: Tokens) -> Json:
        return self._answer(_joined(self._parts), tokens)

    def _part(self, part: Json) -> bytes:
        self._parts.append(part)
        candidate = {"content": {"parts": [part], "role": "model"}, "index": 0}
        return _data({"candidates": [candidate], **self._head})

    def _answer(self, parts: list[Json], tokens: Tokens) -> Json:
        candidate = {"content": {"parts": parts, "role": "model"}, "finishReason": "STOP", "index": 0}
        return {"candidates": [candidate], "usageMetadata": _usage(tokens), **self._head}


def _joined(parts: list[Json]) -> list[Json]:
    """Neighbouring text pieces as one part, as in an answer that was never streamed."""
    whole: list[Json] = []
    for part in parts:
        if whole and "text" in part and "text" in whole[-1] and part.get("thought") == whole[-1].get("thought"):
            whole[-1] = {**part, "text": whole[-1]["text"] + part["text"]}
        else:
            whole.append(part)
    return whole


def _data(value: Json) -> bytes:
    return f"data: {json.dumps(value)}\r\n\r\n".encode()


def _usage(tokens: Tokens) -> Json:
    """Gemini counts thoughts beside the candidates' tokens, cached content inside the prompt's."""
    return {
        "promptTokenCount": tokens.input,
        "cachedContentTokenCount": tokens.cached_input,
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "thoughtsTokenCount": tokens.reasoning,
        "totalTokenCount": tokens.input + tokens.output,
    }


def _error(fail: Fail, left: float | None) -> Json:
    status = fail.error_type or STATUSES.get(fail.status, "INTERNAL")
    error: Json = {"code": fail.status, "message": message_of(fail), "status": status}
    if fail.status == 429 and left is not None:
        violation = {
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            "quotaValue": "10",
        }
        error["details"] = [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{left:g}s"},
        ]
    return {"error": error}


def refuse(fail: Fail, now: float) -> Refusal:
    return Refusal(fail.status, retry_after(fail), _error(fail, seconds_left(fail, now)))


GEMINI = WireFormat(read, GeminiWriter, refuse, bad_request="INVALID_ARGUMENT")
