"""A request of Messages, read into the form."""

from collections.abc import Sequence
from operator import attrgetter

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.form import (
    Media,
    OutputForm,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from minga.providers.translation.messages import shapes
from minga.providers.translation.messages.turns_in import is_given, read_cache, read_text, read_turns
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict, sound

_REQUEST = Strict(shapes.MessagesRequest)
_TOOL = Strict(shapes.Tool)

_at_anthropic = attrgetter(*shapes.AT_ANTHROPIC)

_SERVER_TOOLS = (
    "web_search_",
    "web_fetch_",
    "code_execution_",
    "bash_",
    "text_editor_",
    "computer_",
    "memory_",
    "tool_search_tool_",
    "browser_toolset_",
    "advisor_",
    "mcp_toolset",
)
"""Beginnings of the types of tools that Anthropic runs or defines; dates follow."""


def read_request(body: bytes, notes: Notes) -> Request:
    """Raises Refused."""
    try:
        asked, unknown = _REQUEST.read(body)
        for path in unknown:
            notes.add("unknown-field", path)
        return _request(asked, notes)
    except (ValueError, RecursionError) as wrong:
        raise Refused("malformed", f"This is no request of Anthropic's Messages: {wrong}") from wrong


def _request(asked: shapes.MessagesRequest, notes: Notes) -> Request:
    _look_for_what_stays_behind(asked, notes)
    turns = read_turns(asked.messages, notes)
    if not turns:
        raise Refused("malformed", "messages: there is nothing to answer to; send a message of role user")
    if asked.cache_control is not None:
        turns = _marked(turns, asked.cache_control, notes)
    tools = _tools(asked.tools or (), notes)
    choice, parallel = _choice(asked.tool_choice, tools, left_out=len(asked.tools or ()) - len(tools))
    return Request(
        model=asked.model,
        turns=turns,
        system=_system(asked.system, notes),
        tools=tools,
        tool_choice=choice,
        parallel=parallel,
        answer_max=asked.max_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        stop=asked.stop_sequences or (),
        reasoning=_reasoning(asked, notes),
        output=_output(asked),
        stream=bool(asked.stream),
        person=(asked.metadata and asked.metadata.user_id) or "",
    )


def _look_for_what_stays_behind(asked: shapes.MessagesRequest, notes: Notes) -> None:
    for name in shapes.STORED:
        if is_given(getattr(asked, name)):
            raise Refused("malformed", f"{name}: it lies at Anthropic, and another provider answers; leave it out")
    for name, value in zip(shapes.AT_ANTHROPIC, _at_anthropic(asked), strict=True):
        if is_given(value):
            notes.add("anthropic-only", name)
    if asked.output_config and is_given(asked.output_config.task_budget):
        notes.add("anthropic-only", "output_config.task_budget")
    if asked.mcp_servers:
        notes.add("anthropic-server-tool", "mcp_servers")


def _system(system: str | tuple[shapes.TextBlock, ...] | None, notes: Notes) -> tuple[Text, ...]:
    if isinstance(system, str):
        return (Text(system),) if system else ()
    return tuple(read_text(block, notes) for block in system or ())


def _marked(turns: Sequence[Turn], control: shapes.CacheControl, notes: Notes) -> tuple[Turn, ...]:
    """A marker of the whole request is one of its last part."""
    cache, last = read_cache(control, notes), turns[-1]
    part = last.parts[-1]
    if not isinstance(part, Text | Media | ToolCall | ToolResult):
        return tuple(turns)
    marked = msgspec.structs.replace(part, cache=cache)
    return (*turns[:-1], Turn(last.role, (*last.parts[:-1], marked)))


def _tools(given: Sequence[msgspec.Raw], notes: Notes) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for number, raw in enumerate(given):
        try:
            tool, unknown = _TOOL.read(raw)
        except ValueError as wrong:
            raise ValueError(f"{wrong} (in tools[{number}])") from wrong
        if tool.type in (None, "custom"):
            for path in unknown:
                notes.add("unknown-field", f"tools[].{path}")
            tools.append(_tool(tool, f"tools[{number}]", notes))
        elif tool.type.startswith(_SERVER_TOOLS):
            notes.add("anthropic-server-tool", tool.type)
        else:
            raise Refused("malformed", f"tools[{number}].type: {tool.type!r} is no known type of a tool; use 'custom'")
    return tuple(tools)


def _tool(tool: shapes.Tool, place: str, notes: Notes) -> Tool:
    schema = sound(tool.input_schema)
    if not tool.name or not schema.startswith(b"{"):
        raise Refused("malformed", f"{place}: a tool has a name and an input_schema, which is an object")
    if tool.defer_loading:
        notes.add("anthropic-tool-search", "defer_loading")
    if is_given(tool.input_examples):
        notes.add("anthropic-only", "input_examples")
    if tool.eager_input_streaming:
        notes.add("anthropic-only", "eager_input_streaming")
    if tool.allowed_callers and tool.allowed_callers != ("direct",):
        notes.add("anthropic-server-tool", "allowed_callers")
    cache = read_cache(tool.cache_control, notes)
    return Tool(tool.name, tool.description or "", schema, tool.strict, cache=cache)


def _choice(
    choice: shapes.Choice | None, tools: Sequence[Tool], *, left_out: int
) -> tuple[ToolChoice | None, bool | None]:
    """None of both where the tools to choose from were left out, which was told with them."""
    if choice is None or (not tools and left_out):
        return None, None
    if isinstance(choice, shapes.NoChoice):
        return ToolChoice("none"), None
    single = choice.disable_parallel_tool_use
    parallel = None if single is None else not single
    match choice:
        case shapes.AutoChoice():
            return ToolChoice("auto"), parallel
        case shapes.AnyChoice():
            return ToolChoice("any"), parallel
        case _:
            return _named(choice.name, tools, left_out=left_out), parallel


def _named(name: str, tools: Sequence[Tool], *, left_out: int) -> ToolChoice | None:
    if any(tool.name == name for tool in tools):
        return ToolChoice("named", name)
    if left_out:
        return None
    raise Refused("malformed", f"tool_choice.name: there is no tool {name!r} among tools; add it, or choose another")


def _reasoning(asked: shapes.MessagesRequest, notes: Notes) -> Reasoning | None:
    effort = (asked.output_config and asked.output_config.effort) or ""
    match asked.thinking:
        case None:
            return Reasoning(effort) if effort else None
        case shapes.ThinkingDisabled():
            if effort:
                notes.add("anthropic-effort-unused", effort)
            return Reasoning("none")
        case shapes.ThinkingEnabled(budget, display):
            return Reasoning(effort, budget, _shown(display))
        case shapes.ThinkingAdaptive(display):
            return Reasoning(effort, None if effort else -1, _shown(display))
        case _:
            notes.add("anthropic-thinking-between-tools")
            return Reasoning(effort, None if effort else -1)


def _shown(display: shapes.Display) -> bool | None:
    return None if display is None else display == "summarized"


def _output(asked: shapes.MessagesRequest) -> OutputForm | None:
    told = (asked.output_config and asked.output_config.format) or asked.output_format
    if told is None:
        return None
    schema = sound(told.schema)
    if not schema.startswith(b"{"):
        raise Refused("malformed", "output_config.format.schema: a JSON Schema is an object")
    return OutputForm(schema, strict=True)  # Anthropic keeps to it by itself
