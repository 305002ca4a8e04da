"""Facts that are about some words."""

from collections.abc import Iterable

from minga.domain.memory import EntityKind, Fact, Statement
from minga.memory.recall.words import terms


def about(known: Iterable[Fact], words: str) -> list[Fact]:
    """Those that hold every one of the words, in their subject, predicate or value; without words all."""
    wanted = set(terms(words))
    return [one for one in known if wanted <= set(terms(text_of(one)))]


def subject_of(one: Fact | Statement) -> str:
    """Of what its value is one, in words: "port of staging"."""
    if one.predicate == "value":
        return one.subject.name
    return one.predicate if one.subject.kind is EntityKind.PROJECT else f"{one.predicate} of {one.subject.name}"


def text_of(fact: Fact) -> str:
    return f"{fact.subject.kind} {fact.subject.name} {fact.predicate} {fact.value}"
