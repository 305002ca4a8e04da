"""How likely each of the best passages is to answer: by a reader, and by what the question names.

A reader takes what was said of another shop, or in another year, for an answer where everything else fits. So what the
question names, and the time for which it asks, are looked up: a passage of a session in which a name is never said, or
one that was said long after that time, counts for less (docs/decisions/0055).
"""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

from minga.domain.meaning import Reader
from minga.domain.memory import ItemId, Passage, Question, Recollection
from minga.memory.extraction import dates
from minga.memory.extraction.persons import HEADS
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

_NAME = re.compile(r"(?<![\w./@-])\w[\w/-]*[_.@][\w/.@-]*\w|(?<![.!?:;\n\"'“«(¿¡-] )(?<=[^\s] )[^\W\d_][\w-]*")
"""An address, a file or an identifier; a word that begins no sentence."""

_BETWEEN = re.compile(r"\s*(?:(?:de|del|la|las|los|el|y|e|o|u|para|en|a|of|the|and|or|in|for|to|&)\s+)*")
"""What joins names of which one is enough: en OneDrive o en Drive."""

_JOINS = re.compile(r"[_.@]")
_EITHER = re.compile(r"\b(?:o|u|or)\b")
_PART_OF_IT = re.compile(r"\s*(?:(?:de|del|la|las|los|el|y|e|para|of|the|and|for|&)\s+)*")
"""What joins the words of one name: Dirección del Trabajo."""

_CALLED = re.compile(
    r"(?:\b(?:hola|oye|gracias|hi|hey|thanks)|\b(?:me|nos)\s+(?:pregunt|consult|pid|dic|dij|escrib)\w*"
    r"|\b(?:asks?|asked|tells?|told)(?:\s+(?:me|us))?|\ba\s+nombre\s+de),?\s+$",
    re.IGNORECASE,
)
"""Before who is spoken to, or who asks."""

_ACRONYM = 4
"""Letters of what is another one in the other language: IVA, VAT."""

_IDENTIFIER = 5
"""Letters and signs of one; fewer are an abbreviation: p.ej."""

_TELLING = 6
"""Letters of a part of a name that tells it alone."""

_NO_NAMES = frozenset(
    [
        *dates.MONTHS,
        *dates.WEEKDAYS,
        *(f"{one}s" for one in dates.WEEKDAYS),
        *["i", "chile", "chilean", "chileno", "chilena", "spanish", "english", "castellano", "ingles"],
        *["minga", "claude", "codex", "gemini", "copilot", "opencode", "qwen"],
    ]
)

Name: TypeAlias = frozenset[tuple[str, ...]]
"""What stands for a name: each time all of these stems."""

Result = TypeVar("Result")


class Read(Protocol):
    """Fits `Memory.read`."""

    async def __call__(self, work: Callable[[Transaction], Result]) -> Result: ...


@dataclass(frozen=True, slots=True)
class Concern:
    """What a question names, and the days for which it asks."""

    names: tuple[Name, ...]
    spans: tuple[tuple[date, date], ...]

    def left(self, passage: Passage, heard: Collection[int]) -> float:
        """Of the odds of a passage. ``heard``: the names, by their places, that are said in its session."""
        own = frozenset(terms(f"{passage.text}\n{passage.done}\n{passage.project}\n{passage.owner}"))
        lacking = sum(
            at not in heard and not any(own.issuperset(stems) for stems in name) for at, name in enumerate(self.names)
        )
        return OF_ANOTHER ** (lacking + self._is_too_late(passage))

    def _is_too_late(self, passage: Passage) -> bool:
        """Whether it was said long after the time that is asked for, and names no such time itself. A note may be of
        any time."""
        at = passage.source.at
        if at is None or not self.spans or passage.kind == "note":
            return False
        day = dates.day_of(at)
        asked = [(first, last) for first, last in self.spans if day - last > AFTERWARDS]
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
    composed = unicodedata.normalize("NFC", words)
    found = dates.found(folded(composed), asked_at)
    spans = tuple((one.first, date.max if one.bound == "from" else one.last) for one in found)
    return Concern(tuple(_names(composed)), spans)


def _names(words: str) -> list[Name]:
    """None where most words have a capital: they tell nothing then."""
    said = words.split()
    if 2 * sum(one[:1].isupper() for one in said) > len(said):
        return []
    found = [one for one in _NAME.finditer(words) if _designates(one, words)]
    together: list[list[re.Match[str]]] = []
    for one in found:
        if together and _is_joined(words[together[-1][-1].end() : one.start()]):
            together[-1].append(one)
        else:
            together.append([one])
    names = (_name([one[0].strip(".-") for one in some]) for some in together[:NAMES_MAX])
    return [one for one in names if one]


def _designates(found: re.Match[str], words: str) -> bool:
    name = found[0].strip(".-")
    if not name[:1].isupper():
        return len(name) >= _IDENTIFIER and bool(_JOINS.search(name)) and any(one.isalpha() for one in name)
    single = name.removesuffix("s")
    is_acronym = single.isupper() and single.isalpha() and len(single) <= _ACRONYM
    is_called = _CALLED.search(words[: found.start()]) is not None
    return not (is_acronym or is_called) and folded(name) not in _NO_NAMES


def _is_joined(between: str) -> bool:
    """Whether these words join two names to one, or name two of which one is enough."""
    return bool(_PART_OF_IT.fullmatch(between) or (_BETWEEN.fullmatch(between) and _EITHER.search(between)))


def _name(parts: Sequence[str]) -> Name:
    """Any of its parts stands for it, and its initials; but a word for what it is does not (Transportes Mapuche)."""
    own = [one for one in parts if folded(one) not in HEADS] or list(parts)
    ways = {one for part in own for one in _ways(part)}
    if len(parts) > 2:
        ways.add(terms("".join(one[0] for one in parts).lower()))
    if len(own) == 1:
        cut = terms(own[0])
        ways.update((one,) for one in in_other_words(cut) if one not in cut)
    return frozenset(filter(None, ways))


def _ways(part: str) -> Iterator[tuple[str, ...]]:
    """To write it: MercadoLibre is also mercadolibre, PostgreSQL postgres."""
    cut, whole = terms(part), terms(part.lower())
    yield from (one for one in (cut, whole) if one)
    yield from ((one,) for one in cut if len(one) >= _TELLING)


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
