"""Where each CLI keeps what a person configures, and what `minga connect` writes there: the schema of ``catalog``.

In a value ``${command}`` is Minga's program, ``${arguments}`` its arguments, ``${line}`` both as one list,
``${environment}`` the variables that name Minga's folders, ``${url}``, ``${key_variable}`` and ``${model}`` the
gateway's, ``${tool}`` the name of a tool. What has no value is left out with its key.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from minga.agents.connecting.edits import Edit, Format

SHIPPED = Path(__file__).parent / "catalog"

PartName = Literal["tools", "gateway"]


class EditFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``part`` is what it is for. ``is_element``: one of a list. ``each``: once for each tool that only reads.
    ``may_lack``: what a file has no place for is left out."""

    part: PartName
    path: tuple[str, ...]
    value: Any
    is_element: bool = False
    each: Literal["", "reading"] = ""
    may_lack: bool = False


class FileFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``folders``: the first whose variable is set (``$NAME/…``), or the last. ``names``: the first that is there, or
    the last. ``layout_key`` is the number of the file's layout, known up to ``layout_max``."""

    folders: tuple[str, ...]
    names: tuple[str, ...]
    format: Format
    edits: tuple[EditFacts, ...]
    layout_key: str = ""
    layout_max: int = 0


class CopyEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of the copy of a file (``name``) that a probe works with."""

    name: str
    path: tuple[str, ...]
    value: Any


class ProbeFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to run the CLI once, headless, in front of a model server at ``${url}``, whatever the person's configuration
    says of the model. ``${home}``: a home for this run, to which a variable moves the CLI's configuration. ``shows``:
    which of Minga's tools are in such a run's request."""

    arguments: tuple[str, ...]
    environment: dict[str, str] = {}
    edits: tuple[CopyEdit, ...] = ()
    shows: Literal["all", "reading"] = "all"


class ConnectingFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``measured``: the version of the CLI that showed it. ``tool_name``: what the model sees of a tool, behind its
    namespace and a slash where it has one.
    ``gateway``: ``file`` where its configuration can name the gateway and the key's variable, ``model`` where it must
    name a model too, ``environment`` where only the environment can."""

    agent: str
    measured: str
    tool_name: str
    files: tuple[FileFacts, ...]
    gateway: Literal["file", "model", "environment"]
    probe: ProbeFacts


class FileEdits(msgspec.Struct, frozen=True):
    """What is to be changed of one file: one part of a connection gives a list of these."""

    path: Path
    format: Format
    edits: tuple[Edit, ...]
    layout_key: str = ""
    layout_max: int = 0


class Server(msgspec.Struct, frozen=True):
    """Minga's MCP server, as a CLI starts it. ``reading``: its tools that only read, which need not be asked about."""

    command: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = {}
    reading: tuple[str, ...] = ()


class GatewayUse(msgspec.Struct, frozen=True):
    """``url`` without ``/v1``. ``key_variable`` holds the key; no file does."""

    url: str
    key_variable: str
    model: str = ""


def load() -> dict[str, ConnectingFacts]:
    """The CLIs that can be connected, by name."""
    found = [msgspec.toml.decode(file.read_bytes(), type=ConnectingFacts) for file in sorted(SHIPPED.glob("*.toml"))]
    return {facts.agent: facts for facts in found}


def tools_part(facts: ConnectingFacts, server: Server, environment: Mapping[str, str]) -> list[FileEdits]:
    """The MCP server `minga`, with all that makes the CLI show its tools to the model."""
    values = {
        "command": server.command,
        "arguments": list(server.arguments),
        "line": [server.command, *server.arguments],
        "environment": server.environment,
    }
    return list(_files(facts, "tools", values, server.reading, environment))


def gateway_part(facts: ConnectingFacts, use: GatewayUse, environment: Mapping[str, str]) -> list[FileEdits]:
    """The gateway as the CLI's model endpoint; empty where its files cannot say it."""
    if facts.gateway == "environment" or (facts.gateway == "model" and not use.model):
        return []
    values = {"url": use.url, "key_variable": use.key_variable, "model": use.model}
    return list(_files(facts, "gateway", values, (), environment))


def place(file: FileFacts, environment: Mapping[str, str]) -> Path:
    """Where the CLI reads this file of the person's, as an absolute path."""
    folder = Path(environment.get("HOME", "/"))
    for text in file.folders:
        first, _, rest = text.partition("/")
        if first == "~":
            folder = Path(environment.get("HOME", "/"), rest)
            break
        if environment.get(first.removeprefix("$")):
            folder = Path(environment[first.removeprefix("$")], rest)
            break
    folder = folder.absolute()
    return next((folder / name for name in file.names if (folder / name).exists()), folder / file.names[-1])


def _files(
    facts: ConnectingFacts, part: PartName, values: dict[str, Any], reading: tuple[str, ...], env: Mapping[str, str]
) -> Iterator[FileEdits]:
    for file in facts.files:
        edits = tuple(edit for one in file.edits if one.part == part for edit in _edits(one, values, reading))
        if edits:
            yield FileEdits(place(file, env), file.format, edits, file.layout_key, file.layout_max)


def _edits(one: EditFacts, values: dict[str, Any], reading: tuple[str, ...]) -> Iterator[Edit]:
    for tool in reading if one.each else ("",):
        known = values | {"tool": tool}
        path = tuple(str(_filled(key, known)) for key in one.path)
        value = _filled(one.value, known)
        if value not in ("", {}, []):
            yield Edit(path, value, one.is_element, one.may_lack)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        filled = {_filled(key, values): _filled(one, values) for key, one in value.items()}
        return {key: one for key, one in filled.items() if one not in ("", {}, [])}
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if not isinstance(value, str):
        return value
    for name, one in values.items():
        if value == f"${{{name}}}":
            return one
        if isinstance(one, str):
            value = value.replace(f"${{{name}}}", one)
    return value
