"""A request of the form, written as one of Messages."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw

from minga.domain.model_calls import Refused
from minga.providers import longest_answers
from minga.providers.translation import service
from minga.providers.translation.form import Reasoning, Request, Text, Tool, Turn
from minga.providers.translation.messages import shapes
from minga.providers.translation.messages.turns_out import write_cache, write_text, write_turns
from minga.providers.translation.notes import Notes

BUDGET_MIN = 1024
"""Tokens of thoughts, the fewest that Anthropic takes (platform.claude.com/docs/en/build-with-claude/thinking)."""

_Effort: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]

_EFFORTS: dict[str, _Effort] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}

_ENCODER = msgspec.json.Encoder()


def write_request(request: Request, notes: Notes) -> bytes:
    """Raises Refused."""
    answer_max = request.answer_max or longest_answers.of(request.model)
    system, turns = _beginning(request)
    messages = write_turns(turns, notes)
    if not messages:
        raise Refused("malformed", "nothing is left to ask Anthropic's model; send a message of a person")
    thinking = _thinking(request.reasoning, answer_max, notes)
    if isinstance(thinking, shapes.ThinkingEnabled | shapes.ThinkingAdaptive):
        thinking = _unless_refused(thinking, request, messages, notes)
    is_thinking = isinstance(thinking, shapes.ThinkingEnabled | shapes.ThinkingAdaptive)
    _tell_what_is_left_out(request, notes)
    return _ENCODER.encode(
        shapes.MessagesRequest(
            model=request.model,
            max_tokens=answer_max,
            messages=tuple(messages),
            system=tuple(block for text in system for block in write_text(text, notes)) or None,
            tools=tuple(_tool(tool, notes) for tool in request.tools) or None,
            tool_choice=_choice(request),
            thinking=thinking,
            output_config=_output_config(request, notes),
            stop_sequences=_stop(request.stop, notes),
            temperature=_temperature(request.temperature, notes, is_thinking=is_thinking),
            top_p=_top_p(request.top_p, notes, is_thinking=is_thinking),
            top_k=_top_k(request.top_k, notes, is_thinking=is_thinking),
            metadata=shapes.Metadata(request.person) if request.person else None,
            stream=request.stream or None,
        )
    )


def _beginning(request: Request) -> tuple[tuple[Text, ...], Sequence[Turn]]:
    """A message of role ``system`` cannot be the first: what it says belongs to the system prompt."""
    count = next((number for number, turn in enumerate(request.turns) if turn.role != "system"), len(request.turns))
    said = [part for turn in request.turns[:count] for part in turn.parts if isinstance(part, Text)]
    return (*request.system, *said), request.turns[count:]


def _tool(tool: Tool, notes: Notes) -> Raw:
    if tool.custom:
        raise Refused("malformed", f"tool {tool.name!r} takes free text; Anthropic has tools with JSON arguments only")
    if tool.namespace:
        notes.add("anthropic-no-field", "namespace")
    shape = shapes.Tool(
        name=tool.name,
        description=tool.description or None,
        input_schema=Raw(tool.schema if tool.schema != b"{}" else b'{"type":"object"}'),
        strict=tool.strict or None,
        cache_control=write_cache(tool.cache),
    )
    return Raw(_ENCODER.encode(shape))


def _choice(request: Request) -> shapes.Choice | None:
    if not request.tools:
        return None
    single = None if request.parallel is None else not request.parallel
    match request.tool_choice:
        case None:
            return shapes.AutoChoice(single) if single else None
        case choice if choice.mode == "none":
            return shapes.NoChoice()
        case choice if choice.mode == "any":
            return shapes.AnyChoice(single)
        case choice if choice.mode == "named":
            return shapes.NamedChoice(choice.name, single)
        case _:
            return shapes.AutoChoice(single)


def _thinking(reasoning: Reasoning | None, answer_max: int, notes: Notes) -> shapes.ThinkingSetting | None:
    if reasoning is None:
        return None
    if reasoning.effort == "none" or reasoning.budget_tokens == 0:
        return shapes.ThinkingDisabled()
    display: shapes.Display = None if reasoning.shown is None else "summarized" if reasoning.shown else "omitted"
    budget = reasoning.budget_tokens
    if budget is None or budget < 0:
        is_asked = reasoning.effort or budget is not None or reasoning.shown
        return shapes.ThinkingAdaptive(display) if is_asked else None
    fitting = min(max(budget, BUDGET_MIN), answer_max - 1)
    if fitting < BUDGET_MIN:
        notes.add("anthropic-thinking-off", "short answer")
        return None
    if fitting != budget:
        notes.add("anthropic-budget")
    return shapes.ThinkingEnabled(fitting, display)


def _unless_refused(
    thinking: shapes.ThinkingSetting, request: Request, messages: Sequence[shapes.Message], notes: Notes
) -> shapes.ThinkingSetting | None:
    """Anthropic does not let a model think that must call a tool; nor, with a budget, one that goes on after a call
    which it did not think about before."""
    if request.tool_choice is not None and request.tool_choice.mode in ("any", "named") and request.tools:
        notes.add("anthropic-thinking-off", "forced tool")
        return None
    if isinstance(thinking, shapes.ThinkingEnabled) and _goes_on_without_thoughts(messages):
        notes.add("anthropic-thinking-off", "call without thoughts")
        return None
    return thinking


def _goes_on_without_thoughts(messages: Sequence[shapes.Message]) -> bool:
    if not messages or not isinstance(messages[-1].content[0], shapes.ToolResultBlock):
        return False
    called = next((message.content[0] for message in reversed(messages) if message.role == "assistant"), None)
    return not isinstance(called, shapes.ThinkingBlock | shapes.RedactedThinkingBlock)


def _output_config(request: Request, notes: Notes) -> shapes.OutputConfig | None:
    effort = _effort(request.reasoning, notes)
    form = shapes.JsonFormat(Raw(request.output.schema)) if request.output and request.output.schema else None
    return shapes.OutputConfig(effort, form) if effort or form else None


def _effort(reasoning: Reasoning | None, notes: Notes) -> _Effort | None:
    if reasoning is None or reasoning.effort in ("", "none"):
        return None
    effort = _EFFORTS.get(reasoning.effort, "low")
    if effort != reasoning.effort:
        notes.add("anthropic-effort", reasoning.effort)
    return effort


def _stop(stop: Sequence[str], notes: Notes) -> tuple[str, ...] | None:
    kept = tuple(one for one in stop if one.strip())
    if len(kept) != len(stop):
        notes.add("anthropic-blank", "stop")
    return kept or None


def _temperature(temperature: float | None, notes: Notes, *, is_thinking: bool) -> float | None:
    if temperature is None or (is_thinking and temperature == 1):
        return temperature
    if is_thinking:
        notes.add("anthropic-sampling", "temperature")
        return None
    if temperature > 1:
        notes.add("anthropic-temperature")
    return min(temperature, 1.0)


def _top_p(top_p: float | None, notes: Notes, *, is_thinking: bool) -> float | None:
    """While thinking at least 0.95."""
    if top_p is None or not is_thinking or top_p >= 0.95:
        return top_p
    notes.add("anthropic-sampling", "top_p")
    return None


def _top_k(top_k: int | None, notes: Notes, *, is_thinking: bool) -> int | None:
    if top_k is not None and is_thinking:
        notes.add("anthropic-sampling", "top_k")
        return None
    return top_k


def _tell_what_is_left_out(request: Request, notes: Notes) -> None:
    service.leave_out(request.service, notes)
    if request.seed is not None:
        notes.add("anthropic-no-field", "seed")
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(request, name):
            notes.add("anthropic-no-field", name)
    if request.output is not None and not request.output.schema:
        notes.add("anthropic-no-field", "output without a schema")
    for name in ("name", "description"):
        if request.output is not None and getattr(request.output, name):
            notes.add("anthropic-no-field", f"output.{name}")
