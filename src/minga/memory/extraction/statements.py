"""Facts that a passage states outright. A wrong fact is worse than a missing one: what is asked, supposed, proposed,
quoted or denied states nothing, and a value must look like one of its kind."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from minga.domain.memory import Entity, EntityKind, Passage, Statement
from minga.memory.extraction import changes, charges, dates, decisions, fixes, settings, states
from minga.memory.extraction.claims import Claim, is_supposed
from minga.memory.extraction.dates import Dated
from minga.memory.extraction.wording import Sentence

STATEMENTS_MAX = 40


def found(passage: Passage, said: Sequence[Sentence]) -> Iterator[Statement]:
    """In the order of the text."""
    project = Entity(EntityKind.PROJECT, passage.project)
    count = 0
    for place, one in enumerate(said):
        if one.asks or len(one.plain) < 6:
            continue
        days = dates.found(one.text, passage.source.at)
        before = said[place - 1] if place else None
        claims = chain(
            settings.found(one, project, days),
            charges.found(one),
            changes.found(one),
            decisions.found(one, project, passage.source.role),
            states.found(one, days),
            fixes.found(one, before, passage.done),
        )
        for claim in claims:
            if count < STATEMENTS_MAX and not is_supposed(one, claim.start):
                count += 1
                yield _statement(claim, one, days)


def _statement(claim: Claim, one: Sentence, days: Sequence[Dated]) -> Statement:
    made = Statement(
        claim.subject,
        claim.predicate,
        claim.value,
        one.start + claim.start,
        one.start + claim.end,
        claim.confidence,
        claim.single,
    )
    return replace(made, valid_from=_since(days), valid_to=_until(days)) if claim.dated else made


def _since(days: Sequence[Dated]) -> datetime | None:
    return next((dates.begin_of(one.first) for one in days if one.bound == "from"), None)


def _until(days: Sequence[Dated]) -> datetime | None:
    return next((dates.end_of(one.last) for one in days if one.bound == "until"), None)
