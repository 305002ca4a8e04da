"""What of a model's answer is believed: what a deterministic look at the session bears out."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

import msgspec

from minga.domain.digests import Claimed, Digest, Fault
from minga.domain.memory import Passage
from minga.memory.briefs.defusing import instructs
from minga.memory.digests.borne import invented, is_spoken
from minga.memory.digests.stretches import Stretch
from minga.memory.extraction import dates
from minga.memory.extraction.claims import VALUE_LENGTH, cleaned, is_supposed, subject_name
from minga.memory.extraction.masking import MASK, masked
from minga.memory.extraction.quoting import holds
from minga.memory.extraction.wording import Sentence, sentences
from minga.memory.quoting import bare, place_of
from minga.memory.recall.words import fold, language, terms

ANSWER_LENGTH = 40_000
HEADLINE_LENGTH = 200
SUMMARY_LENGTH = 2_000
QUOTE_LENGTH = 600
STATEMENTS_MAX = 40

_LETTER = re.compile(r"[^\W\d_]")
_PREDICATE = re.compile(r"[^\W\d_][\w '/-]{0,39}")
_WORD = re.compile(r"[^\W_]+")
_DENIES = frozenset(["no", "not", "never", "nor", "without", "nunca", "jamas", "ni", "sin", "tampoco"])
_DECIDES = frozenset(["decided", "decision", "decidido", "decidió", "se decidió", "decisión"])
"""Predicates of what the whole project decided: they need not stand in the quote."""


class _Said(msgspec.Struct, frozen=True):
    turn: int
    quote: str
    value: str
    predicate: str
    subject: str = ""
    single: bool = False
    valid_from: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    headline: Annotated[str, msgspec.Meta(min_length=1)]
    summary: Annotated[str, msgspec.Meta(min_length=1)]
    statements: tuple[msgspec.Raw, ...] = ()


def read(answer: str, stretch: Stretch, model: str) -> Digest:
    """A digest; of an answer that is refused, its fault only. A statement that is not borne out is dropped, and
    counted."""
    empty = Digest(stretch.session_id, stretch.first, stretch.last, model)
    if len(answer) > ANSWER_LENGTH:
        return replace(empty, fault=Fault.TOO_LONG)
    try:
        said = msgspec.json.decode(bare(answer), type=_Answer)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return replace(empty, fault=Fault.NO_JSON)
    headline, summary = (" ".join(masked(text).split()) for text in (said.headline, said.summary))
    if fault := _fault(headline, summary, stretch):
        return replace(empty, fault=fault)
    found = [_claimed(one, stretch) for one in said.statements[:STATEMENTS_MAX]]
    claims = tuple(dict.fromkeys(one for one in found if one is not None))
    dropped = len(said.statements) - sum(one is not None for one in found)
    return replace(empty, headline=headline, summary=summary, claims=claims, dropped=dropped)


def bears_out(claim: Claimed) -> bool:
    """Value, subject and predicate stand in the quote; nothing of it is a secret."""
    names = [claim.value, claim.subject] if claim.subject else [claim.value]
    plain = claim.quote.replace("`", "")
    is_told = all(len(name) < VALUE_LENGTH and holds(plain, name) for name in names)
    is_open = MASK not in claim.quote and masked(claim.quote) == claim.quote
    is_named = _PREDICATE.fullmatch(claim.predicate) is not None and not instructs(claim.predicate)
    is_meant = _in_words_of(claim.predicate, plain) or (not claim.subject and claim.predicate in _DECIDES)
    return is_told and is_open and is_named and is_meant


def _in_words_of(predicate: str, quote: str) -> bool:
    """Whatever their endings; what denies in it denies in the quote."""
    held = set(_WORD.findall(fold(quote)))
    denied = _DENIES.intersection(_WORD.findall(fold(predicate)))
    return denied <= held and set(terms(predicate)) <= set(terms(quote))


def _fault(headline: str, summary: str, stretch: Stretch) -> Fault | None:
    if not (_LETTER.search(headline) and _LETTER.search(summary)):
        return Fault.NO_JSON
    if len(headline) > HEADLINE_LENGTH or len(summary) > SUMMARY_LENGTH:
        return Fault.TOO_LONG
    told = f"{headline}\n{summary}"
    if any(map(instructs, (told, headline, summary))):
        return Fault.INSTRUCTS
    if not (is_spoken(headline, stretch.language) and is_spoken(summary, stretch.language)):
        return Fault.LANGUAGE
    if stretch.language and not language(summary):
        return Fault.LANGUAGE
    return Fault.INVENTED if invented(told, stretch.passages) else None


def _claimed(raw: msgspec.Raw, stretch: Stretch) -> Claimed | None:
    try:
        said = msgspec.json.decode(raw, type=_Said)
    except (msgspec.DecodeError, RecursionError):
        return None
    value, quote = cleaned(said.value), said.quote.strip()
    if not (0 < said.turn <= len(stretch.passages) and value and len(quote) <= QUOTE_LENGTH):
        return None
    passage = stretch.passages[said.turn - 1]
    place, subject = place_of(quote, passage.text), subject_name(said.subject)
    if place is None or not _is_asserted(passage, *place) or (said.subject.strip() and not subject):
        return None
    since, predicate = _day(said.valid_from, quote, passage.source.at), " ".join(said.predicate.split()).lower()
    claim = Claimed(passage.source.message_id, quote, subject, predicate, value, said.single, since)
    return claim if bears_out(claim) else None


def _is_asserted(passage: Passage, start: int, end: int) -> bool:
    """No sentence of the quote asks or supposes, or stands wholly in code or in a quotation."""
    meant = [one for one in sentences(passage.text) if one.start < end and start < one.end]
    return bool(meant) and not any(one.asks or _is_supposed(one, start, end) for one in meant)


def _is_supposed(one: Sentence, start: int, end: int) -> bool:
    places = range(max(start - one.start, 0), min(end, one.end) - one.start)
    open_ones = [place for place in places if one.bare[place] == one.plain[place] != " "]
    return not open_ones or is_supposed(one, open_ones[-1])


def _day(said: str | None, quote: str, at: datetime | None) -> datetime | None:
    """The date that the model gives, where the quote has it."""
    try:
        wanted = date.fromisoformat(said or "")
    except ValueError:
        return None
    found = [one for one in dates.found(quote, at) if one.first == wanted]
    return dates.begin_of(found[0].first) if found else None
