"""Things and facts by their names, in the person's language."""

from minga.domain.memory import Entity, Fact
from minga.entrypoints.cli.words import Words
from minga.memory.extraction.settings import PREDICATES as SETTINGS

_ALIKE = frozenset(("timeout", "pool"))
"""Called so in both languages."""

PREDICATES = frozenset(SETTINGS.values()) - _ALIKE | {
    *("in charge", "decided", "because", "preferred in", "expires", "fixed by", "state", "name", "value", "rut"),
}
"""Those by which rules call what they find; any other is a word that somebody said, in whatever language."""


def thing(say: Words, entity: Entity) -> str:
    return f"{say(entity.kind.value)} {entity.name}"


def claim(say: Words, fact: Fact) -> str:
    """What it says, and of what."""
    predicate = say(fact.predicate) if fact.predicate in PREDICATES else fact.predicate
    return f"{thing(say, fact.subject)} · {predicate} · {fact.value}"
