"""Which facts a task touches: those whose subject it names, and of the project's own those whose words it shares."""

from collections.abc import Sequence

from minga.domain.memory import EntityKind, Fact, ItemId, Passage, Question
from minga.memory.briefs.lines import Sourced
from minga.memory.graph.facts import as_of
from minga.memory.index import digested, reading, stated
from minga.memory.recall.words import fold, terms
from minga.storage.database import Transaction

FACTS_MAX = 8
"""Told to one run; both values of one that is disputed count as one."""

TOPICS_MAX = 100
"""Subjects with a predicate that are looked into, those first that share most with the task."""

SURE = 0.5

SHARED_LEAST, SHARED_SHARE = 2, 0.4
"""Words that what a project decided has in common with the task, and of how many of its own."""

QUESTION_LENGTH = 4000

BEGINNING = 3
"""Letters that a stem has in common with its word: by these names are left out before they are cut to stems."""

_NAMED = (
    "SELECT DISTINCT t.subject, t.predicate, e.name FROM statements t JOIN entities e ON e.number = t.subject"
    " WHERE e.kind <> ?"
)
_OF_PROJECTS = (
    "SELECT DISTINCT t.subject, t.predicate, t.value FROM statements t JOIN entities e ON e.number = t.subject"
    " WHERE e.kind = ?"
)
_SAID_AT = " AND t.passage IN (SELECT p.number FROM passages p JOIN sessions s ON s.number = p.session WHERE TRUE"


def touched(transaction: Transaction, question: Question) -> list[Sourced]:
    """Facts that hold when it is asked, as far as is known then, each with where it was said last; those first that
    share most with the task, then the newest. What only the session says that is known already is left out."""
    words = frozenset(terms(question.words[:QUESTION_LENGTH]))
    places = question.places
    topics, claimed = _topics(transaction, words, places), _claimed(transaction, words, places)
    known = stated.known_facts(transaction, places, topics, claimed)
    held = as_of(known, question.asked_at, question.known_by or question.asked_at)
    fits = [one for one in held if (one.disputed or one.confidence >= SURE) and _touches(one, words)]
    said = reading.by_ids(transaction, [item for one in fits for item in one.sources])
    ranked = sorted(fits, key=lambda one: (-_shared(one, words), -one.valid_from.timestamp(), _topic(one), one.id))
    fresh = [one for one in ranked if any(_is_elsewhere(said[item], question) for item in one.sources if item in said)]
    best = list(dict.fromkeys(map(_topic, fresh)))[:FACTS_MAX]
    return [Sourced(one, _last(one, said)) for one in fresh if _topic(one) in best]


def _topics(transaction: Transaction, words: frozenset[str], places: Sequence[str] | None) -> list[tuple[int, str]]:
    where = "" if places is None else f"{_SAID_AT}{reading.at_places(transaction, places)})"
    begins = {one[:BEGINNING] for one in words}
    found: dict[tuple[int, str], int] = {}
    for subject, predicate, name in transaction.execute(f"{_NAMED}{where}", (EntityKind.PROJECT,)):
        if fold(name[:BEGINNING]) in begins and _names(words, name):
            found[subject, predicate] = len(words & set(terms(f"{name} {predicate}")))
    for subject, predicate, value in transaction.execute(f"{_OF_PROJECTS}{where}", (EntityKind.PROJECT,)):
        if _shares(words, f"{predicate} {value}"):
            found[subject, predicate] = SHARED_LEAST
    return sorted(found, key=lambda topic: (-found[topic], topic))[:TOPICS_MAX]


def _claimed(transaction: Transaction, words: frozenset[str], places: Sequence[str] | None) -> list[tuple[str, str]]:
    """The same, of what models read out of sessions: all that a project decided, since it is not told by its topic."""
    named = [one for one in digested.topics(transaction, places) if not one[0] or _names(words, one[0])]
    return named[:TOPICS_MAX]


def _touches(fact: Fact, words: frozenset[str]) -> bool:
    if fact.subject.kind is EntityKind.PROJECT:
        return _shares(words, f"{fact.predicate} {fact.value}")
    return _names(words, fact.subject.name)


def _names(words: frozenset[str], name: str) -> bool:
    named = set(terms(name))
    return named <= words and any(len(one) > 2 for one in named)


def _shares(words: frozenset[str], text: str) -> bool:
    own = set(terms(text))
    shared = len(own & words)
    return shared >= SHARED_LEAST and shared >= SHARED_SHARE * len(own)


def _shared(fact: Fact, words: frozenset[str]) -> int:
    return len(words & set(terms(f"{fact.subject.name} {fact.predicate} {fact.value}")))


def _topic(fact: Fact) -> tuple[str, ...]:
    """One for all values of what is disputed; else each fact has its own."""
    begins = fact.valid_from.isoformat() if fact.disputed else fact.id
    return fact.subject.kind, fact.subject.name, fact.predicate, fact.project, begins


def _is_elsewhere(passage: Passage, question: Question) -> bool:
    return passage.source.session_id != question.without


def _last(fact: Fact, said: dict[ItemId, Passage]) -> Passage | None:
    return next((said[item] for item in reversed(fact.sources) if item in said), None)
