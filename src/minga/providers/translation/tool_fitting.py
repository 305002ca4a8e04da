"""Tools, and the names and ids of their calls, as the target takes them; and how they were called before."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.form import Request, Tool, ToolCall, ToolChoice, ToolResult, Turn
from minga.providers.translation.notes import Notes
from minga.providers.translation.quirks import Quirks, subsets
from minga.providers.translation.schema_subset import fitted

INPUT = "input"
"""The only argument of the function that stands for a custom tool."""

_INPUT_SCHEMA = msgspec.json.encode(
    {
        "type": "object",
        "properties": {INPUT: {"type": "string", "description": "The whole input of the tool, as free text."}},
        "required": [INPUT],
    }
)

_ODD = re.compile(r"[^a-zA-Z0-9_-]")

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Given(NamedTuple):
    """A tool as the caller knows it. ``custom``: it was one, and is a function for the target."""

    namespace: str
    name: str
    custom: bool = False


class Names:
    """``given`` has the caller's tool for each namespace and name that the target gets; ``are_kept``: all tools are so
    for it too."""

    def __init__(self, tools: Sequence[Tool], calls: Sequence[ToolCall], quirks: Quirks, notes: Notes) -> None:
        self._quirks = quirks
        self._told: dict[tuple[str, str], str] = {}
        self.given: dict[tuple[str, str], Given] = {}
        offered = {(one.namespace, one.name): one.custom for one in tools}
        known = {**offered, **{(one.namespace, one.name): one.custom for one in calls}}
        if not all(name for _, name in known):
            raise Refused("malformed", "a tool, or a call of one, has no name; give it one")
        plain = {
            key: None for key in known if not (key[0] and not quirks.namespaces) and quirks.takes_tool_name(key[1])
        }
        for key in {**plain, **known}:  # what can keep its name does
            namespace, name = key
            told = name if key in plain else self._made(namespace, name)
            self._told[key] = told
            self.given[self._space(namespace), told] = Given(namespace, name, known[key] and not quirks.custom_tools)
            if told != name:
                notes.add("tool-renamed", name)
        self.are_kept = len(plain) == len(known) and (quirks.custom_tools or not any(known.values()))

    def of(self, namespace: str, name: str) -> str:
        return self._told[namespace, name]

    def _space(self, namespace: str) -> str:
        """The namespace as the target has it."""
        return namespace if self._quirks.namespaces else ""

    def _made(self, namespace: str, name: str) -> str:
        whole = f"{namespace}__{name}" if namespace and not self._quirks.namespaces else name
        space = self._space(namespace)
        if self._quirks.takes_tool_name(whole) and (space, whole) not in self.given:
            return whole
        clean = _ODD.sub("_", whole)
        start = clean if clean[:1].isalpha() or clean.startswith("_") else f"_{clean}"
        for number in range(len(self.given) + 1):
            end = sha256(f"{number}\0{namespace}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
            made = f"{start[: self._quirks.tool_name_length - 9]}_{end}"
            if (space, made) not in self.given:
                break
        return made


class CallIds:
    """An id that the target does not take becomes another: the same one always the same, no two the same."""

    def __init__(self, calls: Sequence[ToolCall], quirks: Quirks, notes: Notes) -> None:
        ids = [call.id for call in calls]
        taken = set(quirks.taken_call_ids(ids))
        self._told: dict[str, str] = {}
        if len(taken) == len(ids):
            return
        for id_ in ids:
            if id_ not in taken and id_ not in self._told:
                self._told[id_] = made = _made_id(id_, quirks.call_id_length, taken)
                taken.add(made)
                notes.add("call-id-changed")

    @property
    def are_kept(self) -> bool:
        return not self._told

    def of(self, id_: str) -> str:
        return self._told.get(id_, id_)


def _made_id(id_: str, length: int, taken: set[str]) -> str:
    start = "call_" if length > 20 else ""
    number = 0
    while True:
        digest = int.from_bytes(sha256(f"{number}\0{id_}".encode("utf-8", "surrogatepass")).digest())
        made = start
        while len(made) < length:
            digest, place = divmod(digest, len(_LETTERS))
            made += _LETTERS[place]
        if made not in taken:
            return made
        number += 1


def calls_of(request: Request) -> list[ToolCall]:
    return [part for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]


def tools(request: Request, names: Names, quirks: Quirks, notes: Notes) -> Request:
    """The tools as the target takes them, and which of them is to be called."""
    choice = request.tool_choice
    if not request.tools:
        if choice is None:
            return request
        _tell_of_none(choice, notes)
        return msgspec.structs.replace(request, tool_choice=None)
    kept = _few(request.tools, choice, quirks, notes)
    told = tuple(_tool(one, names, quirks, notes) for one in kept)
    if choice is not None and choice.mode == "named":
        meant = next((one for one in kept if one.name == choice.name), None)
        if meant is None:
            raise Refused("malformed", f"tool_choice names the tool {choice.name!r}, which is not among the tools")
        choice = ToolChoice("named", names.of(meant.namespace, meant.name))
    return msgspec.structs.replace(request, tools=told, tool_choice=choice)


def _tell_of_none(choice: ToolChoice, notes: Notes) -> None:
    """A choice where there is nothing to choose from, which some providers refuse."""
    if choice.mode == "named":
        raise Refused("malformed", f"tool_choice names the tool {choice.name!r}, but there are no tools; add it")
    if choice.mode == "any":
        notes.add("tool-choice-lost", "any, without tools")


def _few(given: Sequence[Tool], choice: ToolChoice | None, quirks: Quirks, notes: Notes) -> Sequence[Tool]:
    if not quirks.tools_max or len(given) <= quirks.tools_max:
        return given
    meant = choice.name if choice is not None and choice.mode == "named" else None
    ordered = sorted(given, key=lambda one: one.name != meant)
    for one in ordered[quirks.tools_max :]:
        notes.add("tool-left-out", one.name)
    return ordered[: quirks.tools_max]


def _tool(tool: Tool, names: Names, quirks: Quirks, notes: Notes) -> Tool:
    name = names.of(tool.namespace, tool.name)
    namespace = tool.namespace if quirks.namespaces else ""
    if tool.custom:
        if quirks.custom_tools:
            return msgspec.structs.replace(tool, name=name, namespace=namespace)
        notes.add("custom-tool", tool.name)
        return Tool(name, _described(tool), _INPUT_SCHEMA, namespace=namespace, cache=tool.cache)
    schema, strict = fitted_schema(tool.schema, tool.strict, quirks.tool_schemas, quirks, notes, tool.name)
    if name == tool.name and schema is tool.schema and strict == tool.strict and namespace == tool.namespace:
        return tool
    return msgspec.structs.replace(tool, name=name, namespace=namespace, schema=schema, strict=strict)


def _described(tool: Tool) -> str:
    """The grammar of a custom tool is no more than words for a function."""
    grammar = f"The input must follow this grammar: {tool.format.decode()}" if tool.format else ""
    return "\n\n".join(filter(None, (tool.description, grammar)))


def fitted_schema(
    schema: bytes, strict: bool | None, subset: str, quirks: Quirks, notes: Notes, of: str
) -> tuple[bytes, bool | None]:
    """``of``: the tool, or empty for the schema of the answer. It is strict only as long as that does not change what
    the caller gets."""
    if strict and not quirks.strict:
        notes.add("strictness-lost", of or "answer")
        strict = None
    try:
        if strict and quirks.strict_schemas:
            told = fitted(schema, subsets()[quirks.strict_schemas])
            if told.fits:
                _tell(told.dropped, of, notes)
                return told.schema, strict
            notes.add("strictness-lost", of or "answer")
            strict = False
        if not subset:
            return schema, strict
        told = fitted(schema, subsets()[subset], outermost_object=bool(of))
    except ValueError as wrong:
        raise Refused("malformed", f"the schema of {f'tool {of!r}' if of else 'the answer'}: {wrong}") from wrong
    _tell(told.dropped, of, notes)
    return told.schema, strict


def held_schema(schema: bytes, subset: str, notes: Notes) -> bytes | None:
    """Of an answer, for a target that keeps each schema to the letter; None for one that it cannot keep."""
    try:
        told = fitted(schema, subsets()[subset], outermost_object=False, closing=True)
    except ValueError as wrong:
        raise Refused("malformed", f"the schema of the answer: {wrong}") from wrong
    if not told.fits:
        return None
    if told.narrowed:
        notes.add("schema-closed")
    _tell(told.dropped, "", notes)
    return told.schema


def _tell(dropped: Sequence[str], of: str, notes: Notes) -> None:
    for keyword in dropped:
        notes.add("schema-widened", f"{of or 'answer'}: {keyword}")


def turns(request: Request, names: Names, ids: CallIds, quirks: Quirks) -> tuple[Turn, ...]:
    """The calls so far and their results, under the names and ids that the target gets."""
    if names.are_kept and ids.are_kept:
        return request.turns
    results: dict[str, str] = {}
    return tuple(_turn(turn, names, ids, quirks, results) for turn in request.turns)


def _turn(turn: Turn, names: Names, ids: CallIds, quirks: Quirks, results: dict[str, str]) -> Turn:
    parts = list(turn.parts)
    for place, part in enumerate(parts):
        if isinstance(part, ToolCall):
            results[part.id] = name = names.of(part.namespace, part.name)
            custom = part.custom and quirks.custom_tools
            namespace = part.namespace if quirks.namespaces else ""
            arguments = part.arguments
            if part.custom and not custom:
                arguments = msgspec.json.encode({INPUT: arguments}).decode()
            id_ = ids.of(part.id)
            if (id_, name, namespace, custom) != (part.id, part.name, part.namespace, part.custom):
                parts[place] = ToolCall(id_, name, arguments, custom, namespace, part.signature, part.cache)
        elif isinstance(part, ToolResult):
            id_, name = ids.of(part.call_id), results[part.call_id]
            custom = part.custom and quirks.custom_tools
            if (id_, name, custom) != (part.call_id, part.name, part.custom):
                parts[place] = ToolResult(id_, part.parts, name, part.is_error, custom, part.cache)
    return Turn(turn.role, tuple(parts)) if any(map(_differs, parts, turn.parts)) else turn


def _differs(one: object, other: object) -> bool:
    return one is not other
