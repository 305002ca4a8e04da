"""The layers of multilingual-e5-small as a graph for ONNX Runtime that multiplies whole numbers of eight bits.

What is multiplied is cut to eight bits for all tokens at once; where single tokens have numbers far beyond the others
(before and within the two wide products), each token is first divided by its largest one.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from minga.infrastructure.onnx_graph import Graph

Tensors = Mapping[str, npt.NDArray[np.uint8]]

BLOCK = 32
"""Weights that share one scale: 2 bytes of it and 16 of weights."""

_STEPS = 64
"""Of a weight on either side of zero: processors without VNNI add two products in sixteen bits, where more would not
fit."""


def graph(
    tensors: Tensors,
    layers: int,
    heads: int,
    widths: tuple[int, int],
    epsilon: float,
    changes: Mapping[str, npt.NDArray[np.float32]] | None = None,
) -> bytes:
    """From the sum of what stands for a token and for its place to its state. ``widths``: of a state, and within a
    layer. ``changes``: what is added to matrices, (outputs, inputs)."""
    made = _Layers(tensors, widths[0], epsilon, changes or {})
    state = made.normal("given", "emb.ln")
    for layer in range(layers):
        state = made.layer(state, f"l{layer}", heads, widths[1])
    return made.graph.encoded("given", state, widths[0])


def plain(tensors: Tensors, name: str) -> npt.NDArray[np.float32]:
    return np.frombuffer(tensors[name], np.float32)


def unpacked(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """A row a block."""
    weights, scales = parts(packed)
    return weights * scales


def parts(packed: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Weights of four bits, low halves of the bytes first, less 8; and what each block of them is multiplied by."""
    blocks = np.ascontiguousarray(packed).reshape(-1, BLOCK // 2 + 2)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).view(np.int8)
    return halves - np.int8(8), scales


class _Layers:
    def __init__(
        self, tensors: Tensors, width: int, epsilon: float, changes: Mapping[str, npt.NDArray[np.float32]]
    ) -> None:
        self.graph = Graph()
        self._tensors = tensors
        self._changes = changes
        self._width = width
        self._last = self.graph.constant(np.array([-1], np.int64))
        self._epsilon = self.graph.constant(np.array(epsilon * width, np.float32))

    def layer(self, state: str, name: str, heads: int, inner: int) -> str:
        graph = self.graph
        projected = self._product(state, [f"{name}.{one}" for one in "qkv"], self._width)
        mixed = graph.own(
            "MultiHeadAttention", *graph.add("Split", projected, results=3, axis=-1, num_outputs=3), num_heads=heads
        )
        state = self.normal(graph.one("Add", self._product(mixed, [f"{name}.ao"], self._width), state), f"{name}.aln")
        wide = graph.own(
            "FastGelu", self._scaled_product(state, f"{name}.fi", self._width), self._plain(f"{name}.fi.b")
        )
        narrow = graph.one("Add", self._scaled_product(wide, f"{name}.fo", inner), self._plain(f"{name}.fo.b"))
        return self.normal(graph.one("Add", narrow, state), f"{name}.oln")

    def normal(self, state: str, name: str) -> str:
        """Layer normalization: in parts it takes a third of the time that the runtime's own operator takes."""
        one = self.graph.one
        state = one("Sub", state, one("ReduceMean", state, self._last))
        spread = one("Sqrt", one("Add", one("ReduceSumSquare", state, self._last), self._epsilon))
        weight = self.graph.constant(plain(self._tensors, f"{name}.w") * np.float32(math.sqrt(self._width)))
        return one("Add", one("Mul", one("Div", state, spread), weight), self._plain(f"{name}.b"))

    def _product(self, state: str, names: Sequence[str], inputs: int) -> str:
        """With matrices side by side, and their constants added."""
        bias = np.concatenate([plain(self._tensors, f"{name}.b") for name in names])
        return self.graph.own(
            "DynamicQuantizeMatMul", state, *self._matrix(names, inputs), "", self.graph.constant(bias)
        )

    def _scaled_product(self, state: str, name: str, inputs: int) -> str:
        """Without the constants."""
        one = self.graph.one
        largest = one("ReduceMax", one("Abs", state), self._last)
        product = self.graph.own("DynamicQuantizeMatMul", one("Div", state, largest), *self._matrix([name], inputs))
        return one("Mul", product, largest)

    def _matrix(self, names: Sequence[str], inputs: int) -> tuple[str, str]:
        """(inputs, outputs) in whole numbers, and the scale of each output."""
        if self._changes:
            return self._changed([f"{name}.w" for name in names], inputs)
        packed = np.concatenate([self._tensors[f"{name}.w"] for name in names])
        weights, blocks = parts(packed)
        blocks = blocks.reshape(-1, inputs // BLOCK)
        largest = np.abs(weights).max(axis=1).reshape(blocks.shape)
        scales = (largest * np.abs(blocks)).max(axis=1) / np.float32(_STEPS)
        exact = weights * (blocks / scales[:, None]).reshape(-1, 1)
        whole = np.rint(exact, out=exact).astype(np.int8).reshape(len(scales), inputs)
        return self.graph.constant(whole.T), self.graph.constant(scales)

    def _changed(self, names: Sequence[str], inputs: int) -> tuple[str, str]:
        exact = np.concatenate([unpacked(self._tensors[one]).reshape(-1, inputs) + self._changes[one] for one in names])
        scales = np.abs(exact).max(axis=1) / np.float32(_STEPS)
        whole = np.rint(exact / scales[:, None]).astype(np.int8)
        return self.graph.constant(whole.T), self.graph.constant(scales)

    def _plain(self, name: str) -> str:
        return self.graph.constant(plain(self._tensors, name))
