"""How near vectors are that are stored a byte a number (`index.near.stored`)."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float32]


def read(vector: bytes) -> Vector:
    """As an `Encoder` gives it."""
    return np.frombuffer(vector, dtype="<f4").astype(np.float32)


def cosines(bodies: Sequence[bytes], vector: Vector) -> Vector:
    """Of packed vectors with another one. Raises ValueError where they have another number of dimensions."""
    rows = np.frombuffer(b"".join(bodies), dtype=np.int8).reshape(len(bodies), -1).astype(np.float32)
    near: Vector = (rows @ vector) / np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), 1e-9)
    return near
