"""One plain request and one parsed answer for each wire, over http.client; shared by the tests of this folder."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minga.testing import ScriptedServer, Wire

WIRES: tuple[Wire, ...] = ("responses", "chat", "anthropic", "gemini")
SHELL_SCHEMA = {
    "type": "object",
    "properties": {"command": {"type": "string"}, "description": {"type": "string"}},
    "required": ["command", "description"],
}
CODEX_SHELL_SCHEMA = {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"]}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def events(self) -> list[tuple[str, Any]]:
        """Name and data of each server-sent event; the name is empty where the wire names none."""
        found = []
        for block in self.data.decode().replace("\r\n", "\n").strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            data = fields["data"]
            found.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
        return found


def path_of(wire: Wire, *, stream: bool) -> str:
    ending = "streamGenerateContent?alt=sse" if stream else "generateContent"
    paths = {
        "responses": "/v1/responses",
        "chat": "/v1/chat/completions",
        "anthropic": "/v1/messages?beta=true",
        "gemini": f"/v1beta/models/m:{ending}",
    }
    return paths[wire]


def tools_of(wire: Wire) -> list[dict[str, Any]]:
    """The shell tool as a CLI of that wire offers it."""
    match wire:
        case "responses":
            return [{"type": "function", "name": "exec_command", "parameters": CODEX_SHELL_SCHEMA}]
        case "chat":
            return [{"type": "function", "function": {"name": "bash", "parameters": SHELL_SCHEMA}}]
        case "anthropic":
            return [{"name": "Bash", "input_schema": SHELL_SCHEMA}]
        case "gemini":
            return [{"functionDeclarations": [{"name": "run_shell_command", "parametersJsonSchema": SHELL_SCHEMA}]}]


def body_of(wire: Wire, text: str = "hello", *, stream: bool = False, **more: Any) -> dict[str, Any]:
    match wire:
        case "responses":
            said = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]
            return {"model": "m", "stream": stream, "input": said, **more}
        case "chat":
            options = {"stream_options": {"include_usage": True}} if stream else {}
            messages = [{"role": "user", "content": text}]
            return {"model": "m", "stream": stream, "messages": messages, **options, **more}
        case "anthropic":
            messages = [{"role": "user", "content": text}]
            return {"model": "m", "stream": stream, "max_tokens": 100, "messages": messages, **more}
        case "gemini":
            return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}


def send(
    server: ScriptedServer, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, body, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, names, response.read())
    finally:
        connection.close()


def ask(server: ScriptedServer, wire: Wire, text: str = "hello", *, stream: bool = False, **more: Any) -> Reply:
    body = json.dumps(body_of(wire, text, stream=stream, **more)).encode()
    return send(server, "POST", path_of(wire, stream=stream), body)


def text_in(wire: Wire, reply: Reply) -> str:
    """The whole answer text of a reply that is not a stream."""
    body = reply.json
    match wire:
        case "responses":
            messages = [item for item in body["output"] if item["type"] == "message"]
            return "".join(part["text"] for message in messages for part in message["content"])
        case "chat":
            return str(body["choices"][0]["message"]["content"] or "")
        case "anthropic":
            return "".join(block["text"] for block in body["content"] if block["type"] == "text")
        case "gemini":
            parts = body["candidates"][0]["content"]["parts"]
            return "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))


def streamed_text_in(wire: Wire, reply: Reply) -> str:
    """The deltas of a streamed reply, joined."""
    pieces = []
    for name, data in reply.events:
        match wire:
            case "responses" if name == "response.output_text.delta":
                pieces.append(data["delta"])
            case "anthropic" if name == "content_block_delta" and data["delta"]["type"] == "text_delta":
                pieces.append(data["delta"]["text"])
            case "chat" if data != "[DONE]" and data["choices"]:
                pieces.append(data["choices"][0]["delta"].get("content") or "")
            case "gemini":
                parts = data["candidates"][0]["content"]["parts"]
                pieces += [part["text"] for part in parts if "text" in part and not part.get("thought")]
    return "".join(pieces)


def calls_in(wire: Wire, reply: Reply) -> list[tuple[str, Any]]:
    """Name and arguments of each tool call of a reply that is not a stream."""
    body = reply.json
    match wire:
        case "responses":
            calls = [item for item in body["output"] if item["type"] == "function_call"]
            return [(call["name"], json.loads(call["arguments"])) for call in calls]
        case "chat":
            functions = [call["function"] for call in body["choices"][0]["message"].get("tool_calls", ())]
            return [(function["name"], json.loads(function["arguments"])) for function in functions]
        case "anthropic":
            return [(block["name"], block["input"]) for block in body["content"] if block["type"] == "tool_use"]
        case "gemini":
            parts = body["candidates"][0]["content"]["parts"]
            calls = [part["functionCall"] for part in parts if "functionCall" in part]
            return [(call["name"], call["args"]) for call in calls]
