"""What facts are made of: statements with their passages, and what persons called wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from minga.domain.memory import Entity, EntityKind, ItemId, Statement
from minga.memory.recall.words import terms

Said = tuple[str, str, str]
"""What has a property, the property, and its value, as `spoken_of` tells them apart."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, the passage that makes it, and when that was said. ``by_person`` is false for what an agent said:
    an agent that says again what a person called wrong is not believed."""

    statement: Statement
    passage: ItemId
    at: datetime
    project: str
    by_person: bool = True


@dataclass(frozen=True, slots=True)
class Correction:
    """A person said in ``note`` that ``about`` is wrong: a fact, or a passage with all that it states. ``value`` is
    true in the place of the fact, where the note gives one; since ``valid_from``, None: since the wrong one was.
    ``states``: what the note states, ``wrong``: what the passage states that it is about. ``again``: about an earlier
    note that corrects the same; that is wrong as far as this one says something else."""

    about: ItemId
    note: ItemId
    at: datetime
    value: str = ""
    valid_from: datetime | None = None
    states: frozenset[Said] = frozenset()
    wrong: frozenset[Said] = frozenset()
    again: bool = False


def is_of_the_same(one: Said, other: Said, wrong: Collection[Said]) -> bool:
    """Whether two corrections are about the same thing; where what they correct says several values of it, about the
    same one of them: of two decisions in one note each may be corrected."""
    if one[:2] != other[:2]:
        return False
    values = [value for *of, value in wrong if tuple(of) == one[:2]]
    first, second = (_nearest(value, values) for *_, value in (one, other))
    return first == second or bool(first & second)


def _nearest(said: str, values: Collection[str]) -> set[str]:
    """Those with most words of what is said that not all of them have; none where it has no such word."""
    words = {value: set(terms(value)) for value in values}
    all_have = set.intersection(*words.values()) if words else set()
    shared = {value: len((own - all_have).intersection(terms(said))) for value, own in words.items()}
    most = max(shared.values(), default=0)
    return {value for value, count in shared.items() if count == most > 0}


def spoken_of(subject: Entity, predicate: str, value: str) -> Said:
    """What has a property, the property, and its value. Two decisions, or preferences, are values of one thing."""
    match subject.kind:
        case EntityKind.DECISION:
            return "", "decided", subject.name
        case EntityKind.PREFERENCE:
            return "", predicate, subject.name
        case EntityKind.PROJECT:
            return "", predicate, value
        case _:
            return f"{subject.kind} {subject.name}", predicate, value
