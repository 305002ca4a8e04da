"""A whole session in a few of its own lines: the sentences that stand in its middle and say something.

A sentence is central if others share its words, and central ones do (TextRank, Mihalcea and Tarau 2004, over stems); it
weighs more with figures, names, decisions and errors in it, and where something is named for the first time; what the
lines before it say already weighs little (maximal marginal relevance, Carbonell and Goldstein 1998).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from minga.domain.memory import Passage
from minga.memory.briefs.defusing import defused, one_line
from minga.memory.briefs.salience import Asked, names, worth
from minga.memory.briefs.stems import stems
from minga.memory.briefs.units import units

LINES, LINES_IN_BRIEF = 10, 2

SENTENCES_MAX = 400
"""That are compared with one another, those that say most: a long session has thousands."""

DAMPING, ROUNDS = 0.85, 20
LIKENESS_COST = 0.6
SAME = 0.9
"""Likeness from which on a sentence says what is told already."""

OF_FIRST_MENTION = 0.5
"""A name that was not there before."""

_NOTHING_ASKED = Asked({}, ())


@dataclass(frozen=True, slots=True)
class _Sentence:
    place: int
    text: str
    words: frozenset[str]
    worth: float


def digest(passages: Sequence[Passage], lines: int = LINES) -> tuple[str, ...]:
    """At most so many sentences of a session's ``passages``, which are given in order; each with the number of its
    passage among them, counted from 0, before it."""
    sentences = _sentences(passages)
    central = _centrality(sentences)
    value = [one.worth * (0.5 + rank) for one, rank in zip(sentences, central, strict=True)]
    likeness = [0.0] * len(sentences)
    chosen: set[int] = set()
    while len(chosen) < min(lines, len(sentences)):
        rest = [number for number in range(len(sentences)) if number not in chosen and likeness[number] < SAME]
        if not rest:
            break
        best = max(rest, key=lambda number: (value[number] * (1 - LIKENESS_COST * likeness[number]), -number))
        chosen.add(best)
        likeness = [max(was, _like(one, sentences[best])) for was, one in zip(likeness, sentences, strict=True)]
    return tuple(f"{sentences[number].place} · {sentences[number].text}" for number in sorted(chosen))


def _sentences(passages: Sequence[Passage]) -> list[_Sentence]:
    found: list[_Sentence] = []
    known: set[str] = set()
    for place, passage in enumerate(passages):
        for unit in units(defused(passage.text)):
            words = frozenset(stems(unit.text))
            if unit.is_code or not words:
                continue
            named = names(unit.text)
            value = worth(unit, _NOTHING_ASKED) + OF_FIRST_MENTION * len(named - known)
            known |= named
            found.append(_Sentence(place, one_line(unit.text), words, value))
    telling = sorted(range(len(found)), key=lambda number: (-found[number].worth, number))[:SENTENCES_MAX]
    return [found[number] for number in sorted(telling)]


def _centrality(sentences: Sequence[_Sentence]) -> list[float]:
    """From 0 to 1."""
    weights = [[0.0 if one is other else _like(one, other) for other in sentences] for one in sentences]
    sums = [sum(row) or 1.0 for row in weights]
    ranks = [1.0] * len(sentences)
    for _ in range(ROUNDS):
        shares = [rank / total for rank, total in zip(ranks, sums, strict=True)]
        ranks = [(1 - DAMPING) + DAMPING * sum(map(mul, row, shares)) for row in weights]
    most = max(ranks, default=1.0)
    return [rank / most for rank in ranks]


def _like(one: _Sentence, other: _Sentence) -> float:
    """Words in common, so that long sentences have no advantage."""
    common = len(one.words & other.words)
    return common / math.sqrt(len(one.words) * len(other.words)) if common else 0.0
