"""Facts that are about some words."""

from collections.abc import Iterable

from minga.domain.memory import Fact
from minga.memory.recall.words import terms


def about(known: Iterable[Fact], words: str) -> list[Fact]:
    """Those that hold every one of the words, in their subject, predicate or value; without words all."""
    wanted = set(terms(words))
    return [one for one in known if wanted <= set(terms(text_of(one)))]


def text_of(fact: Fact) -> str:
    return f"{fact.subject.kind} {fact.subject.name} {fact.predicate} {fact.value}"
