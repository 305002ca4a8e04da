"""What was said again in nearly the same words. Looked for when it is asked for: nothing of it is kept, so forgetting
one of them leaves the others as they are."""

from datetime import UTC, datetime

from minga.domain.memory import Passage, Question
from minga.memory.extraction.nearness import Signature, is_near
from minga.memory.index import reading
from minga.memory.index.lexical import by_words
from minga.memory.recall.words import terms
from minga.storage.database import Transaction

_ANY_TIME = datetime.max.replace(tzinfo=UTC)


def resembling(transaction: Transaction, passage: Passage) -> list[Passage]:
    """The passages of its project that say nearly the same (`extraction.nearness`) in other words than its own, the
    earliest first; among the 200 with most of its words."""
    same = {one.id for one in reading.alike(transaction, passage.id)}
    alike = by_words(transaction, terms(passage.text), Question(passage.text, (passage.project,), _ANY_TIME))
    own, found = Signature(passage.text), dict[str, Passage]()
    for one in reading.passages(transaction, list(alike)).values():
        if one.id not in same and one.project == passage.project and is_near(own, Signature(one.text)):
            found |= {each.id: each for each in reading.alike(transaction, one.id)}
    return sorted(found.values(), key=when)


def when(passage: Passage) -> tuple[bool, datetime, str]:
    """Sorts by time; what has none comes first."""
    at = passage.source.at
    return at is not None, at or _ANY_TIME, passage.id
