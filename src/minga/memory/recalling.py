"""One question: candidates, their order, and what is made of the best ones."""

from collections.abc import Mapping, Sequence

from minga.domain.memory import Question, Recalled, Recollection
from minga.memory import vectors
from minga.memory.index import candidates, noted, reading
from minga.memory.index.pages import Cache
from minga.memory.recall.features import Asked, Candidate
from minga.memory.recall.rank import known, learned, rank
from minga.memory.recall.words import language, terms
from minga.storage.database import Transaction

QUESTION_LENGTH = 4000
"""Characters of a question that are looked at."""

FEW = 30
"""Among fewer candidates confidence says nothing: it was learned where one is compared with hundreds."""


def recall(
    transaction: Transaction, cache: Cache, question: Question, vector: bytes | None, waiting: int
) -> Recollection:
    """``vector``: of the question, None where there is no encoder; ``waiting``: passages without a vector.
    Raises near.PagesDamaged."""
    direction = None if vector is None else vectors.read(vector)
    words = candidates.by_words(transaction, terms(question.words[:QUESTION_LENGTH]), question)
    near = {} if direction is None else candidates.by_meaning(transaction, cache, direction, question)
    numbers = sorted(words.keys() | near.keys())
    if direction is not None:
        near |= candidates.cosines(transaction, direction, [one for one in numbers if one not in near])
    asked = Asked(question.words, language(question.words), None)
    offered = _offered(transaction, numbers, words, near)
    ranked = rank(asked, offered)
    best = ranked[: question.limit]
    found = reading.passages(transaction, [one.number for one in best])
    newer = noted.superseded(transaction, [passage.id for passage in found.values()])
    recalled = tuple(
        Recalled(found[one.number], one.score, one.confidence, one.reasons, newer.get(found[one.number].id))
        for one in best
    )
    is_sure = len(offered) < FEW or ranked[0].confidence >= learned(known(asked, offered)).known_from
    return Recollection(recalled, bool(recalled) and is_sure, vector is not None, waiting)


def _offered(
    transaction: Transaction, numbers: Sequence[int], words: Mapping[int, float], near: Mapping[int, float]
) -> list[Candidate]:
    return [
        Candidate(
            number=number,
            session=one.session,
            position=one.place,
            role=one.role,
            speaker="",
            language=one.language,
            length=one.length,
            asks=one.asks,
            lexical=words.get(number, 0.0),
            dense=near.get(number, 0.0),
        )
        for number, one in candidates.standing(transaction, numbers).items()
    ]
