"""How likely each of the best passages is to answer: by a reader, and by what the question names.

A reader takes what was said of another shop, or in another year, for an answer where everything else fits. So what the
question names, and the time for which it asks, are looked up: a passage of a session in which a name is never said, or
one that was said long after that time, counts for less (docs/decisions/0055).
"""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from minga.domain.meaning import Reader
from minga.domain.memory import ItemId, Passage, Question, Recollection
from minga.memory.extraction import dates
from minga.memory.extraction.wording import folded
from minga.memory.index import lexical, meaning
from minga.memory.judging import QUESTION_LENGTH, READ
from minga.memory.recall.translations import in_other_words
from minga.memory.recall.words import terms
from minga.storage.database import Transaction

OF_ANOTHER = 0.15
"""What is left of the odds of a passage for each name that its session lacks, and for a time that lies before it."""

AFTERWARDS = timedelta(days=31)
"""For so long after a day it is still told what was so then."""

NAMES_MAX = 8

_NAME = re.compile(r"(?<![.!?:;\n\"'“«(¿¡-] )(?<=[^\s] )[^\W\d_a-zà-ÿ][\w.-]*|(?<![\w./@-])\w+[_/.@][\w/.@-]*\w")
"""A word with a capital that begins no sentence; an address, a file or an identifier."""

_ACRONYM = 4
"""Letters of what is another one in the other language: IVA, VAT."""

_NO_NAMES = frozenset(
    [
        *dates.MONTHS,
        *dates.WEEKDAYS,
        *(f"{one}s" for one in dates.WEEKDAYS),
        *["i", "chile", "chilean", "chileno", "chilena", "spanish", "english", "castellano", "ingles"],
    ]
)

Result = TypeVar("Result")


class Read(Protocol):
    """Fits `Memory.read`."""

    async def __call__(self, work: Callable[[Transaction], Result]) -> Result: ...


@dataclass(frozen=True, slots=True)
class Concern:
    """What a question names: of each name the stems that stand for it, and the days for which it asks."""

    names: tuple[frozenset[str], ...]
    spans: tuple[tuple[date, date], ...]

    def left(self, passage: Passage, heard: Collection[int]) -> float:
        """Of the odds of a passage. ``heard``: the names, by their places, that are said in its session."""
        own = frozenset(terms(f"{passage.text}\n{passage.done}\n{passage.project}\n{passage.owner}"))
        lacking = sum(at not in heard and own.isdisjoint(name) for at, name in enumerate(self.names))
        return OF_ANOTHER ** (lacking + self._is_too_late(passage))

    def _is_too_late(self, passage: Passage) -> bool:
        """Whether it was said long after the time that is asked for, and names no such time itself."""
        at = passage.source.at
        if at is None or not self.spans:
            return False
        day = dates.day_of(at)
        asked = [span for span in self.spans if day > span[1] + AFTERWARDS]
        named = dates.found(passage.text, at) if asked else []
        return any(all(one.last < first or last < one.first for one in named) for first, last in asked)


async def read_best(read: Read, reader: Reader, question: Question, found: Recollection) -> dict[ItemId, float]:
    """How probable it is of each of the best passages that it answers. Raises UnreadableModel, StoreError."""
    about = concern(question.words[:QUESTION_LENGTH], question.asked_at)
    best = [one.passage for one in found.recalled[:READ]]
    items = [one.id for one in best]
    excerpts = await read(partial(meaning.excerpts, items=items))
    heard = await read(partial(lexical.said_in_session, items=items, names=about.names))
    answers = await asyncio.to_thread(reader.answers, question.words, list(excerpts.values()))
    return _weighed(dict(zip(excerpts, answers, strict=True)), about, best, heard)


def concern(words: str, asked_at: datetime) -> Concern:
    plain = folded(words)
    spans = tuple((one.first, one.last) for one in dates.found(plain, asked_at))
    return Concern(tuple(_names(words)), spans)


def _names(words: str) -> list[frozenset[str]]:
    """What stands together is one name. None where most words have a capital: they tell nothing then."""
    together: list[tuple[list[str], int]] = []
    for one in _NAME.finditer(words):
        name = one[0].strip(".-")
        if not _designates(name):
            continue
        if together and one.start() - together[-1][1] <= 1:
            together[-1] = ([*together[-1][0], name], one.end())
        else:
            together.append(([name], one.end()))
    said = words.split()
    if 2 * sum(one[:1].isupper() for one in said) > len(said):
        return []
    stems = (frozenset(in_other_words(terms(" ".join(some)))) for some, _ in together[:NAMES_MAX])
    return [one for one in stems if one]


def _designates(name: str) -> bool:
    is_acronym = name.isupper() and name.isalpha() and len(name) <= _ACRONYM
    return not is_acronym and folded(name) not in _NO_NAMES


def _weighed(
    answers: Mapping[ItemId, float],
    about: Concern,
    best: Sequence[Passage],
    heard: Mapping[ItemId, Collection[int]],
) -> dict[ItemId, float]:
    left = {one.id: about.left(one, heard.get(one.id, ())) for one in best}
    return {item: _less(answer, left[item]) for item, answer in answers.items()}


def _less(probability: float, left: float) -> float:
    """That of odds of which so much is left."""
    return probability * left / (1 - probability + probability * left)
