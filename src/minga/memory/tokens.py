"""Tokens of passages: kept with half a byte a number (`recall.nearness.packed`), compared with a byte a number."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from minga.memory.index.meaning import BYTES_A_TOKEN
from minga.memory.vectors import Packed, Vector

ZERO = 8
"""The half byte that stands for nothing."""

AT_ONCE = 1024
"""Tokens that are reckoned with at once: they stay in the processor's cache, which halves the time."""

NUMBERS = 2 * BYTES_A_TOKEN

NONE = Packed(np.empty((0, NUMBERS), np.int8), np.empty(0, np.float32))
"""Of a passage without tokens."""


def loosened(kept: Sequence[bytes]) -> list[Packed]:
    """Of each passage; in a row the numbers of even places come first, as low halves stand before high ones."""
    halves = np.frombuffer(b"".join(kept), np.uint8).reshape(-1, BYTES_A_TOKEN)
    rows = np.empty((len(halves), NUMBERS), np.int8)
    np.bitwise_and(halves, 15, out=rows[:, :BYTES_A_TOKEN].view(np.uint8))
    np.right_shift(halves, 4, out=rows[:, BYTES_A_TOKEN:].view(np.uint8))
    rows -= ZERO
    lengths = _lengths(rows)
    ends = np.cumsum([len(one) // BYTES_A_TOKEN for one in kept]).tolist()
    return [Packed(rows[start:end], lengths[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _lengths(rows: npt.NDArray[np.int8]) -> Vector:
    lengths = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), AT_ONCE):
        numbers = rows[start : start + AT_ONCE].astype(np.float32)
        np.vecdot(numbers, numbers, out=lengths[start : start + AT_ONCE])
    return np.sqrt(lengths, out=lengths)
