"""Facts that are about some words."""

from collections.abc import Iterable

from minga.domain.memory import EntityKind, Fact
from minga.memory.recall.words import terms


def about(known: Iterable[Fact], words: str) -> list[Fact]:
    """Those that hold every one of the words, in their subject, predicate or value; without words all."""
    wanted = set(terms(words))
    return [one for one in known if wanted <= set(terms(text_of(one)))]


def subject_of(fact: Fact) -> str:
    """Of what its value is one, in words: "port of staging"."""
    if fact.predicate == "value":
        return fact.subject.name
    return fact.predicate if fact.subject.kind is EntityKind.PROJECT else f"{fact.predicate} of {fact.subject.name}"


def text_of(fact: Fact) -> str:
    return f"{fact.subject.kind} {fact.subject.name} {fact.predicate} {fact.value}"
