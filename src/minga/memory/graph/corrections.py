"""Corrections: which beliefs end where a person says that something is wrong, and what stands in their place."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from minga.domain.memory import ItemId
from minga.memory.graph.beliefs import CLOCK_WAS_SET, Belief, Claim, Topic, item_id
from minga.memory.graph.stated import Correction, is_of_the_same, spoken_of

REPLACED = 0.95
"""Confidence in the value that a person put in the place of a wrong one."""


def correct(beliefs: dict[Topic, list[Belief]], corrections: Iterable[Correction]) -> dict[Topic, list[Belief]]:
    """Apply them in the order in which they were said. One that is about the value that another put there waits for it,
    however wrong its clock was; one that is about nothing known changes nothing."""
    after = dict(beliefs)
    given = set(corrections)
    waiting = sorted(given | _again(given), key=_order)
    places = _places(after) if waiting else {}
    while waiting:
        unknown = [one for one in waiting if not _apply(after, places, one)]
        if len(unknown) == len(waiting):
            break
        waiting = unknown
    return after


def _order(one: Correction) -> tuple[datetime, ItemId, ItemId, str, str]:
    return one.at, one.note, one.about, one.value, str(one.valid_from)


def _again(corrections: Iterable[Correction]) -> set[Correction]:
    """Of several corrections of one passage, or of what corrects it, each corrects the earlier ones, too."""
    about = {one.note: one.about for one in corrections if not one.value}
    same: dict[ItemId, list[Correction]] = defaultdict(list)
    for one in sorted(corrections, key=_order):
        if not one.value:
            same[_first(one.about, about)].append(one)
    wrong = {one.about: one.wrong for told in same.values() for one in told}
    return {
        replace(later, about=earlier.note, value="", valid_from=None, wrong=wrong[first], again=True)
        for first, told in same.items()
        for place, later in enumerate(told)
        for earlier in told[:place]
        if earlier.note != later.about
    }


def _first(item: ItemId, about: dict[ItemId, ItemId]) -> ItemId:
    """What the first of a chain of notes is about."""
    seen: set[ItemId] = set()
    while item in about and item not in seen:
        seen.add(item)
        item = about[item]
    return item


def _places(beliefs: dict[Topic, list[Belief]]) -> dict[ItemId, set[Topic]]:
    places: dict[ItemId, set[Topic]] = defaultdict(set)
    for topic, held in beliefs.items():
        for belief in held:
            for name in _called(belief):
                places[name].add(topic)
    return places


def _called(belief: Belief) -> Iterable[ItemId]:
    return (belief.id, *belief.names, *(claim.passage for claim in belief.claims))


def _apply(beliefs: dict[Topic, list[Belief]], places: dict[ItemId, set[Topic]], correction: Correction) -> bool:
    topics = tuple(places.get(correction.about, ()))
    for topic in topics:
        held = beliefs[topic]
        said = [claim.at for belief in held for claim in _meant(topic, belief, correction)]
        by = max([correction.at, *([min(said)] if said else [])])
        beliefs[topic] = [one for belief in held for one in _split(topic, belief, correction, by)]
        beliefs[topic] += _replacement(topic, held, correction)
        for belief in beliefs[topic]:
            places[belief.id].add(topic)
    return bool(topics)


def _meant(topic: Topic, belief: Belief, correction: Correction) -> list[Claim]:
    told = [one for one in belief.claims if one.passage != correction.note]
    meant = [one for one in told if belief.is_called(correction.about) or one.passage == correction.about]
    is_kept = bool(meant) and correction.again and not _is_other(topic, belief, correction)
    return [] if is_kept else meant


def _is_other(topic: Topic, belief: Belief, correction: Correction) -> bool:
    """Whether its note says something else of the same thing, or what no rule reads. Where there is one value at a
    time, the newer one ends the older anyway."""
    said = spoken_of(topic.subject, topic.predicate, belief.value)
    if belief.single or said in correction.states:
        return False
    return not correction.states or any(is_of_the_same(said, one, correction.wrong) for one in correction.states)


def _split(topic: Topic, belief: Belief, correction: Correction, by: datetime) -> list[Belief]:
    """What the correction ends of a belief, and what it leaves: other passages, what persons said again later, and what
    its own note says. ``by``: what was said by then was known to whoever corrected it: that was there, whatever its
    clock said."""
    meant = _meant(topic, belief, correction)
    if belief.recorded_to is not None or not meant:
        return [belief]
    at = by if correction.at >= CLOCK_WAS_SET else max(one.at for one in meant)
    wrong = tuple(one for one in meant if one.at <= at or not one.by_person or one.passage == correction.about)
    left = tuple(sorted(set(belief.claims) - set(wrong), key=lambda one: (one.start, one.at, one.passage)))
    if not wrong:
        return [belief]
    ended = replace(belief, claims=wrong, recorded_to=max(at, min(one.at for one in wrong)))
    if not left:
        return [ended]
    if belief.is_called(correction.about):
        again = _part_id(topic, belief, left[0], "again")
        return [ended, replace(belief, id=again, names=belief.names | {belief.id}, claims=left)]
    return [replace(ended, id=_part_id(topic, belief, wrong[0], "wrong")), replace(belief, claims=left)]


def _part_id(topic: Topic, belief: Belief, first: Claim, what: str) -> ItemId:
    """Of the belief that it is a part of, too: what is left may begin with the same claim twice."""
    first_of = first.start.isoformat(), first.at.isoformat(), first.passage
    return item_id(topic, belief.value, what, belief.id, *first_of)


def _replacement(topic: Topic, held: list[Belief], correction: Correction) -> list[Belief]:
    """What the note puts in the place of the belief; nothing where it has put the same there already. It goes by the
    names of what it replaces, too: who corrects that once more means this."""
    about = [one for one in held if one.is_called(correction.about)]
    if not correction.value or not about:
        return []
    start = correction.valid_from or min(_start(one.claims[0], correction) for one in about)
    claim = Claim(start, None, correction.at, correction.note, REPLACED, by_person=True)
    id_ = item_id(topic, correction.value, correction.note, correction.about, start.isoformat())
    if any(one.id == id_ for one in held):
        return []
    names = frozenset(name for one in about for name in (one.id, *one.names))
    return [Belief(id_, names, correction.value, about[0].single, (claim,))]


def _start(wrong: Claim, correction: Correction) -> datetime:
    """Since when it was true, by its clock; where that ran ahead, since it was corrected."""
    is_ahead = wrong.start == wrong.at > correction.at >= CLOCK_WAS_SET
    return correction.at if is_ahead else wrong.start
