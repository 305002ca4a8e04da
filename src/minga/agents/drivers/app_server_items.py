"""What Codex does, item by item: the wire shapes of `ThreadItem`, and the tool events they become.

Source of the shapes: `codex app-server generate-json-schema` (0.169.0); only the fields that are read stand here.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from minga.agents.paths import relative
from minga.domain.events import FileChange, ToolCall, ToolKind, ToolResult

_SHELLS = frozenset(
    f"{folder}{name}" for folder in ("", "/bin/", "/usr/bin/") for name in ("bash", "sh", "zsh", "dash")
)
_WORD = r"(?:[\w./:=,@%+~-]+|'[^'\n]*'|\"[^\"$`\\\n]*\")"
_READ = (
    rf"(?:(?:cat|head|tail|ls|nl|wc|grep|pwd|rg)(?: +{_WORD})*|sed -n (?:'\d+(?:,\d+)?p'|\d+(?:,\d+)?p)(?: +[\w./]+)*)"
)
_PLAIN_READ = re.compile(rf"(?!.*--(?:pre|hostname))\s*{_READ}(?: *(?:\||&&) *{_READ})*\s*")
"""Command lines that can only read: programs without an option that writes or runs something, plain words, joined by
pipes; no globs, since a file may be named like an option. Codex's own `commandActions` cannot be used for this: it
calls `find . -delete` "listFiles" and hides a `tee`."""


class ChangeKind(msgspec.Struct, frozen=True):
    type: str
    move_path: str | None = None


class Change(msgspec.Struct, frozen=True):
    path: str
    kind: ChangeKind
    diff: str = ""


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """Any thread item: the fields of all types together, each empty where the type does not have it."""

    type: str
    id: str = ""
    status: str | None = None
    text: str | None = None
    summary: tuple[str, ...] = ()
    command: str | None = None
    cwd: str | None = None
    aggregated_output: str | None = None
    changes: tuple[Change, ...] = ()
    server: str | None = None
    namespace: str | None = None
    tool: str | None = None
    arguments: Any = None
    prompt: str | None = None
    result: Any = None
    error: Any = None
    content_items: Any = None
    query: str | None = None
    path: str | None = None


def tool_kind(item: Item, kinds: Mapping[str, str]) -> ToolKind:
    """What the tool call does; ``kinds`` by item type, from the facts."""
    if item.command is not None and is_plain_read(item.command):
        return ToolKind.READ
    return ToolKind(kinds[item.type])


def tool_call(item: Item, kinds: Mapping[str, str], cwd: Path) -> ToolCall:
    name = ".".join(part for part in (item.server or item.namespace, item.tool) if part) or item.type
    return ToolCall(item.id, name, tool_kind(item, kinds), title_of(item, cwd), _input(item))


def tool_result(item: Item) -> ToolResult:
    return ToolResult(item.id, item.status in ("completed", None) and item.error is None, _output(item))


def file_changes(item: Item, cwd: Path) -> Iterator[FileChange]:
    """One for each path that an applied patch touched; a move is a deletion and an addition."""
    if item.status != "completed":
        return
    for change in item.changes:
        path = relative(change.path, cwd)
        match change.kind.type:
            case "add":
                yield FileChange(path, "added", item.id)
            case "delete":
                yield FileChange(path, "deleted", item.id)
            case _ if change.kind.move_path:
                yield FileChange(path, "deleted", item.id)
                yield FileChange(relative(change.kind.move_path, cwd), "added", item.id)
            case _:
                yield FileChange(path, "modified", item.id)


def title_of(item: Item, cwd: Path) -> str:
    if item.command is not None:
        return script_of(item.command).strip().partition("\n")[0][:200]
    if item.changes:
        return "Change " + ", ".join(paths_of(item, cwd))
    return item.query or item.path or item.prompt or item.tool or item.type


def paths_of(item: Item, cwd: Path) -> tuple[str, ...]:
    paths = [path for change in item.changes for path in (change.path, change.kind.move_path) if path]
    return tuple(relative(path, cwd) for path in paths)


def script_of(command: str) -> str:
    """The script inside ``/bin/bash -lc '<script>'``, as which Codex shows every command; else ``command``."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    wrapped = len(words) == 3 and words[0] in _SHELLS and words[1] in ("-lc", "-c")
    return words[2] if wrapped else command


def is_plain_read(command: str) -> bool:
    """Whether the command line can only read, whatever its arguments; false where that is not certain."""
    return _PLAIN_READ.fullmatch(script_of(command)) is not None


def _input(item: Item) -> str:
    match item.type:
        case "commandExecution":
            value: Any = {"command": script_of(item.command or ""), "cwd": item.cwd}
        case "fileChange":
            value = {"changes": [{"path": c.path, "kind": c.kind.type, "diff": c.diff} for c in item.changes]}
        case "webSearch":
            value = {"query": item.query}
        case _:
            value = item.arguments if item.arguments is not None else {"prompt": item.prompt, "path": item.path}
    return msgspec.json.encode(value).decode()


def _output(item: Item) -> str:
    if item.aggregated_output is not None:
        return item.aggregated_output
    if isinstance(item.error, dict):
        return str(item.error.get("message", item.error))
    content = item.result.get("content") if isinstance(item.result, dict) else item.content_items
    if not isinstance(content, list):
        return ""
    return "\n".join(
        str(part["text"]) if isinstance(part, dict) and "text" in part else msgspec.json.encode(part).decode()
        for part in content
    )
