"""A request as the form has it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.form import Part, Request, Text, Thinking, ToolCall, ToolResult, Turn
from minga.providers.translation.gemini import parts_in, settings_in, shapes, signatures, spelling
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict

_REQUEST = Strict(shapes.Request)

_SAID = (Text, Thinking)  # a union would be made anew for each part

_ROLES: dict[str | None, Literal["user", "assistant"]] = {
    None: "user",
    "": "user",
    "user": "user",
    "function": "user",
    "tool": "user",
    "model": "assistant",
}


def read(body: bytes, notes: Notes) -> Request:
    try:
        given = _decoded(body, notes)
        settings_in.note_lost(given, notes)
        tools = settings_in.tools(given, notes)
        choice, tools = settings_in.tool_choice(given, tools, notes)
        request = Request("", _turns(given, notes), _system(given, notes), tools, choice)
        return settings_in.with_settings(request, given.generation_config, notes)
    except (ValueError, RecursionError) as wrong:
        said = str(wrong) if isinstance(wrong, ValueError) else "it is nested too deeply"
        raise Refused("malformed", f"this is no request of generateContent: {said}") from wrong


def _decoded(body: bytes, notes: Notes) -> shapes.Request:
    given, unknown = _REQUEST.read(body)
    if spelling.is_snake(unknown):
        given, unknown = _REQUEST.read(msgspec.json.encode(spelling.camel(msgspec.json.decode(body))))
    for path in unknown:
        notes.add("unknown-field", path)
    return given


def _system(given: shapes.Request, notes: Notes) -> tuple[Text, ...]:
    match given.system_instruction:
        case None:
            return ()
        case str() as text:
            return (Text(text),)
        case content:
            read_ = [parts_in.read(part, notes) for part in shapes.listed(content.parts)]
    if not all(isinstance(part, Text) for part in read_ if part is not None):
        raise ValueError("systemInstruction has a part that is no text; give it in contents")
    return tuple(part for part in read_ if isinstance(part, Text))


def _turns(given: shapes.Request, notes: Notes) -> tuple[Turn, ...]:
    """The contents of the model that follow each other are one turn: clients keep each event of a stream as one."""
    turns: list[Turn] = []
    calls = _Calls()
    contents = enumerate(shapes.listed(given.contents))
    for role, group in groupby(contents, _role):
        if role == "assistant":
            calls.open.clear()
            pieces = [part for at, content in group for part in _parts(content, at, notes)]
            turns.append(Turn(role, tuple(calls.named(signatures.unborne([*_joined(pieces)])))))
        else:
            turns += [Turn(role, _results_first(calls.named(_parts(content, at, notes)))) for at, content in group]
    if not turns:
        raise ValueError("contents is empty; send at least one content with a part")
    return tuple(turns)


def _role(numbered: tuple[int, shapes.Content]) -> Literal["user", "assistant"]:
    at, content = numbered
    if content.role not in _ROLES:
        raise ValueError(f"contents[{at}] has the role {content.role!r}; a role is user or model")
    return _ROLES[content.role]


def _results_first(parts: Sequence[Part]) -> tuple[Part, ...]:
    if len(parts) > 1:
        parts = sorted(parts, key=lambda part: not isinstance(part, ToolResult))
    return tuple(parts)


def _joined(pieces: Iterable[Part]) -> Iterator[Part]:
    """Pieces of a text, or of a thought, up to the one that is signed, are one part; empty ones say nothing."""
    held: list[Text | Thinking] = []
    for piece in pieces:
        if held and (type(held[0]) is not type(piece) or held[-1].signature):
            yield from _as_one(held)
            held = []
        if isinstance(piece, _SAID):
            held.append(piece)
        else:
            yield piece
    yield from _as_one(held)


def _as_one(held: Sequence[Text | Thinking]) -> Iterator[Part]:
    if len(held) == 1 and held[0].text:
        yield held[0]
        return
    text = "".join([piece.text for piece in held])
    if held and (text or held[-1].signature):
        yield msgspec.structs.replace(held[0], text=text, signature=held[-1].signature)


def _parts(content: shapes.Content, at: int, notes: Notes) -> list[Part]:
    found: list[Part] = []
    for number, part in enumerate(shapes.listed(content.parts)):
        try:
            read_ = parts_in.read(part, notes)
        except ValueError as wrong:
            raise ValueError(f"contents[{at}].parts[{number}]: {wrong}") from wrong
        if read_ is not None:
            found.append(read_)
    return found


@dataclass(slots=True)
class _Calls:
    """Gives ids to calls and results that have none: the calls are numbered, so that they have the same ones when the
    conversation comes again, and a result belongs to the first open call of its name. ``open``: the
    ids of the calls of the model's last turn that have no result so far, by the numbers of the calls."""

    open: dict[int, str] = field(default_factory=dict)
    by_id: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    by_name: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    number: int = 0

    def named(self, parts: Sequence[Part]) -> list[Part]:
        told = list(parts)
        for place, part in enumerate(told):
            if isinstance(part, ToolCall):
                told[place] = self._call(part)
            elif isinstance(part, ToolResult):
                told[place] = self._result(part)
        return told

    def _call(self, call: ToolCall) -> ToolCall:
        self.number += 1
        id_ = call.id or f"gemini-call-{self.number}"
        self.open[self.number] = id_
        self.by_id[id_].append(self.number)
        self.by_name[call.name].append(self.number)
        return call if call.id else msgspec.structs.replace(call, id=id_)

    def _result(self, result: ToolResult) -> ToolResult:
        """An id that no call has is one that the client made up for itself."""
        found = self._first(self.by_id.get(result.call_id)) or self._first(self.by_name.get(result.name))
        if not found:
            if not result.call_id:
                raise ValueError(f"there is a functionResponse of {result.name!r} without its functionCall before it")
            return result
        return result if result.call_id == found else msgspec.structs.replace(result, call_id=found)

    def _first(self, numbers: deque[int] | None) -> str:
        """The id of the first call that has no result yet, which it gets now; empty if there is none."""
        while numbers:
            if (number := numbers.popleft()) in self.open:
                return self.open.pop(number)
        return ""
