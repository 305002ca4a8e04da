"""What Claude Code says on standard output, translated into events.

Source of the shapes: measured with 2.1.330, and types.py of github.com/anthropics/claude-agent-sdk-python.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from minga.agents.drivers.stream_json_failures import Result, call_failure, final_failure
from minga.agents.drivers.stream_json_usage import OwnUsage, Spending
from minga.agents.facts import Facts
from minga.agents.login import how_to_log_in_for
from minga.agents.paths import is_inside, relative
from minga.agents.permissions import inside_only
from minga.domain.agents import Launch
from minga.domain.events import (
    CallFailed,
    Event,
    Failed,
    FileChange,
    Finished,
    NativeSession,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    PlanShown,
    PlanStep,
    RateLimit,
    Reasoning,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import NativeId
from minga.infrastructure.clock import Clock
from minga.infrastructure.jsonlines import Json

TITLE_CHARACTERS_MAX = 120

_PLAN_TOOL = "TodoWrite"
_STEP_STATES = {"pending": "pending", "in_progress": "in-progress", "completed": "done"}
_SYNTHETIC_MODEL = "<synthetic>"
"""Model name of the messages that the CLI writes itself, such as the text of an error."""


class Block(msgspec.Struct, frozen=True):
    """A content block of a message: text, tool_use or tool_result; others have only a type."""

    type: str = ""
    text: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Any] = {}
    tool_use_id: str = ""
    content: str | list[Any] | None = None
    is_error: bool | None = None


class Body(msgspec.Struct, frozen=True):
    id: str = ""
    model: str = ""
    content: str | list[Block] = ""
    usage: OwnUsage = OwnUsage()

    @property
    def blocks(self) -> list[Block]:
        return self.content if isinstance(self.content, list) else []


class Said(msgspec.Struct, frozen=True):
    """An ``assistant`` or ``user`` message. ``error`` names the failure of a message that the CLI wrote itself.
    ``tool_use_result`` is the tool's own result, structured where the tool is the CLI's."""

    message: Body
    parent_tool_use_id: str | None = None
    error: str = ""
    tool_use_result: Any = None


class Delta(msgspec.Struct, frozen=True):
    type: str = ""
    text: str = ""
    thinking: str = ""


class Piece(msgspec.Struct, frozen=True):
    type: str = ""
    message: Body = Body()
    delta: Delta = Delta()
    usage: OwnUsage = OwnUsage()


class Streamed(msgspec.Struct, frozen=True):
    event: Piece
    parent_tool_use_id: str | None = None


class ServerState(msgspec.Struct, frozen=True):
    name: str = ""
    status: str = ""


class System(msgspec.Struct, frozen=True):
    """A ``system`` message: ``init``, ``api_retry``, ``permission_denied``, ``compact_boundary`` and others."""

    subtype: str = ""
    session_id: str = ""
    model: str = ""
    mcp_servers: list[ServerState] = []
    error: str = "unknown"
    error_status: int | None = None
    retry_delay_ms: float = 0
    tool_name: str = ""
    tool_use_id: str = ""
    message: str = ""


class LimitInfo(msgspec.Struct, frozen=True, rename="camel"):
    """``utilization`` is a fraction, ``resets_at`` seconds since 1970."""

    status: str = ""
    rate_limit_type: str = ""
    utilization: float | None = None
    resets_at: float | None = None


class LimitMessage(msgspec.Struct, frozen=True):
    rate_limit_info: LimitInfo


@dataclass(slots=True)
class _Turn:
    """What is known of the running prompt. ``streamed``: ids of messages whose text came in pieces."""

    named: bool = False
    message_id: str = ""
    streamed: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    breaks: bool = False
    error: str = ""
    limit_ends: datetime | None = None


class Translator:
    """Turns messages into events. Knows what was called, asked and spent over the whole life of one process."""

    def __init__(self, launch: Launch, facts: Facts, clock: Clock) -> None:
        self._cwd = launch.cwd
        self._inside_only = inside_only(launch)
        self._only_reads = launch.only_reads
        self._facts = facts
        self._login = how_to_log_in_for(launch, facts)
        self._clock = clock
        self._session = NativeSession(NativeId(""))
        self._resume = launch.resume
        self._spending = Spending(launch)
        self._calls: dict[str, Block] = {}
        self._asked: set[str] = set()
        self._turn = _Turn()

    def begin(self) -> None:
        """A new prompt begins."""
        self._turn = _Turn()

    def events(self, message: Json) -> Iterator[Event]:
        """The events of one message. A message that does not have its known shape is skipped, except a ``result``:
        that one is a failure, for nothing else would end the prompt."""
        try:
            match message.get("type"):
                case "stream_event":
                    yield from self._piece(msgspec.convert(message, Streamed))
                case "assistant":
                    yield from self._assistant(msgspec.convert(message, Said))
                case "user":
                    yield from self._results(msgspec.convert(message, Said))
                case "system":
                    yield from self._system(msgspec.convert(message, System))
                case "rate_limit_event":
                    yield self._limit(msgspec.convert(message, LimitMessage).rate_limit_info)
                case "result":
                    yield from self._result(message)
                case _:
                    return
        except msgspec.ValidationError as wrong:
            if message.get("type") == "result":
                yield Failed(Failure(FailureCode.CRASHED, f"a result that cannot be read: {wrong}"))

    def request(self, request_id: str, tool: str, given: Mapping[str, Any], call_id: str) -> PermissionRequested:
        """The question about one tool call. An edit outside the working directory is no ``EDIT``: the policy that
        allows edits does so inside it only. Nor is a read of others."""
        self._asked.add(call_id)
        kind = ToolKind.READ if self._only_reads(tool) else self.kind(tool)
        path = _path(given)
        detail = self._detail(kind, given)
        title = self.title(tool, given)
        if kind in self._inside_only and not is_inside(path, self._cwd):
            return PermissionRequested(request_id, call_id, ToolKind.OTHER, f"{title} (outside {self._cwd})", detail)
        return PermissionRequested(request_id, call_id, kind, title, detail)

    def kind(self, tool: str) -> ToolKind:
        if tool.startswith("mcp__"):
            return ToolKind.MCP
        return ToolKind(self._facts.tool_kinds.get(tool, "other"))

    def title(self, tool: str, given: Mapping[str, Any]) -> str:
        kind = self.kind(tool)
        if kind in (ToolKind.MCP, ToolKind.OTHER):
            return f"{tool} {given.get('description') or ''}".strip()[:TITLE_CHARACTERS_MAX]
        line = self._detail(kind, given).strip().partition("\n")[0]
        return (line if kind is ToolKind.SHELL else f"{tool} {line}")[:TITLE_CHARACTERS_MAX]

    def _detail(self, kind: ToolKind, given: Mapping[str, Any]) -> str:
        if kind in (ToolKind.EDIT, ToolKind.READ) and _path(given):
            return relative(_path(given), self._cwd)
        for name in ("command", "pattern", "url", "query", "description"):
            if isinstance(given.get(name), str):
                return str(given[name])
        return msgspec.json.encode(given).decode()

    def _piece(self, streamed: Streamed) -> Iterator[Event]:
        piece, stream = streamed.event, streamed.parent_tool_use_id
        if piece.type == "message_start":
            self._spending.begin(stream, piece.message.id, piece.message.model, piece.message.usage)
        elif piece.type == "message_delta":
            yield from self._spending.end(stream, piece.usage)
        if stream is not None:
            return
        if piece.type == "message_start":
            self._turn.message_id = piece.message.id
            self._turn.streamed.discard(piece.message.id)
            self._turn.breaks = True
        elif piece.type == "content_block_start":
            self._turn.breaks = True
        elif piece.delta.type == "text_delta" and piece.delta.text:
            self._turn.streamed.add(self._turn.message_id)
            yield self._text(piece.delta.text)
        elif piece.delta.type == "thinking_delta" and piece.delta.thinking:
            yield Reasoning(piece.delta.thinking)

    def _text(self, text: str) -> Text:
        """Pieces of different blocks are parted by an empty line: the CLI gives none, and they are not one sentence."""
        turn = self._turn
        if turn.breaks and turn.said:
            text = "\n\n" + text
        turn.breaks = False
        turn.said.append(text)
        return Text(text)

    def _assistant(self, said: Said) -> Iterator[Event]:
        if said.message.model == _SYNTHETIC_MODEL:
            self._turn.error = said.error or self._turn.error
            return
        message = said.message
        yield from self._spending.said(said.parent_tool_use_id, message.id, message.model, message.usage)
        for block in message.blocks:
            if block.type == "tool_use":
                self._calls[block.id] = block
                yield self._plan(block) if block.name == _PLAN_TOOL else self._call(block)
            elif block.type == "text" and block.text and self._is_news(said):
                self._turn.breaks = True
                yield self._text(block.text)

    def _is_news(self, said: Said) -> bool:
        """Whether a message's text belongs to the answer and did not come in pieces before."""
        return said.parent_tool_use_id is None and said.message.id not in self._turn.streamed

    def _call(self, block: Block) -> ToolCall:
        given = msgspec.json.encode(block.input).decode()
        return ToolCall(block.id, block.name, self.kind(block.name), self.title(block.name, block.input), given)

    def _plan(self, block: Block) -> PlanShown:
        todos = block.input.get("todos")
        return PlanShown(tuple(_steps(todos if isinstance(todos, list) else [])))

    def _results(self, said: Said) -> Iterator[Event]:
        for block in said.message.blocks:
            if block.type != "tool_result":
                continue
            call = self._calls.pop(block.tool_use_id, None)
            if call is not None and call.name == _PLAN_TOOL:
                continue
            ok = not block.is_error
            yield ToolResult(block.tool_use_id, ok, _output(block.content))
            if ok and call is not None and self.kind(call.name) is ToolKind.EDIT:
                yield self._change(call, said.tool_use_result)

    def _change(self, call: Block, outcome: Any) -> FileChange:
        known = outcome if isinstance(outcome, dict) else {}
        path = known.get("filePath") or _path(call.input)
        return FileChange(
            relative(str(path), self._cwd), "added" if known.get("type") == "create" else "modified", call.id
        )

    def _system(self, system: System) -> Iterator[Event]:
        match system.subtype:
            case "init":
                yield from self._init(system)
            case "api_retry":
                resumes = self._clock.now() + timedelta(milliseconds=system.retry_delay_ms)
                yield CallFailed(call_failure(system.error, system.error_status, resumes), will_retry=True)
            case "permission_denied" if system.tool_use_id not in self._asked:
                call = self._calls.get(system.tool_use_id)
                given = call.input if call else {}
                request = self.request(system.tool_use_id, system.tool_name, given, system.tool_use_id)
                yield request
                yield PermissionAnswered(
                    request.request_id, False, "policy", system.message or "refused by Claude Code"
                )
            case "compact_boundary":
                yield Notice("Claude Code summarised the conversation so far to make room.")
            case _:
                return

    def _init(self, system: System) -> Iterator[Event]:
        """Comes with every prompt, and only after it was sent. A CLI that names another session than it was to resume
        has dropped the history, and would answer without it."""
        if self._resume not in (None, system.session_id):
            title, asked = self._facts.title, self._resume
            forgot = Failure(FailureCode.SESSION_UNKNOWN, f"{title} began a new session instead of resuming {asked!r}.")
            yield Failed(forgot)
            return
        self._resume = None
        session = NativeSession(NativeId(system.session_id), system.model)
        known, self._session = session == self._session, session
        if not (known and self._turn.named):
            self._turn.named = True
            yield session
        if known:
            return
        self._spending.model = system.model
        for server in system.mcp_servers:
            if server.status in ("failed", "needs-auth"):
                yield Notice(f"The MCP server {server.name!r} cannot be used: {server.status}.")

    def _limit(self, info: LimitInfo) -> RateLimit:
        resets_at = datetime.fromtimestamp(info.resets_at, UTC) if info.resets_at else None
        reached = info.status == "rejected"
        if reached:
            self._turn.limit_ends = resets_at
        used = None if info.utilization is None else min(100.0, info.utilization * 100)
        return RateLimit(info.rate_limit_type or "usage", used, resets_at, reached)

    def _result(self, message: Json) -> Iterator[Event]:
        result = msgspec.convert(message, Result)
        yield from self._spending.since_last(message)
        if not result.ends_prompt:
            return
        if (result.terminal_reason or "").startswith("aborted"):
            yield Failed(Failure(FailureCode.UNCLASSIFIED, "the prompt was stopped before its answer was complete"))
        elif result.is_error or result.subtype != "success":
            turn = self._turn
            yield Failed(final_failure(result, turn.error, turn.limit_ends, self._login))
        else:
            yield Finished(result.result or "".join(self._turn.said))


def _path(given: Mapping[str, Any]) -> str:
    for name in ("file_path", "notebook_path", "path"):
        if isinstance(given.get(name), str):
            return str(given[name])
    return ""


def _steps(todos: list[Any]) -> Iterator[PlanStep]:
    for todo in todos:
        if isinstance(todo, dict) and isinstance(todo.get("content"), str):
            match _STEP_STATES.get(str(todo.get("status"))):
                case "in-progress":
                    yield PlanStep(todo["content"], "in-progress")
                case "done":
                    yield PlanStep(todo["content"], "done")
                case _:
                    yield PlanStep(todo["content"], "pending")


def _output(content: str | list[Any] | None) -> str:
    """The text of a tool's result; other parts, such as images, are named in brackets."""
    if not isinstance(content, list):
        return content or ""
    parts = [part for part in content if isinstance(part, dict)]
    return "\n".join(str(part.get("text") or f"[{part.get('type')}]") for part in parts)
