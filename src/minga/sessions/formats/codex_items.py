"""The items of a Codex rollout, one by one: what a ``response_item`` holds as parts of a message (0.169.0).

Shapes: ``ResponseItem`` of ``codex app-server generate-json-schema``.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from minga.domain.events import FileChangeKind, ToolKind
from minga.domain.ids import AgentName
from minga.domain.transcript import FileChangePart, ImagePart, ReasoningPart, TextPart, ToolCallPart
from minga.sessions.formats import records
from minga.sessions.formats.fitting import argument_text, argument_value, image_of
from minga.sessions.formats.records import Json
from minga.sessions.formats.values import inside, listed

AGENT = AgentName("codex")

KINDS = {
    "apply_patch": ToolKind.EDIT,
    "container.exec": ToolKind.SHELL,
    "exec": ToolKind.SHELL,  # JavaScript that runs commands and patches: the one tool of GPT-6 models
    "exec_command": ToolKind.SHELL,
    "grep_files": ToolKind.SEARCH,
    "list_dir": ToolKind.READ,
    "local_shell": ToolKind.SHELL,
    "read_file": ToolKind.READ,
    "shell": ToolKind.SHELL,
    "shell_command": ToolKind.SHELL,
    "unified_exec": ToolKind.SHELL,
    "view_image": ToolKind.READ,
    "web_search": ToolKind.WEB,
    "write_stdin": ToolKind.SHELL,
}
"""What each tool of Codex does; those of MCP servers are named ``mcp__…``."""

CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call", "tool_search_call"})
OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output", "tool_search_output"})
DONE_CALLS = frozenset({"web_search_call", "image_generation_call"})
"""Calls of tools that the vendor runs: their result is in the item itself, or nowhere."""

INJECTED = (
    ("<environment_context>", "</environment_context>"),
    ("# AGENTS.md instructions", "</INSTRUCTIONS>"),
    ("<user_instructions>", "</user_instructions>"),
    ("<skill>", "</skill>"),
    ("<turn_aborted>", "</turn_aborted>"),
    ("<subagent_notification>", "</subagent_notification>"),
    ("<hook_prompt", "</hook_prompt>"),
    ("<current_time_reminder>", "</current_time_reminder>"),
    ("<rollout_budget>", "</rollout_budget>"),
    ("<command_sessions>", "</command_sessions>"),
    ("<model_instructions>", "</model_instructions>"),
)
"""How texts begin and end that Codex puts beside those of the person. Newer files also say it in words (`_is_told`)."""

_TOLD = re.compile(r"user\.|images\.|audio\.|unknown$|$|shell\.user_command$|compaction\.summary$")
"""Kinds of contents (``content_item_kinds``) that a person gave or did."""

_WRAPPER = re.compile(r"<image(?: name=[^>]*)?>|</image>")
"""Texts that Codex puts around a picture."""

_EXIT = re.compile(r"(?:\A|\n)(?:Process exited with code|Exit code:) (-?\d+)")
_FAILED = re.compile(
    r"Script failed|aborted|execution error|exec_command failed|apply_patch (?:verification )?failed|"
    r"failed to parse|unsupported (?:custom tool )?call|patch rejected|command (?:rejected|denied)",
    re.IGNORECASE,
)


def said(payload: Json) -> tuple[list[TextPart | ImagePart], list[str]]:
    """What a person or the model said in a ``message``, and why each content that is neither was not understood."""
    parts: list[TextPart | ImagePart] = []
    unknown: list[str] = []
    contents = payload.get("content")
    if isinstance(contents, str):
        contents = [{"type": "input_text", "text": contents}]
    if not isinstance(contents, list):
        return [], ["a message without contents"]
    kinds = _kinds(payload, contents)
    for content, kind in zip(contents, kinds, strict=True):
        content = records.record(content)
        match content.get("type"):
            case "input_text" | "output_text" if isinstance(text := content.get("text"), str):
                if payload.get("role") == "assistant" or _is_told(text, kind):
                    parts.append(TextPart(text))
            case "refusal" if isinstance(text := content.get("refusal"), str):
                parts.append(TextPart(text))
            case "input_image" if image := image_of(content.get("image_url")):
                parts.append(image)
            case "input_image":
                unknown.append("a picture that is not in the file")
            case other:
                unknown.append(f"a content of the type {str(other)[:100]!r}")
    return parts, unknown


def _kinds(payload: Json, contents: Sequence[object]) -> Sequence[str | None]:
    """What each content is, where the file says so for all of them."""
    passed = records.record(payload.get("internal_chat_message_metadata_passthrough"))
    kinds = listed(passed.get("content_item_kinds"))
    stated = len(kinds) == len(contents) and all(isinstance(kind, str) for kind in kinds)
    return kinds if stated else [None] * len(contents)


def _is_told(text: str, kind: str | None) -> bool:
    if _WRAPPER.fullmatch(text.strip()):
        return False
    if kind is not None:
        return _TOLD.match(kind) is not None
    lowered = text.strip().lower()
    return not any(lowered.startswith(begin.lower()) and lowered.endswith(end.lower()) for begin, end in INJECTED)


def reasoning(payload: Json) -> ReasoningPart:
    shown = [*listed(payload.get("summary")), *listed(payload.get("content"))]
    texts = [text for part in shown if (text := records.text(records.record(part).get("text")))]
    opaque = {key: value for key, value in payload.items() if key != "internal_chat_message_metadata_passthrough"}
    return ReasoningPart("\n\n".join(texts), AGENT, argument_text(opaque))


def call(payload: Json, call_id: str) -> ToolCallPart:
    """A call as it stands in an item of ``CALLS`` or ``DONE_CALLS``."""
    kind = payload["type"]
    name, arguments = records.text(payload.get("name")) or str(kind).removesuffix("_call"), "{}"
    if kind == "function_call":
        arguments = _arguments(payload.get("arguments"))
    elif kind == "custom_tool_call":
        arguments = argument_text(records.text(payload.get("input")))
    elif kind in ("local_shell_call", "web_search_call"):
        arguments = argument_text(records.record(payload.get("action")))
    elif kind == "tool_search_call":
        arguments = argument_text(records.record(payload.get("arguments")))
    elif kind == "image_generation_call":
        arguments = argument_text({"prompt": records.text(payload.get("revised_prompt"))})
    namespace = records.text(payload.get("namespace"))
    full = name if namespace in ("", "functions") else f"{namespace.rstrip('_')}__{name}"
    return ToolCallPart(call_id, full, _kind(full), arguments)


def _arguments(given: object) -> str:
    """JSON text; arguments that are none (the model wrote them so) become a JSON string."""
    text = given if isinstance(given, str) else argument_text(given)
    return text if not isinstance(argument_value(text), str) else argument_text(argument_value(text))


def _kind(name: str) -> ToolKind:
    return ToolKind.MCP if name.startswith("mcp__") else KINDS.get(name, ToolKind.OTHER)


def output(payload: Json) -> tuple[str, tuple[ImagePart, ...], list[str]]:
    """Text and pictures of a result, and why a content of it was not understood."""
    given = payload.get("tools") if payload.get("type") == "tool_search_output" else payload.get("output")
    if isinstance(given, str):
        return given, (), []
    if payload.get("type") == "tool_search_output" or isinstance(given, dict):
        return argument_text(given), (), []
    contents = [records.record(content) for content in listed(given)]
    texts = [text for content in contents if (text := records.text(content.get("text")))]
    images = [image for content in contents if (image := image_of(content.get("image_url")))]
    known = ("input_text", "input_image")
    unknown = [f"a content of the type {str(kind)[:100]!r}" for c in contents if (kind := c.get("type")) not in known]
    if not isinstance(given, list):
        unknown.append("a result without an output")
    lines = [text if text.endswith("\n") else f"{text}\n" for text in texts[:-1]]
    return "".join([*lines, *texts[-1:]]), tuple(images), unknown


def done_output(payload: Json) -> tuple[str, tuple[ImagePart, ...]]:
    """The result of a call of ``DONE_CALLS``."""
    data = payload.get("result")
    image = records.picture("image/png", data) if payload.get("type") == "image_generation_call" else None
    return "", (image,) if image else ()


def succeeded(text: str) -> bool:
    """Whether the text of a result is that of a success, as far as Codex's own tools word it."""
    start = text[:1000]
    if found := _EXIT.search(start):
        return found[1] == "0"
    if start.startswith('{"output"') and len(text) < 1_000_000:
        metadata = records.record(records.record(argument_value(text)).get("metadata"))
        return metadata.get("exit_code") in (0, None)
    return _FAILED.match(start) is None


def changed_files(changes: object, cwd: str) -> Iterator[FileChangePart]:
    """The files of an applied patch: path -> what was done. A move is a deletion and an addition."""
    for path, change in records.record(changes).items():
        change = records.record(change)
        kinds: dict[str, FileChangeKind] = {"add": "added", "delete": "deleted"}
        kind = kinds.get(records.text(change.get("type")), "modified")
        if moved := records.text(change.get("move_path")):
            yield FileChangePart(inside(path, cwd), "deleted")
            path, kind = moved, "added"
        yield FileChangePart(inside(path, cwd), kind)


def summary(payload: Json) -> str:
    """What the model saw, from a ``compacted`` line on, in the place of what was before: the texts that were kept and
    the summary. Empty where all or part of that is encrypted."""
    texts: list[str] = []
    for item in listed(payload.get("replacement_history")):
        item = records.record(item)
        if item.get("type") in ("compaction", "context_compaction") and item.get("encrypted_content"):
            return ""
        if item.get("type") == "message" and item.get("role") in ("user", "assistant"):
            texts += [part.text for part in said(item)[0] if isinstance(part, TextPart) and part.text.strip()]
    message = records.text(payload.get("message"))
    if message.strip() and not any(message in text for text in texts):
        texts.append(message)
    return "\n\n".join(texts)


def between_agents(payload: Json) -> tuple[str, str]:
    """A message between agents: the chain it belongs to (the agent that is not the root one), and its text."""
    author, recipient = records.text(payload.get("author")), records.text(payload.get("recipient"))
    content = payload.get("content")
    texts = [content] if isinstance(content, str) else [records.record(part).get("text") for part in listed(content)]
    chain = next((name for name in (author, recipient) if name not in ("", "/root")), "agents")
    return chain, "\n".join(text for text in texts if isinstance(text, str) and text)


def raw(value: object) -> bytes:
    return msgspec.json.encode(value)
