"""A request of the form, in this dialect."""

from collections.abc import Sequence

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation import service
from minga.providers.translation.chat.messages_out import Messages
from minga.providers.translation.chat.models import is_openai
from minga.providers.translation.form import OutputForm, Reasoning, Request, Tool, ToolChoice
from minga.providers.translation.notes import Notes

_FORMATS = msgspec.json.Decoder(dict[str, object])

_EFFORTS = ((0, "none"), (4096, "low"), (16384, "medium"))
"""Which effort the most tokens for thoughts stand for; above: high."""


_ULTRAFAST = b'"ultrafast"'
"""A service tier that only Responses have."""


class _Encoded(msgspec.Struct, omit_defaults=True):
    """The fields that are not numbers, as they are written."""

    model: str
    messages: list[dict[str, object]]
    tools: list[dict[str, object]] | None = None
    tool_choice: object = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning_effort: str = ""
    response_format: object = None
    stream: bool = False
    stream_options: object = None
    user: str | msgspec.Raw = ""
    safety_identifier: str = ""
    metadata: msgspec.Raw | None = None
    moderation: msgspec.Raw | None = None
    prompt_cache_key: msgspec.Raw | None = None
    prompt_cache_options: msgspec.Raw | None = None
    prompt_cache_retention: msgspec.Raw | None = None
    service_tier: msgspec.Raw | None = None
    store: msgspec.Raw | None = None
    verbosity: msgspec.Raw | None = None


def write_request(request: Request, notes: Notes) -> bytes:
    own = is_openai(request.model)
    if request.top_k is not None and own:
        notes.add("chat-top-k")
    messages = Messages(request, notes)
    written = _Encoded(
        model=request.model,
        messages=messages.written(),
        tools=[_tool(one, notes) for one in request.tools] or None,
        tool_choice=_choice(request.tool_choice, request.tools),
        parallel_tool_calls=request.parallel if request.tools else None,
        max_tokens=None if own else request.answer_max,
        max_completion_tokens=request.answer_max if own else None,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=None if own else request.top_k,
        stop=request.stop,
        seed=request.seed,
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        reasoning_effort=_effort(request.reasoning, notes),
        response_format=_output(request.output),
        stream=request.stream,
        stream_options={"include_usage": True} if request.stream else None,
        user="" if own else request.person,
        safety_identifier=request.person if own else "",
    )
    for name, value in _service(request, notes, own=own):
        setattr(written, name, msgspec.Raw(value))
    return msgspec.json.encode(written)


def _service(request: Request, notes: Notes, *, own: bool) -> Sequence[tuple[str, bytes]]:
    """Other servers may refuse what they do not know."""
    if not request.service:
        return ()
    stored = dict(request.service).get("store") == b"true"
    taken = [
        (name, value)
        for name, value in request.service
        if own and (name != "metadata" or stored) and value != _ULTRAFAST
    ]
    service.leave_out([one for one in request.service if one not in taken], notes)
    return taken


def _tool(tool: Tool, notes: Notes) -> dict[str, object]:
    if tool.cache:
        notes.add("chat-cache-marker", "tools")
    if tool.namespace:
        notes.add("chat-namespace", tool.namespace)
    told: dict[str, object] = {"name": tool.name}
    if tool.description:
        told["description"] = tool.description
    if tool.custom:
        if tool.format:
            told["format"] = _grammar(tool)
        return {"type": "custom", "custom": told}
    told["parameters"] = msgspec.Raw(tool.schema)
    if tool.strict is not None:
        told["strict"] = tool.strict
    return {"type": "function", "function": told}


def _grammar(tool: Tool) -> dict[str, object]:
    """One level more than in the form, which has it as the responses format does. Raises Refused."""
    try:
        given = _FORMATS.decode(tool.format)
    except msgspec.DecodeError as wrong:
        raise Refused(
            "malformed", f"the format of tool {tool.name!r} is no grammar: {wrong}. Give an object"
        ) from wrong
    kind = given.pop("type", "grammar")
    return {"type": kind, "grammar": given} if kind == "grammar" else {"type": kind}


def _choice(choice: ToolChoice | None, tools: Sequence[Tool]) -> object:
    """Without tools the API refuses any."""
    if choice is None or not tools:
        return None
    match choice.mode:
        case "any":
            return "required"
        case "named":
            kind = "custom" if any(one.custom and one.name == choice.name for one in tools) else "function"
            return {"type": kind, kind: {"name": choice.name}}
        case mode:
            return mode


def _effort(reasoning: Reasoning | None, notes: Notes) -> str:
    if reasoning is None:
        return ""
    if reasoning.shown is not None:
        notes.add("chat-shown-thoughts")
    if reasoning.budget_tokens is None:
        return reasoning.effort
    notes.add("chat-thought-budget", str(reasoning.budget_tokens))
    if reasoning.effort or reasoning.budget_tokens < 0:
        return reasoning.effort
    return next((effort for most, effort in _EFFORTS if reasoning.budget_tokens <= most), "high")


def _output(output: OutputForm | None) -> object:
    if output is None:
        return None
    if not output.schema:
        return {"type": "json_object"}
    told: dict[str, object] = {"name": output.name or "answer", "schema": msgspec.Raw(output.schema)}
    if output.description:
        told["description"] = output.description
    if output.strict is not None:
        told["strict"] = output.strict
    return {"type": "json_schema", "json_schema": told}
