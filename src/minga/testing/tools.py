"""Turns a scripted tool step into a call that fits a tool of the request actually received.

Codex 0.169 offers GPT-6 models one freeform tool, ``exec``, that runs JavaScript with the other tools as functions;
there the steps become such a script.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minga.testing.conversation import Json, ModelRequest, Tool
from minga.testing.script import CallMcp, CallTool, RunShell, WriteFile

ToolStep = CallTool | RunShell | CallMcp | WriteFile

SHELLS = (
    "exec_command",  # Codex
    "shell_command",  # Codex, older models
    "shell",  # Codex, oldest models
    "Bash",  # Claude Code
    "run_shell_command",  # Gemini CLI, Qwen Code
    "bash",  # Copilot CLI, OpenCode
)
WRITERS = (
    "Write",  # Claude Code
    "write_file",  # Gemini CLI, Qwen Code
    "create",  # Copilot CLI
    "write",  # OpenCode
    "apply_patch",  # Codex; OpenCode and Copilot CLI with OpenAI models
)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as it goes out. ``text`` is the input of a freeform tool and excludes ``arguments``."""

    name: str
    arguments: Json
    call_id: str | None = None
    namespace: str | None = None
    text: str | None = None


def resolve(step: ToolStep, request: ModelRequest) -> Call | None:
    """The call that this step means in this request, or None where the request offers no such tool."""
    match step:
        case CallTool():
            return _named(step, request)
        case RunShell():
            return _shell(step.command, step.call_id, request)
        case CallMcp():
            return _mcp(step, request)
        case WriteFile():
            return _write(step, request)


def fill(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a JSON Schema: first choice of an enum, required properties only."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return fill(schema[choice][0])
    kind = schema.get("type", "object")
    kind = (kind[0] if isinstance(kind, list) else kind).lower()
    if kind == "object":
        return _fitted({}, schema)
    plain: Json = {"array": [], "string": "ok", "integer": 1, "number": 1, "boolean": False, "null": None}
    return plain[kind]


def _fitted(known: Json, schema: Mapping[str, Any]) -> Json:
    properties = schema.get("properties", {})
    missing = [name for name in schema.get("required", ()) if name not in known]
    return {**known, **{name: fill(properties.get(name, {"type": "string"})) for name in missing}}


def _named(step: CallTool, request: ModelRequest) -> Call | None:
    for tool in request.tools:
        if step.name in (tool.name, f"{tool.namespace}/{tool.name}"):
            text = str(step.arguments.get("input", "")) if tool.freeform else None
            return Call(tool.name, step.arguments, step.call_id, tool.namespace, text)
    return Call(step.name, step.arguments, step.call_id) if step.unoffered else None


def _offered(names: tuple[str, ...], request: ModelRequest) -> Tool | None:
    by_name = {tool.name: tool for tool in reversed(request.tools) if tool.namespace is None}
    return next((by_name[name] for name in names if name in by_name), None)


def _javascript(function: str, value: Json | str, call_id: str | None, request: ModelRequest) -> Call | None:
    """A script for the ``exec`` tool that calls one function and hands its result to the model."""
    for tool in request.tools:
        if tool.freeform and tool.name == "exec":
            script = f"text(await tools.{function}({json.dumps(value)}));\n"
            return Call(tool.name, {}, call_id, tool.namespace, script)
    return None


def _shell(command: str, call_id: str | None, request: ModelRequest) -> Call | None:
    tool = _offered(SHELLS, request)
    if tool is None:
        return _javascript("exec_command", {"cmd": command}, call_id, request)
    properties = tool.schema.get("properties", {})
    key = "cmd" if "cmd" in properties else "command"
    takes_list = properties.get(key, {}).get("type") == "array"
    value = ["bash", "-lc", command] if takes_list else command
    return Call(tool.name, _fitted({key: value}, tool.schema), call_id)


def _mcp(step: CallMcp, request: ModelRequest) -> Call | None:
    server, name = step.server, step.tool
    flat = (f"mcp__{server}__{name}", f"mcp_{server}_{name}", f"{server}-{name}", f"{server}_{name}")
    for tool in request.tools:
        inside = tool.namespace is not None and tool.namespace.strip("_").removeprefix("mcp__") == server
        if tool.name in flat or (inside and tool.name == name):
            return Call(tool.name, step.arguments, step.call_id, tool.namespace)
    return _javascript(f"mcp__{server}__{name}", step.arguments, step.call_id, request)


def _write(step: WriteFile, request: ModelRequest) -> Call | None:
    tool = _offered(WRITERS, request)
    if tool is None:
        quoted = shlex.quote(step.path)
        scripted = _javascript("apply_patch", _patch(step), step.call_id, request)
        return scripted or _shell(f"printf %s {shlex.quote(step.text)} > {quoted}", step.call_id, request)
    if tool.name == "apply_patch":
        return _patch_call(step, tool)
    properties = tool.schema.get("properties", {})
    path_key = next((key for key in ("file_path", "filePath", "path") if key in properties), "path")
    text_key = next((key for key in ("content", "file_text") if key in properties), "content")
    known = {path_key: step.path, text_key: step.text}
    return Call(tool.name, _fitted(known, tool.schema), step.call_id)


def _patch(step: WriteFile) -> str:
    """The file in the patch form of ``apply_patch`` (its grammar stands in the tool's definition)."""
    lines = "".join(f"+{line}\n" for line in step.text.splitlines())
    return f"*** Begin Patch\n*** Add File: {step.path}\n{lines}*** End Patch\n"


def _patch_call(step: WriteFile, tool: Tool) -> Call:
    if tool.freeform:
        return Call(tool.name, {}, step.call_id, text=_patch(step))
    key = next(iter(tool.schema.get("required", ("input",))))
    return Call(tool.name, _fitted({key: _patch(step)}, tool.schema), step.call_id)
