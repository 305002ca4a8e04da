"""Answers of a model, with the tools as the caller knows them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from minga.providers.translation.arguments import is_object, object_text
from minga.providers.translation.conversation import free_id
from minga.providers.translation.form import Added, Answer, Closed, Event, Opened, Part, ToolCall
from minga.providers.translation.notes import Notes
from minga.providers.translation.tool_fitting import INPUT, Given

_BEGINNING = re.compile(rf'\s*\{{\s*"{INPUT}"\s*:\s*"')

_WHOLE = re.compile(r'(?:[^"\\]|\\(?:[^u]|u[0-9a-fA-F]{4}))*')
"""What of a JSON text can be read already: no escape is cut."""

_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
"""The first half of a character; the second one has not come yet."""


@dataclass(frozen=True, slots=True)
class Restore:
    """``given``: the caller's tools by the namespaces and names that the model has for them."""

    given: Mapping[tuple[str, str], Given]
    notes: Notes

    def answer(self, answer: Answer) -> Answer:
        ids: dict[str, int] = {}
        parts = tuple(self._part(part, ids) for part in answer.parts if not self._is_cut(part, answer))
        return answer if parts == answer.parts else msgspec.structs.replace(answer, parts=parts)

    def _is_cut(self, part: Part, answer: Answer) -> bool:
        """At its limit the answer ended inside of this call, which nobody can carry out."""
        if answer.stop != "length" or part is not answer.parts[-1] or not isinstance(part, ToolCall):
            return False
        if part.custom or is_object(part.arguments) or not part.arguments:
            return False
        self.notes.add("call-cut", part.name)
        return True

    def stream(self) -> "Restoring":
        return Restoring(self)

    def call(self, call: ToolCall, ids: dict[str, int]) -> ToolCall:
        """Its arguments are left as they are. ``ids``: of the calls of the answer so far; no two may have one."""
        if (free := free_id(call.id, ids)) != call.id:
            self.notes.add("call-renamed", call.name)
            call = msgspec.structs.replace(call, id=free)
        given = self.given.get((call.namespace, call.name))
        if given is None or given == (call.namespace, call.name, False):
            return call
        custom = given.custom or call.custom
        return ToolCall(call.id, given.name, call.arguments, custom, given.namespace, call.signature, call.cache)

    def arguments(self, text: str, *, call: ToolCall) -> str:
        """The text of the caller's custom tool, or the arguments of a function: where they are no object and cannot be
        mended, they stay, and that is told."""
        if self.unwraps(call):
            return _input(text)
        try:
            return text if call.custom else object_text(text, call.name, self.notes)
        except ValueError:
            self.notes.add("arguments-malformed", call.name)
            return text

    def unwraps(self, call: ToolCall) -> bool:
        given = self.given.get((call.namespace, call.name))
        return given is not None and given.custom and not call.custom

    def _part(self, part: Part, ids: dict[str, int]) -> Part:
        if not isinstance(part, ToolCall):
            return part
        told = self.call(part, ids)
        arguments = self.arguments(part.arguments, call=part)
        return told if arguments is part.arguments else msgspec.structs.replace(told, arguments=arguments)


@dataclass(slots=True)
class Restoring:
    """The events of one stream."""

    restore: Restore
    _open: dict[int, "_Arguments"] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)

    def events(self, event: Event) -> Sequence[Event]:
        if isinstance(event, Opened):
            if not isinstance(event.part, ToolCall):
                return (event,)
            call = event.part
            kind = _Input if self.restore.unwraps(call) else _Arguments
            self._open[event.index] = kind(self.restore, call)
            return (Opened(event.index, self.restore.call(call, self._ids)),)
        if isinstance(event, Added) and event.index in self._open:
            told = self._open[event.index].add(event.text)
            return (event,) if told == event.text else (Added(event.index, told),) if told else ()
        if isinstance(event, Closed) and event.index in self._open:
            rest = self._open.pop(event.index).close()
            return (Added(event.index, rest), event) if rest else (event,)
        return (event,)


class _Arguments:
    """Arguments of a function: passed on as they come if they begin as an object does, else when all is here."""

    def __init__(self, restore: Restore, call: ToolCall) -> None:
        self._restore = restore
        self._call = call
        self._parts: list[str] = []
        self._begun = self._passed = call.custom

    def add(self, text: str) -> str:
        self._parts.append(text)
        if self._begun:
            return text if self._passed else ""
        whole = "".join(self._parts)
        bare = whole.lstrip()
        self._begun, self._passed = bool(bare), bare.startswith("{")
        return whole if self._passed else ""

    def close(self) -> str:
        whole = "".join(self._parts)
        if not self._passed:
            return self._restore.arguments(whole, call=self._call)
        if not self._call.custom and not is_object(whole):
            self._restore.notes.add("arguments-malformed", self._call.name)
        return ""


class _Input(_Arguments):
    """The text of a custom tool, as it comes inside of the JSON of a function's arguments."""

    def __init__(self, restore: Restore, call: ToolCall) -> None:
        super().__init__(restore, call)
        self._rest = ""
        self._inside = self._ended = False

    def add(self, text: str) -> str:
        self._rest += text
        if not self._inside:
            found = _BEGINNING.match(self._rest)
            if found is None:
                return ""
            self._inside, self._rest = True, self._rest[found.end() :]
        return self._readable()

    def close(self) -> str:
        if not self._inside:
            return _input(self._rest)
        if not self._ended:
            self._restore.notes.add("arguments-malformed", self._call.name)
        return ""

    def _readable(self) -> str:
        if self._ended:
            return ""
        found = _WHOLE.match(self._rest)
        end = found.end() if found else 0
        self._ended = self._rest[end : end + 1] == '"'
        if not self._ended and (half := _HALF.search(self._rest[:end])):
            end = half.start()
        whole, self._rest = self._rest[:end], self._rest[end:]
        return _text(f'"{whole}"') or "" if whole else ""


def _input(arguments: str) -> str:
    """The only text of an object, whatever it is called; else all of it: the model took it for free text."""
    try:
        found = json.loads(arguments, strict=False)
    except ValueError:
        return arguments
    if isinstance(found, dict) and isinstance(found.get(INPUT), str):
        return _sound(found[INPUT])
    values = list(found.values()) if isinstance(found, dict) else []
    return _sound(values[0]) if len(values) == 1 and isinstance(values[0], str) else arguments


def _text(quoted: str) -> str | None:
    """Models leave line ends as they are inside of JSON: ``strict`` would not have that. None for no JSON text."""
    try:
        return _sound(json.loads(quoted, strict=False))
    except ValueError:
        return None


def _sound(text: str) -> str:
    """Half characters cannot be sent."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
