"""Spans, as neutral records: what happened, from when to when; and whoever takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

Value: TypeAlias = str | int | float | bool

Item = TypeVar("Item", contravariant=True)


@dataclass(frozen=True, slots=True)
class Span:
    """Instants are nanoseconds since 1970. ``failed``: why, or empty. ``inner`` lie within it. ``parent``: the W3C
    traceparent of the span that it belongs to, or empty."""

    name: str
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, Value]
    failed: str = ""
    inner: "Sequence[Span]" = ()
    parent: str = ""


class SpanSink(Protocol[Item]):
    """Takes what spans can be made of, without ever waiting; ``dropped`` counts what could not be passed on."""

    @property
    def dropped(self) -> int: ...

    def put(self, item: Item) -> None: ...

    def close(self) -> None: ...
