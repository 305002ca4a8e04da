"""What of a model's answer is believed: what stands in the words that it quotes."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from minga.domain.answers import Answer, Quoted, Refusal
from minga.memory.answers.asked import asks
from minga.memory.answers.asking import Told, heard_from
from minga.memory.answers.bearing import bears_alone, contradicts, cut_denial, unborne
from minga.memory.briefs.defusing import instructs
from minga.memory.digests.borne import is_spoken
from minga.memory.extraction.masking import masked
from minga.memory.extraction.wording import sentences
from minga.memory.quoting import bare, place_of
from minga.memory.recall.words import language

REPLY_LENGTH = 20_000
ANSWER_LENGTH = 800
QUOTE_LENGTH = 600
QUOTES_MAX = 10

_LETTER = re.compile(r"[^\W_]")


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
    """What asks says nothing, nor what says the contrary where a "no" before it was cut off. The words may also stand
    in what was told as said just before the turn."""
    if not (0 < said.turn <= len(told) and _LETTER.search(said.quote) and len(said.quote) <= QUOTE_LENGTH):
        return None
    for of, text, start in _heard(told[said.turn - 1]):
        if place := place_of(said.quote, text, start):
            says = _says(text, *place, is_said=text is not of.passage.done)
            return Quoted(of.passage, text[slice(*place)], of.over) if says else None
    return None


def _heard(turn: Told) -> Iterator[tuple[Told, str, int]]:
    """The texts that were told with a turn, each with what it is of, and from where on it was told."""
    yield turn, turn.passage.text, 0
    yield turn, turn.passage.done, 0
    if turn.before:
        text = turn.before.passage.text
        yield turn.before, text, heard_from(text)


def _says(text: str, start: int, end: int, *, is_said: bool) -> bool:
    """``is_said``: by a person or an agent, who may ask; else it is what was done."""
    if cut_denial(text[:start]) or not bears_alone(text, start, end):
        return False
    return not (is_said and any(asks(one) and one.start < end and start < one.end for one in sentences(text)))


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
    return Refusal.INVENTED if unborne(text, question, quotes) or contradicts(text, quotes) else None
