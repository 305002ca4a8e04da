"""Beliefs: the claims of one value that belong together, before anybody corrected them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from minga.domain.memory import Entity, ItemId
from minga.memory.graph.stated import Stated

CLOCK_WAS_SET = datetime(2000, 1, 1, tzinfo=UTC)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""The beginning of what is only known to have ended before it was told."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What has values: one or many of them at a time."""

    subject: Entity
    predicate: str
    project: str


@dataclass(frozen=True, slots=True)
class Claim:
    """``start`` and ``end`` in the world; ``at``: when it was said."""

    start: datetime
    end: datetime | None
    at: datetime
    passage: ItemId
    confidence: float
    by_person: bool


@dataclass(frozen=True, slots=True)
class Belief:
    """Claims of one value, the earliest in the world first, with nothing else said in between. ``names``: other ids
    under which it was or may have been shown, where some of its claims were not known yet."""

    id: ItemId
    names: frozenset[ItemId]
    value: str
    single: bool
    claims: tuple[Claim, ...]
    recorded_to: datetime | None = None

    def is_called(self, name: ItemId) -> bool:
        return name == self.id or name in self.names

    @property
    def start(self) -> datetime:
        return self.claims[0].start

    @property
    def recorded_from(self) -> datetime:
        return min(claim.at for claim in self.claims)


def beliefs_of(topic: Topic, values: dict[str, set[Stated]]) -> list[Belief]:
    """One for each value; for a predicate with one value at a time, one for each time that it came back. The first of a
    value has an id that no later statement changes."""
    single = any(one.statement.single for said in values.values() for one in said)
    claims = {value: _claims(said) for value, said in values.items()}
    if not single:
        return [_belief(topic, value, told, single=False, is_first=True) for value, told in claims.items()]
    beliefs: list[Belief] = []
    seen: set[str] = set()
    for value, told in _runs(claims):
        beliefs.append(_belief(topic, value, told, single=True, is_first=value not in seen))
        seen.add(value)
    return beliefs


def _belief(topic: Topic, value: str, claims: list[Claim], *, single: bool, is_first: bool) -> Belief:
    names = frozenset(item_id(topic, value, claim.start.isoformat()) for claim in claims)
    id_ = item_id(topic, value) if is_first else item_id(topic, value, claims[0].start.isoformat())
    return Belief(id_, names, value, single, tuple(claims))


def _claims(said: Iterable[Stated]) -> list[Claim]:
    set_clocks = [one.at for one in said if one.at >= CLOCK_WAS_SET]
    claims = []
    for one in said:
        told = one.statement
        at = min(set_clocks) if one.at < CLOCK_WAS_SET and set_clocks else one.at
        was = told.valid_to is not None and told.valid_to <= at
        start = told.valid_from or (ALWAYS if was else at)
        end = None if told.valid_to is None else max(told.valid_to, start)
        claims.append(Claim(start, end, at, one.passage, min(max(told.confidence, 0.0), 1.0), one.by_person))
    begun = sorted(claim.start for claim in claims if claim.start > ALWAYS)
    return sorted((_since(claim, begun) for claim in claims), key=lambda claim: (claim.start, claim.at, claim.passage))


def _since(claim: Claim, begun: Sequence[datetime]) -> Claim:
    """What is only known to have ended began when the same was last said to begin before its end."""
    place = bisect_left(begun, claim.end) if claim.start == ALWAYS and claim.end is not None else 0
    return replace(claim, start=begun[place - 1]) if place else claim


def _runs(claims: dict[str, list[Claim]]) -> list[tuple[str, list[Claim]]]:
    """Values in the order in which they began. A run goes on while an instant says what the one before it said."""
    instants: dict[datetime, dict[str, list[Claim]]] = defaultdict(dict)
    for value, told in claims.items():
        for claim in told:
            instants[claim.start].setdefault(value, []).append(claim)
    runs: list[tuple[str, list[Claim]]] = []
    going_on: dict[str, list[Claim]] = {}
    for _, said in sorted(instants.items(), key=lambda instant: instant[0]):
        if said.keys() != going_on.keys():
            going_on = {value: [] for value in sorted(said)}
            runs += going_on.items()
        for value, told in said.items():
            going_on[value] += told
    return runs


def item_id(topic: Topic, value: str, *more: str) -> ItemId:
    told = (topic.subject.kind, topic.subject.name, topic.predicate, topic.project, value, *more)
    return ItemId("f" + sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:20])
