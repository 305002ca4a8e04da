"""Names of one thing: which entities are the same, as far as the log shows it without doubt.

A RUT names one taxpayer, whatever the text calls it. A path that ends another one of the same project is that file, if
it ends only one. A first name is the one person of the project who has it, and a name without its accents the one that
has them. Where two could be meant, nothing is merged: a name that stands for itself misleads nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from minga.domain import rut
from minga.domain.memory import Entity, EntityKind, Fact, ItemId
from minga.memory.recall.words import fold

LOCAL = frozenset(
    {
        EntityKind.FILE,
        EntityKind.MODULE,
        EntityKind.TABLE,
        EntityKind.VERSION,
        EntityKind.DECISION,
        EntityKind.PREFERENCE,
    }
)
"""Kinds of which the same name in two projects is not the same thing."""

RUT_PREDICATE = "rut"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An entity that a passage mentions, and when that was said."""

    entity: Entity
    passage: ItemId
    at: datetime
    project: str


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """An entity with the project that it belongs to; ``project`` is empty where its name means the same everywhere."""

    kind: EntityKind
    name: str
    project: str

    @property
    def entity(self) -> Entity:
        return Entity(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Aliases:
    """``same``: what each thing that goes by another name is."""

    same: Mapping[Thing, Thing]

    def thing(self, entity: Entity, project: str) -> Thing:
        found = as_named(entity, project)
        return self.same.get(found, found)


def as_named(entity: Entity, project: str) -> Thing:
    is_local = entity.kind in LOCAL or (entity.kind is EntityKind.PERSON and len(entity.name.split()) == 1)
    return Thing(entity.kind, entity.name, project if is_local else "")


def aliases(mentioned: Iterable[Mentioned], known: Iterable[Fact]) -> Aliases:
    places: dict[Thing, set[str]] = defaultdict(set)
    known = list(known)
    for one in mentioned:
        places[as_named(one.entity, one.project)].add(one.project)
    for fact in known:
        places[as_named(fact.subject, fact.project)].add(fact.project)
    return Aliases({**_same_rut(known), **_same_path(places), **_same_person(places)})


def _same_rut(known: Iterable[Fact]) -> dict[Thing, Thing]:
    """Names of a taxpayer lead to the RUT, if they have had but one that still stands."""
    ruts: dict[Thing, set[str]] = defaultdict(set)
    for fact in known:
        number = _rut(fact.value) if fact.predicate == RUT_PREDICATE and fact.recorded_to is None else None
        if number is not None and fact.subject.kind in (EntityKind.COMPANY, EntityKind.PERSON):
            ruts[as_named(fact.subject, fact.project)].add(number)
    only = {thing: next(iter(numbers)) for thing, numbers in ruts.items() if len(numbers) == 1}
    bearers: dict[tuple[EntityKind, str], list[Thing]] = defaultdict(list)
    for thing, number in only.items():
        if thing.name != number:
            bearers[thing.kind, number].append(thing)
    same: dict[Thing, Thing] = {}
    for (kind, number), things in bearers.items():
        named = min(things, key=lambda thing: (-len(thing.name), thing))
        for alias in (*things, Thing(kind, number, "")):
            if alias != named:
                same[alias] = named
    return same


def _rut(text: str) -> str | None:
    try:
        number = rut.parse(text)
    except ValueError:
        return None
    return rut.without_dots(number) if number.valid else None


def _same_path(places: Iterable[Thing]) -> dict[Thing, Thing]:
    """A path leads to the longest one of which it and all between are the end."""
    longer: dict[Thing, set[Thing]] = defaultdict(set)
    files = {thing for thing in places if thing.kind is EntityKind.FILE}
    for thing in files:
        parts = thing.name.split("/")
        for start in range(1, len(parts)):
            shorter = Thing(thing.kind, "/".join(parts[start:]), thing.project)
            if shorter in files:
                longer[shorter].add(thing)
    same: dict[Thing, Thing] = {}
    for shorter, candidates in longer.items():
        longest = max(candidates, key=lambda thing: len(thing.name))
        if all(longest.name.endswith("/" + one.name) or one == longest for one in candidates):
            same[shorter] = longest
    return same


def _same_person(places: Mapping[Thing, set[str]]) -> dict[Thing, Thing]:
    full: dict[tuple[str, str], set[Thing]] = defaultdict(set)
    spelled = _same_spelling(places)
    people = [thing for thing in places if thing.kind is EntityKind.PERSON and thing not in spelled]
    for thing in people:
        words = thing.name.split()
        for project in places[thing] if len(words) > 1 else ():
            full[fold(words[0]), project].add(thing)
    same: dict[Thing, Thing] = {}
    for thing in people:
        words = thing.name.split()
        candidates = full.get((fold(words[0]), thing.project), set()) if len(words) == 1 else set()
        if len(candidates) == 1:
            same[thing] = next(iter(candidates))
    return {**{plain: same.get(thing, thing) for plain, thing in spelled.items()}, **same}


def _same_spelling(places: Mapping[Thing, set[str]]) -> dict[Thing, Thing]:
    """A name without its accents leads to the one that has them, where that is one."""
    spellings: dict[tuple[str, str], set[Thing]] = defaultdict(set)
    for thing in places:
        if thing.kind is EntityKind.PERSON:
            spellings[fold(thing.name), thing.project].add(thing)
    same: dict[Thing, Thing] = {}
    for (plain, _), things in spellings.items():
        accented = [thing for thing in things if thing.name.lower() != plain]
        if len(accented) == 1:
            same.update((thing, accented[0]) for thing in things if thing != accented[0])
    return same
