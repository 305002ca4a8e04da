"""A model request in words that are the same on every wire: messages, tool results and offered tools."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from minga.testing.script import Wire

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the request offers. ``freeform`` tools take text (a patch) in place of JSON arguments."""

    name: str
    schema: Mapping[str, Any]
    namespace: str | None = None
    freeform: bool = False


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the client says a tool call gave."""

    call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call in the history of a request; ``input`` is its arguments as JSON values (or text, as it was sent)."""

    call_id: str
    name: str
    input: object


@dataclass(frozen=True, slots=True)
class Message:
    """One message or item. ``calls`` are the tool calls of an assistant message; ``pictures`` counts those of a person
    or of a tool's result."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: tuple[ToolUse, ...] = ()
    result: ToolResult | None = None
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request for an answer. ``answer_schema`` is the JSON Schema that the answer must fit, where one is asked."""

    wire: Wire
    model: str
    stream: bool
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    answer_schema: Mapping[str, Any] | None = None
    wants_usage: bool = True
    tokens_max: int | None = None

    @property
    def system_text(self) -> str:
        return "\n".join(message.text for message in self.messages if message.role == "system")

    @property
    def user_texts(self) -> tuple[str, ...]:
        return tuple(message.text for message in self.messages if message.role == "user" and message.text)

    @property
    def assistant_texts(self) -> tuple[str, ...]:
        return tuple(message.text for message in self.messages if message.role == "assistant" and message.text)

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        return tuple(message.result for message in self.messages if message.result is not None)

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Names of the offered tools; those in a namespace as ``namespace/name``."""
        return tuple(f"{tool.namespace}/{tool.name}" if tool.namespace else tool.name for tool in self.tools)

    @property
    def last_user_text(self) -> str:
        """All that the user said since the last finished answer, so also after tool calls in between."""
        return "\n".join(message.text for message in self._open_turn() if message.role == "user")

    @property
    def has_tool_result(self) -> bool:
        """Whether the client sent tool results after the newest assistant message."""
        for message in reversed(self.messages):
            if message.role == "assistant":
                return False
            if message.result is not None:
                return True
        return False

    @property
    def is_side_call(self) -> bool:
        """Whether a CLI made this call behind the conversation: it offers no tool, and either has instructions of its
        own (title, classifier), asks for JSON of a schema, or wants a single token (quota probe)."""
        if self.tools:
            return False
        return bool(self.system_text) or self.answer_schema is not None or self.tokens_max == 1

    def _open_turn(self) -> tuple[Message, ...]:
        newest: list[Message] = []
        calls_follow = False
        for message in reversed(self.messages):
            if message.role == "assistant" and not message.calls and not calls_follow:
                break
            calls_follow = bool(message.calls) or (calls_follow and message.role == "assistant")
            newest.append(message)
        return tuple(reversed(newest))


def parsed(text: object) -> object:
    """Arguments that a wire sends as JSON text, as values; what is no JSON stays as it is."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def pictures_in(content: object) -> int:
    """How many pictures a content value holds, in the shapes of every wire."""
    if isinstance(content, list):
        return sum(pictures_in(part) for part in content)
    if not isinstance(content, dict):
        return 0
    kind = str(content.get("type", ""))
    inline = content.get("inlineData") or {}
    media_type = str(inline.get("mimeType") or inline.get("mime_type") or "")  # Google takes both, its SDK writes both
    shown = kind in ("image", "image_url", "input_image") or media_type.startswith("image/")
    return 1 if shown else 0


def text_of(content: object) -> str:
    """The text of a content value: a string, or a list of parts of which those with ``text`` count."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text for part in content if (text := text_of(part)))
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("content") or "")
    return ""
