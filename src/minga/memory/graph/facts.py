"""Facts: what passages state, in the light of all other statements and of what persons called wrong.

Two times are kept apart. ``valid_from`` and ``valid_to`` say when something is true in the world, ``recorded_from``
and ``recorded_to`` when it was believed. Nothing is overwritten: a newer value of a predicate that has one at a time
ends the validity of the older one, a correction ends the belief in it, and both stay. The result depends on the set of
statements and corrections alone: two devices that hold the same, in whatever order it came, have the same facts under
the same ids.

Clocks that were wrong move nothing but themselves. An instant before `beliefs.CLOCK_WAS_SET` is a clock that was never
set: such a statement takes the time of the first one that says the same, else it is the oldest and ends nothing; such a
correction counts as said after all that it corrects. A clock that ran ahead cannot be told from the statements alone:
what it dated is valid, and known, only from then on, so it ends nothing before. A correction tells it: what it names
was there before it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from math import prod

from minga.domain.memory import Fact, ItemId
from minga.memory.graph.beliefs import Belief, Claim, Topic, beliefs_of
from minga.memory.graph.corrections import correct
from minga.memory.graph.stated import Correction, Stated

SURE = 0.99
"""No number of statements makes a fact more certain."""
DISPUTED = 0.5
"""What is left of the confidence in a value where another one is said to hold from the same instant on."""

_NEVER = datetime.max.replace(tzinfo=UTC)


def facts(stated: Iterable[Stated], corrections: Iterable[Correction] = ()) -> list[Fact]:
    """All facts, also those that have ended and those that were wrong; the earliest in the world first."""
    groups: dict[Topic, dict[str, set[Stated]]] = defaultdict(lambda: defaultdict(set))
    for one in stated:
        topic = Topic(one.statement.subject, one.statement.predicate, one.project)
        groups[topic][one.statement.value].add(one)
    beliefs = {topic: beliefs_of(topic, values) for topic, values in groups.items()}
    corrected = correct(beliefs, corrections)
    found = [fact for topic, held in corrected.items() for fact in _concluded(topic, held)]
    return sorted(found, key=lambda fact: (fact.valid_from, fact.recorded_from, fact.id))


def as_of(known: Iterable[Fact], valid_at: datetime, known_by: datetime) -> list[Fact]:
    """What is true at ``valid_at``, as far as it was believed at ``known_by``: what was learned later, or had been
    called wrong before, has no say. ``known`` are all facts of their subjects; the order stays."""
    known = list(known)
    starts: dict[Topic, set[datetime]] = defaultdict(set)
    for one in known:
        starts[_topic(one)].add(one.valid_from)
    held = [one for one in known if one.recorded_from <= known_by < (one.recorded_to or _NEVER)]
    begun = [one for one in held if one.valid_from <= valid_at]
    newest: dict[Topic, datetime] = {}
    for one in begun:
        newest[_topic(one)] = max(one.valid_from, newest.get(_topic(one), one.valid_from))
    return [one for one in begun if _holds(one, valid_at, newest[_topic(one)], starts[_topic(one)])]


def _holds(fact: Fact, valid_at: datetime, newest: datetime, starts: set[datetime]) -> bool:
    """An end where another value starts counts only where that value is among what is known: then it is ``newest``."""
    if fact.single and fact.valid_from < newest:
        return False
    return fact.valid_to is None or valid_at < fact.valid_to or (fact.single and fact.valid_to in starts)


def _topic(fact: Fact) -> Topic:
    return Topic(fact.subject, fact.predicate, fact.project)


def _concluded(topic: Topic, held: list[Belief]) -> list[Fact]:
    now = _Beside([one for one in held if one.recorded_to is None])
    return [_fact(topic, one, now if one.recorded_to is None else _until(held, one.recorded_to)) for one in held]


class _Beside:
    """What was believed at one moment: which values begin when."""

    def __init__(self, held: Iterable[Belief]) -> None:
        self._values: dict[datetime, set[str]] = defaultdict(set)
        for one in held:
            self._values[one.start].add(one.value)
        self._starts = sorted(self._values)

    def next(self, start: datetime) -> datetime | None:
        place = bisect_right(self._starts, start)
        return self._starts[place] if place < len(self._starts) else None

    def disputes(self, belief: Belief) -> bool:
        return not self._values.get(belief.start, set()) <= {belief.value}


def _until(held: list[Belief], ended: datetime) -> _Beside:
    """The moment at which the belief in one of them ended."""
    return _Beside(
        one for one in held if one.recorded_from < ended and (one.recorded_to is None or one.recorded_to >= ended)
    )


def _fact(topic: Topic, belief: Belief, beside: _Beside) -> Fact:
    newer = beside.next(belief.start) if belief.single else None
    ends = [end for end in (_last(belief.claims).end, newer) if end is not None]
    is_disputed = belief.single and beside.disputes(belief)
    return Fact(
        id=belief.id,
        subject=topic.subject,
        predicate=topic.predicate,
        value=belief.value,
        valid_from=belief.start,
        valid_to=min(ends) if ends else None,
        recorded_from=belief.recorded_from,
        recorded_to=belief.recorded_to,
        confidence=_confidence(belief.claims) * (DISPUTED if is_disputed else 1.0),
        project=topic.project,
        sources=tuple(dict.fromkeys(one.passage for one in sorted(belief.claims, key=_said))),
        single=belief.single,
        disputed=is_disputed,
    )


def _said(claim: Claim) -> tuple[datetime, ItemId, datetime]:
    return claim.at, claim.passage, claim.end or _NEVER


def _last(claims: Iterable[Claim]) -> Claim:
    return max(claims, key=_said)


def _confidence(claims: Iterable[Claim]) -> float:
    """Of independent witnesses (noisy-or): each passage is one, however often it says so."""
    best: dict[ItemId, float] = {}
    for claim in claims:
        best[claim.passage] = max(claim.confidence, best.get(claim.passage, 0.0))
    return min(SURE, 1.0 - prod(1.0 - one for one in sorted(best.values())))
