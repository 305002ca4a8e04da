"""The order of passages that have no vector yet, which the learned order puts below all that have one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from heapq import merge

from minga.memory.recall.features import Asked, Candidate
from minga.memory.recall.rank import Ranked, rank
from minga.memory.tokens import NONE


def by_words(question: Asked, candidates: Sequence[Candidate], bare: Collection[int]) -> list[Ranked]:
    """``bare``: those of the candidates that have no vector. They are compared by words with all others."""
    if not bare:
        return []
    plain = [one._replace(dense=0.0, tokens=NONE) for one in candidates]
    return [one for one in rank(replace(question, tokens=None), plain) if one.number in bare]


def joined(ranked: Sequence[Ranked], bare: Sequence[Ranked], holding: Collection[int], limit: int) -> list[Ranked]:
    """Both orders in one: scores of two orders do not compare, but how sure each is does. Those of ``holding``, which
    hold every word, come first, at most half of ``limit``."""
    first = [one for one in bare if one.number in holding][: max(1, limit // 2)]
    rest = [one for one in bare if one not in first]
    return [*first, *merge(ranked, rest, key=lambda one: -one.confidence)]
