"""Whether a passage answers a question: multilingual-e5-small, which reads both together.

`reader.npz` is what `python -m benchmarks.memory.reading.train` adds to the weights of the encoder: to each matrix a
product of two narrow ones (E. Hu et al., "LoRA", arXiv 2106.09685) in eight bits with a scale a row, and constants in
the place of others (docs/decisions/0055).
"""

import threading
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from minga.domain.errors import UnreadableModel
from minga.infrastructure.e5 import CONTEXT_TOKENS, E5, TEXT_LENGTH
from minga.infrastructure.e5_model import Model, Numbers

QUESTION_TOKENS, PASSAGE_TOKENS = 64, 390
"""Of a question its end, which asks. It was trained with 300 tokens of a passage; the model has 512 places in all."""


class E5Reader:
    """Fits `domain.memory.Reader`. Shares pieces and words with ``encoder``. Made at the first use: 0.7 s, 140 MB;
    then some 30 ms of processor time a passage."""

    def __init__(self, encoder: E5) -> None:
        self._encoder = encoder
        self._made: tuple[Any, Numbers, float] | None = None
        self._lock = threading.Lock()

    def answers(self, question: str, passages: Sequence[tuple[str, str]]) -> list[float]:
        model = self._encoder.model()
        session, weight, bias = self._layers(model)
        wanted = model.pieces.cut(question[-TEXT_LENGTH:])[-QUESTION_TOKENS:]
        states = (model.states(_both(model, wanted, *one), session)[0] for one in passages)
        return [float(1 / (1 + np.exp(-np.clip(state @ weight + bias, -40, 40)))) for state in states]

    def _layers(self, model: Model) -> tuple[Any, Numbers, float]:
        with self._lock:
            if self._made is None:
                self._made = _made(model)
        return self._made


def _both(model: Model, question: Sequence[int], before: str, text: str) -> list[int]:
    pieces = model.pieces
    context = pieces.cut(before[-TEXT_LENGTH:])[-CONTEXT_TOKENS:]
    own = pieces.cut(text[:TEXT_LENGTH])[:PASSAGE_TOKENS]
    parts = [*([context] if context else []), own]
    read = chain.from_iterable((*part, pieces.end) for part in parts)
    return [pieces.begin, *question, pieces.end, pieces.end, *read]


def _made(model: Model) -> tuple[Any, Numbers, float]:
    try:
        with (files("minga.infrastructure") / "reader.npz").open("rb") as file, np.load(file) as held:
            given = {name: held[name] for name in held.files}
        changes = {f"{name[:-2]}.w": _product(given, name[:-2]) for name in given if name.endswith(".a")}
        constants = {name: _bytes(given[name]) for name in given if name.endswith((".b", "ln.w"))}
        session = model.weights.session(model.weights.layers, constants, changes)
        weight, bias = given["head.weight"].astype(np.float32).reshape(model.weights.width), given["head.bias"][0]
        if not np.isfinite([*weight, bias]).all():
            raise UnreadableModel(detail="reader.npz has numbers that are none")
        return session, weight, float(bias)
    except Exception as wrong:  # as with the encoder: damaged bytes fail in many ways
        raise UnreadableModel(detail=f"{type(wrong).__name__}: {wrong}") from wrong


def _product(given: Mapping[str, npt.NDArray[Any]], name: str) -> Numbers:
    left, right = (given[f"{name}.{one}"] * given[f"{name}.{one}.scale"][:, None].astype(np.float32) for one in "ca")
    product: Numbers = left @ right
    return product


def _bytes(constant: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return constant.astype(np.float32).view(np.uint8).reshape(-1)
