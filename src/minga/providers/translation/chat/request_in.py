"""A request of this dialect, as the form has it."""

from collections.abc import Iterator
from operator import attrgetter

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation import service
from minga.providers.translation.chat.messages_in import Conversation
from minga.providers.translation.chat.shapes import (
    ABSENT,
    UNTRANSLATED,
    Allowed,
    AllowedTools,
    ChatRequest,
    Custom,
    CustomFormat,
    CustomTool,
    Function,
    FunctionTool,
    JsonFormat,
    Named,
    NamedCustom,
    NamedFunction,
    SchemaFormat,
)
from minga.providers.translation.form import OutputForm, Reasoning, Request, Tool, ToolChoice
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict, sound

_REQUESTS = Strict(ChatRequest)

_untranslated = attrgetter(*UNTRANSLATED)

_SERVICE = tuple(name for name in service.NAMES if name != "user")

_service = attrgetter(*_SERVICE)

_SWITCHED_ON = ("enabled", "adaptive", "auto")

_SWITCHED = (*_SWITCHED_ON, "disabled")

_SAYS_NOTHING = (b"null", b"false", b"{}", b"[]", b'["text"]')


def read_request(body: bytes, notes: Notes) -> Request:
    """Raises Refused."""
    try:
        given, unknown = _REQUESTS.read(body)
        for path in unknown:
            notes.add("unknown-field", path)
        return _request(given, notes)
    except (ValueError, RecursionError) as wrong:
        raise Refused("malformed", f"this is no chat completion request: {wrong}. Correct that place in it") from wrong


def _request(given: ChatRequest, notes: Notes) -> Request:
    _note_untranslated(given, notes)
    said = Conversation(notes)
    said.take(given.messages)
    tools, choice = _tools(given, notes)
    return Request(
        model=given.model,
        turns=tuple(said.turns),
        system=tuple(said.system),
        tools=tools,
        tool_choice=choice,
        parallel=given.parallel_tool_calls,
        answer_max=given.max_tokens if given.max_completion_tokens is None else given.max_completion_tokens,
        temperature=given.temperature,
        top_p=given.top_p,
        top_k=given.top_k,
        stop=(given.stop,) if isinstance(given.stop, str) else tuple(given.stop or ()),
        seed=given.seed,
        presence_penalty=given.presence_penalty,
        frequency_penalty=given.frequency_penalty,
        reasoning=_reasoning(given, notes),
        output=_output(given),
        stream=bool(given.stream),
        person=given.safety_identifier or given.user or "",
        usage_wanted=bool(given.stream_options and given.stream_options.include_usage),
        service=_service_of(given),
    )


def _service_of(given: ChatRequest) -> tuple[tuple[str, bytes], ...]:
    """``user`` stands in it where somebody else is named as the person."""
    told = [(name, sound(value)) for name, value in zip(_SERVICE, _service(given), strict=True) if value is not ABSENT]
    if given.user and given.safety_identifier not in (None, given.user):
        told.append(("user", msgspec.json.encode(given.user)))
    return service.given(told) if told else ()


def _note_untranslated(given: ChatRequest, notes: Notes) -> None:
    for name, value in zip(UNTRANSLATED, _untranslated(given), strict=True):
        if value is not ABSENT and bytes(value) not in _SAYS_NOTHING:
            notes.add("chat-field", name)
    if given.stream_options and given.stream_options.include_obfuscation:
        notes.add("chat-field", "stream_options.include_obfuscation")
    if given.n is not None and given.n > 1:
        notes.add("chat-choices", f"n={given.n}")


def _tools(given: ChatRequest, notes: Notes) -> tuple[tuple[Tool, ...], ToolChoice | None]:
    tools = (*map(_tool, given.tools or ()), *map(_function, given.functions or ()))
    choice = given.function_call if given.tool_choice is None else given.tool_choice
    match choice:
        case None:
            return tools, None
        case Allowed():
            notes.add("chat-allowed-tools")
            return _allowed(tools, choice.allowed_tools)
        case NamedFunction():
            return tools, ToolChoice("named", choice.function.name)
        case NamedCustom():
            return tools, ToolChoice("named", choice.custom.name)
        case Named():
            return tools, ToolChoice("named", choice.name)
        case "none":
            return tools, ToolChoice("none")
        case "validated":  # Copilot CLI asks Google's models so; other formats have no word for it
            notes.add("chat-validated")
            return tools, ToolChoice("auto")
        case "auto":
            return tools, ToolChoice("auto")
        case "required" | "any":
            return tools, ToolChoice("any")
        case _:
            raise Refused("malformed", "function_call must be none, auto or the name of a function. Correct it")


def _allowed(tools: tuple[Tool, ...], allowed: AllowedTools) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The others are left out: then they cannot be called."""
    names = {named.name for one in allowed.tools if (named := one.function or one.custom) is not None}
    return tuple(one for one in tools if one.name in names), ToolChoice("any" if allowed.mode == "required" else "auto")


def _tool(tool: FunctionTool | CustomTool) -> Tool:
    if isinstance(tool, CustomTool):
        return _custom(tool.custom)
    found = _function(tool.function)
    return msgspec.structs.replace(found, cache=tool.cache_control.ttl) if tool.cache_control else found


def _function(function: Function) -> Tool:
    schema = sound(function.parameters)
    if schema == b"null":
        schema = b"{}"
    elif not schema.startswith(b"{"):
        raise Refused("malformed", f"the parameters of tool {function.name!r} are no JSON Schema. Give an object")
    return Tool(function.name, function.description or "", schema, function.strict)


def _custom(custom: Custom) -> Tool:
    return Tool(custom.name, custom.description or "", custom=True, format=_grammar(custom.format))


def _grammar(given: CustomFormat | None) -> bytes:
    """As the form has it, it is that of the responses format: without a level."""
    if given is None or given.grammar is None:
        return b""
    return msgspec.json.encode(
        {"type": "grammar", "syntax": given.grammar.syntax, "definition": given.grammar.definition}
    )


def _reasoning(given: ChatRequest, notes: Notes) -> Reasoning | None:
    effort = next(_efforts(given), "")
    budget, shown = given.thinking_budget, None
    if given.reasoning is not None:
        budget = given.reasoning.max_tokens if budget is None else budget
        shown = None if given.reasoning.exclude is None else not given.reasoning.exclude
    if given.thinking is not None and given.thinking.type not in _SWITCHED:
        notes.add("chat-field", "thinking.type")
    if not effort and budget is None and _is_switched_on(given):
        budget = -1
    found = Reasoning(effort, budget, shown)
    return None if found == Reasoning() else found


def _efforts(given: ChatRequest) -> Iterator[str]:
    if given.reasoning_effort:
        yield given.reasoning_effort
    if given.reasoning is not None and given.reasoning.effort:
        yield given.reasoning.effort
    if given.reasoning is not None and given.reasoning.enabled is False:
        yield "none"
    if (given.thinking is not None and given.thinking.type == "disabled") or given.enable_thinking is False:
        yield "none"


def _is_switched_on(given: ChatRequest) -> bool:
    """It is to think, and how much is not said."""
    switches = (given.enable_thinking, given.reasoning and given.reasoning.enabled)
    return True in switches or (given.thinking is not None and given.thinking.type in _SWITCHED_ON)


def _output(given: ChatRequest) -> OutputForm | None:
    match given.response_format:
        case JsonFormat():
            return OutputForm()
        case SchemaFormat(json_schema=asked):
            schema = b"" if bytes(asked.schema) == b"null" else sound(asked.schema)
            return OutputForm(schema, asked.name, asked.description or "", asked.strict)
        case _:
            return None
