"""The content blocks of Claude Code's messages: those of Anthropic's Messages API, and what the CLI notes of a tool's
result."""

from dataclasses import dataclass, field

from minga.domain.events import FileChangeKind, Usage
from minga.domain.ids import AgentName
from minga.domain.transcript import (
    FileChangePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats.claude_lines import KINDS
from minga.sessions.formats.fitting import argument_text
from minga.sessions.formats.format import SetAside
from minga.sessions.formats.lines import Line
from minga.sessions.formats.project_reading import aside, fields, kind_of, string
from minga.sessions.formats.records import Json, count, picture
from minga.sessions.formats.values import inside

AGENT = AgentName("claude")


@dataclass(slots=True)
class Blocks:
    """What one line comes to. ``understood`` is false where its content has none of the forms that it may have."""

    parts: list[Part] = field(default_factory=list)
    results: list[Part] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    understood: bool = True


def read_blocks(line: Line, content: object) -> Blocks:
    """Read the content of a message: a text or a list of blocks."""
    blocks = Blocks()
    if isinstance(content, str):
        blocks.parts.append(TextPart(content))
    elif isinstance(content, list):
        for block in content:
            _read_block(line, block, blocks)
    else:
        blocks.understood = False
    return blocks


def _read_block(line: Line, block: object, blocks: Blocks) -> None:
    match string(block, "type"), block:
        case "text", {"text": str(text)}:
            if text:
                blocks.parts.append(TextPart(text))
        case "thinking", {"thinking": str(text)}:
            blocks.parts.append(ReasoningPart(text, AGENT, argument_text(block)))
        case "redacted_thinking", _:
            blocks.parts.append(ReasoningPart("", AGENT, argument_text(block)))
        case "tool_use" | "server_tool_use" | "mcp_tool_use", {"id": str(call_id), "name": str(name)}:
            assert isinstance(block, dict)
            if "input" not in block:
                blocks.aside.append(aside(line, "a tool call without arguments", block))
            arguments = argument_text(block.get("input") or {})
            blocks.parts.append(ToolCallPart(call_id, name, kind_of(name, KINDS), arguments))
        case "tool_result", {"tool_use_id": str()}:
            assert isinstance(block, dict)
            _read_result(line, block, blocks)
        case kind, {"tool_use_id": str(call_id)} if kind.endswith("_tool_result"):
            assert isinstance(block, dict)
            blocks.parts.append(ToolResultPart(call_id, True, argument_text(block.get("content"))))
        case "image", _ if image := _image(block):
            blocks.parts.append(image)
        case kind, _:
            blocks.aside.append(aside(line, f"a block of unknown form {kind[:40]!r}", block))


def _read_result(line: Line, block: Json, blocks: Blocks) -> None:
    content = block.get("content")
    texts: list[str] = [content] if isinstance(content, str) else []
    images: list[ImagePart] = []
    for piece in content if isinstance(content, list) else []:
        if image := _image(piece):
            images.append(image)
        elif text := string(piece, "text") or string(piece, "tool_name"):
            texts.append(text)
        elif piece != {"type": "text", "text": ""}:
            blocks.aside.append(aside(line, "a piece of a tool result of unknown form", piece))
    if not isinstance(content, str | list):
        blocks.aside.append(aside(line, "a tool result without content", block))
    call_id, ok = string(block, "tool_use_id"), block.get("is_error") is not True
    blocks.results.append(ToolResultPart(call_id, ok, "\n".join(texts), tuple(images)))
    if ok and (change := _change(line.value, call_id)):
        blocks.results.append(change)


def _change(line: Json, call_id: str) -> FileChangePart | None:
    """The file that a tool changed, as the CLI notes it beside the result."""
    noted = fields(line, "toolUseResult")
    path = string(noted, "filePath") or string(noted, "notebook_path")
    edited = "structuredPatch" in noted or "newString" in noted or "new_source" in noted
    if not path or not edited:
        return None
    change: FileChangeKind = "added" if noted.get("type") == "create" else "modified"
    return FileChangePart(inside(path, string(line, "cwd")), change, call_id)


def _image(block: object) -> ImagePart | None:
    source = fields(block, "source")
    if string(block, "type") != "image" or string(source, "type") != "base64":
        return None
    return picture(source.get("media_type"), source.get("data"))


def read_usage(message: Json) -> Usage | None:
    """Anthropic's counts: ``input_tokens`` excludes what was read from the cache and written to it."""
    used = fields(message, "usage")
    if not used:
        return None
    usage = Usage(
        string(message, "model"),
        count(used.get("input_tokens")),
        count(used.get("cache_read_input_tokens")),
        count(used.get("cache_creation_input_tokens")),
        count(used.get("output_tokens")),
        count(fields(used, "output_tokens_details").get("thinking_tokens")),
    )
    spent = usage.input_tokens or usage.cached_input_tokens or usage.cache_write_tokens or usage.output_tokens
    return usage if spent else None
