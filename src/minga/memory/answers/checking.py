"""What of a model's answer is believed: what stands in the words that it quotes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import msgspec

from minga.domain.answers import Answer, Quoted, Refusal
from minga.domain.memory import Passage
from minga.memory.answers.asking import Told
from minga.memory.briefs.defusing import instructs
from minga.memory.digests.borne import invented, is_spoken
from minga.memory.extraction import dates
from minga.memory.extraction.masking import masked
from minga.memory.extraction.persons import persons
from minga.memory.extraction.wording import folded, sentences
from minga.memory.quoting import bare, place_of
from minga.memory.recall.words import language

REPLY_LENGTH = 20_000
ANSWER_LENGTH = 800
QUOTE_LENGTH = 600
QUOTES_MAX = 10

_WORD = re.compile(r"\w+")
_LETTER = re.compile(r"[^\W_]")
_NAME = re.compile(r"(?<![.!?:;\n\"'“«(¿¡-] )(?<=[^\s] )[^\W\d_a-zà-ÿ][\w-]*")
"""A word with a capital that does not begin a sentence."""


class _Quote(msgspec.Struct, frozen=True):
    turn: int
    quote: str


class _Reply(msgspec.Struct, frozen=True):
    answer: Annotated[str, msgspec.Meta(min_length=1)] | None
    quotes: tuple[_Quote, ...] = ()


def read(reply: str, question: str, told: Sequence[Told]) -> Answer:
    """``reply`` of the model that was told ``told``. Quotes that do not stand where it says are left out."""
    if len(reply) > REPLY_LENGTH:
        return Answer(refusal=Refusal.TOO_LONG)
    try:
        said = msgspec.json.decode(bare(reply), type=_Reply)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return Answer(refusal=Refusal.NO_JSON)
    if said.answer is None:
        return Answer(refusal=Refusal.NOT_SAID)
    text = " ".join(masked(said.answer).split())
    found = dict.fromkeys(one for one in (_quoted(each, told) for each in said.quotes[:QUOTES_MAX]) if one)
    refusal = _refusal(text, question, tuple(found))
    return Answer(refusal=refusal) if refusal else Answer(text, tuple(found))


def _quoted(said: _Quote, told: Sequence[Told]) -> Quoted | None:
    """What asks says nothing."""
    if not (0 < said.turn <= len(told) and _LETTER.search(said.quote) and len(said.quote) <= QUOTE_LENGTH):
        return None
    passage = told[said.turn - 1].passage
    place = place_of(said.quote, passage.text)
    if place is None:
        place = place_of(said.quote, passage.done)
        return Quoted(passage, passage.done[place[0] : place[1]]) if place else None
    start, end = place
    if any(one.asks for one in sentences(passage.text) if one.start < end and start < one.end):
        return None
    return Quoted(passage, passage.text[start:end])


def _refusal(text: str, question: str, quotes: Sequence[Quoted]) -> Refusal | None:
    if not _LETTER.search(text):
        return Refusal.NO_JSON
    if len(text) > ANSWER_LENGTH:
        return Refusal.TOO_LONG
    if not quotes:
        return Refusal.NOT_QUOTED
    if instructs(text):
        return Refusal.INSTRUCTS
    if not is_spoken(text, language(question)):
        return Refusal.LANGUAGE
    known = [replace(one.passage, text=one.quote, done="") for one in quotes]
    known.append(replace(known[0], text=question))
    return Refusal.INVENTED if invented(text, known) or _unheard(text, known) else None


def _unheard(text: str, known: Sequence[Passage]) -> list[str]:
    """The names of ``text`` that stand nowhere in what is known."""
    heard = _words("\n".join(one.text for one in known))
    plain = folded(text)
    for one in dates.found(plain, known[0].source.at):  # compared as dates: Monday is said for lunes
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    people = [text[one.start : one.end] for one in persons(text, folded(text))]
    return [name for name in (*people, *_NAME.findall(text)) if not _words(name) <= heard]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded(text)))
