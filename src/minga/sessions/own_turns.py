"""Minga's own turns as messages of the transcript, and messages of any origin as turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from minga.domain.events import (
    UNTOLD,
    AttemptStarted,
    Event,
    FileChange,
    Finished,
    Reasoning,
    Recorded,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.sessions import PastTurn, Turn
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
from minga.storage.instants import EPOCH

PERSON = AgentName("")

UNTOLD_INPUT = f'{{"not told":"{UNTOLD}"}}'
"""Arguments of a call whose CLI did not tell them, as the object that every model API wants."""


def messages_of(past: PastTurn, parent: str, pictures: Sequence[ImagePart] = ()) -> list[Message]:
    """A turn as messages in a line that begins after ``parent``. Their ids come from the turn and its events; all tell
    who gave its task."""
    asked: list[Part] = [TextPart(past.turn.prompt), *pictures]
    first = Message(past.turn.id, parent, past.started_at, "user", tuple(asked), PERSON)
    late = {
        (recorded.attempt_id, recorded.event.call_id): recorded.event.input
        for recorded in past.events
        if isinstance(recorded.event, ToolResult) and recorded.event.input
    }
    telling = _Telling(past.turn.id, [first], late)
    streamed = ""
    for recorded in past.events:
        if isinstance(recorded.event, Text):
            streamed += recorded.event.text
        if isinstance(recorded.event, Finished) and recorded.event.answer not in streamed:
            telling.text(recorded, recorded.event.answer)
        telling.add(recorded)
    telling.flush()
    by = past.turn.asked_by
    return [replace(one, by=by) for one in telling.messages] if by else telling.messages


@dataclass(slots=True)
class _Telling:
    """The messages so far, and the one that is growing. ``late`` are arguments that became known with the result."""

    turn_id: TurnId
    messages: list[Message]
    late: Mapping[tuple[AttemptId | None, str], str]
    agent: AgentName = PERSON
    model: str = ""
    role: Role = "assistant"
    began: Recorded | None = None
    parts: list[Part] = field(default_factory=list)
    usage: Usage | None = None

    def add(self, recorded: Recorded) -> None:
        match recorded.event:
            case AttemptStarted(agent=agent):
                self.flush()
                self.agent, self.model = agent, ""
            case Text(text=text):
                self.text(recorded, text)
            case Reasoning(text=text):
                self.part(recorded, ReasoningPart(text, self.agent))
            case ToolCall() as call:
                given = call.input or self.late.get((recorded.attempt_id, call.call_id), UNTOLD_INPUT)
                self.part(recorded, ToolCallPart(call.call_id, call.name, call.kind, given))
            case ToolResult() as result:
                self.begin(recorded, "tool")
                self.parts.append(ToolResultPart(result.call_id, result.ok, result.output))
            case FileChange() as change:
                self.part(recorded, FileChangePart(change.path, change.change, change.call_id))
            case Usage() as usage:
                self.model = usage.model or self.model
                self.usage = usage if self.usage is None else _sum(self.usage, usage)
            case _:
                pass

    def text(self, recorded: Recorded, text: str) -> None:
        self.begin(recorded, "assistant")
        last = self.parts[-1] if self.parts else None
        if isinstance(last, TextPart):
            self.parts[-1] = TextPart(last.text + text)
        else:
            self.parts.append(TextPart(text))

    def part(self, recorded: Recorded, part: Part) -> None:
        self.begin(recorded, "assistant")
        last = self.parts[-1] if self.parts else None
        if isinstance(part, ReasoningPart) and isinstance(last, ReasoningPart):
            self.parts[-1] = ReasoningPart(last.text + part.text, part.origin)
        else:
            self.parts.append(part)

    def begin(self, recorded: Recorded, role: Role) -> None:
        if self.began is None or self.role != role:
            self.flush()
            self.began, self.role = recorded, role

    def flush(self) -> None:
        if self.began is not None:
            message = Message(
                id=f"{self.turn_id}:{self.began.seq}",
                parent=self.messages[-1].id,
                at=self.began.at,
                role=self.role,
                parts=tuple(self.parts),
                agent=self.agent,
                model=self.model,
                usage=self.usage,
            )
            self.messages.append(message)
            self.usage = None
        self.began, self.parts = None, []


def _sum(first: Usage, second: Usage) -> Usage:
    return Usage(
        model=second.model or first.model,
        input_tokens=first.input_tokens + second.input_tokens,
        cached_input_tokens=first.cached_input_tokens + second.cached_input_tokens,
        cache_write_tokens=first.cache_write_tokens + second.cache_write_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        reasoning_tokens=first.reasoning_tokens + second.reasoning_tokens,
        cost_micro_usd=None,
    )


def turns_of(session_id: SessionId, cwd: str, lineage: Sequence[Message]) -> list[PastTurn]:
    """A line of messages as turns: each begins with what the person said. The turn's id is that message's."""
    groups: list[list[Message]] = []
    for message in lineage:
        if message.chain:
            continue
        if not groups or (message.role == "user" and _begins_turn(message)):
            groups.append([])
        groups[-1].append(message)
    return [_turn(session_id, cwd, number, group) for number, group in enumerate(groups, 1)]


def last_turn(lineage: Sequence[Message]) -> TurnId:
    """The id of the turn in which a line of messages ends, as `turns_of` would cut it."""
    line = [message for message in lineage if not message.chain]
    begins = [message for message in line[1:] if message.role == "user" and _begins_turn(message)]
    return TurnId([line[0], *begins][-1].id)


def _begins_turn(message: Message) -> bool:
    return any(isinstance(part, TextPart | ImagePart) for part in message.parts)


def _turn(session_id: SessionId, cwd: str, number: int, group: Sequence[Message]) -> PastTurn:
    first = group[0]
    asked = group[:1] if first.role == "user" else []
    prompt = "\n\n".join(part.text for message in asked for part in message.parts if isinstance(part, TextPart))
    began = first.at or EPOCH
    turn = Turn(TurnId(first.id), session_id, number, prompt, Path(cwd))
    events: list[tuple[datetime, AttemptId | None, Event]] = []
    agent, attempt, answer = PERSON, None, ""
    for message in group[len(asked) :]:
        at = message.at or began
        if message.agent != agent:
            agent, attempt = message.agent, AttemptId(message.id)
            events.append((at, attempt, AttemptStarted(attempt, agent, "", "", resumed=False)))
        events.extend((at, attempt, event) for event in _events(message))
        answer = "".join(part.text for part in message.parts if isinstance(part, TextPart)) or answer
    events.append((group[-1].at or began, None, Finished(answer)))
    recorded = tuple(
        Recorded(session_id, turn.id, seq, at, attempt_id, event)
        for seq, (at, attempt_id, event) in enumerate(events, 1)
    )
    return PastTurn(turn, "finished", began, group[-1].at, recorded)


def _events(message: Message) -> list[Event]:
    events: list[Event] = []
    for part in message.parts:
        match part:
            case TextPart(text=text):
                events.append(Text(text))
            case ReasoningPart(text=text) if text:
                events.append(Reasoning(text))
            case ToolCallPart():
                events.append(ToolCall(part.call_id, part.name, part.kind, "", part.arguments))
            case ToolResultPart():
                events.append(ToolResult(part.call_id, part.ok, part.output))
            case FileChangePart():
                events.append(FileChange(part.path, part.change, part.call_id))
            case CompactionPart(summary=summary):
                events.append(Text(summary))
            case _:
                pass
    if message.usage is not None:
        events.append(message.usage)
    return events
