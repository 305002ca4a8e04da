"""The golden conversations: each file in ``golden/`` says one thing in all four formats.

``about``   what it shows, in a sentence
``kind``    request, answer, stream, error; or refused: requests that cannot be read
``anthropic`` … the message, as a person would write it in that format; of a stream its events; of an error its body
``status``  of an error
``sources`` where only some of the formats can have said it first; the others only carry it
``says``    of what is refused: the words, for each format
``differs`` for the directions where the result is not just the target's own message: the notes that are told
            (``lost``, ``changed``), and what stands in its places (``at``: place -> value, ``gone``: places without);
            or that it cannot be said there at all (``refused``: in which words)
``fades``   directions where the way back, and there again, gives less than the first time

`python tests/translation/golden_files.py NAME…` writes ``differs`` of these files anew, and the messages that a file
lacks: a draft, to be read and judged by a person.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from minga.domain.model_calls import Refused, Wire
from minga.providers.translation.calls import StreamTranslation
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Request
from minga.providers.translation.inspection import Between, inspect
from minga.providers.translation.notes import Note, Notes
from minga.providers.translation.restoring import Restore
from minga.providers.translation.sse import events_of

FOLDER = Path(__file__).parent / "golden"

WIRES: tuple[Wire, ...] = ("anthropic", "gemini", "openai-chat", "openai-responses")

MODELS = {
    "anthropic": "claude-haiku-4-5",
    "gemini": "gemini-2.5-flash",
    "openai-chat": "gpt-5.1",
    "openai-responses": "gpt-5.1",
}
"""Which a message is translated for, where it does not name one itself."""

WIDTH = 118

SHORT = "…"

RESPONSE: Mapping[str, Any] = {
    "object": "response",
    "model": "some-model",
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}
"""What every response object of OpenAI repeats of a request that asked for nothing special."""


@dataclass(frozen=True, slots=True)
class Expected:
    message: Any
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Golden:
    name: str
    told: Mapping[str, Any]

    @property
    def kind(self) -> str:
        kind: str = self.told["kind"]
        return kind

    def directions(self) -> Iterator[tuple[Wire, Wire]]:
        for source in self.told.get("sources", WIRES):
            for target in WIRES:
                if source in self.told:
                    yield source, target

    def expected(self, source: Wire, target: Wire) -> Expected:
        differs = self.told.get("differs", {}).get(f"{source} → {target}", {})
        if "refused" in differs:
            return Expected(None, refused=differs["refused"])
        message = deepcopy(self.told[target])
        for place in differs.get("gone", ()):
            _parent(message, place).pop(_last(place))
        for place, value in differs.get("at", {}).items():
            if not place:
                message = value
            else:
                _parent(message, place)[_last(place)] = value
        return Expected(message, differs.get("lost", []), differs.get("changed", []))

    def translated(self, source: Wire, target: Wire, message: Any) -> Expected:
        """``message`` of ``source``, as the gateway makes it one of ``target``."""
        try:
            return self._translated(source, target, message)
        except Refused as wrong:
            return Expected(None, refused=wrong.message)
        except Unreadable as wrong:
            return Expected(None, refused=str(wrong))

    def _translated(self, source: Wire, target: Wire, message: Any) -> Expected:
        body = written(self.kind, source, message)
        if self.kind == "error":
            status = self.told["status"]
            return Expected(json.loads(DIALECTS[target].write_fault(DIALECTS[source].read_fault(status, body))))
        if self.kind == "stream":
            notes = Notes()
            return Expected(read("stream", passed_on(source, target, body, notes)), *_told(notes.found))
        model = self.model(target) if self.kind == "request" else ""
        kind: Any = self.kind
        done = inspect(kind, body, Between(source, target, model))
        return Expected(read(self.kind, done.body), *_told(done.notes))

    def model(self, target: Wire) -> str:
        told = self.told.get(target)
        named = told.get("model") if isinstance(told, dict) else None
        return str(named or self.told.get("models", {}).get(target) or MODELS[target])


def _told(notes: Iterable[Note]) -> Iterator[list[str]]:
    """Lost and changed."""
    for effect in ("lost", "changed"):
        yield [f"{one.id}({detail})" if detail else one.id for one, detail in notes if one.effect == effect]


def passed_on(source: Wire, target: Wire, stream: bytes, notes: Notes) -> bytes:
    """As the gateway does it, also of a stream that breaks off."""
    restoring = Restore({}, notes).stream()
    writer = DIALECTS[target].writer(Request("", ()), notes)
    translation = StreamTranslation(DIALECTS[source].reader(notes), restoring, writer, now_s=0)
    return translation.feed(stream) + translation.finish()


@cache
def goldens() -> tuple[Golden, ...]:
    return tuple(load(file) for file in sorted(FOLDER.glob("*.json")))


def load(file: Path) -> Golden:
    return Golden(file.stem, _grown(json.loads(file.read_text("utf-8"))))


def _grown(value: Any) -> Any:
    """``«120000 × ab»`` in a text stands for so many of it; ``"…": "response"`` in an object for `RESPONSE`."""
    if isinstance(value, str) and "«" in value:
        return re.sub("«([0-9]+) × (.+?)»", lambda found: found[2] * int(found[1]), value)
    if isinstance(value, list):
        return [_grown(one) for one in value]
    if not isinstance(value, dict):
        return value
    usual = RESPONSE if value.get(SHORT) == "response" else {}
    return {**usual, **{name: _grown(one) for name, one in value.items() if name != SHORT}}


def _shrunk(value: Any) -> Any:
    """The other way round."""
    if isinstance(value, str) and len(value) > 5000:
        return re.sub(r"(.{1,20}?)\1{999,}", lambda found: f"«{len(found[0]) // len(found[1])} × {found[1]}»", value)
    if isinstance(value, list):
        return [_shrunk(one) for one in value]
    if not isinstance(value, dict):
        return value
    short = all(name in value and value[name] == one for name, one in RESPONSE.items())
    kept = {name: _shrunk(one) for name, one in value.items() if not (short and name in RESPONSE)}
    return {SHORT: "response", **kept} if short else kept


def written(kind: str, wire: Wire, message: Any) -> bytes:
    if kind != "stream":
        return message.encode() if isinstance(message, str) else _json(message).encode()
    return b"".join(_event(wire, one) for one in message)


def _event(wire: Wire, event: Any) -> bytes:
    data = event if isinstance(event, str) else _json(event)
    name = f"event: {event['type']}\n" if wire in ("anthropic", "openai-responses") else ""
    return f"{name}data: {data}\n\n".encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def returned(golden: Golden, source: Wire, target: Wire) -> Any:
    """What ``target`` gets of the message that it got, brought back to ``source``."""
    back = golden.translated(target, source, golden.expected(source, target).message).message
    return None if back is None else golden.translated(source, target, back).message


def read(kind: str, body: bytes) -> Any:
    if kind != "stream":
        return json.loads(body)
    told = []
    for name, data in events_of(body):
        event = data.decode() if data == b"[DONE]" else json.loads(data)
        assert not name or event["type"] == name
        told.append(event)
    return told


def _parent(message: Any, place: str) -> Any:
    for step in place.split("/")[:-1]:
        message = message[int(step) if isinstance(message, list) else step]
    return message


def _last(place: str) -> Any:
    step = place.rpartition("/")[2]
    return int(step) if step.isdigit() else step


def differences(wanted: Any, found: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Places and what stands there; ``...`` where nothing does."""
    if wanted == found:
        return
    under = f"{place}/" if place else ""
    if isinstance(wanted, dict) and isinstance(found, dict) and not any("/" in one for one in (*wanted, *found)):
        for name in {**wanted, **found}:
            if name not in found:
                yield f"{under}{name}", ...
            elif name not in wanted:
                yield f"{under}{name}", found[name]
            else:
                yield from differences(wanted[name], found[name], f"{under}{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for at, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{under}{at}")
    else:
        yield place, found


def pretty(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON as one writes it by hand: on one line what fits there. ``before``: characters that stand before it."""
    line = "".join(one if one.isprintable() else _escape(one) for one in json.dumps(value, ensure_ascii=False))
    if not isinstance(value, dict | list) or not value or (indent + before + len(line) <= WIDTH and indent > 0):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        names = [json.dumps(name, ensure_ascii=False) for name in value]
        rows = [
            f"{name}: {pretty(one, indent + 2, len(name) + 2)}" for name, one in zip(names, value.values(), strict=True)
        ]
        first, last = "{", "}"
    else:
        rows = [pretty(one, indent + 2) for one in value]
        first, last = "[", "]"
    return f"{first}\n{inner}" + f",\n{inner}".join(rows) + f"\n{' ' * indent}{last}"


def _escape(letter: str) -> str:
    return json.dumps(letter)[1:-1]


def draft(file: Path) -> None:
    told = json.loads(file.read_text("utf-8"))
    if told["kind"] == "refused":
        file.write_text(pretty(told) + "\n", "utf-8")
        return
    golden = Golden(file.stem, _grown(told))
    have = [wire for wire in WIRES if wire in told]
    grown: dict[str, Any] = dict(golden.told)
    for target in WIRES:
        if target not in told:
            message = golden.translated(have[0], target, golden.told[have[0]]).message
            if message is not None:
                told[target] = grown[target] = message
    golden = Golden(file.stem, grown)
    differs: dict[str, Any] = {}
    for source, target in golden.directions():
        found = golden.translated(source, target, grown[source])
        if found.refused:
            differs[f"{source} → {target}"] = {"refused": found.refused}
            continue
        places = dict(differences(grown[target], found.message))
        one = {
            "lost": found.lost,
            "changed": found.changed,
            "at": {place: value for place, value in places.items() if value is not ...},
            "gone": [place for place, value in places.items() if value is ...],
        }
        if kept := {name: value for name, value in one.items() if value}:
            differs[f"{source} → {target}"] = kept
    told.pop("differs", None)
    order = [name for name in told if name not in WIRES]
    ready = {name: told[name] for name in (*order, *WIRES) if name in told}
    ready |= {"differs": differs} if differs else {}
    ready.pop("fades", None)
    golden = Golden(file.stem, _grown(ready))
    fades = [
        f"{source} → {target}"
        for source, target in golden.directions()
        if (there := golden.expected(source, target).message) is not None and returned(golden, source, target) != there
    ]
    ready |= {"fades": fades} if fades else {}
    file.write_text(pretty(_shrunk(ready)) + "\n", "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        draft(FOLDER / f"{name}.json")
