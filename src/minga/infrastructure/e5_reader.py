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

from minga.domain.errors import UnreadableReader
from minga.domain.meaning import Excerpt
from minga.domain.months import MONTHS
from minga.infrastructure.e5 import CONTEXT_TOKENS, E5, TEXT_LENGTH
from minga.infrastructure.e5_model import Model, Numbers
from minga.infrastructure.e5_pieces import Pieces

QUESTION_TOKENS, PLACE_TOKENS, PASSAGE_TOKENS = 64, 24, 360
"""Of a question its end, which asks. With what was said before and the marks it fills the model's 512 places."""


class E5Reader:
    """Fits `domain.memory.Reader`. Shares pieces and words with ``encoder``. Made at the first use: 0.7 s, 140 MB;
    then some 30 ms of processor time a passage."""

    def __init__(self, encoder: E5) -> None:
        self._encoder = encoder
        self._made: tuple[Any, Numbers, float] | None = None
        self._lock = threading.Lock()

    def answers(self, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        model = self._encoder.model()
        session, weight, bias = self._layers(model)
        states = (model.states(read_together(model.pieces, question, one), session)[0] for one in excerpts)
        return [float(1 / (1 + np.exp(-np.clip(state @ weight + bias, -40, 40)))) for state in states]

    def _layers(self, model: Model) -> tuple[Any, Numbers, float]:
        with self._lock:
            if self._made is None:
                self._made = _made(model)
        return self._made


def read_together(pieces: Pieces, question: str, excerpt: Excerpt) -> list[int]:
    """Question, project and day, what was said before, and the passage, each with a mark of its end."""
    wanted = pieces.cut(question[-TEXT_LENGTH:])[-QUESTION_TOKENS:]
    beside = [
        pieces.cut(_place(excerpt))[-PLACE_TOKENS:],
        pieces.cut(excerpt.before[-TEXT_LENGTH:])[-CONTEXT_TOKENS:],
    ]
    own = pieces.cut(excerpt.text[:TEXT_LENGTH])[:PASSAGE_TOKENS]
    read = chain.from_iterable((*part, pieces.end) for part in (*filter(None, beside), own))
    return [pieces.begin, *wanted, pieces.end, pieces.end, *read]


def _place(excerpt: Excerpt) -> str:
    """As a person writes it: "kume-pos, 18 noviembre 2025"."""
    day = excerpt.day
    written = f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else ""
    return ", ".join(filter(None, (excerpt.project, written)))


def _made(model: Model) -> tuple[Any, Numbers, float]:
    try:
        with (files("minga.infrastructure") / "reader.npz").open("rb") as file, np.load(file) as held:
            given = {name: held[name] for name in held.files}
        changes = {f"{name[:-2]}.w": _product(given, name[:-2]) for name in given if name.endswith(".a")}
        constants = {name: _bytes(given[name]) for name in given if name.endswith((".b", "ln.w"))}
        session = model.weights.session(model.weights.layers, constants, changes)
        weight, bias = given["head.weight"].astype(np.float32).reshape(model.weights.width), given["head.bias"][0]
        if not np.isfinite([*weight, bias]).all():
            raise ValueError("reader.npz has numbers that are none")
        return session, weight, float(bias)
    except Exception as wrong:  # as with the encoder: damaged bytes fail in many ways
        raise UnreadableReader(detail=f"{type(wrong).__name__}: {wrong}") from wrong


def _product(given: Mapping[str, npt.NDArray[Any]], name: str) -> Numbers:
    left, right = (given[f"{name}.{one}"] * given[f"{name}.{one}.scale"][:, None].astype(np.float32) for one in "ca")
    product: Numbers = left @ right
    return product


def _bytes(constant: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return constant.astype(np.float32).view(np.uint8).reshape(-1)
