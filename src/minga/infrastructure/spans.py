"""Spans, as neutral records: what happened, from when to when; and whoever takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """Instants are nanoseconds since 1970. ``failed``: why, or empty. ``inner`` lie within it."""

    name: str
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, str | int | float | bool]
    failed: str = ""
    inner: "Sequence[Span]" = ()


class SpanSink(Protocol):
    """Takes spans without ever waiting; ``dropped`` counts those that it could not pass on."""

    @property
    def dropped(self) -> int: ...

    def take(self, span: Span, traceparent: str) -> None:
        """``traceparent`` (W3C) names the span that it belongs to, or is empty."""
        ...

    def close(self) -> None: ...
