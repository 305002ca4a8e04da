"""The parts of OpenCode's messages (1.18.33), one by one, as parts of the neutral transcript."""

import re
from collections.abc import Iterator

from minga.domain.events import FileChangeKind, ToolKind, Usage
from minga.domain.ids import AgentName
from minga.domain.transcript import (
    FileChangePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats import records
from minga.sessions.formats.fitting import argument_text, image_of
from minga.sessions.formats.records import Json
from minga.sessions.formats.values import inside, listed

AGENT = AgentName("opencode")

KINDS = {
    "apply_patch": ToolKind.EDIT,
    "bash": ToolKind.SHELL,
    "codesearch": ToolKind.WEB,
    "edit": ToolKind.EDIT,
    "glob": ToolKind.SEARCH,
    "grep": ToolKind.SEARCH,
    "list": ToolKind.READ,
    "lsp": ToolKind.READ,
    "multiedit": ToolKind.EDIT,
    "patch": ToolKind.EDIT,
    "read": ToolKind.READ,
    "webfetch": ToolKind.WEB,
    "websearch": ToolKind.WEB,
    "write": ToolKind.EDIT,
}
"""What each tool of OpenCode does. Those of MCP servers, ``<server>_<tool>``, cannot be told from others by name."""

NOISE = {
    "step-start": "where a model call begins",
    "step-finish": "the usage of a model call, which is counted",
    "snapshot": "a commit by which OpenCode undoes",
    "retry": "a model call that failed and was made again",
    "agent": "the name of an agent, which stands in the text too",
    "subtask": "a call that stands in the next message as a tool call",
    "compaction": "says that the next message is a summary",
}
"""Types of parts that are passed over, with the reason."""

COMPACTED = "[Old tool result content cleared]"
"""What the model is shown in the place of a result that OpenCode has pruned."""


def person(part: Json) -> tuple[list[Part], str]:
    """A part of a person's message; else why it was not understood."""
    match part.get("type"):
        case "text" if isinstance(text := part.get("text"), str):
            return ([] if part.get("synthetic") or part.get("ignored") else [TextPart(unquoted(text))]), ""
        case "file" if image := image_of(part.get("url")):
            return [image], ""
        case "file" if part.get("mime") in ("text/plain", "application/x-directory"):
            return [], ""  # the model is shown the text of the file in a part of its own
        case "file":
            return [], f"a file of the type {str(part.get('mime'))[:100]!r}"
        case str(kind) if kind in NOISE:
            return [], ""
        case kind:
            return [], _unknown(kind)


def unquoted(text: str) -> str:
    """``opencode run`` puts marks around a prompt with a space, and a backslash before each mark inside."""
    found = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', text, re.DOTALL)
    return found[1].replace('\\"', '"') if found and " " in found[1] else text


def assistant(part: Json, cwd: str) -> tuple[list[Part], list[Part], str]:
    """A part of an assistant's message: what it is, what the tool gave, and else why it was not understood."""
    match part.get("type"):
        case "text" if isinstance(text := part.get("text"), str):
            return ([] if part.get("ignored") else [TextPart(text)]), [], ""
        case "reasoning" if isinstance(text := part.get("text"), str):
            metadata = part.get("metadata")
            return [ReasoningPart(text, AGENT, argument_text(metadata) if metadata else "")], [], ""
        case "tool" if isinstance(part.get("tool"), str) and isinstance(part.get("state"), dict):
            return [_call(part)], _results(part, cwd), ""
        case "patch":
            paths = [path for path in listed(part.get("files")) if isinstance(path, str)]
            return [], [FileChangePart(inside(path, cwd), "modified") for path in paths], ""
        case "file" if image := image_of(part.get("url")):
            return [image], [], ""
        case str(kind) if kind in NOISE:
            return [], [], ""
        case kind:
            return [], [], _unknown(kind)


def _unknown(kind: object) -> str:
    return f"a part that is not understood, of the type {str(kind)[:100]!r}"


def _call(part: Json) -> ToolCallPart:
    name = part["tool"]
    arguments = argument_text(records.record(part["state"].get("input")))
    return ToolCallPart(_call_id(part), name, KINDS.get(name, ToolKind.OTHER), arguments)


def _call_id(part: Json) -> str:
    return records.text(part.get("callID")) or records.text(part.get("id"))


def _results(part: Json, cwd: str) -> list[Part]:
    """Nothing where the tool runs, or ran when OpenCode ended."""
    state = part["state"]
    metadata = records.record(state.get("metadata"))
    match state.get("status"):
        case "completed":
            ok = metadata.get("exit") in (0, None)
            attachments = [records.record(file).get("url") for file in listed(state.get("attachments"))]
            images = [image for url in attachments if (image := image_of(url))]
            pruned = records.record(state.get("time")).get("compacted")
            output = COMPACTED if pruned else records.text(state.get("output"))
            result = ToolResultPart(_call_id(part), ok, output, () if pruned else tuple(images))
            return [result, *_changes(part, metadata, cwd)]
        case "error":
            output = records.text(metadata.get("output")) if metadata.get("interrupted") is True else ""
            return [ToolResultPart(_call_id(part), False, output or records.text(state.get("error")))]
        case _:
            return []


def _changes(part: Json, metadata: Json, cwd: str) -> Iterator[FileChangePart]:
    """The files that a tool says it changed."""
    call_id = _call_id(part)
    given = records.record(part["state"].get("input"))
    match part["tool"]:
        case "write" if path := records.text(metadata.get("filepath")) or records.text(given.get("filePath")):
            yield FileChangePart(inside(path, cwd), "modified" if metadata.get("exists") else "added", call_id)
        case "edit" | "multiedit" if path := records.text(given.get("filePath")):
            yield FileChangePart(inside(path, cwd), "modified", call_id)
        case "apply_patch" | "patch":
            kinds: dict[str, FileChangeKind] = {"add": "added", "delete": "deleted"}
            for file in records.records(metadata.get("files")):
                kind = kinds.get(records.text(file.get("type")), "modified")
                path, moved = records.text(file.get("filePath")), records.text(file.get("movePath"))
                if path and moved:
                    yield FileChangePart(inside(path, cwd), "deleted", call_id)
                    path, kind = moved, "added"
                if path:
                    yield FileChangePart(inside(path, cwd), kind, call_id)


def usage(message: Json, steps: list[Json]) -> Usage | None:
    """The sum of a message's model calls: of its steps, else (in a message without any) of the message. OpenCode counts
    cached input and reasoning apart."""
    counted = [_usage(records.record(one.get("tokens")), one.get("cost")) for one in steps or [message]]
    total = [sum(column) for column in zip(*counted, strict=True)]
    if not any(total):
        return None
    model = records.text(message.get("modelID"))
    return Usage(model, total[0], total[1], total[2], total[3] + total[4], total[4], total[5] or None)


def _usage(tokens: Json, cost: object) -> tuple[int, int, int, int, int, int]:
    cache = records.record(tokens.get("cache"))
    price = cost if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < 1e9 else 0
    return (
        records.count(tokens.get("input")),
        records.count(cache.get("read")),
        records.count(cache.get("write")),
        records.count(tokens.get("output")),
        records.count(tokens.get("reasoning")),
        round(price * 1_000_000),
    )
