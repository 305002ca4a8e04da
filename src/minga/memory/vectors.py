"""How near vectors are that are stored a byte a number (`index.near.stored`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float32]


def read(vector: bytes) -> Vector:
    """As an `Encoder` gives it."""
    return np.frombuffer(vector, dtype="<f4").astype(np.float32)


@dataclass(frozen=True, slots=True)
class Packed:
    """Vectors as they are stored, a row each; ``lengths`` of the rows."""

    rows: npt.NDArray[np.int8]
    lengths: Vector

    def cosines(self, vector: Vector) -> Vector:
        """With another one. Raises ValueError where they have another number of dimensions."""
        near: Vector = (self.rows.astype(np.float32) @ vector) / self.lengths
        return near


def packed(bodies: Sequence[bytes]) -> Packed:
    """Of at least one vector."""
    rows = np.frombuffer(b"".join(bodies), dtype=np.int8).reshape(len(bodies), -1)
    numbers = rows.astype(np.float32)
    return Packed(rows, np.maximum(np.sqrt(np.vecdot(numbers, numbers)), 1e-9))
