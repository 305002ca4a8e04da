"""Reading a rollout of Codex: from its lines to messages.

The ``response_item`` lines are the conversation, in the order in which the model saw them. What one answer of the model
held (reasoning, a text, calls) makes one message; a second text begins another. Each tool result is a message of role
``tool``. Facts measured with 0.169.0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from minga.domain.events import Usage
from minga.domain.transcript import (
    CompactionPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats import codex_items, records
from minga.sessions.formats.codex_items import AGENT
from minga.sessions.formats.codex_outcomes import Counter, Outcomes
from minga.sessions.formats.format import RAW_MAX, About, Head, NativeFile, Read, SetAside
from minga.sessions.formats.lines import Line, read_lines
from minga.sessions.formats.records import Json

NOISE = {
    "world_state": "what Codex told the model of the machine; it tells it anew on resuming",
    "dynamic_tools_updated": "the tools that were offered",
    "inter_agent_communication_metadata": "how a message between agents was delivered",
    "security_risk_score": "a verdict on a command",
    "retained_context": "an index of the lines themselves",
}
"""Types of lines that are passed over, with the reason."""

ITEM_NOISE = {
    "additional_tools": "the tools that were offered",
    "configuration_update": "settings of the model",
    "compaction": "encrypted; the line `compacted` says what was compacted",
    "compaction_trigger": "the line `compacted` says what was compacted",
    "context_compaction": "the line `compacted` says what was compacted",
    "ghost_snapshot": "a commit by which Codex undoes",
}
"""Types of ``response_item`` that are passed over."""

HELD_MAX = 8_000_000
PARTS_MAX = 200
"""Characters and parts that an answer and its results may have before they are given out without their usage."""

ID_MAX = 200
"""Characters of an id; a longer one is none."""


def read(file: NativeFile) -> Iterator[Read]:
    """Read a rollout as a stream. A compressed one (``.zst``, which Codex makes of old ones) is set aside whole. Where
    no line says a text to the model, as in files of converters, the lines for the interface stand in."""
    if file.path.suffix == ".zst":
        with file.path.open("rb") as packed:
            yield SetAside("file", "compressed with zstd; resume it once in Codex to unpack it", packed.read(RAW_MAX))
        return
    rollout = _Rollout(file)
    for line in read_lines(file.path):
        if isinstance(line, SetAside):
            yield line
        else:
            yield from rollout.take(line)
    yield from rollout.end()
    if rollout.has_shown and not rollout.has_said:
        yield from _read_shown(file)


def _read_shown(file: NativeFile) -> Iterator[Read]:
    """The texts of the lines for the interface alone."""
    rollout = _Rollout(file)
    for line in read_lines(file.path):
        if isinstance(line, Line) and (item := _shown(records.record(line.value.get("payload")))):
            yield from rollout.take(Line(line.number, {**line.value, "type": "response_item", "payload": item}))
    yield from rollout.end()


def _shown(payload: Json) -> Json | None:
    sides = {"user_message": ("user", "input_text"), "agent_message": ("assistant", "output_text")}
    side = sides.get(records.text(payload.get("type")))
    if side is None or not isinstance(payload.get("message"), str):
        return None
    return {"type": "message", "role": side[0], "content": [{"type": side[1], "text": payload["message"]}]}


class _Rollout:
    """What is known of a rollout up to a line. Of what has passed it keeps ids and counts only; the last answer of the
    model is held back until its usage is known."""

    def __init__(self, file: NativeFile) -> None:
        self.has_said = False
        self.has_shown = False
        self._file = file
        self._begun = False
        self._model = ""
        self._parent = ""
        self._ids: set[str] = set()
        self._turns: list[str] = []
        """The parent of each message of the person: where a rollback leads."""
        self._held: list[Message] = []
        self._weight = 0
        self._outcomes = Outcomes()
        self._counter = Counter()

    def take(self, line: Line) -> Iterator[Read]:
        kind, payload = records.text(line.value.get("type")), line.value.get("payload")
        if not isinstance(payload, dict):
            yield _aside(line, "a line without a payload")
            return
        match kind:
            case "response_item":
                yield from self._item(line, payload)
            case "inter_agent_communication":
                yield from self._between_agents(line, payload)
            case "session_meta":
                yield from self._about(payload)
            case "turn_context":
                yield from self._turn_context(payload)
            case "compacted":
                yield from self._compacted(line, payload)
            case "token_usage_record" | "event_msg":
                yield from self._event(line, {"type": kind, **payload})
            case _ if kind not in NOISE:
                yield _aside(line, f"a line of the unknown type {kind[:100]!r}")

    def end(self) -> Iterator[Read]:
        yield from self._release()
        if self._ids:
            yield Head(self._parent)

    def _about(self, payload: Json) -> Iterator[Read]:
        """The first counts: a fork repeats that of the session it came from."""
        if self._begun:
            return
        self._begun = True
        self._outcomes.cwd = records.text(payload.get("cwd"))
        git = records.record(payload.get("git"))
        yield About(
            self._file.native_id,
            cwd=self._outcomes.cwd,
            version=records.text(payload.get("cli_version")),
            remote=records.text(git.get("repository_url")),
            branch=records.text(git.get("branch")),
            commit=records.text(git.get("commit_hash")),
            started_at=records.instant(payload.get("timestamp")),
            parent=_spawned_by(payload),
        )

    def _turn_context(self, payload: Json) -> Iterator[Read]:
        self._outcomes.cwd = records.text(payload.get("cwd")) or self._outcomes.cwd
        model = records.text(payload.get("model"))
        if model and model != self._model:
            self._model = model
            yield About(self._file.native_id, model=model)

    def _item(self, line: Line, payload: Json) -> Iterator[Read]:
        kind = records.text(payload.get("type"))
        if kind == "message":
            yield from self._message(line, payload)
        elif kind == "reasoning":
            yield from self._answer(line, payload, [codex_items.reasoning(payload)], joins=False)
        elif kind in codex_items.CALLS:
            call_id = records.text(payload.get("call_id")) or records.text(payload.get("id"))
            yield from self._answer(line, payload, [codex_items.call(payload, call_id)], joins=True)
        elif kind in codex_items.OUTPUTS:
            yield from self._result(line, payload)
        elif kind in codex_items.DONE_CALLS:
            yield from self._done_call(line, payload)
        elif kind == "agent_message":
            yield from self._between_agents(line, payload)
        elif kind not in ITEM_NOISE:
            yield _aside(line, f"an item of the unknown type {kind[:100]!r}")

    def _message(self, line: Line, payload: Json) -> Iterator[Read]:
        role = payload.get("role")
        if role in ("developer", "system"):
            return
        if role not in ("user", "assistant"):
            yield _aside(line, f"a message of the unknown role {str(role)[:100]!r}")
            return
        parts, unknown = codex_items.said(payload)
        for reason in unknown:
            yield _aside(line, reason)
        if not parts:
            return
        self.has_said = True
        if role == "assistant":
            yield from self._answer(line, payload, parts, joins=False)
            return
        yield from self._release()
        self._turns.append(self._parent)
        yield self._new(line, payload, "user", parts)

    def _answer(self, line: Line, payload: Json, parts: Sequence[Part], *, joins: bool) -> Iterator[Read]:
        """Add to the held answer while that has no results: to any if it ``joins``, else to one that has only thought;
        or begin a new one."""
        self._weight += _weight(parts)
        alone = len(self._held) == 1 and self._held[0].role == "assistant"
        if alone and (joins or _is_thought(self._held[0])) and not self._is_full():
            self._held[0] = replace(self._held[0], parts=(*self._held[0].parts, *parts))
            return
        yield from self._release()
        self._held.append(self._new(line, payload, "assistant", parts, self._model))

    def _result(self, line: Line, payload: Json) -> Iterator[Read]:
        call_id = records.text(payload.get("call_id"))
        text, images, unknown = codex_items.output(payload)
        for reason in unknown:
            yield _aside(line, reason)
        result = ToolResultPart(call_id, self._outcomes.take_ok(call_id, payload, text), text, images)
        yield from self._hold_result(line, payload, result)

    def _hold_result(self, line: Line, payload: Json, result: ToolResultPart) -> Iterator[Read]:
        parts: list[Part] = [result, *self._outcomes.take_changes(result.call_id)]
        if self._is_full():
            yield from self._release()
        self._weight += _weight(parts)
        self._held.append(self._new(line, payload, "tool", parts))

    def _done_call(self, line: Line, payload: Json) -> Iterator[Read]:
        call_id = records.text(payload.get("id")) or f"line-{line.number}"
        yield from self._answer(line, payload, [codex_items.call(payload, call_id)], joins=True)
        text, images = codex_items.done_output(payload)
        ok = payload.get("status") in ("completed", None)
        yield from self._hold_result(line, payload, ToolResultPart(call_id, ok, text, images))

    def _between_agents(self, line: Line, payload: Json) -> Iterator[Read]:
        """A message to or from a sub-agent stands on its chain, beside the main conversation."""
        chain, text = codex_items.between_agents(payload)
        if not text:
            yield _aside(line, "an encrypted message between agents")
            return
        yield from self._release()
        parent = self._parent
        yield replace(self._new(line, payload, "assistant", [TextPart(text)], self._model), chain=chain)
        self._parent = parent

    def _compacted(self, line: Line, payload: Json) -> Iterator[Read]:
        yield from self._release()
        if summary := codex_items.summary(payload):
            yield self._new(line, payload, "user", [CompactionPart(summary)])
        else:
            yield _aside(line, "a compaction whose summary is encrypted; the messages before it stand")

    def _event(self, line: Line, event: Json) -> Iterator[Read]:
        """A line for the interface. There are some 100 types; they never reach the model and repeat the items, so that
        only what those lack is taken."""
        self.has_shown |= event.get("type") in ("user_message", "agent_message")
        self._outcomes.note(event)
        if event.get("type") == "thread_rolled_back":
            yield from self._roll_back(records.count(event.get("num_turns")))
        elif event.get("type") == "thread_name_updated" and (title := records.text(event.get("thread_name"))):
            yield About(self._file.native_id, title=title)
        elif usage := self._counter.used(event, self._model):
            yield from self._use(line, usage)

    def _use(self, line: Line, usage: Usage) -> Iterator[Read]:
        """The usage belongs to the held answer; where there is none (a compaction, say) to a message without words."""
        for place, message in enumerate(self._held):
            if message.role == "assistant" and message.usage is None:
                self._held[place] = replace(message, usage=usage)
                return
        yield from self._release()
        yield replace(self._new(line, {}, "assistant", [], self._model), usage=usage)

    def _roll_back(self, turns: int) -> Iterator[Read]:
        """The last ``turns`` messages of the person, and all after them, are a dead end now."""
        yield from self._release()
        if turns and self._turns:
            place = max(0, len(self._turns) - turns)
            self._parent = self._turns[place]
            del self._turns[place:]

    def _new(self, line: Line, payload: Json, role: Role, parts: Sequence[Part], model: str = "") -> Message:
        """The next message of the main conversation."""
        own = records.text(payload.get("id"))
        message_id = own if own and len(own) <= ID_MAX and own not in self._ids else f"line-{line.number}"
        while message_id in self._ids:
            message_id += "+"
        self._ids.add(message_id)
        parent, self._parent = self._parent, message_id
        at = records.instant(line.value.get("timestamp"))
        return Message(message_id, parent, at, role, tuple(parts), AGENT, model)

    def _is_full(self) -> bool:
        parts = sum(len(message.parts) for message in self._held)
        return self._weight > HELD_MAX or parts > PARTS_MAX

    def _release(self) -> Iterator[Read]:
        """Give out the held answer with its results. Files that were changed without a result are named in it."""
        if self._held and (changes := self._outcomes.take_changes("")):
            self._held[-1] = replace(self._held[-1], parts=(*self._held[-1].parts, *changes))
        yield from self._held
        self._held.clear()
        self._weight = 0


def _is_thought(message: Message) -> bool:
    return all(isinstance(part, ReasoningPart) for part in message.parts)


def _weight(parts: Sequence[Part]) -> int:
    """About how many characters the parts hold."""
    weight = 0
    for part in parts:
        match part:
            case TextPart(text=text) | ReasoningPart(opaque=text) | ToolCallPart(arguments=text):
                weight += len(text)
            case ToolResultPart(output=text, images=images):
                weight += len(text) + sum(len(image.data) for image in images)
            case ImagePart(data=data):
                weight += len(data)
            case _:
                weight += 100
    return weight


def _spawned_by(payload: Json) -> str:
    """The thread whose sub-agent this is, or empty."""
    source = records.record(payload.get("source"))
    spawn = records.record(records.record(source.get("subagent") or source.get("subAgent")).get("thread_spawn"))
    return records.text(spawn.get("parent_thread_id") or payload.get("parent_thread_id"))


def _aside(line: Line, reason: str) -> SetAside:
    return SetAside(str(line.number), reason, codex_items.raw(line.value)[:RAW_MAX])
