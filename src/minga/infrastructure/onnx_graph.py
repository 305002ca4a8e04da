"""Graphs of operators as ONNX Runtime reads them (onnx.proto3 of ONNX 1.16, Apache-2.0), made without the package onnx,
which is thirty megabytes for what these few messages need."""

import struct
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

_IR_VERSION = 10
_ONNX, _RUNTIME = ("", 21), ("com.microsoft", 1)
"""Domains of operators, and their versions."""

_ELEMENTS = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}
"""`TensorProto.DataType`."""

_FLOAT, _INT = 1, 2
"""`AttributeProto.AttributeType`."""


class Graph:
    """Operators are added in the order of their work; each is named after its result."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._count = 0

    def constant(self, values: Array) -> str:
        name = f"c{self._count}"
        self._count += 1
        shape = b"".join(_whole(1, one) for one in values.shape)
        head = shape + _whole(2, _ELEMENTS[values.dtype.name]) + _text(8, name) + _key(9, 2) + _varint(values.nbytes)
        self._constants += [_key(5, 2) + _varint(len(head) + values.nbytes) + head, values.tobytes()]
        return name

    def add(self, operator: str, *inputs: str, results: int = 1, **attributes: float) -> list[str]:
        """An operator of ONNX. An input that is left out is empty."""
        return self._add(_ONNX[0], operator, inputs, results, attributes)

    def one(self, operator: str, *inputs: str, **attributes: float) -> str:
        """`add`, of one result."""
        return self._add(_ONNX[0], operator, inputs, 1, attributes)[0]

    def own(self, operator: str, *inputs: str, **attributes: float) -> str:
        """An operator that only the runtime has (its ContribOperators.md), of one result."""
        return self._add(_RUNTIME[0], operator, inputs, 1, attributes)[0]

    def encoded(self, given: str, result: str, width: int) -> bytes:
        """The whole: from a batch of one matrix, of any length and this width, to another."""
        ends = _text(2, "graph") + _part(11, _rows(given, width)) + _part(12, _rows(result, width))
        graph = [*self._nodes, *self._constants, ends]  # the weights are copied once only
        known = (_part(8, _text(1, name) + _whole(2, version)) for name, version in (_ONNX, _RUNTIME))
        head = _whole(1, _IR_VERSION) + b"".join(known) + _key(7, 2) + _varint(sum(map(len, graph)))
        return b"".join([head, *graph])

    def _add(
        self, domain: str, operator: str, inputs: Iterable[str], results: int, attributes: dict[str, float]
    ) -> list[str]:
        outputs = [f"n{len(self._nodes)}.{one}" for one in range(results)]
        names = b"".join(_text(1, one) for one in inputs) + b"".join(_text(2, one) for one in outputs)
        values = b"".join(_part(5, _attribute(*one)) for one in attributes.items())
        self._nodes.append(_part(1, names + _text(4, operator) + values + _text(7, domain)))
        return outputs


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _whole(3, value) + _whole(20, _INT)
    return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _whole(20, _FLOAT)


def _rows(name: str, width: int) -> bytes:
    """`ValueInfoProto`: a batch of one matrix of any length."""
    shape = _part(1, _whole(1, 1)) + _part(1, _text(2, "rows")) + _part(1, _whole(1, width))
    return _text(1, name) + _part(2, _part(1, _whole(1, _ELEMENTS["float32"]) + _part(2, shape)))


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())


def _part(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _whole(field: int, number: int) -> bytes:
    return _key(field, 0) + _varint(number & (1 << 64) - 1)


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)
