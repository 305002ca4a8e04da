"""Server-sent events as records, and what every wire must be able to say of a broken stream."""

from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias

import msgspec

from minga.domain.model_calls import ModelCall

Json: TypeAlias = dict[str, Any]

GO_ON = (
    "Your answer was cut off by a broken connection. Go on exactly where it stops: repeat nothing of it, and do not"
    " mention the interruption."
)


class Seam(Protocol):
    def feed(self, events: bytes) -> bytes:
        """Whole events of the second stream; return them as if they were the first one's."""
        ...


class SoFar(Protocol):
    @property
    def can_go_on(self) -> bool: ...

    def feed(self, events: bytes) -> None:
        """Whole events that the caller gets."""
        ...

    def request(self, call: ModelCall) -> ModelCall: ...

    def seam(self) -> Seam: ...


def read(events: bytes) -> Iterator[Json]:
    """The JSON objects of whole events."""
    for event in events.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(line[5:].lstrip(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
        if data.startswith(b"{"):
            yield msgspec.json.decode(data)


def named(told: Json) -> bytes:
    """An event whose name is its type."""
    return b"event: " + str(told["type"]).encode() + b"\ndata: " + msgspec.json.encode(told) + b"\n\n"


def unnamed(told: Json) -> bytes:
    return b"data: " + msgspec.json.encode(told) + b"\n\n"


def list_of(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def dict_of(value: object) -> Json:
    return value if isinstance(value, dict) else {}
