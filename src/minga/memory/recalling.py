"""One question: candidates, their order, and what is made of the best ones."""

from minga.domain.memory import Question, Recalled, Recollection
from minga.memory import vectors
from minga.memory.index import candidates, noted, reading
from minga.memory.recall.rank import Candidate, rank
from minga.memory.recall.words import terms
from minga.storage.database import Transaction

QUESTION_LENGTH = 4000
"""Characters of a question that are looked at."""


def recall(transaction: Transaction, question: Question, vector: bytes | None, waiting: int) -> Recollection:
    """``vector``: of the question, None where there is no encoder; ``waiting``: passages without a vector."""
    direction = None if vector is None else vectors.read(vector)
    words = candidates.by_words(transaction, terms(question.words[:QUESTION_LENGTH]), question)
    near = {} if direction is None else candidates.by_meaning(transaction, direction, question)
    numbers = sorted(words.keys() | near.keys())
    if direction is not None:
        near |= candidates.cosines(transaction, direction, [one for one in numbers if one not in near])
    lines = candidates.neighbours(transaction, numbers)
    ranked = rank([Candidate(one, words.get(one, 0.0), near.get(one, 0.0), *lines[one]) for one in numbers])
    best = ranked[: question.limit]
    found = reading.passages(transaction, [one.number for one in best])
    newer = noted.superseded(transaction, [passage.id for passage in found.values()])
    recalled = tuple(
        Recalled(found[one.number], one.score, one.confidence, one.reasons, newer.get(found[one.number].id))
        for one in best
    )
    return Recollection(recalled, bool(recalled), vector is not None, waiting)
