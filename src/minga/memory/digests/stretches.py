"""Stretches of a session that a digest is made of: as much as one question to a model takes, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from minga.domain.digests import Digest
from minga.domain.ids import SessionId
from minga.domain.memory import Language, Passage
from minga.memory.extraction.poison import tries_to_instruct

QUIET = timedelta(hours=1)
"""A session that goes on is not digested yet."""

LENGTH_MAX = 24_000
"""Characters of one stretch: some 7,000 tokens."""

LENGTH_LEAST = 400
"""What is shorter is read as fast as its digest."""

DONE_LENGTH = 200
"""Characters of what the tools of one message did."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """``passages`` are what the model is told; ``first`` and ``last`` the messages between which they lie."""

    session_id: SessionId
    first: str
    last: str
    passages: tuple[Passage, ...]

    @property
    def language(self) -> Language:
        """That in which most is said."""
        lengths: dict[Language, int] = {}
        for one in self.passages:
            if one.language:
                lengths[one.language] = lengths.get(one.language, 0) + len(one.text)
        return max(lengths, key=lambda each: lengths[each], default="")


def due(passages: Sequence[Passage], made: Iterable[Digest], *, again: bool) -> list[Stretch]:
    """The stretches of a session that have no digest yet. ``passages``: all of it, in order. ``again``: those whose
    answer was refused are due, too."""
    places = {one.source.message_id: place for place, one in enumerate(passages)}
    known = [one for one in made if not (again and one.fault)]
    through = max((places.get(one.last, -1) for one in known), default=-1)
    found: list[Stretch] = []
    told: list[Passage] = []
    for one in passages[through + 1 :]:
        if told and _length([*told, one]) > LENGTH_MAX and one.source.message_id != told[-1].source.message_id:
            found.append(_stretch(told))
            told = []
        told.append(one)
    if told:
        found.append(_stretch(told))
    return [one for one in found if _length(one.passages) >= LENGTH_LEAST]


def is_quiet(passages: Sequence[Passage], now: datetime) -> bool:
    """Nothing was said for `QUIET`; what has no date is old."""
    return all(one.source.at is None or one.source.at <= now - QUIET for one in passages)


def _stretch(told: Sequence[Passage]) -> Stretch:
    """What tries to instruct is not told: it states nothing, and no quote of it is believed. Nor is what one huge
    message has beyond `LENGTH_MAX`."""
    first, last = told[0].source, told[-1].source
    sizes = accumulate(_length([one]) for one in told)
    within = [one for one, size in zip(told, sizes, strict=True) if size <= LENGTH_MAX]
    kept = tuple(one for one in within if not tries_to_instruct(one))
    return Stretch(first.session_id, first.message_id, last.message_id, kept)


def _length(passages: Sequence[Passage]) -> int:
    return sum(len(one.text) + min(len(one.done), DONE_LENGTH) for one in passages)
