"""Facts that a passage states outright. A wrong fact is worse than a missing one: what is asked, supposed, proposed,
quoted or denied states nothing, and a value must look like one of its kind."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice

from minga.domain.memory import Entity, EntityKind, Passage, Statement
from minga.memory.extraction import changes, charges, dates, decisions, denials, fixes, settings, states, values
from minga.memory.extraction.claims import Claim, cleaned, is_supposed
from minga.memory.extraction.dates import Dated
from minga.memory.extraction.wording import Sentence, sentences

STATEMENTS_MAX = 40
MENDS_MAX = 5
"""Sentences in a row that say what is right instead."""
_PORT = frozenset(("port", "puerto"))
_STATUSES = frozenset((*range(100, 104), *range(200, 209), *range(300, 309), *range(400, 432), 451, *range(500, 512)))
_APART = re.compile(
    r"\b(?:y|e|and|pero|but|luego|then)\s+(?!(?:hasta|desde|a partir|until|till|since|from|starting)\b)|,\s*[\d`\"]"
)
"""What stands between a value and the day of another one: "30 s until Monday and 60 s from Tuesday"."""


def found(passage: Passage, said: Sequence[Sentence]) -> Iterator[Statement]:
    """In the order of the text."""
    project = Entity(EntityKind.PROJECT, passage.project)
    parts = [part for one in said for part in denials.parted(one)]
    stated = chain.from_iterable(_stated(passage, project, *each) for each in _beside(parts))
    yield from islice(stated, STATEMENTS_MAX)


def _beside(said: Sequence[Sentence]) -> Iterator[tuple[Sentence, Sentence | None, Sequence[Sentence]]]:
    """Each that may state something, with the one before and the one after it; where that says what is right instead,
    also those behind it that do."""
    for place, one in enumerate(said):
        if one.asks or len(one.plain) < 6:
            continue
        before = said[place - 1] if place else None
        yield one, before, _after(said, place + 1)


def _after(said: Sequence[Sentence], place: int) -> Sequence[Sentence]:
    end, last = place + 1, min(place + MENDS_MAX, len(said))
    while end < last and denials.mended(said[end - 1]) and denials.mended(said[end]):
        end += 1
    return said[place:end]


def _stated(
    passage: Passage, project: Entity, one: Sentence, before: Sentence | None, behind: Sequence[Sentence] = ()
) -> Iterator[Statement]:
    at, after = passage.source.at, next(iter(behind), None)
    for last in reversed(behind):
        if right := list(_mended(passage, project, one, last)):
            yield from right
            return
    held = denials.held(one, after)
    days = dates.found(held.text, at)
    claims = chain(
        settings.found(held, project, days),
        charges.handed_over(one, after),
        charges.found(held),
        changes.found(held),
        _left(one, held, decisions.found(one, project, passage.source.role)),
        states.found(held, days),
        _left(one, held, fixes.found(one, before, passage.done)),
        values.found(held, days),
    )
    held_to_be = [each for each in _apart(claims) if not is_supposed(held, each.start, each.end)]
    made = [_statement(claim, held, days, at) for claim in held_to_be]
    if made and after is not None and denials.calls_wrong(after):
        said = {(each.subject, each.predicate) for each in _stated(passage, project, after, one)}
        made = [each for each in made if (each.subject, each.predicate) not in said]
    yield from made
    of = {(each.subject, each.predicate) for each in made}
    ended = _ended(one, after, project, at) if at is not None else ()
    yield from (each for each in ended if (each.subject, each.predicate) not in of)


def _left(one: Sentence, held: Sentence, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Those whose beginning is not denied: what is decided may well be not to do something."""
    return (each for each in claims if one.plain[each.start] == held.plain[each.start])


def _mended(passage: Passage, project: Entity, one: Sentence, after: Sentence) -> Iterator[Statement]:
    """The one value of a sentence as the next one says it right: "El puerto es 8093. Me equivoqué: es 8094"."""
    value = cleaned(denials.mended(after))
    stated = list(_stated(passage, project, one, None)) if value else []
    if len(stated) != 1 or stated[0].value not in one.text or not _takes_its_place(value, stated[0], one, after):
        return
    text = value.join(one.text.rsplit(stated[0].value, 1))
    right = [each for said in sentences(text) for each in _stated(passage, project, said, None)]
    of = stated[0].subject, stated[0].predicate, value
    if [(each.subject, each.predicate, each.value) for each in right] == [of]:
        yield replace(stated[0], value=right[0].value, end=after.end)


def _takes_its_place(value: str, stated: Statement, one: Sentence, after: Sentence) -> bool:
    """A figure of the same kind, where ``one`` has no other; or a person who is in charge. In the place of a port
    stands no bare figure that is likely to be a status of HTTP, said of something else."""
    if stated.predicate == "in charge":
        return charges.is_person(value)
    is_port = not _PORT.isdisjoint(stated.predicate.split())
    if is_port and value.isdecimal() and int(value) in _STATUSES and not denials.is_named_outright(after):
        return False
    figures = [len(re.findall(r"\d+(?:[.,]\d+)*", said)) for said in (one.text, stated.value)]
    return figures[0] == figures[1] and denials.is_alike(value, stated.value)


def _ended(one: Sentence, after: Sentence | None, project: Entity, at: datetime) -> Iterator[Statement]:
    """What is no longer true: until it is said, or the day since which it is not."""
    held, place = denials.ended(one, after) or (one, -1)
    if place < 0:
        return
    days = dates.found(held.text, at)
    claims = chain(settings.found(held, project, days), charges.found(held), values.found(held, days))
    for claim in _apart(claims):
        if claim.start <= place < claim.end and not is_supposed(held, claim.start, claim.end):
            since = [day.first for day in days if day.bound == "from" and day.first != dates.day_of(at)]
            yield replace(_statement(claim, held, (), at), valid_to=dates.begin_of(since[0]) if since else at)


def _apart(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Of those that give one value at one place the first."""
    taken: list[Claim] = []
    for one in claims:
        if not any(one.value == other.value and one.start < other.end and other.start < one.end for other in taken):
            taken.append(one)
            yield one


def _statement(claim: Claim, one: Sentence, days: Sequence[Dated], at: datetime | None) -> Statement:
    made = Statement(
        claim.subject,
        claim.predicate,
        claim.value,
        one.start + claim.start,
        one.start + claim.end,
        claim.confidence,
        claim.single,
    )
    if not claim.dated:
        return made
    beside = [day for day in days if not _APART.search(one.plain, *_between(claim, day))]
    since, until = _since(claim, beside, at), _until(beside)
    is_empty = since is not None and until is not None and until <= since
    return replace(made, valid_from=None if is_empty else since, valid_to=until)


def _between(claim: Claim, day: Dated) -> tuple[int, int]:
    return (claim.end, day.start) if day.start >= claim.start else (day.end, claim.start)


def _since(claim: Claim, days: Sequence[Dated], at: datetime | None) -> datetime | None:
    """Since the day on which it is said is since then, so that it ends what was said before on that day."""
    is_first = claim.changes and len(days) == 1 and days[0].bound == "on"
    first = next((one.first for one in days if is_first or one.bound == "from"), None)
    return None if first is None or (at is not None and first == dates.day_of(at)) else dates.begin_of(first)


def _until(days: Sequence[Dated]) -> datetime | None:
    return next((dates.end_of(one.last) for one in days if one.bound == "until"), None)
