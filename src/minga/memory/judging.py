"""What is made of a reader's word on the best passages: whether anything is known, how surely, and what is told first.

A reader gives each passage the probability that it answers. That the first one found does is likelier than that the
tenth does, so the odds of each are divided by its place, and added up: one that surely answers outweighs the others,
and several that may, count together (docs/decisions/0055).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from minga.domain.memory import ItemId, Passage, Recalled, Recollection
from minga.memory.identifiers import has_all, identifiers
from minga.memory.recall.words import holds, terms

QUESTION_LENGTH = 4000
"""Characters of a question that are looked at."""

READ = 10
"""Of the best passages a reader reads as many, and a search for a thing looks in them for one that holds all its words.
With five, what answers stands first less often (decision 55)."""

KNOWN_FROM, SURE_FROM = 0.2, 0.75
"""How much must speak for an answer, so that anything is known, and surely. Of the questions of our chats for this
choice that have an answer 3 % fall below the first, 20 % below the second
(`python -m benchmarks memory --only reading`)."""

_NO_ANSWER = 0.01
"""How probable a passage that is not there is taken to answer: as what usually comes up and does not."""

_SURE = 1e-6
"""Nothing is more certain than to one in as many."""

_ASKS = re.compile(
    r"[?¿]|\b(?:qué|quién(?:es)?|cuándo|cuánt[oa]s?|dónde|cómo|cuál(?:es)?|what|who|whose|when|where|why|which|how)\b"
    r"|^\s*(?:que|quien|cuando|cuanto|donde|como|cual|por que|en que|a que|de que|did|does|do|is|are|was|were|has)\s",
    re.IGNORECASE,
)

_DECIDED = frozenset(
    terms(
        "decidir decidimos decidió decidido decisión acordar acordamos acordó acuerdo quedamos quedó dijimos dijo dicho"
        " decide decided decision agree agreed said say"
    )
)
"""Stems that ask what was said, and are no part of what it is about."""

_OF_ALL = re.compile(
    r"^\W*(?:qu[eé] (?:pas[oóa]|ocurri[oó]|sucedi[oó]|hicimos|hemos hecho) con|what happened (?:to|with)"
    r"|what did we do (?:with|about)|vamos a \w+|\w+[aei]mos|(?:do|did|have|are|will|should|can) we \w+)\s",
    re.IGNORECASE,
)
"""Beginnings of questions for whatever was said of a thing: what became of it, or whether "we" did or do
something with it, which a reader does not tell from a refusal to."""

_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n+")
_SEEKS_ASSENT = re.compile(r",\s*¿?\s*\w+(?:\s+\w+)?\s*\?$")
"""The port is 5433, right?"""

_TOPIC = frozenset(terms("sabemos sabes recuerdas recordamos hablamos know known remember discuss discussed talked"))


def is_to_be_read(words: str, recalled: Sequence[Recalled]) -> bool:
    """Whether reading can tell if something answers. A search for words asks nothing that a passage could answer; "what
    do we know about" asks for all that was said of a thing, and "what did we decide on", "what happened to" and "do we
    use" are answered by what holds all words of that thing."""
    said = words[:QUESTION_LENGTH]
    thing = _thing(said)
    if not thing or not asks(said) or not _TOPIC.isdisjoint(terms(said)):
        return False
    told = [one for one in recalled if not one.passage.text.rstrip().endswith("?")]
    return not holds_all(thing, told)


def asks(words: str) -> bool:
    """Whether it is a question, and no search for words."""
    return bool(_ASKS.search(words))


def judged(words: str, found: Recollection, answers: Mapping[ItemId, float]) -> Recollection:
    """``answers``: how probable it is of each that was read. Nothing is sure about what is named exactly, and stands in
    none of these."""
    speaks = speaking([answers[one.passage.id] for one in found.recalled if one.passage.id in answers])
    likely = {item for item, one in answers.items() if _odds(one) >= KNOWN_FROM}
    told = answers_first(as_read(found.recalled, answers), lambda one: one.passage.id in likely)
    read = (
        f"{said_and_done(one.passage)} {one.passage.project}" for one in found.recalled if one.passage.id in answers
    )
    is_sure = speaks >= SURE_FROM and has_all(identifiers(words[:QUESTION_LENGTH]), read)
    return replace(found, recalled=told, is_known=speaks >= KNOWN_FROM, is_sure=is_sure)


def speaking(answers: Sequence[float]) -> float:
    """How much speaks for an answer: ``answers`` are of the best passages, in the order in which they were found."""
    padded = (*answers[:READ], *[_NO_ANSWER] * (READ - len(answers)))
    return sum(_odds(one) / place for place, one in enumerate(padded, 1))


def as_read(recalled: Sequence[Recalled], answers: Mapping[ItemId, float]) -> tuple[Recalled, ...]:
    """Those that were read in the order of how probable it is that they answer, by what ranked them and by what read
    them; the others after them, as they were."""
    read = [one for one in recalled if one.passage.id in answers]
    others = [one for one in recalled if one.passage.id not in answers]
    read.sort(key=lambda one: -_odds(one.confidence) * _odds(answers[one.passage.id]))
    return (*read, *others)


def answers_first(recalled: Sequence[Recalled], is_likely: Callable[[Recalled], bool]) -> tuple[Recalled, ...]:
    """Where the first one only asks, the first of the best that does not and is likely to answer comes before it."""
    if not recalled or not only_asks(recalled[0].passage):
        return tuple(recalled)
    answer = next((one for one in recalled[:READ] if is_likely(one) and not only_asks(one.passage)), None)
    return tuple(recalled) if answer is None else (answer, *(one for one in recalled if one is not answer))


def only_asks(passage: Passage) -> bool:
    """Whether a person said no more than questions, none of which tells what it wants to be sure of."""
    if passage.kind != "turn" or passage.source.role != "user":
        return False
    said = _SENTENCES.split(passage.text.strip())
    return all(one.endswith("?") and not _SEEKS_ASSENT.search(one) for one in said)


def holds_the_thing(words: str) -> Callable[[Recalled], bool]:
    """Whether one holds every word of what ``words`` are about."""
    thing = [one for one in _thing(words[:QUESTION_LENGTH]) if one not in _TOPIC]
    return lambda one: holds_all(thing, [one])


def _thing(words: str) -> list[str]:
    """The stems of what it is about, without those that ask."""
    asked = _OF_ALL.sub("", words, count=1)
    return [one for one in terms(asked) or terms(words) if one not in _DECIDED]


def newer_first(recalled: Sequence[Recalled]) -> tuple[Recalled, ...]:
    """A correction, or a newer value, that was found stands just before what it takes the place of, never after it."""
    told: list[Recalled] = []
    for one in recalled:
        if one in told:
            continue
        newer = next((other for other in recalled if other.passage.id == one.superseded_by), None)
        if newer is not None and newer not in told:
            told.append(newer)
        told.append(one)
    return tuple(told)


def holds_all(own: Sequence[str], recalled: Sequence[Recalled]) -> bool:
    """Whether one of the best holds every word that was asked for, in what was said and done, however often they stand
    elsewhere."""
    wanted = frozenset(own)
    return bool(wanted) and any(holds(said_and_done(one.passage), wanted) for one in recalled)


def said_and_done(passage: Passage) -> str:
    return f"{passage.text}\n{passage.done}"


def _odds(probability: float) -> float:
    within = min(max(probability, _SURE), 1 - _SURE)
    return within / (1 - within)
