"""A conversation as Markdown."""

from collections.abc import Sequence

from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    Cancelled,
    ErrorOutput,
    Event,
    Failed,
    FileChange,
    HandedOver,
    PermissionAnswered,
    Remembered,
    Text,
    ToolCall,
    ToolResult,
    Verified,
)
from minga.domain.ledger import AttemptCost
from minga.domain.sessions import PastTurn

Stored = tuple[PastTurn, Sequence[AttemptCost]]
"""A turn, and what was booked for it."""


def as_markdown(turns: Sequence[Stored]) -> str:
    """Render whole turns, with tool calls, their results, permissions, and what each attempt cost."""
    parts: list[str] = []
    for past, costs in turns:
        ended = past.state if past.ended_at is None else f"{past.state}, {past.ended_at:%Y-%m-%d %H:%M:%S} UTC"
        head = f"## {past.turn.number}. {past.started_at:%Y-%m-%d %H:%M} UTC ({ended})"
        quoted = "\n".join(f"> {line}" for line in past.turn.prompt.splitlines())
        parts += [head, quoted, *_body([recorded.event for recorded in past.events])]
        parts += ["\n".join(_receipt(cost) for cost in costs)]
    return "\n\n".join(filter(None, parts))


def _body(events: Sequence[Event]) -> list[str]:
    parts: list[str] = []
    said: list[str] = []
    for event in events:
        if isinstance(event, Text):
            said.append(event.text)
        elif line := _line(event):
            parts += ["".join(said).strip(), line]
            said.clear()
    return [*parts, "".join(said).strip()]


def _line(event: Event) -> str:
    match event:
        case AttemptStarted():
            return f"*{event.agent} {event.version}*".replace(" *", "*")
        case Remembered(pieces=pieces, tokens=tokens):
            known = "".join(f"\n- {piece.kind} `{piece.item}`" for piece in pieces)
            return f"*told of earlier sessions, {tokens} tokens:*{known}"
        case HandedOver():
            return f"*{event.to_agent} takes over from {event.from_agent}: {event.reason}*"
        case Verified(agent=agent, judgement=judgement, verdict=verdict):
            return f"*answer of {agent} {judgement}*" + "".join(f"\n- {reason}" for reason in verdict.reasons)
        case AttemptFailed(agent=agent, failure=failure):
            return f"*{agent} stopped: {failure.code}: {failure.message}*"
        case ErrorOutput(text=text):
            return f"standard error {_fence(text)}"
        case Failed(failure=failure):
            return f"**{failure.code}**: {failure.message}"
        case Cancelled(reason=reason):
            return f"**cancelled**: {reason}"
        case FileChange(path=path, change=change):
            return f"- {change}: `{path}`"
        case ToolCall():
            return f"`{event.name}` {_fence(event.input or event.title)}"
        case ToolResult():
            return f"{'ok' if event.ok else 'failed'} {_fence(event.output)}"
        case PermissionAnswered():
            return f"*{'allowed' if event.allowed else 'refused'} by {event.by} {event.reason}*".replace(" *", "*")
        case _:
            return ""


def _receipt(cost: AttemptCost) -> str:
    ended = "cancelled" if cost.cancelled else cost.failure.code.value if cost.failure else "answered"
    tokens = f"{cost.input_tokens} in, {cost.cached_input_tokens} cached, {cost.output_tokens} out"
    price = "cost unknown" if cost.cost_micro_usd is None else f"${cost.cost_micro_usd / 1e6:.4f}"
    model = f" {cost.model}" if cost.model else ""
    return f"- {cost.agent}{model}: {ended}; {tokens}; {price} ({cost.cost_source})"


def _fence(text: str) -> str:
    """A code block whose fence is longer than any in the text."""
    if not text:
        return ""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"\n\n{ticks}\n{text.rstrip()}\n{ticks}"
