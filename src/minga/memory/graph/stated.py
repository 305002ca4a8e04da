"""What facts are made of: statements with their passages, and what persons called wrong."""

from dataclasses import dataclass
from datetime import datetime

from minga.domain.memory import Entity, EntityKind, ItemId, Statement


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
    ``states``: of what the note states something (`spoken_of`), with the value. ``again``: about an earlier note that
    corrects the same; that is wrong as far as this one says something else."""

    about: ItemId
    note: ItemId
    at: datetime
    value: str = ""
    valid_from: datetime | None = None
    states: frozenset[tuple[str, str, str]] = frozenset()
    again: bool = False


def spoken_of(subject: Entity, predicate: str, value: str) -> tuple[str, str, str]:
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
