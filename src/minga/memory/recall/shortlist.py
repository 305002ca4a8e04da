"""Which of the passages that were found are worth comparing token by token, which takes most of a question's time."""

from collections.abc import Mapping, Sequence

import numpy as np

from minga.memory.recall.features import deviation

COMPARED = 160
"""As much is found as among all of them: in LoCoMo's conversations and in our own corpus (docs/decisions/0045)."""


def likely(found: Sequence[int], words: Mapping[int, float], near: Mapping[int, float]) -> dict[int, float]:
    """How well each of ``found`` fits by words and by meaning, beside the others."""
    if not found:
        return {}
    columns = [deviation(np.array([held.get(one, 0.0) for one in found])) for held in (words, near)]
    return dict(zip(found, (columns[0] + columns[1]).tolist(), strict=True))
