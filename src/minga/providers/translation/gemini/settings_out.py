"""Tools and settings of the form as Gemini's."""

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.form import Reasoning, Request, Tool
from minga.providers.translation.gemini import shapes
from minga.providers.translation.notes import Notes

_MODES = {"auto": "AUTO", "none": "NONE", "any": "ANY", "named": "ANY"}

_LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "XHIGH", "max": "XHIGH"}

_SEED_MAX = 2**31
"""Gemini's is of 32 bits."""


def tools(request: Request, notes: Notes) -> tuple[shapes.Tool, ...] | None:
    if not request.tools:
        return None
    return (shapes.Tool(function_declarations=tuple(_declaration(tool, notes) for tool in request.tools)),)


def _declaration(tool: Tool, notes: Notes) -> shapes.Declaration:
    """The schema as it stands: fitting it to what a model takes is done before."""
    if tool.custom:
        raise Refused("malformed", f"Gemini has no custom tools, as {tool.name!r} is; declare it as a function")
    if tool.strict:
        notes.add("gemini-strict", tool.name)
    if tool.namespace:
        notes.add("gemini-namespaces", tool.name)
    if tool.cache:
        notes.add("gemini-cache-markers")
    schema = shapes.NOTHING if tool.schema == b"{}" else msgspec.Raw(tool.schema)
    return shapes.Declaration(tool.name, tool.description or None, parameters_json_schema=schema)


def tool_config(request: Request, notes: Notes) -> shapes.ToolConfig | None:
    if request.parallel is False:
        notes.add("gemini-parallel")
    choice = request.tool_choice
    if choice is None or not request.tools:
        return None
    allowed = (choice.name,) if choice.mode == "named" else None
    return shapes.ToolConfig(shapes.CallingConfig(_MODES[choice.mode], allowed))


def generation_config(request: Request, notes: Notes) -> shapes.GenerationConfig | None:
    told = shapes.GenerationConfig(
        max_output_tokens=request.answer_max,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        stop_sequences=request.stop or None,
        seed=_seed(request.seed, notes),
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        thinking_config=None if request.reasoning is None else _thinking(request.reasoning, notes),
    )
    if request.output is not None:
        told.response_mime_type = "application/json"
        if request.output.schema:
            told.response_json_schema = msgspec.Raw(request.output.schema)
        for name in ("name", "description"):
            if getattr(request.output, name):
                notes.add("gemini-answer-schema", name)
    return None if told == _UNSET else told


def _seed(seed: int | None, notes: Notes) -> int | None:
    if seed is not None and not -_SEED_MAX <= seed < _SEED_MAX:
        notes.add("gemini-seed")
        return None
    return seed


def _thinking(reasoning: Reasoning, notes: Notes) -> shapes.ThinkingConfig:
    """Gemini takes a budget or a level, not both; no effort at all is a budget of nothing."""
    budget, level = reasoning.budget_tokens, _LEVELS.get(reasoning.effort)
    if reasoning.effort == "none":
        budget = 0
    elif budget is not None and level is not None:
        notes.add("gemini-effort", "budget and effort")
        level = None
    elif reasoning.effort == "max":
        notes.add("gemini-effort", "max")
    return shapes.ThinkingConfig(reasoning.shown, budget, level)


_UNSET = shapes.GenerationConfig()
