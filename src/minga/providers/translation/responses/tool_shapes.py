"""The tools of a request: functions and custom ones, maybe in a namespace, and those that a provider itself has."""

from typing import TypeAlias

import msgspec

NULL = msgspec.Raw(b"null")
"""A field that is not read where it stands; this one stands nowhere, or is null."""


class _Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    pass


class Function(_Fields, frozen=True, tag="function"):
    name: str
    description: str | None = None
    parameters: msgspec.Raw = NULL
    strict: bool | None = None
    defer_loading: bool | None = None
    output_schema: msgspec.Raw = NULL
    allowed_callers: list[str] | None = None
    later: bool | None = msgspec.field(default=None, name="async")


class Custom(_Fields, frozen=True, tag="custom"):
    name: str
    description: str | None = None
    format: msgspec.Raw = NULL
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    later: bool | None = msgspec.field(default=None, name="async")


class Namespace(_Fields, frozen=True, tag="namespace"):
    name: str
    tools: list[Function | Custom]
    description: str | None = None


class OfProvider(msgspec.Struct, frozen=True, tag_field="type"):
    """What it is set to is left out with it."""


class ApplyPatch(OfProvider, frozen=True, tag="apply_patch"):
    pass


class CodeInterpreter(OfProvider, frozen=True, tag="code_interpreter"):
    pass


class Computer(OfProvider, frozen=True, tag="computer"):
    pass


class ComputerPreview(OfProvider, frozen=True, tag="computer_use_preview"):
    pass


class FileSearch(OfProvider, frozen=True, tag="file_search"):
    pass


class ImageGeneration(OfProvider, frozen=True, tag="image_generation"):
    pass


class LocalShell(OfProvider, frozen=True, tag="local_shell"):
    pass


class Mcp(OfProvider, frozen=True, tag="mcp"):
    pass


class Programmatic(OfProvider, frozen=True, tag="programmatic_tool_calling"):
    pass


class Shell(OfProvider, frozen=True, tag="shell"):
    pass


class ToolSearch(OfProvider, frozen=True, tag="tool_search"):
    pass


class WebSearch(OfProvider, frozen=True, tag="web_search"):
    pass


class WebSearchDated(OfProvider, frozen=True, tag="web_search_2025_08_26"):
    pass


class WebSearchPreview(OfProvider, frozen=True, tag="web_search_preview"):
    pass


class WebSearchPreviewDated(OfProvider, frozen=True, tag="web_search_preview_2025_03_11"):
    pass


AnyTool: TypeAlias = (
    Function
    | Custom
    | Namespace
    | ApplyPatch
    | CodeInterpreter
    | Computer
    | ComputerPreview
    | FileSearch
    | ImageGeneration
    | LocalShell
    | Mcp
    | Programmatic
    | Shell
    | ToolSearch
    | WebSearch
    | WebSearchDated
    | WebSearchPreview
    | WebSearchPreviewDated
)


def is_told(field: msgspec.Raw) -> bool:
    return bytes(field) != b"null"
