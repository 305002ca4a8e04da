"""A small coding agent of its own, built on the public ACP library: all that Minga knows of it is ``plain_agent.toml``.

It asks a model over the OpenAI chat format, has a shell, a file writer and the tools of the MCP servers of its session,
asks before it uses any of them, and keeps its conversations in ``$PLAIN_HOME``, so that another process can go on.
"""

import asyncio
import contextlib
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import acp
import aiohttp
from acp.helpers import (
    start_tool_call,
    text_block,
    tool_content,
    tool_diff_content,
    update_agent_message_text,
    update_tool_call,
)
from acp.schema import (
    AgentCapabilities,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PermissionOption,
    PromptResponse,
    Usage,
)

Json = dict[str, Any]

VERSION = "1.0.0"
OPTIONS = [
    PermissionOption(option_id="yes", kind="allow_once", name="Yes"),
    PermissionOption(option_id="no", kind="reject_once", name="No"),
]


def _tool(name: str, *required: str) -> Json:
    properties = {key: {"type": "string"} for key in required}
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": schema}}


OWN_TOOLS = [_tool("bash", "command"), _tool("write_file", "path", "content")]


class McpClient:
    """One MCP server on standard input and output; one request at a time."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process
        self._lines = asyncio.Lock()
        self._number = 0

    @classmethod
    async def start(cls, server: Any) -> "McpClient":
        process = await asyncio.create_subprocess_exec(
            server.command, *server.args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        client = cls(server.name, process)
        await client.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {}})
        return client

    async def tools(self) -> list[Json]:
        return [
            {
                "type": "function",
                "function": {"name": f"mcp__{self.name}__{tool['name']}", "parameters": tool["inputSchema"]},
            }
            for tool in (await self.ask("tools/list", {}))["tools"]
        ]

    async def ask(self, method: str, params: Json) -> Json:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._lines:
            self._number += 1
            message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            result: Json = json.loads(await self._process.stdout.readline())["result"]
            return result


@dataclass(slots=True)
class Session:
    """A conversation: ``messages`` in the chat format."""

    id: str
    cwd: Path
    messages: list[Json] = field(default_factory=list)
    servers: list[McpClient] = field(default_factory=list)
    running: asyncio.Task[Any] | None = None

    @property
    def file(self) -> Path:
        return _file(self.id)


def _file(session_id: str) -> Path:
    return Path(os.environ["PLAIN_HOME"], f"{uuid.UUID(session_id)}.json")


@dataclass(slots=True)
class Answer:
    """What one model call has given so far."""

    text: str = ""
    calls: dict[int, Json] = field(default_factory=dict)
    usage: Json = field(default_factory=dict)
    ended: bool = False


class Plain(acp.Agent):
    client: Any

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def on_connect(self, conn: Any) -> None:
        self.client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:
        return InitializeResponse(protocol_version=1, agent_capabilities=AgentCapabilities(load_session=True))

    async def new_session(self, cwd: str, mcp_servers: Any = None, **_: Any) -> NewSessionResponse:
        session = await self._begin(str(uuid.uuid4()), cwd, mcp_servers)
        return NewSessionResponse(session_id=session.id)

    async def load_session(self, cwd: str, session_id: str, mcp_servers: Any = None, **_: Any) -> LoadSessionResponse:
        try:
            messages = json.loads(_file(session_id).read_text("utf-8"))
        except (OSError, ValueError):
            raise acp.RequestError.resource_not_found(session_id) from None
        session = await self._begin(session_id, cwd, mcp_servers)
        session.messages = messages
        return LoadSessionResponse()

    async def cancel(self, session_id: str, **_: Any) -> None:
        if running := self._sessions[session_id].running:
            running.cancel()

    async def prompt(self, session_id: str, prompt: list[Any], **_: Any) -> PromptResponse:
        session = self._sessions[session_id]
        session.messages.append({"role": "user", "content": "".join(block.text for block in prompt)})
        session.running = asyncio.create_task(self._work(session))
        try:
            return await session.running
        except asyncio.CancelledError:
            return PromptResponse(stop_reason="cancelled")
        finally:
            session.file.write_text(json.dumps(session.messages), "utf-8")

    async def _begin(self, session_id: str, cwd: str, mcp_servers: Any) -> Session:
        servers = [await McpClient.start(server) for server in mcp_servers or ()]
        session = self._sessions[session_id] = Session(session_id, Path(cwd), servers=servers)
        return session

    async def _work(self, session: Session) -> PromptResponse:
        """Ask the model and do what it says until it says nothing but text."""
        tools = [*OWN_TOOLS, *[tool for server in session.servers for tool in await server.tools()]]
        used = {"prompt_tokens": 0, "completion_tokens": 0, "cached": 0}
        while True:
            answer = Answer()
            async for piece in _ask_model(session.messages, tools, answer):
                await self.client.session_update(session.id, update_agent_message_text(piece))
            used["prompt_tokens"] += answer.usage.get("prompt_tokens", 0)
            used["completion_tokens"] += answer.usage.get("completion_tokens", 0)
            used["cached"] += (answer.usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
            calls = list(answer.calls.values())
            session.messages.append(
                {"role": "assistant", "content": answer.text, **({"tool_calls": calls} if calls else {})}
            )
            if not calls:
                return PromptResponse(stop_reason="end_turn", usage=_usage(used))
            for call in calls:
                result = await self._use(session, call["id"], call["function"])
                session.messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    async def _use(self, session: Session, call_id: str, function: Json) -> str:
        """Ask for permission and use one tool; what the model is to read of it."""
        name, given = function["name"], json.loads(function["arguments"])
        kind: Any = {"bash": "execute", "write_file": "edit"}.get(name, "other")
        title = name if kind == "other" else str(given.get("command") or given.get("path"))
        call = start_tool_call(call_id, title, kind=kind, status="pending", raw_input=given)
        await self.client.session_update(session.id, call)
        request = update_tool_call(call_id, title=title, kind=kind, raw_input=given)
        answer = await self.client.request_permission(session.id, request, OPTIONS)
        if getattr(answer.outcome, "option_id", "") != "yes":
            await self.client.session_update(session.id, update_tool_call(call_id, status="failed"))
            return "The person refused."
        match kind:
            case "execute":
                output, content = await _shell(session.cwd, given["command"]), []
            case "edit":
                output, content = _write(session.cwd, given), [tool_diff_content(given["path"], given["content"])]
            case _:
                output, content = await _call_mcp(session, name, given), []
        shown = [*content, tool_content(text_block(output))]
        await self.client.session_update(session.id, update_tool_call(call_id, status="completed", content=shown))
        return output


async def _ask_model(messages: list[Json], tools: list[Json], answer: Answer) -> AsyncIterator[str]:
    """One model call; its text piece by piece, the rest in ``answer``."""
    body = {
        "model": os.environ["PLAIN_MODEL"],
        "messages": messages,
        "tools": tools,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    url, key = (
        f"{os.environ['PLAIN_BASE_URL']}/chat/completions",
        {"Authorization": f"Bearer {os.environ['PLAIN_KEY']}"},
    )
    try:
        async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=key) as response:
            if response.status >= 400:
                raise await _refusal(response)
            async for line in response.content:
                if line.startswith(b"data: ") and (piece := _read(line[6:].strip(), answer)):
                    yield piece
    except aiohttp.ClientError as wrong:
        raise acp.RequestError(-32603, f"connection failed: {wrong}") from wrong
    if not answer.ended:
        raise acp.RequestError(-32603, "connection failed: the answer was cut")


async def _refusal(response: aiohttp.ClientResponse) -> acp.RequestError:
    text = await response.text()
    with contextlib.suppress(ValueError, KeyError):
        text = json.loads(text)["error"]["message"]
    if wait := response.headers.get("retry-after"):
        text = f"{text} (retry after {wait} s)"
    return acp.RequestError(-32603, f"model server: {text}", {"status": response.status})


def _read(data: bytes, answer: Answer) -> str:
    if data == b"[DONE]":
        answer.ended = True
        return ""
    chunk = json.loads(data)
    answer.usage = chunk.get("usage") or answer.usage
    delta = chunk["choices"][0]["delta"] if chunk.get("choices") else {}
    for part in delta.get("tool_calls") or ():
        call = answer.calls.setdefault(
            part["index"], {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        call["id"] = part.get("id") or call["id"]
        for key, text in part.get("function", {}).items():
            call["function"][key] += text or ""
    text = str(delta.get("content") or "")
    answer.text += text
    return text


async def _shell(cwd: Path, command: str) -> str:
    process = await asyncio.create_subprocess_shell(
        command,
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise
    return output.decode("utf-8", "replace")


def _write(cwd: Path, given: Json) -> str:
    Path(cwd, given["path"]).write_text(given["content"], "utf-8")
    return "written"


async def _call_mcp(session: Session, name: str, given: Json) -> str:
    _, server_name, tool = name.split("__", 2)
    server = next(server for server in session.servers if server.name == server_name)
    result = await server.ask("tools/call", {"name": tool, "arguments": given})
    return "".join(part["text"] for part in result["content"])


def _usage(used: Json) -> Usage:
    given, answered = used["prompt_tokens"], used["completion_tokens"]
    return Usage(
        total_tokens=given + answered, input_tokens=given, output_tokens=answered, cached_read_tokens=used["cached"]
    )


if __name__ == "__main__":
    if "--version" in sys.argv:
        print(VERSION)
    else:
        asyncio.run(acp.run_agent(Plain()))
