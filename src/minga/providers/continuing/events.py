"""Server-sent events as records, and what every wire must be able to say of a broken stream."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

import msgspec

from minga.domain.model_calls import ModelCall

Json: TypeAlias = dict[str, Any]

GO_ON = (
    "Your answer was cut off by a broken connection. Go on exactly where it stops: repeat nothing of it, and do not"
    " mention the interruption."
)


_EXACT = 2**53
"""Numbers of events and blocks are below it."""


class Unfit(Exception):
    """Not of the form that can be gone on with."""


class Seam(Protocol):
    def feed(self, events: bytes) -> bytes:
        """Whole events of the second stream; return them as if they were the first one's. Raises nothing: what is not
        of the wire's form passes as it is."""
        ...


class SoFar(Protocol):
    @property
    def can_go_on(self) -> bool: ...

    def feed(self, events: bytes) -> None:
        """Whole events that the caller gets. Raises nothing: after what is not of the wire's form it cannot go on."""
        ...

    def request(self, call: ModelCall) -> ModelCall:
        """What asks to go on. Raises Unfit for a call that is not of the wire's form."""
        ...

    def seam(self) -> Seam: ...


def noted(events: bytes, note: Callable[[Json], None]) -> bool:
    """Whether all of the events' JSON objects could be noted."""
    try:
        for data in _objects(events):
            note(decoded(data))
    except Unfit:
        return False
    return True


def joined(events: bytes, moved: Callable[[Json], bytes]) -> bytes:
    """The events' JSON objects, each as ``moved`` has it."""
    pieces = []
    for data in _objects(events):
        try:
            pieces.append(moved(decoded(data)))
        except Unfit:
            pieces.append(b"data: " + data.replace(b"\n", b"\ndata: ") + b"\n\n")
    return b"".join(pieces)


def _objects(events: bytes) -> Iterator[bytes]:
    for event in events.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(line[5:].lstrip(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
        if data.lstrip().startswith(b"{"):
            yield data


def decoded(data: bytes) -> Json:
    """Raises Unfit."""
    try:
        return dict_of(msgspec.json.decode(data))
    except (ValueError, RecursionError) as wrong:  # no JSON, no text, or too deep
        raise Unfit from wrong


def asking(call: ModelCall, asked: Json, name: str, more: list[Json]) -> ModelCall:
    """The call with ``more`` at the end of the list ``name`` of what is asked. Raises Unfit."""
    before = asked.get(name)
    if not isinstance(before, list):
        raise Unfit(f"{name} is no list")
    return replace(call, body=msgspec.json.encode({**asked, name: [*before, *more]}))


def named(told: Json) -> bytes:
    """An event whose name is its type."""
    kind = str(told.get("type"))
    name = b"event: " + kind.encode() + b"\n" if kind.isprintable() else b""
    return name + unnamed(told)


def unnamed(told: Json) -> bytes:
    return b"data: " + msgspec.json.encode(told) + b"\n\n"


def number(told: Json, name: str) -> int:
    """Zero where it is left out. Raises Unfit."""
    value = told.get(name)
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value < _EXACT:
        raise Unfit(f"{name} is no number")
    return value


def text(told: Json, name: str) -> str:
    """Empty where it is left out. Raises Unfit."""
    value = told.get(name)
    if value is not None and not isinstance(value, str):
        raise Unfit(f"{name} is no text")
    return value or ""


def list_of(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def dict_of(value: object) -> Json:
    return value if isinstance(value, dict) else {}
