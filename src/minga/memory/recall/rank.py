"""The order of candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Candidate:
    number: int
    lexical: float
    dense: float
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Ranked:
    number: int
    score: float
    confidence: float
    reasons: tuple[str, ...]


def rank(candidates: Sequence[Candidate]) -> list[Ranked]:
    if not candidates:
        return []
    score = _z([one.lexical for one in candidates]) + _z([one.dense for one in candidates])
    own: Mapping[int, float] = {one.number: float(s) for one, s in zip(candidates, score, strict=True)}
    ranked = []
    for one in candidates:
        total = own[one.number] + 0.3 * (own.get(one.before or -1, 0.0) + own.get(one.after or -1, 0.0))
        ranked.append(Ranked(one.number, total, min(1.0, max(0.0, total / 8)), ()))
    return sorted(ranked, key=lambda one: -one.score)


def _z(values: Sequence[float]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    array = np.asarray(values)
    scaled: np.ndarray[tuple[int], np.dtype[np.float64]] = (array - array.mean()) / (array.std() + 1e-6)
    return scaled
