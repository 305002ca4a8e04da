"""From ACP's ``session/update`` to Minga's events, for one prompt.

Options read here: ``tool_name`` is ``title`` where the first title of a call is the tool's name; ``tool_id_pattern`` is
a regular expression whose group is the tool's name inside the call id; ``mcp_tool`` one that matches the names of MCP
tools, in which ``${servers}`` stands for the names of the servers of this run; ``notice_text`` one for message chunks
that are the CLI's own words, ``error_text`` one for those that word a failure; ``calls`` is ``record`` where arguments
and results of tool calls stand in the agent's own record only (`acp_records`): the end of a call waits for it.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from minga.agents.drivers.acp_records import RecordedCall
from minga.agents.facts import Facts
from minga.agents.paths import is_inside, relative
from minga.agents.permissions import inside_only
from minga.domain.agents import Launch
from minga.domain.events import (
    UNTOLD,
    Event,
    FileChange,
    Notice,
    PermissionRequested,
    PlanShown,
    PlanStep,
    Reasoning,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
)
from minga.infrastructure.jsonlines import Json

KINDS = {
    "read": ToolKind.READ,
    "search": ToolKind.SEARCH,
    "edit": ToolKind.EDIT,
    "delete": ToolKind.EDIT,
    "move": ToolKind.EDIT,
    "execute": ToolKind.SHELL,
    "fetch": ToolKind.WEB,
}
"""ACP's tool kinds that say something; ``think``, ``switch_mode``, ``other`` and unknown ones are OTHER."""

_STATES: dict[str, Literal["pending", "in-progress", "done"]] = {"in_progress": "in-progress", "completed": "done"}


@dataclass(slots=True)
class _Call:
    """What is known of one tool call so far."""

    id: str
    name: str = ""
    kind: str = ""
    title: str = ""
    input: Json = field(default_factory=dict)
    input_told: bool = False
    places: tuple[str, ...] = ()
    changes: dict[str, Literal["added", "modified", "deleted"]] = field(default_factory=dict)
    output: str = ""
    shown: bool = False
    ended: bool = False


class Translator:
    """Holds what a prompt has shown so far. ``error`` is text of the agent that words a failure, held back; ``refused``
    the title of a refused call after which the agent has shown nothing more; ``waits``: a call that has ended is held
    until the agent's record tells the rest of it."""

    def __init__(self, facts: Facts, launch: Launch) -> None:
        options = facts.options
        servers = "|".join(re.escape(server.name) for server in launch.mcp_servers) or "(?!)"
        self._only_reads = launch.only_reads
        self._mcp = options.get("mcp_tool", "").replace("${servers}", f"(?:{servers})")
        self._name_is_title = options.get("tool_name") == "title"
        self._name_in_id = options.get("tool_id_pattern", "")
        self._notice = options.get("notice_text", "")
        self._error = options.get("error_text", "")
        self._kinds = facts.tool_kinds
        self._cwd = launch.cwd
        self._inside_only = inside_only(launch)
        self._from_record = options.get("calls") == "record"
        self._held: dict[str, tuple[ToolResult, list[Event]]] = {}
        self._early: dict[str, RecordedCall] = {}
        self._calls: dict[str, _Call] = {}
        self._texts: list[str] = []
        self._notices: list[str] = []
        self._tail_from = 0
        self.error = ""
        self.refused = ""

    @property
    def tool_runs(self) -> bool:
        return any(not call.ended for call in self._calls.values())

    @property
    def waits(self) -> bool:
        return bool(self._held)

    @property
    def answer(self) -> str:
        """The text after the last tool call; where that is empty all text, at last what was taken for notices."""
        tail = "".join(self._texts[self._tail_from :]).strip()
        return tail or "".join(self._texts).strip() or "\n".join(self._notices)

    def update(self, update: Json) -> list[Event]:
        match update.get("sessionUpdate"):
            case "agent_message_chunk":
                return self._message(_text(update.get("content")))
            case "agent_thought_chunk":
                thought = _text(update.get("content"))
                return [Reasoning(thought)] if thought else []
            case "plan":
                return [PlanShown(tuple(_step(entry) for entry in update.get("entries") or ()))]
            case "tool_call" | "tool_call_update":
                return self._tool(update)
            case _:
                return []

    def permission(self, request_id: str, tool: Json) -> list[Event]:
        """What a permission request shows: the call, where it was not shown yet, and the question (always last).

        An edit of files outside the working directory, or of unknown ones, is no ``EDIT``: the policy that allows
        edits allows them here only. Nor is a read of others.
        """
        call = self._merge(
            {**tool, "title": (known.title if (known := self._known(tool)) else "") or tool.get("title")}
        )
        kind, title = self._kind(call), call.title
        if isinstance(call.input.get("command"), str):
            kind = ToolKind.SHELL  # whatever kind it is called: a command does more than read or edit
        elif kind is ToolKind.MCP and self._only_reads(call.name):
            kind = ToolKind.READ
        if kind in self._inside_only and not _inside(_paths(call), self._cwd):
            kind, title = ToolKind.OTHER, f"{title} (outside {self._cwd})"
        return [*self._show(call), PermissionRequested(request_id, call.id, kind, title, _detail(call))]

    def denied(self, call_id: str, reason: str) -> list[Event]:
        call = self._calls[call_id]
        call.ended = True
        self.refused = _detail(call)[:200]
        return self._ended(call, ToolResult(call_id, False, reason), [])

    def recorded(self, told: RecordedCall) -> list[Event]:
        """What the agent's record tells of a call; the end of the call where it was held for that. What the record
        tells before the agent does is kept for the call's end: some write it before they say it."""
        if told.call_id in self._held:
            result, more = self._held.pop(told.call_id)
            return [self._completed(result, told), *more]
        call = self._calls.get(told.call_id)
        if self._from_record and not (call and call.ended):
            self._early[told.call_id] = told
        return []

    def _completed(self, result: ToolResult, told: RecordedCall) -> ToolResult:
        known = self._calls[told.call_id].input_told
        output = result.output or (UNTOLD if told.output is None else told.output)
        return replace(result, input="" if known else told.input, output=output)

    def release(self) -> list[Event]:
        """The ends that were held; what the record has not told by now it will not tell."""
        held, self._held = self._held, {}
        return [
            event
            for result, more in held.values()
            for event in (replace(result, output=result.output or UNTOLD), *more)
        ]

    def restart(self) -> None:
        """The model call broke off and is made again: what it said so far is no part of the answer."""
        self._tail_from = len(self._texts)

    def close(self) -> list[Event]:
        """End the calls whose end the agent did not tell, and those that were held."""
        events = self.release()
        for call in self._calls.values():
            if not call.ended:
                events += [*self._show(call), ToolResult(call.id, False, call.output)]
                call.ended = True
        return events

    def release_error(self) -> list[Event]:
        """Let go of the held text: it was an answer after all."""
        text, self.error = self.error, ""
        return self._said(text) if text else []

    def _message(self, text: str) -> list[Event]:
        if not text:
            return []
        if self._notice and re.search(self._notice, text):
            self.restart()
            self._notices.append(text)
            return [Notice(text)]
        if self._error and re.search(self._error, text):
            events = self.release_error()
            self.error = text
            return events
        return [*self.release_error(), *self._said(text)]

    def _said(self, text: str) -> list[Event]:
        self._texts.append(text)
        self.refused = ""
        return [Text(text)]

    def _tool(self, update: Json) -> list[Event]:
        known = self._known(update)
        if known is not None and known.ended:
            return []
        call = self._merge(update)
        if known is not None or update.get("sessionUpdate") == "tool_call_update":
            call.output = _output(update) or call.output
        status = update.get("status")
        if status in ("completed", "failed"):
            return [*self._show(call), *self._end(call, status == "completed")]
        prepared = status != "pending" or bool(call.input.keys() - {"cwd"}) or known is not None
        return self._show(call) if prepared else []

    def _known(self, update: Json) -> _Call | None:
        return self._calls.get(str(update.get("toolCallId")))

    def _merge(self, update: Json) -> _Call:
        key = str(update.get("toolCallId"))
        call = self._calls.setdefault(key, _Call(key))
        title = str(update.get("title") or "")
        call.name = call.name or self._name(key, title, update)
        call.kind = str(update.get("kind") or call.kind)
        call.title = title or call.title
        if isinstance(raw := update.get("rawInput"), dict):
            call.input, call.input_told = {**call.input, **raw}, True
        call.places = tuple(str(at["path"]) for at in update.get("locations") or () if "path" in at) or call.places
        for item in update.get("content") or ():
            if item.get("type") == "diff":
                call.changes[str(item.get("path"))] = _change(item)
        return call

    def _name(self, key: str, title: str, update: Json) -> str:
        meta = update.get("_meta") or {}
        if isinstance(name := meta.get("toolName"), str):
            return name
        if self._name_in_id and (found := re.search(self._name_in_id, key)):
            return found[1]
        kind = str(update.get("kind") or "")
        return title if self._name_is_title or kind in ("", "other") else kind

    def _kind(self, call: _Call) -> ToolKind:
        if call.name in self._kinds:
            return ToolKind(self._kinds[call.name])
        if self._mcp and any(re.search(self._mcp, name) for name in (call.name, call.title)):
            return ToolKind.MCP
        return KINDS.get(call.kind, ToolKind.OTHER)

    def _show(self, call: _Call) -> list[Event]:
        if call.shown:
            return []
        call.shown = True
        self.refused = ""
        self._tail_from = len(self._texts)
        text = msgspec.json.encode(call.input).decode() if call.input_told else ""
        return [ToolCall(call.id, call.name, self._kind(call), call.title, text)]

    def _end(self, call: _Call, ok: bool) -> list[Event]:
        call.ended = True
        self._tail_from = len(self._texts)
        changed: list[Event] = []
        if ok and self._kind(call) is ToolKind.EDIT:
            changes = call.changes or dict.fromkeys(call.places, _whole_change(call.kind))
            changed = [FileChange(relative(path, self._cwd), change, call.id) for path, change in changes.items()]
        return self._ended(call, ToolResult(call.id, ok, call.output), changed)

    def _ended(self, call: _Call, result: ToolResult, more: list[Event]) -> list[Event]:
        early = self._early.pop(call.id, None)
        if self._from_record and not (call.input_told and result.output):
            if early is not None:
                return [self._completed(result, early), *more]
            self._held[call.id] = result, more
            return []
        return [result, *more]


def _text(content: Any) -> str:
    return str(content.get("text") or "") if isinstance(content, dict) else ""


def _step(entry: Json) -> PlanStep:
    return PlanStep(str(entry.get("content") or ""), _STATES.get(str(entry.get("status")), "pending"))


def _change(diff: Json) -> Literal["added", "modified", "deleted"]:
    if (diff.get("_meta") or {}).get("kind") == "delete":
        return "deleted"
    return "modified" if diff.get("oldText") else "added"


def _whole_change(kind: str) -> Literal["modified", "deleted"]:
    return "deleted" if kind == "delete" else "modified"


def _output(update: Json) -> str:
    """What the tool gave: the text of its content, else the usual fields of its raw output."""
    texts = [_text(item.get("content")) for item in update.get("content") or () if item.get("type") == "content"]
    if any(texts):
        return "\n".join(text for text in texts if text)
    raw = update.get("rawOutput")
    if isinstance(raw, dict):
        return next((value for key in ("output", "content", "message") if isinstance(value := raw.get(key), str)), "")
    return raw if isinstance(raw, str) else ""


def _paths(call: _Call) -> tuple[str, ...]:
    named = tuple(str(call.input[key]) for key in ("path", "file_path", "filePath") if key in call.input)
    return tuple(call.changes) or call.places or named


def _inside(paths: tuple[str, ...], cwd: Path) -> bool:
    return bool(paths) and all(is_inside(path, cwd) for path in paths)


def _detail(call: _Call) -> str:
    command = call.input.get("command")
    if isinstance(command, str):
        return command
    if places := _paths(call):
        return "\n".join(places)
    return msgspec.json.encode(call.input).decode() if call.input else call.title
