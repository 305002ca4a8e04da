"""Reading the sessions of Qwen Code: each line of a turn is a message. Facts measured with, or read in, 0.24.4."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from minga.domain.events import ToolKind, Usage
from minga.domain.ids import AgentName
from minga.domain.transcript import (
    CompactionPart,
    FileChangePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats.fitting import argument_text
from minga.sessions.formats.format import About, Head, NativeFile, Read, SetAside
from minga.sessions.formats.lines import Line, read_lines
from minga.sessions.formats.project_lines import session_above
from minga.sessions.formats.project_reading import (
    Chain,
    about,
    aside,
    count,
    entries,
    fields,
    id_of,
    kind_of,
    moment,
    stands_in,
    string,
)
from minga.sessions.formats.records import Json, picture
from minga.sessions.formats.values import inside, printed

AGENT = AgentName("qwen")

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "tool_result": "tool"}

UNSAID = frozenset({"notification", "cron", "goal_runtime"})
"""Lines of type ``user`` that the CLI wrote itself: ends of background tasks, schedules, goals."""

RECORDS = frozenset(
    {
        "agent_bootstrap",
        "agent_launch_prompt",
        "agent_retry",
        "agent_session_ready",
        "at_command",
        "attribution_snapshot",
        "background_task_completed",
        "branch_checkpoint",
        "custom_title",
        "file_history_snapshot",
        "goal_state",
        "goal_turn_end",
        "omni_recall",
        "parent_session",
        "rewind",
        "session_model",
        "session_source",
        "slash_command",
        "turn_result",
        "ui_telemetry",
        "user_text_elements",
    }
)
"""Lines of type ``system`` that hold no words of the conversation: state of the interface and of the file history, and
telemetry, which repeats the answers. They are links of the chain."""

ASIDE_RECORDS = frozenset(
    {
        "managed_session_commit_v1",
        "managed_session_event_v1",
        "managed_session_header_v1",
        "session_artifact_event",
        "session_artifact_snapshot",
        "session_sources_snapshot",
    }
)
"""The same, but beside the chain: where one is the last line, the conversation stands elsewhere."""

ACKNOWLEDGED = "Got it. Thanks for the additional context!"
"""What the CLI lets the model say to a summary. A compression without it only clears old outputs of tools."""

FILES_BEGIN, FILES_END = "--- Content from referenced files ---", "--- End of content ---"
"""Between these parts the CLI adds the files that the person named with @."""

INJECTED = ("system-reminder", "qwen:user-prompt-submit-context")
"""Tags around what the CLI and the person's hooks add to a prompt."""

KINDS = {
    ToolKind.SHELL: frozenset({"run_shell_command"}),
    ToolKind.EDIT: frozenset({"edit", "write_file", "notebook_edit", "replace"}),
    ToolKind.READ: frozenset({"read_file", "read_many_files", "zoom_image"}),
    ToolKind.SEARCH: frozenset({"glob", "grep_search", "list_directory", "search_file_content"}),
    ToolKind.WEB: frozenset({"web_fetch", "web_search"}),
}


def read(file: NativeFile) -> Iterator[Read]:
    """Yield what a session holds. Raises OSError."""
    parent = session_above(file.path)
    chain = printed(file.path.stem.removeprefix("agent-")) if parent else ""
    return _Reader(file, parent, chain).read()


@dataclass(slots=True)
class _Pieces:
    """What one line comes to."""

    parts: list[Part] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)


class _Reader:
    def __init__(self, file: NativeFile, parent: str, side_chain: str) -> None:
        self._file = file
        self._parent = parent
        self._side_chain = side_chain
        self._chain = Chain()
        self._head = ""
        self._begun = False

    def read(self) -> Iterator[Read]:
        if self._parent:
            yield About(self._file.native_id, parent=self._parent)
        for line in read_lines(self._file.path):
            if isinstance(line, SetAside):
                self._chain.gap()
                yield line
                continue
            try:
                yield from list(self._line(line))
            except RecursionError:
                self._chain.skip(line.value)
                yield aside(line, "nested too deeply")
            self._chain.passed(line.value)
        if self._head and not self._side_chain:
            yield Head(self._head)

    def _line(self, line: Line) -> Iterator[Read]:
        kind, subtype = string(line.value, "type"), string(line.value, "subtype")
        if not self._begun and kind in (*ROLES, "system"):
            self._begun = True
            yield about(self._file.native_id, line.value, self._parent)
        if kind == "system" and subtype in ASIDE_RECORDS:
            return
        if kind in ROLES and subtype not in UNSAID and string(line.value, "provenance") != "system":
            yield from self._message(line, ROLES[kind])
        elif kind == "system" and subtype == "chat_compression":
            yield from self._compression(line)
        elif kind in ROLES or (kind == "system" and subtype in RECORDS):
            self._chain.skip(line.value)
            if title := string(fields(line.value, "systemPayload"), "customTitle"):
                yield About(self._file.native_id, title=title, parent=self._parent)
        else:
            self._chain.skip(line.value)
            yield aside(line, f"a line of unknown type {kind[:40]!r} {subtype[:40]!r}")
        if line.value.get("isSidechain") is not True:
            self._head = self._chain.at(line.value.get("uuid")) or self._head

    def _message(self, line: Line, role: Role) -> Iterator[Read]:
        own = id_of(line.value)
        if not own:
            self._chain.gap()
            yield aside(line, "a message without an id")
            return
        pieces = _Pieces()
        if not isinstance(fields(line.value, "message").get("parts"), list):
            pieces.aside.append(aside(line, "a message without parts"))
        for part in _said(entries(fields(line.value, "message"), "parts"), role):
            self._part(line, role, part, pieces)
        yield from pieces.aside
        usage = _usage(line.value) if role == "assistant" else None
        if not pieces.parts and usage is None:
            self._chain.skip(line.value)
            return
        yield self._made(line, own, role, pieces.parts, usage)

    def _made(self, line: Line, own: str, role: Role, parts: list[Part], usage: Usage | None) -> Message:
        """A line with the id of one before it goes on with that message: it hangs on it, with an id of its own."""
        parent = self._chain.above(line.value)
        key = own
        if not self._chain.is_new(own):
            parent, key = self._chain.at(own), f"{own}#{line.number}"
            self._chain.stand(own, key)
        return Message(
            key,
            parent,
            moment(line.value),
            role,
            tuple(parts),
            AGENT,
            model=string(line.value, "model") if role == "assistant" else "",
            usage=usage,
            chain=self._side_chain or (string(line.value, "agentId") if line.value.get("isSidechain") is True else ""),
        )

    def _part(self, line: Line, role: Role, part: object, pieces: _Pieces) -> None:
        if text := string(part, "text"):
            if isinstance(part, dict) and part.get("thought") is True:
                signed = argument_text(part) if string(part, "thoughtSignature") else ""
                pieces.parts.append(ReasoningPart(text, AGENT, signed))
            elif role == "tool" and pieces.parts and isinstance(last := pieces.parts[-1], ToolResultPart):
                pieces.parts[-1] = ToolResultPart(last.call_id, last.ok, f"{last.output}\n{text}", last.images)
            else:
                pieces.parts.append(TextPart(text))
        elif call := fields(part, "functionCall"):
            name = string(call, "name")
            if not isinstance(call.get("args"), dict):
                pieces.aside.append(aside(line, "a tool call without arguments", part))
            arguments = argument_text(call.get("args") or {})
            pieces.parts.append(ToolCallPart(string(call, "id"), name, kind_of(name, KINDS), arguments))
        elif response := fields(part, "functionResponse"):
            self._result(line, response, pieces)
        elif isinstance(part, dict) and (image := _image(part)):
            if pieces.parts and isinstance(last := pieces.parts[-1], ToolResultPart):
                pieces.parts[-1] = ToolResultPart(last.call_id, last.ok, last.output, (*last.images, image))
            else:
                pieces.parts.append(image)
        elif not (isinstance(part, dict) and (part.get("text") == "" or "thoughtSignature" in part)):
            pieces.aside.append(aside(line, "a part of unknown form", part))

    def _result(self, line: Line, response: Json, pieces: _Pieces) -> None:
        said = fields(response, "response")
        result = fields(line.value, "toolCallResult")
        failed = "error" in said or string(result, "status") in ("error", "cancelled")
        texts = [value for key in ("output", "error", "content") if (value := said.get(key)) is not None]
        output = texts[0] if texts and isinstance(texts[0], str) else argument_text(texts[0]) if texts else ""
        if not texts:
            output = argument_text(said) if said else ""
            pieces.aside.append(aside(line, "a tool result without output", response))
        images: list[ImagePart] = []
        for part in entries(response, "parts"):
            image = _image(part)
            if image is None:
                pieces.aside.append(aside(line, "a part of a tool result that is no picture", part))
            else:
                images.append(image)
        call_id = string(response, "id")
        pieces.parts.append(ToolResultPart(call_id, not failed, output, tuple(images)))
        shown = fields(result, "resultDisplay")
        if not failed and (path := string(shown, "filePath")) and "newContent" in shown:
            path = inside(path, string(line.value, "cwd"))
            change = FileChangePart(path, "modified" if shown.get("originalContent") else "added", call_id)
            pieces.parts.append(change)

    def _compression(self, line: Line) -> Iterator[Read]:
        """The model goes on with a history that the line holds: a summary, files and pictures that it had seen, and
        calls that still wait for results."""
        history = entries(fields(line.value, "systemPayload"), "compressedHistory")
        own = id_of(line.value)
        opening = [string(part, "text") for content in history[:2] for part in entries(content, "parts")[:1]]
        if not own or opening[1:2] != [ACKNOWLEDGED] or not self._chain.is_new(own):
            self._chain.skip(line.value)
            return
        shown, waiting = _Pieces(), _Pieces()
        for content in history:
            asked = string(content, "role") == "user"
            for part in entries(content, "parts"):
                if asked or fields(part, "functionCall"):
                    self._part(line, "user", part, shown if asked else waiting)
        yield from (*shown.aside, *waiting.aside)
        summary = "\n\n".join(part.text for part in shown.parts if isinstance(part, TextPart))
        pictures = (part for part in shown.parts if isinstance(part, ImagePart))
        parent, at = self._chain.above(line.value), moment(line.value)
        yield Message(own, parent, at, "user", (CompactionPart(summary), *pictures), AGENT, chain=self._side_chain)
        if waiting.parts:
            calls = f"{own}#calls"
            self._chain.stand(own, calls)
            yield Message(calls, own, at, "assistant", tuple(waiting.parts), AGENT, chain=self._side_chain)


def _said(parts: list[object], role: Role) -> Iterator[object]:
    """The parts without those that the CLI added to what the person said."""
    adding = False
    for part in parts:
        text = string(part, "text").strip() if role == "user" else ""
        adding = adding or text.startswith(FILES_BEGIN)
        if not adding and not (text and stands_in(text, INJECTED)):
            yield part
        adding = adding and not text.endswith(FILES_END)


def _image(part: object) -> ImagePart | None:
    data = fields(part, "inlineData")
    return picture(data.get("mimeType"), data.get("data"))


def _usage(line: Json) -> Usage | None:
    """``promptTokenCount`` includes the cached ones; whether ``candidatesTokenCount`` includes the thoughts shows in
    the total."""
    used = fields(line, "usageMetadata")
    asked, cached = count(used, "promptTokenCount"), count(used, "cachedContentTokenCount")
    answered, thought = count(used, "candidatesTokenCount"), count(used, "thoughtsTokenCount")
    output = max(0, count(used, "totalTokenCount") - asked) or answered + (thought if answered <= thought else 0)
    if not asked and not output:
        return None
    return Usage(string(line, "model"), max(0, asked - cached), min(cached, asked), 0, output, min(thought, output))
