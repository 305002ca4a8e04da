"""A turn's events as the updates of a session that an editor shows."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    CallFailed,
    Cancelled,
    Failed,
    FileChange,
    Finished,
    HandedOver,
    Notice,
    PermissionAnswered,
    PlanShown,
    RateLimit,
    Reasoning,
    Recorded,
    Remembered,
    SpecialistChosen,
    Terminal,
    Text,
    ToolCall,
    ToolKind,
    ToolResult,
    Verified,
)
from minga.domain.saying import Say
from minga.domain.verdict import CheckState, Judgement
from minga.entrypoints.acp.edits import Edits, paths_in
from minga.entrypoints.acp.wire import text
from minga.infrastructure.jsonlines import Json

OUTPUT_LENGTH_MAX = 100_000
"""Characters of a tool's output that are shown; the store has all of it."""

KINDS = {
    ToolKind.READ: "read",
    ToolKind.SEARCH: "search",
    ToolKind.EDIT: "edit",
    ToolKind.SHELL: "execute",
    ToolKind.WEB: "fetch",
    ToolKind.MCP: "other",
    ToolKind.OTHER: "other",
}

_STEPS = {"pending": "pending", "in-progress": "in_progress", "done": "completed"}

Chunk = Literal["agent_message_chunk", "agent_thought_chunk", "user_message_chunk"]


def chunk(kind: Chunk, said: str) -> Json:
    return {"sessionUpdate": kind, "content": text(said)}


class Calls:
    """Names for the tool calls of a session: two CLIs may have the same, and an editor knows one call by each."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._tools: dict[str, str] = {}
        self._used: set[str] = set()

    def begin(self, call_id: str, tool: str = "") -> str:
        """``tool``: its CLI's own name for it."""
        name, number = call_id, 2
        while name in self._used:
            name, number = f"{call_id}~{number}", number + 1
        self._used.add(name)
        self._names[call_id] = name
        self._tools[call_id] = tool
        return name

    def name(self, call_id: str) -> str:
        return self._names.get(call_id, call_id)

    def tool(self, call_id: str) -> str:
        """Empty where it is not known."""
        return self._tools.get(call_id, "")


class Shown:
    """One turn. ``live``: it happens now, so that files can be looked at; else it is told from the store."""

    def __init__(self, cwd: Path, calls: Calls, say: Say, *, live: bool) -> None:
        self._cwd = cwd
        self._calls = calls
        self._say = say
        self._live = live
        self._edits = Edits()
        self._open: dict[str, ToolKind] = {}
        self._content: dict[str, list[Json]] = {}
        self._locations: dict[str, list[Path]] = {}
        self._said: list[str] = []

    def of(self, recorded: Recorded) -> list[Json]:
        event, said = recorded.event, ""
        match event:
            case Text():
                self._said.append(event.text)
                return [chunk("agent_message_chunk", event.text)]
            case Reasoning():
                return [chunk("agent_thought_chunk", event.text)]
            case PlanShown(steps=steps):
                entries = [{"content": s.text, "priority": "medium", "status": _STEPS[s.state]} for s in steps]
                return [{"sessionUpdate": "plan", "entries": entries}]
            case ToolCall():
                return [self._begun(event)]
            case ToolResult():
                return [self._ended(event)]
            case FileChange():
                return [self._changed(event, recorded.seq)]
            case AttemptStarted():
                self._said = []
                said = self._say("{agent} works …", agent=event.agent)
            case HandedOver():
                return [*self._broken_off(), self._handed_over(event, recorded.seq)]
            case AttemptFailed():
                return self._broken_off()
            case Finished() | Failed() | Cancelled():
                return [*self._unsaid(event), *self._broken_off()]
            case _:
                said = self._noticed(event)
        return [chunk("agent_thought_chunk", f"{said}\n\n")] if said else []

    def _begun(self, call: ToolCall) -> Json:
        name, given = self._calls.begin(call.call_id, call.name), _json(call.input)
        paths = paths_in(given, self._cwd) if call.kind in (ToolKind.READ, ToolKind.EDIT) else []
        if self._live and call.kind is ToolKind.EDIT:
            self._edits.note(name, paths)
        self._open[name] = call.kind
        self._locations[name] = paths
        return {
            "sessionUpdate": "tool_call",
            "toolCallId": name,
            "title": call.title or call.name,
            "kind": KINDS[call.kind],
            "status": "in_progress",
            "locations": _places(paths),
            "rawInput": given,
        }

    def _ended(self, result: ToolResult) -> Json:
        name = self._calls.name(result.call_id)
        kind = self._open.pop(name, ToolKind.OTHER)
        if shown := _shortened(result.output):
            shown = _fenced(shown) if kind is ToolKind.SHELL else shown
            self._content.setdefault(name, []).append({"type": "content", "content": text(shown)})
        given = {"rawInput": _json(result.input)} if result.input else {}
        return {**self._update(name), "status": "completed" if result.ok else "failed", **given}

    def _changed(self, change: FileChange, seq: int) -> Json:
        path, name = Path(self._cwd, change.path), self._calls.name(change.call_id)
        if name not in self._locations:
            return {
                "sessionUpdate": "tool_call",
                "toolCallId": self._calls.begin(f"change-{seq}"),
                "title": self._say("File changed: {path}", path=change.path),
                "kind": "edit",
                "status": "completed",
                "locations": _places([path]),
            }
        if path not in self._locations[name]:
            self._locations[name].append(path)
        if diff := self._edits.diff(name, path):
            self._content.setdefault(name, []).insert(0, diff)
        return self._update(name)

    def _update(self, name: str) -> Json:
        """Each update replaces the content that was shown before."""
        update: Json = {"sessionUpdate": "tool_call_update", "toolCallId": name}
        if content := self._content.get(name):
            update["content"] = list(content)
        if paths := self._locations.get(name):
            update["locations"] = _places(paths)
        return update

    def _broken_off(self) -> list[Json]:
        """No call stays open behind the end of its attempt."""
        left, self._open = list(self._open), {}
        return [{**self._update(name), "status": "failed"} for name in left]

    def _handed_over(self, event: HandedOver, seq: int) -> Json:
        """Shown like a tool call: seen where it happened, and no part of the answer."""
        say = self._say
        head = say("{to_agent} takes over from {from_agent}", to_agent=event.to_agent, from_agent=event.from_agent)
        return {
            "sessionUpdate": "tool_call",
            "toolCallId": self._calls.begin(f"handed-over-{seq}"),
            "title": head,
            "kind": "other",
            "status": "completed",
            "content": [{"type": "content", "content": text(say.told(event.reason))}],
        }

    def _unsaid(self, end: Terminal) -> list[Json]:
        answer = end.answer.strip() if isinstance(end, Finished) else ""
        return [chunk("agent_message_chunk", answer)] if answer and answer not in "".join(self._said) else []

    def _noticed(self, event: Any) -> str:
        say = self._say
        match event:
            case Notice():
                return say.told(event.text)
            case CallFailed(failure=failure, will_retry=will_retry):
                return say.told(failure.message) + (say("; it tries again") if will_retry else "")
            case RateLimit(reached=True):
                return f"{say('limit reached')}: {event.name}"
            case PermissionAnswered(allowed=False) if event.by != "person":
                return f"{say('refused')} ({say(event.by)}: {say.told(event.reason)})"
            case Remembered(pieces=pieces) if pieces:
                if len(pieces) == 1:
                    return say("1 thing of earlier sessions was told to the agent")
                return say("{count} things of earlier sessions were told to the agent", count=len(pieces))
            case SpecialistChosen():
                return say(
                    "as {name}: {title} (from {source})", name=event.name, title=event.title, source=event.source
                )
            case Verified():
                return self._judged(event)
            case _:
                return ""

    def _judged(self, event: Verified) -> str:
        say, verdict = self._say, event.verdict
        if event.judgement is Judgement.REJECTED:
            return "\n".join([say("refuted by its checks:"), *map(say.told, verdict.reasons)])
        passed = [each.check for each in verdict.checks if each.state is CheckState.PASSED]
        if event.judgement is Judgement.ACCEPTED:
            return f"{say('checked')}: {', '.join(passed)}"
        return ""


def _places(paths: list[Path]) -> list[Json]:
    return [{"path": str(path)} for path in paths]


def _json(given: str) -> Any:
    """The arguments of a call as its CLI gave them; text where they are no JSON."""
    try:
        return msgspec.json.decode(given) if given else None
    except msgspec.DecodeError:
        return given


def _shortened(output: str) -> str:
    if len(output) <= OUTPUT_LENGTH_MAX:
        return output.rstrip()
    half = OUTPUT_LENGTH_MAX // 2
    return f"{output[:half]}\n[… {len(output) - 2 * half} …]\n{output[-half:]}"


def _fenced(output: str) -> str:
    """Terminal output as a block of code; its own fences must not end it."""
    fence = "```"
    while fence in output:
        fence += "`"
    return f"{fence}console\n{output}\n{fence}"
