"""The tools of a request as OpenAI Responses has them, also where an answer repeats them."""

from collections.abc import Iterable

import msgspec

from minga.providers.translation.form import OutputForm, Request, Tool, ToolChoice

_NO_ARGUMENTS = msgspec.Raw(b'{"type":"object","properties":{}}')

_MODES = {"auto": "auto", "none": "none", "any": "required"}


def tools(given: Iterable[Tool]) -> list[dict[str, object]]:
    """Those of one namespace stand together, where its first one stood."""
    told: list[dict[str, object]] = []
    spaces: dict[str, list[dict[str, object]]] = {}
    for tool in given:
        if not tool.namespace:
            told.append(_tool(tool))
        elif tool.namespace in spaces:
            spaces[tool.namespace].append(_tool(tool))
        else:
            inner = spaces[tool.namespace] = [_tool(tool)]
            told.append({"type": "namespace", "name": tool.namespace, "description": tool.namespace, "tools": inner})
    return told


def choice(request: Request) -> object:
    wanted = request.tool_choice or ToolChoice("auto")
    if wanted.mode != "named":
        return _MODES[wanted.mode]
    custom = any(tool.custom for tool in request.tools if tool.name == wanted.name)
    return {"type": "custom" if custom else "function", "name": wanted.name}


def verbosity(request: Request) -> dict[str, object]:
    """Of the settings of text; empty where it is not said."""
    return {name: msgspec.Raw(value) for name, value in request.service if name == "verbosity"}


def text_settings(request: Request) -> dict[str, object]:
    return {"format": _format(request.output), **verbosity(request)}


def _format(wanted: OutputForm | None) -> dict[str, object]:
    if wanted is None:
        return {"type": "text"}
    if not wanted.schema:
        return {"type": "json_object"}
    form: dict[str, object] = {"type": "json_schema", "name": wanted.name or "answer"}
    form["schema"] = msgspec.Raw(wanted.schema)
    if wanted.description:
        form["description"] = wanted.description
    if wanted.strict is not None:
        form["strict"] = wanted.strict
    return form


def _tool(tool: Tool) -> dict[str, object]:
    told: dict[str, object] = {"type": "custom" if tool.custom else "function", "name": tool.name}
    if tool.description:
        told["description"] = tool.description
    if tool.custom:
        if tool.format:
            told["format"] = msgspec.Raw(tool.format)
        return told
    told["parameters"] = _NO_ARGUMENTS if tool.schema == b"{}" else msgspec.Raw(tool.schema)
    told["strict"] = bool(tool.strict)  # where it is left out, OpenAI takes it for true
    return told
