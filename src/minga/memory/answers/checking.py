"""What of a model's answer is believed: what stands in the words that it quotes."""

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec

from minga.domain.answers import Answer, Quoted, Refusal
from minga.memory.answers.asking import Told
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
    """What asks says nothing, nor what says the contrary where a "no" before it was cut off."""
    if not (0 < said.turn <= len(told) and _LETTER.search(said.quote) and len(said.quote) <= QUOTE_LENGTH):
        return None
    turn = told[said.turn - 1]
    passage = turn.passage
    text = passage.text
    place = place_of(said.quote, text)
    if place is None:
        text = passage.done
        place = place_of(said.quote, text)
    if place is None or cut_denial(text[: place[0]]) or not bears_alone(text, *place):
        return None
    start, end = place
    if text is passage.text and any(one.asks and one.start < end and start < one.end for one in sentences(text)):
        return None
    return Quoted(passage, text[start:end], turn.over)


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
