"""The tools of a request. Those of a namespace stand beside the others in the form."""

from collections.abc import Iterable, Iterator

from minga.providers.translation.form import Tool, ToolChoice
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import sound
from minga.providers.translation.responses import shapes
from minga.providers.translation.responses.tool_shapes import AnyTool, Custom, Function, Namespace, is_told


def tools(given: Iterable[AnyTool], notes: Notes) -> Iterator[Tool]:
    for one in given:
        match one:
            case Function() | Custom():
                yield _tool(one, "", notes)
            case Namespace():
                if one.description:
                    notes.add("responses-namespace", one.name)
                for inner in one.tools:
                    yield _tool(inner, one.name, notes)
            case _:
                notes.add("responses-tool", str(one.__struct_config__.tag))


def choice(
    given: str | shapes.ToolChoice | None, offered: tuple[Tool, ...], notes: Notes
) -> tuple[ToolChoice | None, tuple[Tool, ...]]:
    """The choice, and the tools that it leaves to choose from."""
    match given:
        case None:
            return None, offered
        case "auto" | "none":
            return ToolChoice("auto" if given == "auto" else "none"), offered
        case "required":
            return ToolChoice("any"), offered
        case shapes.ToolChoice(type="function" | "custom", name=str(name)):
            return ToolChoice("named", name), offered
        case shapes.ToolChoice(type="allowed_tools"):
            notes.add("responses-allowed-tools")
            names = {one.name for one in given.tools}
            left = tuple(tool for tool in offered if tool.name in names)
            return ToolChoice("any" if given.mode == "required" else "auto"), left
        case _:
            notes.add("responses-tool", f"tool_choice.{given.type}" if isinstance(given, shapes.ToolChoice) else "")
            return None, offered


def _tool(given: Function | Custom, namespace: str, notes: Notes) -> Tool:
    if given.defer_loading:
        notes.add("responses-deferred", given.name)
    if given.later:
        notes.add("responses-tool-setting", f"{given.name}.async")
    if given.allowed_callers and "direct" not in given.allowed_callers:
        notes.add("responses-tool-setting", f"{given.name}.allowed_callers")
    text = given.description or ""
    if isinstance(given, Custom):
        format_ = sound(given.format) if is_told(given.format) else b""
        return Tool(given.name, text, custom=True, format=format_, namespace=namespace)
    if is_told(given.output_schema):
        notes.add("responses-tool-setting", f"{given.name}.output_schema")
    schema = sound(given.parameters) if is_told(given.parameters) else b"{}"
    return Tool(given.name, text, schema, given.strict, namespace=namespace)
