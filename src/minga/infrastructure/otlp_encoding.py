"""Spans as OTLP's protobuf message (opentelemetry-proto 1.x, collector/trace/v1), written field by field.

The tests read it with the official classes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from struct import pack

from minga.infrastructure.spans import Span, Value

CLIENT = 3
"""Span.SpanKind."""

ERROR = 2
"""Status.StatusCode."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A span with its place in a trace; ``parent_id`` is empty for the first."""

    span: Span
    trace_id: bytes
    span_id: bytes
    parent_id: bytes


def request(resource: Mapping[str, Value], name: str, version: str, spans: Iterable[Placed]) -> bytes:
    """An ExportTraceServiceRequest: what ``resource`` did, as the instrumentation ``name`` tells it."""
    scope = _part(1, _part(1, name.encode()) + _part(2, version.encode()))
    of_scope = scope + b"".join(_part(2, _span(one)) for one in spans)
    return _part(1, _part(1, _attributes(1, resource)) + _part(2, of_scope))


def _span(placed: Placed) -> bytes:
    span = placed.span
    parent = _part(4, placed.parent_id) if placed.parent_id else b""
    status = _part(15, _part(2, span.failed.encode()) + b"\x18" + _number(ERROR)) if span.failed else b""
    return b"".join(
        (
            _part(1, placed.trace_id),
            _part(2, placed.span_id),
            parent,
            _part(5, span.name.encode("utf-8", "replace")),
            b"\x30" + _number(CLIENT),
            pack("<BQBQ", 0x39, span.began_ns, 0x41, span.ended_ns),
            _attributes(9, span.attributes),
            status,
        )
    )


def _attributes(field: int, attributes: Mapping[str, Value]) -> bytes:
    return b"".join(_part(field, _attribute(name, value)) for name, value in attributes.items())


@lru_cache(maxsize=4096, typed=True)  # most of them come again with the next call; 1 is not True
def _attribute(name: str, value: Value) -> bytes:
    return _part(1, name.encode("utf-8", "replace")) + _part(2, _value(value))


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return b"\x10\x01" if value else b"\x10\x00"
        case int():
            return b"\x18" + _number(value & 0xFFFF_FFFF_FFFF_FFFF)
        case float():
            return pack("<Bd", 0x21, value)
        case str():
            return _part(1, value.encode("utf-8", "replace"))


def _part(field: int, data: bytes) -> bytes:
    """A field below 16 whose value has a length."""
    return bytes((field << 3 | 2,)) + _number(len(data)) + data


def _number(value: int) -> bytes:
    """A varint."""
    if value < 0x80:
        return bytes((value,))
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
